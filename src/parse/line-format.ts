/*
  What a format contributes to reading: the functions that find and scan its records in the window of a `LineTokenizer`.
*/
import type { InputError } from '../errors.js'
import type { Fault } from './batch.js'
import type { RecordBlock } from './record-block.js'

/** Longer records are refused, because an unclosed quote would otherwise make the rest of the file one record. */
export const defaultMaxRecordBytes: number = 16 * 1024 * 1024

/**
 * Results of a scan besides a position. `unfinished`: the record's end is not in the window. `faulty`: the record is not a row.
 * `undecided`: the scan needs more input, even if the record is already longer than `maxRecordBytes`.
 */
export const unfinished: number = -1
export const faulty: number = -2
export const undecided: number = -3

/** The reason why a record is not a row, and the start of the next record. */
export interface ScanFault {
  readonly fault: Fault
  /** Position after the record; −1 if its end is not in the window. */
  readonly next: number
}

/** Up to this length, an unfinished record is scanned again with every chunk. */
export const retryBytes = 65_536

/** Functions of a format. Positions are those of the window. */
export interface LineFormat {
  /**
   * Passes over what stands between records: lines that are no records, or the brackets and commas of an array. May
   * set the tokenizer's `failure`.
   * @returns false if no record is known to begin before `end`
   */
  toRecord(end: number): boolean
  /**
   * Passes over everything before `position`, which may lie beyond the window. Undefined if records are lines, because
   * reading can then begin at any line.
   */
  passOver?(position: number): void
  /**
   * Scans plain records into the rows from `row` on. Stops at a record that needs `scanRecord`, at `rowEnd` or
   * `stopAt`.
   * @returns the row after the last one filled
   */
  scanRun?(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number
  /**
   * Scans the record at `start` into `row`. Sets the tokenizer's `innerLines` if line breaks are inside the record.
   * @returns the position after the record, `unfinished`, `faulty` or `undecided`
   */
  scanRecord(block: RecordBlock, row: number, start: number): number
  /**
   * Explains why the record scanned last is not a row, from the result of the scan. Returns undefined if the record's end has
   * not arrived, and an error if reading cannot continue.
   */
  faultOf(block: RecordBlock, start: number, scanned: number): ScanFault | InputError | undefined
  /** Called before the records of a block are scanned. */
  startBlock?(): void
  /** True if the unread rest of a truncated input has no incomplete record. The rest then stays unread. */
  isRestWhole?(): boolean
  /** Called when reading does not continue right after the record scanned last. */
  jumped?(): void
}
