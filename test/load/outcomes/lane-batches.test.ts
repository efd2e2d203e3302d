/*
  A batch that is divided by lane (connection) keeps its rows, their order and their places in the input.
*/
import fc from 'fast-check'
import t from 'tap'
import { divideByLane } from '../../../src/load/outcomes/lane-batches.js'
import { halves, partRanges, wholeBatch } from '../../../src/load/outcomes/batch-part.js'
import type { InputRange } from '../../../src/parse/batch.js'
import { batchOf } from '../../helpers/batches.js'
import { runs } from '../../helpers/runs.js'
import { ints } from '../../helpers/values.js'
import type { Column } from '../../../src/protocol/value.js'

/** A batch of numbered rows from one or two inputs. */
function numbered(rowCount: number, cut: number) {
  const columns = [ints(...Array(rowCount).keys()) as Column]
  const batch = Object.assign(batchOf(rowCount), { columns })
  const [whole] = batch.ranges
  const parts: [number, number][] =
    cut <= 0 || cut >= rowCount
      ? [[0, rowCount]]
      : [
          [0, cut],
          [cut, rowCount],
        ]
  const ranges = parts.map(([start, end], input): InputRange => ({
    ...whole!,
    firstRow: start,
    rowCount: end - start,
    startOffsetBytes: 10 * start,
    endOffsetBytes: 10 * end,
    endLineNumber: end + 2,
    place: { input, records: end },
  }))
  return Object.assign(batch, { ranges })
}

t.test('every row is in one lane, with its order and place', async () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }).chain(lanes =>
        fc.record({
          lanes: fc.constant(lanes),
          laneOf: fc.oneof(
            fc.array(fc.nat(lanes - 1), { minLength: 1, maxLength: 60 }),
            // Often a batch has more than `mostPlaces` places.
            fc.array(fc.nat(lanes - 1), { minLength: 150, maxLength: 300 }),
            fc.array(fc.constant(0), { minLength: 1, maxLength: 200 }),
          ),
          cut: fc.nat(100),
        }),
      ),
      ({ lanes, laneOf, cut }) => {
        const batch = numbered(laneOf.length, cut)
        const divided = divideByLane(batch, Uint8Array.from(laneOf), lanes)
        let firstRow = 0
        let bytes = 0
        for (const { batch: one, lane, firstRow: at } of divided.lanes) {
          const expected = [...laneOf.keys()].filter(row => laneOf[row] === lane)
          const [ids] = one.columns as unknown as { data: Int32Array; length: number }[]
          const found = [...ids!.data.subarray(0, ids!.length)]
          if (found.join() !== expected.join()) return false
          if (at !== firstRow || one.rowCount !== expected.length) return false
          if (divided.rowCounts[lane] !== one.rowCount) return false
          firstRow += one.rowCount
          bytes += one.encodedBytes
          if (!expected.every((row, i) => one.locate(i).lineNumber === row + 2)) return false
          // The ranges of each half contain exactly the rows of the half. A batch of one row has no halves.
          const parts = one.rowCount < 2 ? [wholeBatch(one)] : halves(wholeBatch(one))
          for (const part of parts) {
            const ranges = partRanges(part)
            if (ranges.reduce((sum, { rows }) => sum + rows, 0) !== part.end - part.start)
              return false
            for (let row = part.start; row < part.end; row++) {
              const { offsetBytes } = one.locate(row)
              const isIn = ranges.some(
                each => each.startBytes <= offsetBytes && offsetBytes < each.endBytes,
              )
              if (!isIn) return false
            }
          }
        }
        if (bytes < batch.encodedBytes) return false
        for (const { batch: one } of divided.lanes) {
          if (batch.releases > 0) return false
          one.release()
          one.release()
        }
        return firstRow === laneOf.length && batch.releases === 1
      },
    ),
    { numRuns: runs(1_000) },
  )
})

t.test(
  'if a lane has few places, its ranges are exact to the line and touch those of other lanes',
  async t => {
    const { lanes } = divideByLane(numbered(6, 3), Uint8Array.from([0, 0, 1, 0, 1, 1]), 2)
    const told = lanes.map(({ batch }) =>
      partRanges(wholeBatch(batch)).map(({ input, startBytes, endBytes, firstLine, lastLine }) =>
        [input, startBytes, endBytes, firstLine, lastLine].join(' '),
      ),
    )
    t.strictSame(told, [
      ['0 0 20 2 3', '1 30 40 5 5'],
      ['0 20 30 4 4', '1 40 60 6 7'],
    ])
  },
)
