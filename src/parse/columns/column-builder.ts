/* Builds one column of a batch: reads its field in all rows of a block in one loop. A row that one column refuses leaves all. */
import type { ErrorCode } from '../../errors.js'
import type { Column } from '../../protocol/value.js'
import type { RecordBlock } from '../record-block.js'

export interface CellFault {
  readonly code: ErrorCode
  /** Completes `expected …` in a message, without the refused text. */
  readonly expected: string
  /** The refused text as a reader knows it, if it is another one; not shortened. */
  readonly text?: Buffer
}

/** Builds one column. Call `read` for each block, `undo` if rows of the block were refused, and `take` at the end of a batch. */
export interface ColumnBuilder {
  /**
   * Appends the field of every row of the block, as rows from `firstRow` on. An empty text is null. If a text is not a value, the
   * cell becomes null, and this column refuses the row.
   * @returns how many cells are null, including those of refused rows
   */
  read(block: RecordBlock, field: number, firstRow: number): number
  /** Removes the rows that the last `read` or `put` appended. Undefined if the next `read` overwrites them. */
  undo?(): void
  /** Explains why `read` refused a text, unless it is not UTF-8. */
  explain(bytes: Uint8Array, start: number, end: number): CellFault
  encodedBytes(rowCount: number): number
  /** Hands the column over and begins the next batch. `buffers` receives the pool's memory that the column uses. */
  take(rowCount: number, buffers: ArrayBuffer[]): Column
  /**
   * Appends a program's values as rows from `firstRow` on, up to a value that the column cannot store as it would store its text.
   * null and '' are null. Only in columns of types that take values other than texts.
   * @returns how many values were appended
   */
  put?(values: readonly unknown[], count: number, firstRow: number): number
}
