/*
  One column of the batch under construction. A builder reads its field of all rows of a block in one loop that knows
  its type; a row that some column cannot take is taken back from all.
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

/** What the rows of a column take on the wire at most. */
export interface WireRoom {
  /** For each row. */
  readonly row: number
  /** And for each byte of its text. */
  readonly textByte: number
}

/** One column: `read` for each block, `take` at the end of a batch; `undo` in between when rows were refused. */
export interface ColumnBuilder {
  /**
   * Appends field `field` of every row of the block, as rows `firstRow` and on. An empty text is null. A text that is
   * no value becomes null, and its row is refused on behalf of this column.
   *
   * @returns how many cells are null, refused ones among them
   */
  read(block: RecordBlock, field: number, firstRow: number): number
  /** Takes back what the last `read` appended. */
  undo(): void
  /** Of a column that is put together from several texts: the block that holds what was read last. */
  readonly composed?: RecordBlock
  /** What is wrong with the text that `read` refused. */
  explain(bytes: Uint8Array, start: number, end: number): CellFault
  /** Bytes on the wire of the first `rowCount` rows. */
  encodedBytes(rowCount: number): number
  /** Known before a row is read: it tells how many rows fit for sure. */
  readonly most: WireRoom
  /** Hands the column over and starts the next batch; `buffers` receives what belongs to the pool. */
  take(rowCount: number, buffers: ArrayBuffer[]): Column
  /** As `take`, for a builder of the same column elsewhere; `buffers`, too, receives what belongs to the pool: all that is in the part. */
  give(rowCount: number, buffers: ArrayBuffer[]): ColumnPart
  /** Appends rows `from` to `to` (exclusive) of what another builder gave, as rows `firstRow` and on. They cannot be undone. */
  append(part: ColumnPart, from: number, to: number, firstRow: number): void
}
