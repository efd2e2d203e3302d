import t from 'tap'
import { vectorOf } from '../../src/protocol/element.js'
import type { Column, Table } from '../../src/protocol/value.js'
import { decoded, encoded, hex, scalar } from '../helpers/codec.js'

const ints = (...values: number[]): Column => vectorOf({ type: 'INT' }, values)

const table = (columnNames: string[], rows: number, ...columns: Column[]): Table => ({
  form: 'table',
  name: '',
  rows,
  columnNames,
  columns,
})

t.test('the low byte of the flag is not a type: every client writes its own', async t => {
  for (const low of ['00', '08', '0f', '1b']) {
    const bytes = hex(`${low} 06 01000000 01000000 7400 6100 04 01 01000000 01000000 05000000`)
    t.strictSame(decoded(bytes), { ...table(['a'], 1, ints(5)), name: 't' })
  }
})

t.test('a table holds tuples and array vectors as columns', async t => {
  const value = table(
    ['tuple', 'array'],
    2,
    vectorOf({ type: 'ANY' }, [scalar('INT', 1), vectorOf({ type: 'LONG' }, [1n, null])]),
    vectorOf({ type: 'DOUBLE', array: true }, [[1.5], [null, 2]]),
  )
  t.strictSame(decoded(encoded(value)), value)
})

t.test('tables that do not fit together are refused', async t => {
  const refused: readonly (readonly [Table, RegExp])[] = [
    [table([], 0), /needs columns/],
    [table(['a', 'b'], 1, ints(1)), /2 names/],
    [table(['a'], 2, ints(1)), /"a" has 1 values in a table of 2 rows/],
  ]
  for (const [value, message] of refused) {
    t.throws(() => encoded(value), { name: 'ValueError', code: 'DDB_USAGE', message })
  }
  const arrived: readonly (readonly [string, RegExp])[] = [
    ['00 06 01000000 00000000 00', /no columns/],
    [
      '00 06 02000000 01000000 00 6100 04 01 01000000 01000000 05000000',
      /"a" of a table of 2 rows is a vector of 1 values/,
    ],
    ['00 06 01000000 01000000 00 6100 04 00 05000000', /is a scalar/],
    ['00 06 ffffffff 01000000 00', /-1 rows/],
  ]
  for (const [bytes, message] of arrived) {
    t.throws(() => decoded(hex(bytes)), { name: 'ProtocolError', message })
  }
})
