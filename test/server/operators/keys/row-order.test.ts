import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Vector } from '../../../../src/protocol/value.js'
import { rowComparison, sortRows } from '../../../../src/server/operators/keys/row-order.js'
import { runs } from '../../../helpers/runs.js'
import { column } from '../../columns/columns.js'

const vector = (...values: (number | null)[]): Vector => column('INT', ...values) as Vector

t.test('several keys, either way, and equal rows stay in place', async () => {
  const row = fc.record({ a: fc.option(fc.nat({ max: 3 })), b: fc.nat({ max: 3 }) })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), fc.boolean(), (rows, descending) => {
      const columns = [
        { column: vector(...rows.map(one => one.a)), descending },
        { column: vector(...rows.map(one => one.b)), descending: false },
      ]
      // A null is below every number.
      const rank = (value: number | null): number => value ?? -1
      const expected = rows
        .map((one, index) => ({ ...one, index }))
        .sort((x, y) => (descending ? -1 : 1) * (rank(x.a) - rank(y.a)) || x.b - y.b)
        .map(({ index }) => index)
      const order = sortRows(columns, rows.length)
      assert.deepStrictEqual([...order], expected)
    }),
    { numRuns: runs(100) },
  )
})

t.test('many rows are in one order', async t => {
  // 7919 is a prime that does not divide 100,000: each number from 0 to 99,999 stands here once.
  const count = 100_000
  const data = Int32Array.from({ length: count }, (_, index) => (index * 7919) % count)
  const column: Vector = { form: 'vector', type: 'INT', length: count, data }
  const columns = [{ column, descending: false }]
  const order = sortRows(columns, count)
  t.ok(order.every((row, place) => data[row] === place))
})

t.test('every type has its own order', async t => {
  const before = (values: Vector): number => Math.sign(rowComparison(values)(0, 1))
  t.equal(before(column('STRING', 'B', 'a') as Vector), -1, 'text by its characters')
  t.equal(before(column('SYMBOL', 'b', 'a') as Vector), 1, 'symbols by text, not by code')
  t.equal(before(column('LONG', 2n ** 53n + 1n, 2n ** 53n) as Vector), 1, 'every bit counts')
  t.equal(before(column('DOUBLE', null, -1e300) as Vector), -1, 'a null is the smallest')
  t.equal(before(column('BOOL', false, true) as Vector), -1)
  t.throws(() => rowComparison(column('ANY', { form: 'scalar', type: 'INT', value: 1 })), {
    message: 'Tuples and array vectors can not be sorted.',
  })
})
