/* Types of texts, bytes and lists. */
import assert from 'node:assert/strict'
import { isIPv6 } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import type { ColumnType, DataType } from '../../../src/protocol/data-type.js'
import {
  type ElementValue,
  formatElement,
  formatScalar,
  isNullAt,
  sliceColumn,
  vectorOf,
} from '../../../src/protocol/element.js'
import { blobsOf } from '../../../src/protocol/types/blobs.js'
import { parseSixteenBytes } from '../../../src/protocol/types/sixteen-bytes.js'
import {
  type EncodedStringVector,
  stringsOf,
  type StringVector,
} from '../../../src/protocol/types/strings.js'
import { type SymbolVector, symbolVectorOf } from '../../../src/protocol/types/symbols.js'
import { explicitNull, isTuple, tupleOf } from '../../../src/protocol/types/tuples.js'
import type { Scalar, Table, Value, Vector } from '../../../src/protocol/value.js'
import { decoded, encoded, hex, scalar } from '../../helpers/codec.js'
import { forAll } from '../../helpers/runs.js'
import { int, tableOf, text } from '../../helpers/values.js'
import { nullsOf, rearranged, valuesOf } from './variable.js'

// STRING as a list of texts, and as the bytes that are sent.

const texts = ['a', '', 'é数']
const plain: StringVector = { form: 'vector', type: 'STRING', length: 3, data: texts }
const inWireForm: EncodedStringVector = {
  ...{ form: 'vector', type: 'STRING', length: 3, encoded: hex('6100 00 c3a9e695b000') },
}
const wire = hex('12 01 03000000 01000000 6100 00 c3a9e695b000')

for (const [name, vector] of [
  ['a list', plain],
  ['wire form', inWireForm],
] as const) {
  t.test(`${name}: bytes, elements and rows`, async t => {
    t.strictSame(encoded(vector), wire)
    t.strictSame(stringsOf(vector), texts)
    t.strictSame(valuesOf(vector), texts)
    t.strictSame(nullsOf(vector), [false, true, false])
    const expected = { cut: ['', 'é数'], joined: [...texts, ...texts], picked: ['é数', 'a'] }
    t.strictSame(rearranged(vector), expected)
  })
}

t.test('rows after the given length are not part of a column', async t => {
  t.strictSame(encoded({ ...plain, length: 1 }), hex('12 01 01000000 01000000 6100'))
  t.strictSame(stringsOf({ ...inWireForm, length: 2 }), ['a', ''])
})

t.test('too few texts and texts without an end are refused', async t => {
  t.throws(() => encoded({ ...plain, length: 4 }), { code: 'DDB_USAGE', message: /only 3 values/ })
  const error = { code: 'DDB_USAGE', message: /end with a 00/ }
  t.throws(() => encoded({ ...inWireForm, encoded: hex('61') }), error)
})

t.test('texts are numbered from 1 in order of first appearance; the empty text is 0', async t => {
  const { codes, base } = symbolVectorOf(['b', '', 'a', 'b'])
  t.same([...codes], [1, 0, 2, 1])
  t.strictSame(base, ['', 'b', 'a'])
})

t.test('long columns are numbered in the same way, whatever their order', async () => {
  const part = fc.record({
    rows: fc.constantFrom(1, 300, 3_000, 9_000),
    different: fc.constantFrom(1, 2, 7, 400, 5_000),
    order: fc.constantFrom('sorted', 'repeated', 'none'),
    seed: fc.integer({ min: 1, max: 2 ** 31 - 2 }),
  })
  forAll(100)(fc.array(part, { minLength: 1, maxLength: 4 }), parts => {
    const texts = parts.flatMap(({ rows, different, order, seed }) => {
      let random = seed
      return Array.from({ length: rows }, (_, row) => {
        random = (random * 48_271) % (2 ** 31 - 1)
        if (order === 'sorted') return `${Math.floor((row * different) / rows) || ''}`
        return `${(order === 'none' ? random : row) % different || ''}`
      })
    })
    const { codes, base, length } = symbolVectorOf(texts)
    assert.deepEqual(base, ['', ...new Set(texts.filter(one => one !== ''))])
    assert.equal(length, texts.length)
    const decoded = Array.from(codes, code => base[code])
    assert.deepEqual(decoded, texts)
  })
})

t.test('an empty column is sent as type 17 and is read from either client', async t => {
  const empty = symbolVectorOf([])
  t.ok(encoded(empty).equals(hex('11 01 00000000 01000000')))
  t.strictSame(decoded(hex('11 01 00000000 01000000')), empty)
  t.strictSame(decoded(hex('91 01 00000000 01000000 | 00000000 01000000 | 00')), empty)
})

t.test('plain strings of type 17 become codes when they are decoded', async t => {
  t.strictSame(decoded(hex('11 01 03000000 01000000 6100 00 6100')), symbolVectorOf(['a', '', 'a']))
})

t.test('a slice of a large column contains only its own texts', async t => {
  const large = symbolVectorOf(Array.from({ length: 1000 }, (_, row) => `S${row}`))
  const slice = sliceColumn(large, 500, 502) as SymbolVector
  t.strictSame(decoded(encoded(slice)), symbolVectorOf(['S500', 'S501']))
  t.ok(encoded(slice).length < 60)
})

const symbols = (codes: number[], base: string[]): SymbolVector => ({
  ...{ form: 'vector', type: 'SYMBOL', length: 1, codes: Int32Array.from(codes), base },
})

t.test('columns of one table may share a base, and a base may be redefined', async t => {
  const table = (...columns: string[]): Buffer =>
    hex(
      `00 06 01000000 0${columns.length}000000 00 ${columns.map(() => '6100').join('')} ${columns.join('')}`,
    )
  const column = (id: number, base: string, code: number): string =>
    `91 01 01000000 01000000 0${id}000000 ${base} 0${code}000000`
  const own = '03000000 00 7800 7900'
  const columnsOf = (...columns: string[]): unknown => (decoded(table(...columns)) as Table).columns
  t.strictSame(columnsOf(column(1, own, 1), column(1, '00000000', 2)), [
    symbols([1], ['', 'x', 'y']),
    symbols([2], ['', 'x', 'y']),
  ])
  const expected = [symbols([1], ['', 'x', 'y']), symbols([1], ['', 'z'])]
  t.strictSame(columnsOf(column(0, own, 1), column(0, '02000000 00 7a00', 1)), expected)
  const error = { name: 'ProtocolError', message: /base 2 has not been sent/ }
  t.throws(() => decoded(table(column(1, own, 1), column(2, '00000000', 1))), error)
  t.throws(() => decoded(hex(column(1, '00000000', 1))), { message: /base 1 has not been sent/ })
})

t.test('bases of one table do not affect another table', async t => {
  const first =
    '00 06 01000000 01000000 00 6100 91 01 01000000 01000000 07000000 02000000 00 7800 01000000'
  const second =
    '00 06 01000000 01000000 00 6100 91 01 01000000 01000000 07000000 00000000 01000000'
  t.throws(() => decoded(hex(`19 01 02000000 01000000 ${first} ${second}`)), {
    message: /base 7 has not been sent/,
  })
})

t.test('each column of a table has a different base id', async t => {
  const column = vectorOf({ type: 'SYMBOL' }, ['x'])
  const bytes = encoded(tableOf({ a: column, b: column, c: column }))
  const at = [0, 1, 2].map(index => 17 + index * 25 + 10)
  const found = at.map(offset => bytes.readInt32LE(offset))
  t.same(found, [0, 1, 2])
})

t.test('a code without an entry is found in any row', async t => {
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

t.test('an invalid symbol column is refused when it is decoded', async t => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['91 01 01000000 01000000 00000000 01000000 6100 00000000', /not the empty string/],
    ['91 01 01000000 01000000 00000000 ffffffff', /-1 symbols/],
    ['91 01 01000000 01000000 00000000 01002000', /2097153 entries/],
  ]
  for (const [bytes, message] of refused) {
    t.throws(() => decoded(hex(bytes)), { name: 'ProtocolError', message }, bytes)
  }
})

t.test('an invalid symbol column is refused before it is sent', async t => {
  t.throws(() => encoded(symbols([0], ['a'])), { code: 'DDB_USAGE' })
  const length = 2_097_153
  const base = Array.from({ length }, (_, code) => (code === 0 ? '' : 'x'))
  const codes = new Int32Array(length)
  const error = { name: 'ValueError', code: 'DDB_INPUT_LIMIT' }
  t.throws(() => encoded({ form: 'vector', type: 'SYMBOL', length, codes, base }), error)
})

// BLOB: bytes with their count.

const blobs = [hex('00ff'), hex(''), hex('61')]
const column: Vector = { form: 'vector', type: 'BLOB', length: 3, data: blobs }
const wireBlobs = hex('20 01 03000000 01000000 | 02000000 00ff | 00000000 | 01000000 61')
const hexOf = (values: unknown[]): string[] =>
  values.map(value => Buffer.from(value as Uint8Array).toString('hex'))

t.test('values in wire form are the same column', async t => {
  // The values lie inside a larger array, like slices of batches.
  const bytes = hex('ff 02000000 00ff | 00000000 | 01000000 61 | ee').subarray(1, -1)
  const inWireForm = { form: 'vector', type: 'BLOB', length: 3, encoded: bytes } as const
  t.strictSame(encoded(inWireForm), wireBlobs)
  t.strictSame(hexOf([...blobsOf(inWireForm)]), ['00ff', '', '61'])
  const { cut, joined, picked } = rearranged(inWireForm)
  t.strictSame(hexOf(cut), ['', '61'])
  t.strictSame(hexOf(joined), ['00ff', '', '61', '00ff', '', '61'])
  t.strictSame(hexOf(picked), ['61', '00ff'])
  t.strictSame(nullsOf(inWireForm), [false, true, false])
  t.equal(formatElement(inWireForm, 2), 'a')
})

t.test('values in wire form with a wrong count are not sent', async t => {
  for (const wrong of '02000000 00|01000000 00 00|01||00000000 00000000|ffffffff'.split('|')) {
    const vector = { form: 'vector', type: 'BLOB', length: 1, encoded: hex(wrong) } as const
    t.throws(() => encoded(vector), { code: 'DDB_USAGE', message: /fill their array/ }, wrong)
  }
})

t.test('bytes and text are values', async t => {
  const made = vectorOf({ type: 'BLOB' }, [hex('00'), 'é', null])
  t.strictSame(hexOf(valuesOf(made)), ['00', 'c3a9', ''])
  t.throws(() => encoded({ ...column, length: 4 }), { code: 'DDB_USAGE', message: /only 3 values/ })
  t.throws(() => decoded(hex('20 00 ffffffff')), { message: /-1 bytes/ })
})

const shown = (type: 'UUID' | 'IPADDR' | 'INT128', value: Uint8Array): string =>
  formatScalar({ form: 'scalar', type, value })

/** Recorded examples (docs/protocol.md#sixteen-byte-values). */
const golden = [
  ['UUID', '00112233-4455-6677-8899-aabbccddeeff', 'ffeeddccbbaa99887766554433221100'],
  ['INT128', '00112233445566778899aabbccddeeff', 'ffeeddccbbaa99887766554433221100'],
  ['IPADDR', '1.2.3.4', '04030201' + '00'.repeat(12)],
  ['IPADDR', '2001:db8::1', `01${'00'.repeat(11)}b80d0120`],
] as const

t.test('the bytes sent are the text in reverse', async t => {
  for (const [type, text, bytes] of golden) {
    t.strictSame(Buffer.from(parseSixteenBytes(type, text)!).toString('hex'), bytes, text)
    t.equal(shown(type, hex(bytes)), text)
  }
})

t.test('each address has one text', async t => {
  const cases = [
    ['2001:0DB8:0:0:0:0:0:0001', '2001:db8::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:0:2:0:0:3:4', '1::2:0:0:3:4'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['fe80::', 'fe80::'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['::1', '0.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
  ] as const
  for (const [given, text] of cases) {
    t.equal(shown('IPADDR', parseSixteenBytes('IPADDR', given)!), text, given)
  }
})

t.test('invalid UUIDs, numbers and addresses are refused', async t => {
  for (const [type, ...texts] of [
    ['UUID', '00112233445566778899aabbccddeeff', '00112233-4455-6677-8899-aabbccddeefg'],
    ['INT128', '00112233-4455-6677-8899-aabbccddeeff', '1'],
    ['IPADDR', '', '1.2.3', '1.2.3.256', '01.2.3.4', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9'],
    ['IPADDR', '1::2::3', '1:2:3:4::5:6:7:8', '12345::', '1.2.3.4::', '::1.2.3.4.5'],
    ['IPADDR', ':1:2:3:4:5:6:7', '::g'],
  ] as const) {
    for (const text of texts) t.equal(parseSixteenBytes(type, text), undefined, text)
  }
})

t.test('any bytes are read back from their text', async () => {
  const sixteen = fc.uint8Array({ minLength: 16, maxLength: 16 })
  const sparse = fc
    .array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 })
    .map(bytes => Uint8Array.from(bytes))
  forAll(100)(
    fc.constantFrom('UUID' as const, 'INT128' as const, 'IPADDR' as const),
    fc.oneof(sixteen, sparse),
    (type, bytes) => {
      const text = shown(type, bytes)
      if (type === 'IPADDR' && text.includes(':') && !isIPv6(text)) return false
      return Buffer.from(parseSixteenBytes(type, text)!).equals(bytes)
    },
  )
})

// ANY: tuples, whose elements are separate values.

const list: Vector = { form: 'vector', type: 'INT', length: 1, data: Int32Array.of(5) }

t.test('a null, an empty text and no bytes are null; values with elements are not', async t => {
  const values: Value[] = [scalar('INT', null), text(''), scalar('BLOB', hex('')), int(0), list]
  const tuple = tupleOf(values)
  const nulls = values.map((_, row) => isNullAt(tuple, row))
  t.strictSame(nulls, [true, true, true, false, false])
})

t.test('values make a tuple, and null stands for NULL', async t => {
  const made = vectorOf({ type: 'ANY' }, [int(1), null]) as Vector
  t.ok(isTuple(made))
  t.strictSame(encoded(made), hex('19 01 02000000 01000000 | 04 00 01000000 | 00 00 01'))
  t.notOk(isTuple(list))
})

// VOID: no value, as a single byte or as no bytes.

t.test('a VOID scalar is one byte: no value, NULL or a default', async t => {
  t.strictSame(encoded(scalar('VOID', null)), hex('00 00 00'))
  t.strictSame(encoded(explicitNull), hex('00 00 01'))
  t.strictSame(decoded(hex('00 00 00')), scalar('VOID', null))
  t.strictSame(decoded(hex('00 00 01')), explicitNull)
  t.match(decoded(hex('00 00 02')), { voidKind: 2, value: null })
})

t.test('an element has no bytes, and is null', async t => {
  const column: Vector = { form: 'vector', type: 'VOID', length: 3 }
  t.strictSame(encoded(column), hex('00 01 03000000 01000000'))
  t.strictSame(decoded(hex('00 01 03000000 01000000')), column)
  t.strictSame(valuesOf(column), [null, null, null])
  t.strictSame(nullsOf(column), [true, true, true])
  const expected = { cut: [null, null], joined: Array(6).fill(null), picked: [null, null] }
  t.strictSame(rearranged(column), expected)
  t.equal(vectorOf({ type: 'VOID' }, [null, null]).length, 2)
})

t.test('rows without bytes also count against the limit', async t => {
  const limits = { maxValueBytes: 1000, maxDepth: 4 }
  t.match(decoded(hex('00 01 0a000000 01000000'), limits), { length: 10 })
  t.throws(() => decoded(hex('00 01 10000000 01000000'), limits), { code: 'DDB_LIMIT' })
})

// Objects that only a server can use, such as functions, are sent as text.

t.test('a function has a byte for its kind before its text', async t => {
  const add: Scalar = { form: 'scalar', type: 'FUNCTIONDEF', functionKind: 3, value: 'f' }
  t.strictSame(encoded(add), hex('14 00 03 6600'))
  t.strictSame(decoded(hex('14 00 03 6600')), add)
  t.strictSame(encoded(scalar('FUNCTIONDEF', 'f')), hex('14 00 00 6600'), 'a system function')
  t.equal(formatScalar(add), 'f')
})

t.test('objects of other system types are only text, and have no columns', async t => {
  for (const [type, id] of [
    ['HANDLE', '15'],
    ['CODE', '16'],
    ['DATASOURCE', '17'],
    ['RESOURCE', '18'],
  ] as const satisfies readonly (readonly [DataType, string])[]) {
    const value = scalar(type, 'x y')
    const wire = hex(`${id} 00 78207900`)
    t.strictSame(encoded(value), wire, type)
    t.strictSame(decoded(wire), value, type)
    t.throws(() => vectorOf({ type }, ['x']), { code: 'DDB_USAGE' }, type)
  }
})

// The kinds of JavaScript values that each type accepts as elements.

t.test('values of other kinds are refused, and the error names them', async t => {
  const cases: [ColumnType, ElementValue, string][] = [
    [{ type: 'BOOL' }, 1, 'number 1'],
    [{ type: 'INT' }, 1n, 'bigint 1'],
    [{ type: 'INT' }, 'x', 'string x'],
    [{ type: 'LONG' }, 1.5, 'number 1.5'],
    [{ type: 'LONG' }, 2 ** 53, 'number 9007199254740992'],
    [{ type: 'STRING' }, true, 'boolean true'],
    [{ type: 'STRING' }, [1], 'list'],
    [{ type: 'STRING' }, new Uint8Array(1), 'object'],
    [{ type: 'SYMBOL' }, true, 'boolean true'],
    [{ type: 'BLOB' }, 1, 'number 1'],
    [{ type: 'UUID' }, 'x', 'string x'],
    [{ type: 'UUID' }, new Uint8Array(3), 'object'],
    [{ type: 'INT128' }, new Uint8Array(16), 'object'],
    [{ type: 'IPADDR' }, '0.0.0.0', 'string 0.0.0.0'],
    [{ type: 'POINT' }, [1, null], 'list'],
    [{ type: 'DURATION' }, 5, 'number 5'],
    [{ type: 'ANY' }, 5, 'number 5'],
    [{ type: 'INT', array: true }, 5, 'number 5'],
  ]
  for (const [type, value, shown] of cases) {
    t.throws(() => vectorOf(type, [value]), {
      name: 'ValueError',
      code: 'DDB_USAGE',
      message: `A ${type.type} column cannot take the ${shown}`,
    })
  }
})
