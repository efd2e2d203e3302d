import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Vector } from '../../../../src/protocol/value.js'
import {
  distinctInPieces,
  distinctRowsInPieces,
  groupRowsInPieces,
  type Groups,
} from '../../../../src/server/operators/keys/distinct.js'
import { pieceRows } from '../../../../src/server/values/pieces.js'
import { callContext, finish } from '../../../helpers/evaluation.js'
import { runs } from '../../../helpers/runs.js'
import { textsOf } from '../../../helpers/script.js'
import { column, valuesOf } from '../../columns/columns.js'

const vector = (...values: (number | null)[]): Vector => column('INT', ...values) as Vector

function rowsOf(groups: Groups): number[][] {
  return Array.from({ length: groups.length }, (_, group) => [...groups.rowsOf(group)])
}

t.test('elements and groups stand in the order of their first rows', async () => {
  const row = fc.tuple(fc.option(fc.integer({ min: 0, max: 3 })), fc.constantFrom('', 'a', 'b'))
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), rows => {
      const model = new Map<string, number[]>()
      rows.forEach((one, index) => {
        const key = JSON.stringify(one)
        model.set(key, [...(model.get(key) ?? []), index])
      })
      const columns = [vector(...rows.map(([a]) => a)), column('SYMBOL', ...rows.map(([, b]) => b))]
      const groups = finish(groupRowsInPieces(callContext(), columns)).value
      assert.deepEqual(rowsOf(groups), [...model.values()])
      const first = finish(distinctRowsInPieces(callContext(), columns)).value
      assert.deepEqual(
        [...first],
        [...model.values()].map(([index]) => index),
      )
      const [numbers] = columns
      const elements = finish(distinctInPieces(callContext(), numbers as Vector)).value
      assert.deepEqual(valuesOf(elements), [...new Set(rows.map(([a]) => a))])
    }),
    { numRuns: runs(100) },
  )
})

t.test('equal rows meet over the border of pieces', async t => {
  const rows = 2 * pieceRows + 10
  const data = Int32Array.from({ length: rows }, (_, row) => row % (pieceRows + 7))
  const long: Vector = { form: 'vector', type: 'INT', length: rows, data }
  const { value: first, turns } = finish(distinctRowsInPieces(callContext(), [long]))
  t.equal(turns, 3)
  t.equal(first.length, pieceRows + 7)
  t.equal(first.at(-1), pieceRows + 6)
  const groups = finish(groupRowsInPieces(callContext(), [long])).value
  t.equal(groups.length, pieceRows + 7)
  t.same([...groups.rowsOf(0)], [0, pieceRows + 7])
  t.same([...groups.rowsOf(pieceRows + 6)], [pieceRows + 6])
  const elements = finish(distinctInPieces(callContext(), long)).value
  t.equal(elements.length, pieceRows + 7)
})

t.test('nothing has no groups, and tuples count by their text', async t => {
  t.equal(finish(groupRowsInPieces(callContext(), [])).value.length, 0)
  t.equal(finish(groupRowsInPieces(callContext(), [vector()])).value.length, 0)
  t.equal(finish(distinctInPieces(callContext(), vector())).value.length, 0)
  const tuple = column('ANY', vector(1, 2), vector(3), vector(1, 2)) as Vector
  t.same(textsOf(finish(distinctInPieces(callContext(), tuple)).value), ['[1,2]', '[3]'])
})

t.test('keys that do not fit into the memory of the request are not kept', async t => {
  const long = vector(...Array.from({ length: pieceRows + 1 }, (_, row) => row))
  const refusal = { message: /^Out of memory/ }
  t.throws(() => finish(distinctRowsInPieces(callContext(4 * pieceRows), [long])), refusal)
  t.throws(() => finish(distinctRowsInPieces(callContext(8 * pieceRows), [long])), refusal)
  t.throws(() => finish(groupRowsInPieces(callContext(8 * pieceRows), [long])), refusal)
  t.throws(() => finish(groupRowsInPieces(callContext(16 * pieceRows), [long])), refusal)
})
