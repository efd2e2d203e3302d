/*
  The interface between a format and the columns: bytes go in, blocks of records come out. Tokenizers are synchronous and know
  nothing of types.
*/
import type { InputError } from '../errors.js'
import type { ResumePoint } from './batch.js'
import type { RecordBlock } from './record-block.js'

/** Longer records are refused: an open quote would otherwise swallow the rest of the file. */
export const defaultMaxRecordBytes: number = 16 * 1024 * 1024

/** Text that another tokenizer has split into records. */
export interface ReadElsewhere {
  readonly textBytes: number
  /** Line ends in it. */
  readonly lines: number
  /** Bytes of the decompressed input that are not part of a record. */
  readonly otherBytes: number
}

/** Splits one input into records. */
export interface Tokenizer {
  /** Takes more input; the chunk is copied. Only between blocks: it invalidates positions of the last block. */
  push(chunk: Uint8Array): void
  /**
   * No more input comes.
   * @param cutOff  why, if the input was truncated: a record without an end is then incomplete
   */
  end(cutOff?: InputError): void
  /**
   * Adds records to an empty block, at most `maxRecords` rows and faults together, and stops soon after `maxBytes` of input.
   *
   * @returns false if it needs another `push` (after `end` or a failure: if it is done)
   */
  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean
  /** Records that begin at or after this place of the decompressed input are left for later. */
  boundaryBytes: number
  /**
   * Skips everything before `point`, as far as it has come.
   * @returns false if more must be pushed, unless there is a failure
   */
  passTo(point: ResumePoint): boolean
  /**
   * After a `passTo` that did not get so far: the next push is the input at `point`, and everything between is skipped. Only
   * for text that is the input's own bytes; undefined if a place does not tell which brackets or quotes are open there.
   */
  readonly jumpTo?: (point: ResumePoint) => void
  /**
   * Everything pushed is read, and a record or a line may begin next. Undefined for formats in which a place does not tell what
   * is open there.
   */
  readonly isBetweenRecords?: boolean
  /** Position in the text of the first unread byte. */
  readonly textOffset?: number
  /** Only if `isBetweenRecords`: the next push follows text that another tokenizer has read. */
  readonly passRead?: (read: ReadElsewhere) => void
  /** Why nothing sensible can follow; the records before it were delivered. */
  readonly failure: InputError | undefined
  /** After the records delivered in blocks so far, and before all others. */
  readonly resumePoint: ResumePoint
  /** Bytes skipped that are not part of a record: blank lines, comments, brackets and commas of an array. */
  readonly otherBytes: number
  /** Bytes that `passTo` skipped. */
  readonly skippedBytes: number
}
