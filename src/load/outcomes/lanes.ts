/*
  Divides the rows of a batch into the pieces to send. If the run has several connections, each may carry the rows of one lane. A process
  that resumes divides them exactly as the earlier one did, so that each place keeps its rows. Readers and the journal still use whole
  batches, whose bytes are consecutive.
*/
import type { Batch } from '../../parse/batch.js'
import type { LanesOfBatch } from '../journal/journal-record.js'
import type { SentBatch } from '../journal/recorded-run.js'
import type { Run } from '../run.js'
import { cutOf, recordedRanges, wholePiece, type Piece } from './pieces.js'
import { someRows } from './some-rows.js'

interface DividedBatch {
  readonly pieces: readonly Piece[]
  readonly cut: number
  readonly lanes: LanesOfBatch | undefined
}

/**
 * @param known  the batch as an earlier process sent it
 * @returns undefined if its rows cannot be divided as the earlier process divided them
 */
export function divideBatch(
  { lanes: scheme, checked: { connections } }: Pick<Run, 'lanes' | 'checked'>,
  batch: Batch,
  known: SentBatch | undefined,
): DividedBatch | undefined {
  const own = scheme && connections > 1 ? { count: connections, by: scheme.digest } : undefined
  const lanes = known === undefined ? own : known.lanes
  const cut = cutOf(recordedRanges(batch), lanes)
  if (lanes === undefined) return { pieces: [wholePiece(batch, cut)], cut, lanes }
  const { count, by } = lanes
  if (scheme?.digest !== by) return undefined
  const isOurs = count === connections
  const rows = rowsByLane(scheme.lanesOf(batch, count), batch.rowCount, count)
  let open = rows.filter(({ length }) => length > 0).length
  const release = (): void => {
    if (open-- === 1) batch.release()
  }
  const pieces = rows.flatMap((own, laneNo) => {
    if (own.length === 0) return []
    return [wholePiece(someRows(batch, own, release), cut, isOurs ? laneNo : undefined, laneNo)]
  })
  return { pieces, cut, lanes }
}

/** @param laneOf  the lane of each row */
function rowsByLane(laneOf: Uint8Array, rowCount: number, laneCount: number): Int32Array[] {
  const rowCounts = new Array<number>(laneCount).fill(0)
  for (let row = 0; row < rowCount; row++) rowCounts[laneOf[row]!]!++
  const rowsOf = rowCounts.map(count => new Int32Array(count))
  const filled = new Array<number>(laneCount).fill(0)
  for (let row = 0; row < rowCount; row++) {
    const lane = laneOf[row]!
    rowsOf[lane]![filled[lane]!++] = row
  }
  return rowsOf
}
