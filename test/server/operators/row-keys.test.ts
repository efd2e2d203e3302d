import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { DataType } from '../../../src/protocol/data-type.js'
import { type ElementValue } from '../../../src/protocol/element.js'
import type { Column, Vector } from '../../../src/protocol/value.js'
import {
  distinctRows,
  keysOfVector,
  rowKeys,
  rowComparison,
  sortRows,
} from '../../../src/server/operators/comparison.js'
import { runs } from '../../helpers/runs.js'
import { column, fixed } from '../columns/columns.js'

const vector = (type: DataType, ...values: ElementValue[]): Vector =>
  column(type, ...values) as Vector

t.test('equal numbers have equal keys in all types', async t => {
  const examples: [Vector, unknown[]][] = [
    [vector('BOOL', true, false, null), [1, 0, null]],
    [vector('CHAR', 7, null), [7, null]],
    [vector('INT', -2147483647, 7, null), [-2147483647, 7, null]],
    [vector('LONG', 7n, null), [7, null]],
    [
      vector('LONG', 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n)),
      [2 ** 53 - 1, 2n ** 53n, -(2n ** 53n)],
    ],
    [vector('TIMESTAMP', 7n), [7]],
    [vector('FLOAT', 0.5, null), [0.5, null]],
    [vector('DOUBLE', 7, 0.5, null), [7, 0.5, null]],
    [vector('STRING', '7', ''), ['7', '']],
    [vector('SYMBOL', '', '7'), ['', '7']],
    [fixed({ type: 'DECIMAL64', scale: 2 }, 150n, null), ['1.50', null]],
    [
      vector('UUID', new Uint8Array(16).fill(1), null),
      ['01010101-0101-0101-0101-010101010101', null],
    ],
    [{ form: 'vector', type: 'VOID', length: 2 }, [null, null]],
  ]
  for (const [given, keys] of examples) t.strictSame([...keysOfVector(given)], keys, given.type)
})

t.test('an element appears for the first time if a set does not contain it yet', async () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: -5, max: 5 }))), values => {
      const seen = new Set<number | null>()
      const wanted = values.flatMap((value, row) => (seen.size < seen.add(value).size ? [row] : []))
      for (const type of ['INT', 'DOUBLE'] as const) {
        assert.deepEqual([...distinctRows([vector(type, ...values)])], wanted)
      }
    }),
    { numRuns: runs(100) },
  )
})

t.test('rows are equal if all their columns are equal', async () => {
  const number = fc.option(fc.integer({ min: -2, max: 2 }))
  const row = fc.tuple(number, fc.constantFrom('', '1', 'null', '1:1'), number)
  fc.assert(
    fc.property(fc.array(row, { maxLength: 30 }), rows => {
      const columns: Column[] = [
        vector('INT', ...rows.map(([a]) => a)),
        vector('STRING', ...rows.map(([, b]) => b)),
        vector('DOUBLE', ...rows.map(([, , c]) => c)),
      ]
      const keys = rowKeys(columns)
      const texts = rows.map(one => JSON.stringify(one))
      rows.forEach((_, a) => {
        rows.forEach((_, b) => assert.equal(keys[a] === keys[b], texts[a] === texts[b]))
      })
    }),
    { numRuns: runs(50) },
  )
})

const vectorRowOrder = (...values: (number | null)[]): Vector => column('INT', ...values) as Vector

t.test('sorting by several keys in either direction keeps the order of equal rows', async () => {
  const row = fc.record({ a: fc.option(fc.nat({ max: 3 })), b: fc.nat({ max: 3 }) })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), fc.boolean(), (rows, descending) => {
      const columns = [
        { column: vectorRowOrder(...rows.map(one => one.a)), descending },
        { column: vectorRowOrder(...rows.map(one => one.b)), descending: false },
      ]
      // A null is less than every number.
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

t.test('many rows are sorted', async t => {
  // 7919 is a prime that does not divide 100,000, so each number from 0 to 99,999 occurs once.
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
  t.equal(before(column('DOUBLE', null, -1e300) as Vector), -1, 'null is the smallest')
  t.equal(before(column('BOOL', false, true) as Vector), -1)
  t.throws(() => rowComparison(column('ANY', { form: 'scalar', type: 'INT', value: 1 })), {
    message: 'Tuples and array vectors can not be sorted.',
  })
})
