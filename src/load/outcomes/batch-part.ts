/*
  A piece of a batch that is sent under its own number: the whole batch, or its rows of one lane. While the run locates rows that the
  server refuses, a piece is a half, a quarter and so on.
*/
import type { Batch, InputRange } from '../../parse/batch.js'
import { sliceColumn } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import type { BatchRange } from './events.js'
import { halfNos } from './unit-numbers.js'

export interface BatchPart {
  readonly batch: Batch
  /** Rows `start` to `end` (exclusive) of the batch. */
  readonly start: number
  readonly end: number
  readonly encodedBytes: number
  /** Parts of the batch that are still needed; releasing the last one releases the batch. */
  readonly open: { parts: number }
  /** True once the part was resent while its outcome was unknown: the server may have it already. */
  mayBeStored?: boolean
  /** The number under which the part is sent, once it has one. */
  no?: number
  /** In a unit of a plan: the batch number of these rows, which follows from their position in the unit. */
  readonly unitNo?: number
  /** undefined for rows that were not divided by lane. */
  readonly lane?: PartLane
}

/** Shared by the parts of one lane's rows. */
export interface PartLane {
  /** Index of the connection; undefined if another process divided the rows for a different number of lanes. */
  readonly index: number | undefined
  /** `firstRow`: index of the lane's first row, counted over all lanes. `firstNo`: lowest batch number of all lanes. */
  readonly firstRow: number
  readonly firstNo: number
  /** Number of parts not counted yet; if order matters, later rows of the lane wait for these parts. */
  open: number
}

/** The batch as the reader produced it, or its rows of one lane. */
export function wholeBatch(batch: Batch, lane?: PartLane): BatchPart {
  return {
    batch,
    start: 0,
    end: batch.rowCount,
    encodedBytes: batch.encodedBytes,
    open: { parts: 1 },
    ...(lane && { lane }),
  }
}

/** The two halves that replace a part of at least two rows. */
export function halves(part: BatchPart): [BatchPart, BatchPart] {
  const middle = (part.start + part.end) >> 1
  const encodedBytes = part.encodedBytes / 2
  part.open.parts++
  // When the queue forgot the part's batch, the lane stopped counting the part. Now it counts both halves as open.
  if (part.lane !== undefined) part.lane.open += 2
  const { no: _, unitNo, ...rows } = part
  const [left, right] = unitNo === undefined ? [] : halfNos(unitNo)
  return [
    { ...rows, end: middle, encodedBytes, ...(left !== undefined && { unitNo: left }) },
    { ...rows, start: middle, encodedBytes, ...(right !== undefined && { unitNo: right }) },
  ]
}

/** Called once the part is counted, whatever its outcome. */
export function releasePart(part: BatchPart): void {
  if (--part.open.parts === 0) part.batch.release()
}

/** The part's rows as one table. Every way of writing passes this table as a single argument. */
export function partTable(part: BatchPart, columnNames: readonly string[]): Table {
  const { batch, start, end } = part
  const whole = start === 0 && end === batch.rowCount
  return {
    form: 'table',
    name: '',
    rows: end - start,
    columnNames,
    columns: whole ? batch.columns : batch.columns.map(column => sliceColumn(column, start, end)),
  }
}

/** Names the part's lines, for example `trades.csv, lines 2 to 10001`. */
export function partText({ batch, start, end }: BatchPart): string {
  const first = batch.locate(start)
  const last = batch.locate(end - 1)
  if (first.file !== last.file) {
    return `${first.file}, line ${first.lineNumber}, to ${last.file}, line ${last.lineNumber}`
  }
  return first.lineNumber === last.lineNumber
    ? `${first.file}, line ${first.lineNumber}`
    : `${first.file}, lines ${first.lineNumber} to ${last.lineNumber}`
}

/** The batch's ranges, in order, cut down to the rows of the part. */
export function partRanges({ batch, start, end }: BatchPart): readonly BatchRange[] {
  const isIn = ({ firstRow, rowCount }: InputRange): boolean =>
    firstRow < end && firstRow + rowCount > start
  const { ranges } = batch
  if (ranges.length === 1) return [rowsOf(batch, ranges[0]!, start, end)]
  return ranges.filter(isIn).map(range => rowsOf(batch, range, start, end))
}

function rowsOf(batch: Batch, range: InputRange, start: number, end: number): BatchRange {
  const { file, firstRow, startOffsetBytes, endOffsetBytes, endLineNumber, place } = range
  const rangeEnd = firstRow + range.rowCount
  const from = Math.max(start, firstRow)
  const to = Math.min(end, rangeEnd)
  const first = batch.locate(from)
  return {
    input: place?.input ?? 0,
    file,
    startBytes: from === firstRow ? startOffsetBytes : first.offsetBytes,
    endBytes: to === rangeEnd ? endOffsetBytes : batch.locate(to).offsetBytes,
    rows: to - from,
    firstLine: first.lineNumber,
    lastLine: batch.locate(to - 1).lineNumber,
    endLine: endLineNumber,
    records: place?.records ?? 0,
  }
}

/**
 * Halves of batches that the server refused because of some rows, without storing any row. They are sent one at a time: a run that
 * stops at the first bad row then sends no more than necessary.
 */
export interface BisectQueue {
  /** Adds both halves of a part, which must have at least two rows. `next` returns the first half first. */
  divide(part: BatchPart): void
  next(): BatchPart | undefined
  rest(): BatchPart[]
}

export function newBisectQueue(): BisectQueue {
  const waiting: BatchPart[] = []
  return {
    divide(part) {
      const [left, right] = halves(part)
      waiting.push(right, left)
    },
    next: () => waiting.pop(),
    rest: () => waiting.splice(0).reverse(),
  }
}
