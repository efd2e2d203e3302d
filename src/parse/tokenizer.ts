/*
  The interface between a format and the columns: bytes go in, blocks of records come out. Tokenizers are synchronous, and know
  nothing of types.
*/
import type { InputError } from '../errors.js'
import type { ResumePoint } from './batch.js'
import type { RecordBlock } from './record-block.js'

/** Longer records are refused: a quote that is never closed would otherwise take in the rest of the file. */
export const defaultMaxRecordBytes: number = 16 * 1024 * 1024

/** A part of the text that another tokenizer has split into records. */
export interface ReadElsewhere {
  readonly textBytes: number
  /** Number of line ends in that part. */
  readonly lines: number
  /** How many bytes of that part belong to no record, counted in the decompressed input. */
  readonly otherBytes: number
}

/** Splits one input into records. */
export interface Tokenizer {
  /** Copies more input. Only to be called between blocks, because it invalidates the positions in the last block. */
  push(chunk: Uint8Array): void
  /**
   * Tells the tokenizer that no more input comes.
   * @param cutOff  the error that truncated the input, if one did; a record without an end is then incomplete
   */
  end(cutOff?: InputError): void
  /**
   * Adds records to an empty block: at most `maxRecords` rows and faults together. Stops soon after `maxBytes` of input.
   * @returns false if another `push` is needed, or if nothing more can be read after `end` or a failure
   */
  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean
  /** Records that begin at or after this offset of the decompressed input are left for later. */
  boundaryBytes: number
  /**
   * Skips the pushed input up to `point`.
   * @returns false if it has not reached `point`: unless there is a `failure`, more must be pushed
   */
  passTo(point: ResumePoint): boolean
  /**
   * Continues at `point` after `passTo` has returned false: the next push begins at `point`. Only for text that is
   * the input's own bytes. Undefined for formats in which a place does not tell which brackets or quotes are open.
   */
  readonly jumpTo?: (point: ResumePoint) => void
  /**
   * True if all pushed bytes were read, and a record or a line may begin next. Undefined for formats in which a place does not
   * tell which brackets or quotes are open.
   */
  readonly isBetweenRecords?: boolean
  /** Position in the text of the first unread byte. */
  readonly textOffset?: number
  /** Announces that another tokenizer has read the text before the next push. Requires `isBetweenRecords`. */
  readonly passRead?: (read: ReadElsewhere) => void
  /** The error at which reading stopped. The records before it were delivered. */
  readonly failure: InputError | undefined
  /** The place after all records delivered in blocks so far, and before all others. */
  readonly resumePoint: ResumePoint
  /** Number of skipped bytes that belong to no record: blank lines, comments, brackets and commas of an array. */
  readonly otherBytes: number
  /** Number of bytes that `passTo` has skipped. */
  readonly skippedBytes: number
}
