import t from 'tap'
import { sliceColumn, vectorOf } from '../../../src/protocol/element.js'
import { symbolVectorOf } from '../../../src/protocol/types/symbols.js'
import type { SymbolVector, Table } from '../../../src/protocol/value.js'
import { decoded, encoded, hex } from '../../helpers/codec.js'

t.test('texts are numbered from 1 in order of first appearance, the empty one is 0', async t => {
  const { codes, base } = symbolVectorOf(['b', '', 'a', 'b'])
  t.same([...codes], [1, 0, 2, 1])
  t.strictSame(base, ['', 'b', 'a'])
})

t.test('an empty column travels as type 17 and is read from either client', async t => {
  const empty = symbolVectorOf([])
  t.ok(encoded(empty).equals(hex('11 01 00000000 01000000')))
  t.strictSame(decoded(hex('11 01 00000000 01000000')), empty)
  t.strictSame(decoded(hex('91 01 00000000 01000000 | 00000000 01000000 | 00')), empty)
})

t.test('plain strings of type 17 are coded on arrival', async t => {
  t.strictSame(decoded(hex('11 01 03000000 01000000 6100 00 6100')), symbolVectorOf(['a', '', 'a']))
})

t.test('a slice of a large column carries only its own texts', async t => {
  const large = symbolVectorOf(Array.from({ length: 1000 }, (_, row) => `S${row}`))
  const slice = sliceColumn(large, 500, 502) as SymbolVector
  t.strictSame(decoded(encoded(slice)), symbolVectorOf(['S500', 'S501']))
  t.ok(encoded(slice).length < 60)
})

t.test('columns of one table may share a base, and a base may be redefined', async t => {
  const table = (...columns: string[]): Buffer =>
    hex(
      `00 06 01000000 0${columns.length}000000 00 ${columns.map(() => '6100').join('')} ${columns.join('')}`,
    )
  const column = (id: number, base: string, code: number): string =>
    `91 01 01000000 01000000 0${id}000000 ${base} 0${code}000000`
  const own = '03000000 00 7800 7900'
  const symbols = (codes: number[], base: string[]): SymbolVector => ({
    form: 'vector',
    type: 'SYMBOL',
    length: 1,
    codes: Int32Array.from(codes),
    base,
  })
  const columnsOf = (...columns: string[]): unknown => (decoded(table(...columns)) as Table).columns
  t.strictSame(columnsOf(column(1, own, 1), column(1, '00000000', 2)), [
    symbols([1], ['', 'x', 'y']),
    symbols([2], ['', 'x', 'y']),
  ])
  t.strictSame(columnsOf(column(0, own, 1), column(0, '02000000 00 7a00', 1)), [
    symbols([1], ['', 'x', 'y']),
    symbols([1], ['', 'z']),
  ])
  t.throws(() => decoded(table(column(1, own, 1), column(2, '00000000', 1))), {
    name: 'ProtocolError',
    message: /base 2 has not been sent/,
  })
  t.throws(() => decoded(hex(column(1, '00000000', 1))), { message: /base 1 has not been sent/ })
})

t.test('bases of one table do not reach into another', async t => {
  const first =
    '00 06 01000000 01000000 00 6100 91 01 01000000 01000000 07000000 02000000 00 7800 01000000'
  const second =
    '00 06 01000000 01000000 00 6100 91 01 01000000 01000000 07000000 00000000 01000000'
  t.throws(() => decoded(hex(`19 01 02000000 01000000 ${first} ${second}`)), {
    message: /base 7 has not been sent/,
  })
})

t.test('each column of a table has an id of its own', async t => {
  const column = vectorOf({ type: 'SYMBOL' }, ['x'])
  const bytes = encoded({
    form: 'table',
    name: '',
    rows: 1,
    columnNames: ['a', 'b', 'c'],
    columns: [column, column, column],
  })
  const at = [0, 1, 2].map(index => 17 + index * 25 + 10)
  t.same(
    at.map(offset => bytes.readInt32LE(offset)),
    [0, 1, 2],
  )
})

t.test('a code without an entry is found in whichever row it is', async t => {
  const rows = 9
  for (const code of [-1, -(2 ** 31), 3, 2 ** 31 - 1]) {
    for (let row = 0; row < rows; row++) {
      const codes = new Int32Array(rows).fill(2)
      codes[row] = code
      const base = ['', 'a', 'b']
      const bytes = encoded({ form: 'vector', type: 'SYMBOL', length: rows, codes, base })
      t.throws(() => decoded(bytes), {
        message: new RegExp(`code ${code} is outside a base of 3`),
        offsetBytes: bytes.length - (rows - row) * 4,
      })
    }
  }
})

t.test('what cannot be a symbol column is refused on arrival', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['91 01 01000000 01000000 00000000 02000000 00 6100 02000000', /code 2 is outside a base of 2/],
    ['91 01 01000000 01000000 00000000 02000000 00 6100 ffffffff', /code -1/],
    ['91 01 01000000 01000000 00000000 01000000 6100 00000000', /not the empty string/],
    ['91 01 01000000 01000000 00000000 ffffffff', /-1 symbols/],
    ['91 01 01000000 01000000 00000000 01002000', /2097153 entries/],
  ]
  for (const [bytes, message] of refused) {
    t.throws(() => decoded(hex(bytes)), { name: 'ProtocolError', message }, bytes)
  }
})

t.test('what cannot be a symbol column is refused before it is sent', async t => {
  const column: SymbolVector = {
    form: 'vector',
    type: 'SYMBOL',
    length: 1,
    codes: Int32Array.of(0),
    base: ['a'],
  }
  t.throws(() => encoded(column), { code: 'DDB_USAGE' })
  const length = 2_097_153
  const base = Array.from({ length }, (_, code) => (code === 0 ? '' : 'x'))
  const codes = new Int32Array(length)
  t.throws(() => encoded({ form: 'vector', type: 'SYMBOL', length, codes, base }), {
    name: 'ValueError',
    code: 'DDB_INPUT_LIMIT',
  })
})
