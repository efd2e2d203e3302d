/*
  Builds one column of a batch. A builder reads its field in all rows of a block, in one loop for its type. If one column refuses
  a row, the row is removed from all columns.
*/
import type { ErrorCode } from '../../errors.js'
import type { Column } from '../../protocol/value.js'
import type { RecordBlock } from '../record-block.js'
import type { ColumnPart } from './column-part.js'

/** Why a text is not a value of its column. */
export interface CellFault {
  readonly code: ErrorCode
  /** Completes `expected …` in a message, without the refused text. */
  readonly expected: string
}

/** Upper limit for the size of a column's rows on the wire. */
export interface WireRoom {
  /** Bytes per row. */
  readonly row: number
  /** Bytes that the column grows by for each byte of text in the row. */
  readonly textByte: number
}

/** Builds one column. Call `read` for each block, `undo` if rows of the block were refused, and `take` at the end of a batch. */
export interface ColumnBuilder {
  /**
   * Appends the field of every row of the block, as rows from `firstRow` on. An empty text is null. If a text is not a value, the
   * cell becomes null, and this column refuses the row.
   * @returns how many cells are null, including those of refused rows
   */
  read(block: RecordBlock, field: number, firstRow: number): number
  /** Removes the rows that the last `read` appended. */
  undo(): void
  /** The block with the texts read last; only in a column that combines several texts. */
  readonly composed?: RecordBlock
  /** Explains why `read` refused a text. */
  explain(bytes: Uint8Array, start: number, end: number): CellFault
  /** Size of the first `rowCount` rows on the wire. */
  encodedBytes(rowCount: number): number
  /** Upper limit for a row's size, known before the row is read. It determines how many rows certainly fit. */
  readonly most: WireRoom
  /** Hands the column over and begins the next batch. `buffers` receives the pool's memory that the column uses. */
  take(rowCount: number, buffers: ArrayBuffer[]): Column
  /**
   * Appends rows `from` to `to` (exclusive) of a part, as rows from `firstRow` on. `undo` cannot remove them. Only in
   * columns of types that take a program's values.
   */
  append?(part: ColumnPart, from: number, to: number, firstRow: number): void
}
