/*
  Divides a batch by lane: the rows of each lane (of one connection) become a batch of their own, in the same order.
  Readers and the journal still use whole batches, whose bytes are consecutive.
*/
import type { Batch, InputRange } from '../../parse/batch.js'
import { takeRows } from '../../protocol/element.js'
import type { LanesOfBatch } from './place.js'

export interface LaneBatch {
  readonly batch: Batch
  readonly lane: number
}

export interface LaneRows extends LanesOfBatch {
  /** The lanes that have rows. */
  readonly lanes: readonly LaneBatch[]
}

/**
 * The batch is released after all of its lanes are released.
 * @param laneOf  the lane of each row
 * @returns the lanes that have rows
 */
export function divideByLane(batch: Batch, laneOf: Uint8Array, laneCount: number): LaneBatch[] {
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
  const lanes: LaneBatch[] = []
  for (const [lane, rows] of rowsOf.entries()) {
    if (rows.length > 0) lanes.push({ batch: rowsAlone(batch, rows, release), lane })
  }
  return lanes
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
    ...(next && { endOffsetBytes: next.offsetBytes, endLineNumber: next.lineNumber }),
  }
}
