/*
  A thread's result for a piece of text: its records, as plain data with offsets from the piece's start. The thread
  assumes that a record begins after the first line end. The reader uses the result only if the assumption is right.
*/
import type { ColumnCounts, Reject } from '../batch.js'
import type { ColumnPart } from '../columns/column-part.js'
import type { RowBounds } from '../input-rows.js'

/** Rows that one builder hands to another, as plain data. */
export interface RowsPart {
  readonly columns: readonly ColumnPart[]
  /** For each column: how many null cells and bad cells it has in the input that the builder began last. */
  readonly counts: readonly ColumnCounts[]
}

export interface PieceReject extends Pick<
  Reject,
  'columnName' | 'code' | 'class' | 'message' | 'value'
> {
  /** Number of the piece's rows before this record. */
  readonly rowsBefore: number
  readonly start: number
  readonly end: number
  /** Number of line ends between this record and the place where the thread assumed that the first record begins. */
  readonly lines: number
  /** True if the record is a row that a column refused; false if it is not a row. */
  readonly isRow: boolean
}

/** Places of rows in the piece. Lines count from 0, where the thread assumed that the first record begins. */
export type PieceBounds = Pick<RowBounds, 'recordStarts' | 'recordEnds' | 'lineNumbers'>

/** All complete records in the piece, from the place where the thread assumed that the first record begins. */
export interface ParsedPiece {
  /** Start of the first record; undefined if it is only assumed. */
  readonly begin?: number
  /** Position after the last record. */
  readonly end: number
  /** Number of line ends from the assumed start of the first record to `end`. */
  readonly lines: number
  /** Number of bytes that do not belong to a record. */
  readonly otherBytes: number
  readonly raggedRecords: number
  readonly rowCount: number
  readonly rows: RowsPart
  readonly bounds: PieceBounds
  /** Rejects in the order of the piece. */
  readonly rejects: readonly PieceReject[]
  /** Time zone offsets of columns, as far as times in this piece and in earlier ones have set them. */
  readonly offsets: Readonly<Record<string, string>>
  /** Columns in which some time had a time zone offset that was ignored. */
  readonly ignoredOffsets: readonly string[]
}

/** A piece of the input. Pieces come in the order of the input. */
export interface FedPiece {
  /** Valid until the next piece is requested. */
  readonly bytes: Uint8Array
  /** The thread's result; undefined if the reader must read the piece itself. */
  readonly parsed: ParsedPiece | undefined
  /** True if the rows so far must not wait for more. */
  readonly endsBatch?: boolean
}

/** Position of the piece's first record. */
export function firstRecordOffset({ bytes, parsed }: FedPiece): number {
  return parsed?.begin ?? guessedFirstRecordOffset(bytes)
}

/** Position of the assumed first record: after the first line end, or 0 without a line end. */
export function guessedFirstRecordOffset(bytes: Uint8Array): number {
  return bytes.indexOf(lineFeed) + 1
}

const lineFeed = 10
