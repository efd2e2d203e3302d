import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { DataType } from '../../../../src/protocol/data-type.js'
import { vectorOf, type ElementValue } from '../../../../src/protocol/element.js'
import type { Column, Vector } from '../../../../src/protocol/value.js'
import {
  distinctRows,
  keysOfVector,
  rowKeys,
} from '../../../../src/server/operators/keys/row-keys.js'
import { runs } from '../../../helpers/runs.js'
import { int } from '../../../helpers/values.js'
import { column, fixed } from '../../columns/columns.js'

const vector = (type: DataType, ...values: ElementValue[]): Vector =>
  column(type, ...values) as Vector

t.test('equal numbers have equal keys, whatever their type', async t => {
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

t.test('only the rows of a vector have keys', async t => {
  const behind = [
    vector('INT', 1, 2),
    vector('LONG', 1n, 2n),
    vector('DOUBLE', 1, 2),
    vector('STRING', '1', '2'),
  ]
  for (const one of behind) t.equal(keysOfVector({ ...one, length: 1 }).length, 1)
})

t.test('an element stands for the first time where a set does not know it yet', async () => {
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

t.test('rows are equal where all their columns are', async () => {
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

t.test(
  'one column has the keys of its elements; arrays and tuples count by their text',
  async t => {
    t.strictSame([...rowKeys([vector('LONG', 7n, null)])], [7, null])
    t.same(rowKeys([]), [])
    const arrays = vectorOf({ type: 'INT', array: true }, [[1, 2], [1], [1, 2]])
    t.strictSame([...rowKeys([arrays])], ['[1,2]', '[1]', '[1,2]'])
    t.strictSame([...rowKeys([vector('ANY', int(1), vector('INT', 1, 2))])], ['1', '[1,2]'])
    const [first, second, third] = rowKeys([vector('INT', 1, 1, 1), arrays])
    t.equal(first, third)
    t.not(first, second)
  },
)
