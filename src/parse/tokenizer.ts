/*
  The interface between a format and the columns. A tokenizer takes bytes and delivers blocks of records. It is
  synchronous, and does not know the types of columns.
*/
import type { InputError } from '../errors.js'
import type { ResumePoint } from './batch.js'
import type { RecordBlock } from './record-block.js'

/** Longer records are refused, because an unclosed quote would otherwise make the rest of the file one record. */
export const defaultMaxRecordBytes: number = 16 * 1024 * 1024

export interface Tokenizer {
  /** Copies more input. Call this only between blocks, because it invalidates the positions in the last block. */
  push(chunk: Uint8Array): void
  /**
   * Announces that no more input follows.
   * @param cutOff  the error that truncated the input, if any; a record without an end is then incomplete
   */
  end(cutOff?: InputError): void
  /**
   * Adds rows and faults, together at most `maxRecords`, to an empty block. Stops soon after `maxBytes` of input.
   * @returns false if another `push` is needed, or if nothing more can be read after `end` or a failure
   */
  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean
  /** Records that begin at or after this offset of the decompressed input are left for later. */
  boundaryBytes: number
  /**
   * Skips the pushed input up to `point`.
   * @returns false if `point` was not reached; the caller then pushes more, unless `failure` is set
   */
  passTo(point: ResumePoint): boolean
  /**
   * Continues at `point` after `passTo` has returned false: the next push begins at `point`. Only for input that was
   * not decoded. Undefined for formats whose text depends on brackets or quotes that were opened before `point`.
   */
  readonly jumpTo?: (point: ResumePoint) => void
  /** Passes over rows without text, each a line of one byte, after all pushed bytes were read. */
  readonly passRows?: (rowCount: number) => void
  /** The error at which reading stopped. The records before the error were delivered. */
  readonly failure: InputError | undefined
  /** A place after all delivered records and before the remaining ones. How far it is depends on the chunks. */
  readonly resumePoint: ResumePoint
  /** The place right after the last delivered record; undefined before the first one. */
  readonly recordsEnd: ResumePoint | undefined
  /** Number of bytes outside records: blank lines, comments, brackets and commas of an array. */
  readonly otherBytes: number
  readonly skippedBytes: number
}
