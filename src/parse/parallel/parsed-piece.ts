/*
  What a thread gives back of a piece of text: the records in it, read on the guess that one begins after the first line end.
  It is plain data, counted from the beginning of the piece, and nothing of it counts before the reader knows that the guess is right.
*/
import type { ColumnCounts, Reject } from '../batch.js'
import type { ColumnPart } from '../columns/column-part.js'
import type { RowBounds } from '../input-rows.js'

/** Rows that one builder gives to another: plain data. */
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
  /** So many rows of the piece stand before it. */
  readonly rowsBefore: number
  readonly start: number
  readonly end: number
  /** Line ends between the guessed beginning and its own. */
  readonly lines: number
  /** It was a record, which some column could not take. */
  readonly isRow: boolean
}

/** Where rows stand in the piece; lines are counted from the guessed beginning, where they are 0. */
export type PieceBounds = Pick<RowBounds, 'recordStarts' | 'recordEnds' | 'lineNumbers'>

/** All records that are whole in the piece, from the guessed beginning on. */
export interface ParsedPiece {
  /** Where the first of them begins, if that is not guessed. */
  readonly begin?: number
  /** After the last of them. */
  readonly end: number
  /** Line ends between the guessed beginning and there. */
  readonly lines: number
  /** Bytes that belong to no record. */
  readonly otherBytes: number
  readonly raggedRecords: number
  readonly rowCount: number
  readonly rows: RowsPart
  readonly bounds: PieceBounds
  /** In order. */
  readonly rejects: readonly PieceReject[]
  /** Of the columns whose times have shown one, also in pieces before. */
  readonly offsets: Readonly<Record<string, string>>
  /** Columns of which times have lost an offset. */
  readonly leftOut: readonly string[]
}

/** A piece of the input in its turn. */
export interface FedPiece {
  /** Lent until the next one is asked for. */
  readonly bytes: Uint8Array
  /** undefined for a piece that the reader is to read itself. */
  readonly parsed: ParsedPiece | undefined
  /** The rows in hand do not wait for more. */
  readonly endsBatch?: boolean
}

/** Where its first record begins. */
export function beginOf({ bytes, parsed }: FedPiece): number {
  return parsed?.begin ?? guessedBegin(bytes)
}

/** Where a record is guessed to begin: after the first line end; 0 without one. */
export function guessedBegin(bytes: Uint8Array): number {
  return bytes.indexOf(lineFeed) + 1
}

const lineFeed = 10
