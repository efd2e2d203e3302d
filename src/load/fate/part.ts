/*
  A piece of a batch that travels under a number of its own: the whole batch, or, while the rows that the server
  refuses are being looked for, a half of it, or a half of a half.
*/
import type { Batch } from '../../parse/input-reader.js'
import { sliceColumn } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'

/** Rows of one batch that are sent together. */
export interface Part {
  readonly batch: Batch
  /** Rows `start` to `end` (exclusive) of the batch. */
  readonly start: number
  readonly end: number
  readonly encodedBytes: number
  /** Parts of the batch that are still needed; the batch is released with the last one. */
  readonly open: { parts: number }
  /** True once it was sent again although nobody knew what had become of it: the server may have it already. */
  mayBeStored?: boolean
  /** Under which the journal knows it. */
  no?: number
}

/** The batch as it came from the reader. */
export function wholeBatch(batch: Batch): Part {
  return {
    batch,
    start: 0,
    end: batch.rowCount,
    encodedBytes: batch.encodedBytes,
    open: { parts: 1 },
  }
}

/** Both halves of a part of at least two rows; they take its place. */
export function halves(part: Part): [Part, Part] {
  const middle = (part.start + part.end) >> 1
  const encodedBytes = part.encodedBytes / 2
  part.open.parts++
  const { no: _, ...rows } = part
  return [
    { ...rows, end: middle, encodedBytes },
    { ...rows, start: middle, encodedBytes },
  ]
}

/** Not needed any more: whatever became of it is counted. */
export function releasePart(part: Part): void {
  if (--part.open.parts === 0) part.batch.release()
}

/** As the one argument that every way of writing takes. */
export function partTable(part: Part, columnNames: readonly string[]): Table {
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

/** `trades.csv, lines 2 to 10001`. */
export function partText({ batch, start, end }: Part): string {
  const first = batch.locate(start)
  const last = batch.locate(end - 1)
  return first.lineNumber === last.lineNumber
    ? `${first.file}, line ${first.lineNumber}`
    : `${first.file}, lines ${first.lineNumber} to ${last.lineNumber}`
}

/** Range of the decompressed input that holds these rows; ranges of neighbours touch. */
export function partRange({ batch, start, end }: Part): { startBytes: number; endBytes: number } {
  return {
    startBytes: start === 0 ? batch.startOffsetBytes : batch.locate(start).offsetBytes,
    endBytes: end === batch.rowCount ? batch.endOffsetBytes : batch.locate(end).offsetBytes,
  }
}
