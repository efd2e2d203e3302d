/*
  Rows of a batch that are sent together: all rows of the batch, or its rows of one lane (a connection that carries a fixed share of the
  rows). While the run locates rows that the server refuses, a part is a half, a quarter and so on.
*/
import type { Batch, InputRange } from '../../parse/batch.js'
import { sliceColumn } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import type { BatchRange, Place } from './place.js'
import { isSettled, pieceKey, rowsOf, type SentBatch } from './streams.js'

export interface BatchPart {
  readonly batch: Batch
  /** Rows `start` to `end` (exclusive) of the batch. */
  readonly start: number
  readonly end: number
  readonly encodedBytes: number
  /** `parts`: how many parts of the batch are not released yet. At 0, the batch itself is released. */
  readonly open: { parts: number }
  /** True if a second copy was sent while the outcome of the first was unknown: the server may have stored the first. */
  mayBeStored?: boolean
  /** The number under which this process sends the part; undefined until it is queued. */
  no?: number
  readonly place: Place
  /** What the place stands for (`cutOf`). */
  readonly cut: bigint
  /** How many batches the run had when it sent the batch for the first time; 0 if an earlier process did. */
  readonly ordinal: number
  /** `partRanges`, if they are known already. */
  readonly ranges?: readonly BatchRange[] | undefined
  /** undefined if the rows were not divided by lane. */
  readonly lane?: PartLane | undefined
}

/** Describes the rows of one lane. All parts of these rows share this object. */
export interface PartLane {
  /** Index of the lane's connection; undefined if an earlier process divided the rows into a different number of lanes. */
  readonly index: number | undefined
  /** Number of parts without a recorded outcome. If the order of rows matters, later rows of the lane wait until it is 0. */
  open: number
}

interface WholeBatch extends Pick<BatchPart, 'cut' | 'ordinal' | 'ranges' | 'lane'> {
  /** Default: the batch is not divided by lane. */
  readonly laneNo?: number
}

/** The part that contains all rows of a batch. With `lane`, the batch has the rows of one lane. */
export function wholeBatch(batch: Batch, whole: WholeBatch): BatchPart {
  const { rowCount, encodedBytes, place } = batch
  const { stream, no } = place!
  const { cut, ordinal, ranges, lane, laneNo = 0 } = whole
  // Lists the fields. An object spread would take as long as all other work for a small batch.
  return {
    batch,
    start: 0,
    end: rowCount,
    encodedBytes,
    open: { parts: 1 },
    place: { stream, no, lane: laneNo, part: 1 },
    cut,
    ordinal,
    ranges,
    lane,
  }
}

/** The two halves that replace a part of at least two rows. */
export function halves(part: BatchPart): [BatchPart, BatchPart] {
  const middle = (part.start + part.end) >> 1
  const encodedBytes = part.encodedBytes / 2
  part.open.parts++
  // Adds 2, not 1, because both halves are open now, and `SendQueue.forget` has already subtracted the undivided part
  // from the lane's open parts.
  if (part.lane !== undefined) part.lane.open += 2
  const { no: _, ranges: __, place, ...rows } = part
  const placeOf = (half: number): Place => ({ ...place, part: 2 * place.part + half })
  return [
    { ...rows, place: placeOf(0), end: middle, encodedBytes },
    { ...rows, place: placeOf(1), start: middle, encodedBytes },
  ]
}

/** A part for which something is left to do. */
export interface OpenPart {
  readonly part: BatchPart
  /** Whether the server may have stored it. */
  readonly isSent: boolean
}

/** The parts for which something is left to do, in order. Releases the others. */
export function openParts(part: BatchPart, known: SentBatch): OpenPart[] {
  const ended = known.pieces.get(pieceKey(part.place))
  if (ended !== undefined) {
    if (!isSettled(ended)) return [{ part, isSent: ended.unsent < rowsOf(ended) }]
    if (part.lane !== undefined) part.lane.open--
    releasePart(part)
    return []
  }
  if (!isDivided(part, known)) return [{ part, isSent: true }]
  if (part.lane !== undefined) part.lane.open--
  return halves(part).flatMap(half => openParts(half, known))
}

/** Whether an earlier process has divided the part, and recorded the outcome of one of its parts. */
function isDivided({ place }: BatchPart, { pieces }: SentBatch): boolean {
  for (const key of pieces.keys()) {
    const [lane, part] = key.split(' ').map(Number) as [number, number]
    const levels = Math.floor(Math.log2(part)) - Math.floor(Math.log2(place.part))
    if (lane === place.lane && levels > 0 && part >> levels === place.part) return true
  }
  return false
}

/** Must be called once the outcome of the part is recorded. */
export function releasePart(part: BatchPart): void {
  if (--part.open.parts === 0) part.batch.release()
}

/** The part's rows as one table: the single argument in every way of writing. */
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

/** For example `trades.csv, lines 2 to 10001`. */
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

/** All ranges of a batch, even those without rows. */
export function batchRanges(batch: Batch): readonly BatchRange[] {
  return batch.ranges.map(range =>
    range.rowCount === 0 ? withoutRows(range) : rowsIn(batch, range, 0, batch.rowCount),
  )
}

function withoutRows(range: InputRange): BatchRange {
  const { file, startOffsetBytes: startBytes, endOffsetBytes: endBytes, endLineNumber } = range
  const lines = { firstLine: endLineNumber, lastLine: endLineNumber, endLine: endLineNumber }
  const { input, records } = range.place ?? { input: 0, records: 0 }
  return { input, file, startBytes, endBytes, rows: 0, ...lines, records }
}

export function partRanges({ batch, start, end }: BatchPart): readonly BatchRange[] {
  const isIn = ({ firstRow, rowCount }: InputRange): boolean =>
    firstRow < end && firstRow + rowCount > start
  const { ranges } = batch
  if (ranges.length === 1) return [rowsIn(batch, ranges[0]!, start, end)]
  return ranges.filter(isIn).map(range => rowsIn(batch, range, start, end))
}

function rowsIn(batch: Batch, range: InputRange, start: number, end: number): BatchRange {
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
 * Halves of batches that the server refused because of some rows, without storing any row. The run sends one half at a time, so that
 * a run that stops at the first bad row sends as little as possible.
 */
export interface BisectQueue {
  /** Adds both halves of a part, which must have at least two rows. `next` returns the first half before the second. */
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
