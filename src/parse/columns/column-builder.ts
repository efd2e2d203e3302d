/*
  One column of the batch under construction. A builder reads its field of all rows of a block in one loop for its type; a row
  that any column refuses is removed from all.
*/
import type { ErrorCode } from '../../errors.js'
import type { Column } from '../../protocol/value.js'
import type { RecordBlock } from '../record-block.js'
import type { ColumnPart } from './column-part.js'

/** Why a text is not a value of its column. */
export interface CellFault {
  readonly code: ErrorCode
  /** `expected …`, without the text itself. */
  readonly expected: string
}

/** Upper limit for the size of a column's rows on the wire. */
export interface WireRoom {
  /** Bytes per row. */
  readonly row: number
  /** Additional bytes per byte of the row's text. */
  readonly textByte: number
}

/** Builds one column: call `read` for each block, `take` at the end of a batch, and `undo` in between if rows were refused. */
export interface ColumnBuilder {
  /**
   * Appends field `field` of every row of the block, as rows from `firstRow` on. An empty text is null. A text that is not a
   * value becomes null, and this column refuses its row.
   *
   * @returns how many cells are null, including refused ones
   */
  read(block: RecordBlock, field: number, firstRow: number): number
  /** Removes what the last `read` appended. */
  undo(): void
  /** For a column that combines several texts: the block with the texts read last. */
  readonly composed?: RecordBlock
  /** What is wrong with a text that `read` refused. */
  explain(bytes: Uint8Array, start: number, end: number): CellFault
  /** Bytes on the wire of the first `rowCount` rows. */
  encodedBytes(rowCount: number): number
  /** Known before a row is read: tells how many rows certainly fit. */
  readonly most: WireRoom
  /** Hands the column over and starts the next batch; `buffers` receives memory of the pool. */
  take(rowCount: number, buffers: ArrayBuffer[]): Column
  /**
   * Like `take`, for a builder of the same column elsewhere; here, too, `buffers` receives memory of the pool: everything in
   * the part.
   */
  give(rowCount: number, buffers: ArrayBuffer[]): ColumnPart
  /** Appends rows `from` to `to` (exclusive) of another builder's part, as rows from `firstRow` on. They cannot be undone. */
  append(part: ColumnPart, from: number, to: number, firstRow: number): void
}
