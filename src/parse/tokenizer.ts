/*
  The face between a format and the columns: bytes go in, blocks of records come out. Tokenizers are synchronous and
  know nothing of types.
*/
import type { InputError } from '../errors.js'
import type { ResumePoint } from './batch.js'
import type { RecordBlock } from './record-block.js'

/** Longer records are refused: an open quote would otherwise take the rest of the file with it. */
export const defaultMaxRecordBytes: number = 16 * 1024 * 1024

/** Text that somebody else has cut into records. */
export interface ReadElsewhere {
  readonly textBytes: number
  /** Line ends in it. */
  readonly lines: number
  /** Bytes of the decompressed input that are part of no record. */
  readonly otherBytes: number
}

/** One input cut into records. */
export interface Tokenizer {
  /** Takes more input; the chunk is copied. Only between blocks: positions of the last block end here. */
  push(chunk: Uint8Array): void
  /**
   * No more input comes.
   * @param cutOff  why not, when the input has no end of its own: a record that has no end either is not whole
   */
  end(cutOff?: InputError): void
  /**
   * Adds records to an empty block, at most `maxRecords` rows and faults together, and stops soon after
   * `maxBytes` of input.
   *
   * @returns false when nothing more can be had without `push` (after `end` or a failure: nothing at all)
   */
  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean
  /** Records that begin here in the decompressed input, or behind it, are left for later. */
  boundaryBytes: number
  /**
   * Passes over what stands before `point`, as far as it has come.
   * @returns false when more has to be pushed, unless there is a failure
   */
  passTo(point: ResumePoint): boolean
  /**
   * Behind a `passTo` that has not come so far: what is pushed next stands at `point` in the input, and what stands between is
   * passed over. Only for text that is the input's own bytes; there is none where a place says nothing of what is open
   * there.
   */
  readonly jumpTo?: (point: ResumePoint) => void
  /**
   * All that was pushed is read, and a record or a line may begin next. Undefined for formats in which a place does not tell what
   * is open there.
   */
  readonly isBetweenRecords?: boolean
  /** Position in the text of what is unread. */
  readonly textOffset?: number
  /** Only where `isBetweenRecords`: what is pushed next stands after text that somebody else has read. */
  readonly passRead?: (read: ReadElsewhere) => void
  /** Why nothing sensible can follow; the records before it were delivered. */
  readonly failure: InputError | undefined
  /** Behind the records that blocks were given so far, and before all others. */
  readonly resumePoint: ResumePoint
  /** Bytes passed over that are part of no record: blank lines, comments, brackets and commas of an array. */
  readonly otherBytes: number
  /** Bytes that `passTo` passed over. */
  readonly skippedBytes: number
}
