import t from 'tap'
import { vectorOf } from '../../src/protocol/element.js'
import type { Column } from '../../src/protocol/value.js'
import {
  columnDifference,
  sameScalar,
  tableDifference,
  tableOfColumns,
} from '../../src/selftest/compare.js'

const ints = (...values: (number | null)[]): Column => vectorOf({ type: 'INT' }, values)
const doubles = (...values: (number | null)[]): Column => vectorOf({ type: 'DOUBLE' }, values)
const arrays = (...rows: (number | null)[][]): Column =>
  vectorOf({ type: 'INT', array: true }, rows)

t.test('equal columns have no difference', async t => {
  t.equal(columnDifference(ints(1, null), ints(1, null)), undefined)
  t.equal(columnDifference(doubles(0.1, null), doubles(0.1, null)), undefined)
  t.equal(columnDifference(arrays([1, 2], []), arrays([1, 2], [])), undefined)
})

t.test('the first difference is named', async t => {
  t.equal(columnDifference(ints(1), doubles(1)), 'the type is INT, not DOUBLE')
  t.equal(columnDifference(ints(1), ints(1, 2)), '1 rows came back, not 2')
  t.equal(columnDifference(ints(1, 3, 4), ints(1, 2, 5)), 'row 2 is 3, not 2')
  t.equal(columnDifference(ints(null), ints(0)), 'row 1 is null, not 0')
  t.equal(columnDifference(doubles(-0), doubles(0)), 'row 1 is -0, not 0')
  t.match(columnDifference(doubles(0.1), doubles(0.10000000000000002)), /^row 1 is /)
})

t.test('an empty row of an array column is one null', async t => {
  t.equal(columnDifference(arrays([null]), arrays([])), undefined)
  t.match(columnDifference(arrays([null, null]), arrays([])), /^row 1 is /)
  t.match(columnDifference(arrays([1]), arrays([])), /^row 1 is /)
})

t.test('scales are part of a decimal', async t => {
  const decimal = (
    scale: number,
  ): { form: 'scalar'; type: 'DECIMAL32'; scale: number; value: bigint } => ({
    form: 'scalar',
    type: 'DECIMAL32',
    scale,
    value: 5n,
  })
  t.equal(sameScalar(decimal(2), decimal(2)), true)
  t.equal(sameScalar(decimal(2), decimal(3)), false)
})

t.test('a table names the column', async t => {
  const table = tableOfColumns({ a: ints(1), b: ints(2) })
  t.equal(tableDifference(table, table), undefined)
  t.equal(
    tableDifference(tableOfColumns({ a: ints(1), b: ints(3) }), table),
    'column b: row 1 is 3, not 2',
  )
  t.equal(tableDifference(tableOfColumns({ a: ints(1) }), table), '1 columns came back, not 2')
})
