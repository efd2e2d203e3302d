/*
  Divides the rows of a batch into the pieces to send. If the run has several connections, each may carry the rows of one lane. A process
  that resumes divides them exactly as the earlier one did, so that each place keeps its rows. Readers and the journal still use whole
  batches, whose bytes are consecutive.
*/
import type { Batch, InputRange } from '../../parse/batch.js'
import { takeRows } from '../../protocol/element.js'
import type { SentBatch } from '../journal/recorded-run.js'
import type { Run } from '../run.js'
import {
  cutOf,
  leftOf,
  recordedRanges,
  wholePiece,
  type LaneRows,
  type LeftPiece,
  type Piece,
} from './pieces.js'

/**
 * @param known  the batch as an earlier process sent it
 * @returns undefined if the batch is not divided; `changed` if its rows cannot be divided as the earlier process divided them
 */
export function laneRows(
  { lanes: scheme, checked }: Pick<Run, 'lanes' | 'checked'>,
  batch: Batch,
  known: SentBatch | undefined,
): LaneRows | 'changed' | undefined {
  const by = scheme?.digest
  const { count, by: rule } =
    known === undefined ? { count: checked.connections, by } : (known.lanes ?? { count: 1, by })
  if (count === 1 || rule === undefined) return undefined
  if (scheme === undefined || rule !== by) return 'changed'
  return { lanes: divideByLane(batch, scheme.lanesOf(batch, count), count), count, by: rule }
}

/** The pieces of a batch that no process has sent. Records the batch, which is about to be sent. */
export function newPieces(run: Run, batch: Batch, lanes: LaneRows | undefined): readonly Piece[] {
  const ranges = recordedRanges(batch)
  const of = lanes && { count: lanes.count, by: lanes.by }
  const { stream, no } = batch.place!
  if (run.history.file !== undefined) {
    const early = batch.endedBy === 'full' ? undefined : true
    run.history.record({ kind: 'batch', stream, no, ranges, lanes: of, early })
  }
  return piecesOf(run, batch, lanes, cutOf(ranges, of))
}

export function leftPieces(
  run: Pick<Run, 'checked'>,
  batch: Batch,
  lanes: LaneRows | undefined,
  known: SentBatch,
): readonly LeftPiece[] {
  const pieces = piecesOf(run, batch, lanes, cutOf(known.ranges, known.lanes))
  return pieces.flatMap(piece => leftOf(piece, known))
}

function piecesOf(
  { checked: { connections } }: Pick<Run, 'checked'>,
  batch: Batch,
  lanes: LaneRows | undefined,
  cut: number,
): readonly Piece[] {
  if (lanes === undefined) return [wholePiece(batch, cut)]
  const isOurs = lanes.count === connections
  return lanes.lanes.map(({ batch: rows, lane: laneNo }) =>
    wholePiece(rows, cut, isOurs ? laneNo : undefined, laneNo),
  )
}

/**
 * The batch is released after all of its lanes are released.
 * @param laneOf  the lane of each row
 * @returns the lanes that have rows
 */
function divideByLane(batch: Batch, laneOf: Uint8Array, laneCount: number): LaneRows['lanes'] {
  const rowCounts = new Array<number>(laneCount).fill(0)
  for (let row = 0; row < batch.rowCount; row++) rowCounts[laneOf[row]!]!++
  const rowsOf = rowCounts.map(count => new Int32Array(count))
  const filled = new Array<number>(laneCount).fill(0)
  for (let row = 0; row < batch.rowCount; row++) {
    const lane = laneOf[row]!
    rowsOf[lane]![filled[lane]!++] = row
  }
  let open = rowCounts.filter(count => count > 0).length
  const release = (): void => {
    open--
    if (open === 0) batch.release()
  }
  return [...rowsOf.entries()].flatMap(([lane, rows]) =>
    rows.length === 0 ? [] : [{ batch: rowsAlone(batch, rows, release), lane }],
  )
}

function rowsAlone(batch: Batch, rows: Int32Array, release: () => void): Batch {
  const { rowCount, columns, encodedBytes } = batch
  let isReleased = false
  return {
    place: batch.place,
    rowCount: rows.length,
    columns: rows.length === rowCount ? columns : columns.map(column => takeRows(column, rows)),
    encodedBytes: Math.ceil((encodedBytes * rows.length) / rowCount),
    ranges: rangesOf(batch, rows),
    endedBy: batch.endedBy,
    locate: row => batch.locate(rows[row]!),
    record: row => batch.record(rows[row]!),
    release() {
      if (isReleased) return
      isReleased = true
      release()
    },
  }
}

/** Largest number of exact ranges for a lane's rows. If it needs more, the lane gets the ranges of the whole batch. */
const mostPlaces = 64

function rangesOf(batch: Batch, rows: Int32Array): readonly InputRange[] {
  const isNear = (row: number): boolean => rows[row] === rows[row - 1]! + 1
  let places = 1
  for (let row = 1; row < rows.length && places <= mostPlaces; row++) if (!isNear(row)) places++
  const isExact = places <= mostPlaces
  const found: InputRange[] = []
  let row = 0
  for (const range of batch.ranges) {
    const end = range.firstRow + range.rowCount
    while (row < rows.length && rows[row]! < end) {
      const firstRow = row++
      while (row < rows.length && rows[row]! < end && (!isExact || isNear(row))) row++
      const places = isExact ? placesOf(batch, range, rows[firstRow]!, rows[row - 1]! + 1) : {}
      found.push({ ...range, firstRow, rowCount: row - firstRow, ...places })
    }
  }
  return found
}

/** The bytes of rows `start` to `end` (exclusive) of a batch, up to the beginning of row `end`. */
function placesOf(
  batch: Batch,
  { firstRow, rowCount }: InputRange,
  start: number,
  end: number,
): Partial<InputRange> {
  const next = end === firstRow + rowCount ? undefined : batch.locate(end)
  return {
    ...(start === firstRow ? {} : { startOffsetBytes: batch.locate(start).offsetBytes }),
    ...(next && { endOffsetBytes: next.offsetBytes }),
  }
}
