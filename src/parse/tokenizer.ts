/*
  The interface between a format and the columns: bytes go in, blocks of records come out. Tokenizers are synchronous, and know
  nothing of types.
*/
import type { InputError } from '../errors.js'
import type { ResumePoint } from './batch.js'
import type { RecordBlock } from './record-block.js'

/** Refuses longer records, because an open quote would otherwise take in the rest of the file. */
export const defaultMaxRecordBytes: number = 16 * 1024 * 1024

/** A part of the text that another tokenizer has split into records. */
export interface ReadElsewhere {
  readonly textBytes: number
  /** Number of line ends in that part. */
  readonly lines: number
  /** Number of bytes of the decompressed input in that part that belong to no record. */
  readonly otherBytes: number
}

/** Splits one input into records. */
export interface Tokenizer {
  /** Takes more input and copies it. Only to be called between blocks: it invalidates positions of the last block. */
  push(chunk: Uint8Array): void
  /**
   * Tells the tokenizer that no more input comes.
   * @param cutOff  the error that truncated the input, if one did; a record without an end is then incomplete
   */
  end(cutOff?: InputError): void
  /**
   * Adds records to an empty block: at most `maxRecords` rows and faults together. Stops soon after `maxBytes` of input.
   * @returns false if another `push` is needed; after `end` or a failure, if the input is done
   */
  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean
  /** Records that begin at or after this offset of the decompressed input are left for later. */
  boundaryBytes: number
  /**
   * Skips everything before `point`, as far as the input has come.
   * @returns false if more must be pushed, unless there is a failure
   */
  passTo(point: ResumePoint): boolean
  /**
   * Continues at `point`, after a `passTo` that did not get there: the next push begins at `point`. Only for text that is the
   * input's own bytes. Undefined for formats in which a place does not tell which brackets or quotes are open.
   */
  readonly jumpTo?: (point: ResumePoint) => void
  /**
   * True if all pushed bytes were read, and a record or a line may begin next. Undefined for formats in which a place does not
   * tell what is open there.
   */
  readonly isBetweenRecords?: boolean
  /** Position in the text of the first unread byte. */
  readonly textOffset?: number
  /** Tells the tokenizer that the next push follows text that another tokenizer has read. Only if `isBetweenRecords`. */
  readonly passRead?: (read: ReadElsewhere) => void
  /** The error after which nothing sensible can follow. The records before it were delivered. */
  readonly failure: InputError | undefined
  /** The place after all records delivered in blocks so far, and before all others. */
  readonly resumePoint: ResumePoint
  /** Number of skipped bytes that belong to no record: blank lines, comments, brackets and commas of an array. */
  readonly otherBytes: number
  /** Number of bytes that `passTo` has skipped. */
  readonly skippedBytes: number
}
