/*
  What a thread returns for a piece of text: its records, read on the assumption that one begins after the first line end. It is
  plain data with offsets from the beginning of the piece, and unused until the reader knows that the assumption is right.
*/
import type { ColumnCounts, Reject } from '../batch.js'
import type { ColumnPart } from '../columns/column-part.js'
import type { RowBounds } from '../input-rows.js'

/** Rows that one builder passes to another: plain data. */
export interface RowsPart {
  readonly columns: readonly ColumnPart[]
  /** Of the input that was begun last. */
  readonly counts: readonly ColumnCounts[]
}

/** A record of the piece that is rejected. */
export interface PieceReject extends Pick<
  Reject,
  'columnName' | 'code' | 'class' | 'message' | 'value'
> {
  /** How many rows of the piece precede it. */
  readonly rowsBefore: number
  readonly start: number
  readonly end: number
  /** Line ends between the assumed beginning and its own. */
  readonly lines: number
  /** It was a record that some column refused. */
  readonly isRow: boolean
}

/** Where rows are in the piece; lines count from the assumed beginning, where they are 0. */
export type PieceBounds = Pick<RowBounds, 'recordStarts' | 'recordEnds' | 'lineNumbers'>

/** All complete records in the piece, from the assumed beginning on. */
export interface ParsedPiece {
  /** Where the first of them begins, if that is not assumed. */
  readonly begin?: number
  /** After the last of them. */
  readonly end: number
  /** Line ends between the assumed beginning and there. */
  readonly lines: number
  /** Bytes that are not part of a record. */
  readonly otherBytes: number
  readonly raggedRecords: number
  readonly rowCount: number
  readonly rows: RowsPart
  readonly bounds: PieceBounds
  /** In order. */
  readonly rejects: readonly PieceReject[]
  /** Time zone offsets of columns whose times contained one, including earlier pieces. */
  readonly offsets: Readonly<Record<string, string>>
  /** Columns whose times lost an offset. */
  readonly leftOut: readonly string[]
}

/** A piece of the input in its turn. */
export interface FedPiece {
  /** Valid until the next one is requested. */
  readonly bytes: Uint8Array
  /** undefined for a piece that the reader must read itself. */
  readonly parsed: ParsedPiece | undefined
  /** The rows in hand do not wait for more. */
  readonly endsBatch?: boolean
}

/** Where its first record begins. */
export function beginOf({ bytes, parsed }: FedPiece): number {
  return parsed?.begin ?? guessedBegin(bytes)
}

/** Where a record is assumed to begin: after the first line end; 0 if there is none. */
export function guessedBegin(bytes: Uint8Array): number {
  return bytes.indexOf(lineFeed) + 1
}

const lineFeed = 10
