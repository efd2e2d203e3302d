/*
  Columns of tables. Rows that other sessions append during a query are not in its result (docs/server-semantics.md#sessions).
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { DataType } from '../../../src/protocol/data-type.js'
import { type ElementValue, vectorOf } from '../../../src/protocol/element.js'
import { GrowingColumn } from '../../../src/server/columns/growing-column.js'
import { runs } from '../../helpers/runs.js'
import { column, valuesOf } from './columns.js'

const uuid = (last: number): Uint8Array => Uint8Array.of(...new Array<number>(15).fill(1), last)

const kinds: readonly (readonly [DataType, fc.Arbitrary<ElementValue>])[] = [
  ['STRING', fc.string()],
  ['SYMBOL', fc.constantFrom('', 'a', 'b', 'c')],
  ['INT', fc.integer({ min: -9, max: 9 })],
  ['UUID', fc.integer({ min: 1, max: 9 }).map(uuid)],
]

t.test('a query reads the rows that were there when it began', async () => {
  for (const [type, value] of kinds) {
    const batches = fc.array(fc.array(value, { maxLength: 70 }), { maxLength: 40 })
    fc.assert(
      fc.property(batches, fc.nat({ max: 39 }), (rows, changedAt) => {
        const growing = new GrowingColumn(column(type))
        const expected: ElementValue[] = []
        const views = rows.map((batch, at) => {
          growing.append(vectorOf({ type }, batch))
          expected.push(...batch)
          if (at === changedAt && expected.length > 1) {
            growing.assign(Int32Array.of(0), column(type, expected.at(-1)!))
            expected[0] = expected.at(-1)!
          }
          return { view: growing.snapshot(), expected: expected.slice() }
        })
        for (const { view, expected } of views) assert.deepEqual(valuesOf(view()), expected)
      }),
      { numRuns: runs(50) },
    )
  }
})
