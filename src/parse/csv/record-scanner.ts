/*
  The interface of both scanners of delimited text: byte by byte, and with csv-parse.
*/
import type { RecordBlock } from '../record-block.js'

/** Scans records of the window. The properties describe the record that was scanned last. */
export interface RecordScanner {
  /** Number of fields scanned. */
  readonly fields: number
  /** True if the record ends with a delimiter. */
  readonly isLastEmpty: boolean
  /** Number of line breaks inside quotes. */
  quotedLines: number
  /** Position of an open quote in which the record ends; −1 if the record ends outside quotes. */
  openQuoteAt: number
  /** Position of the wrong quote inside a field, if the record is faulty because of one. */
  readonly badQuoteAt: number
  /** As in `LineFormat`. */
  startBlock(): void
  scanRun(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number
  jumped?(): void
  /**
   * Scans the record at `start`, which must not be an empty line, into `row`.
   * @returns the position after the record, whatever its field count; `faulty` (bad quote), `unfinished` or `undecided`
   */
  scan(block: RecordBlock, row: number, start: number): number
  /** Names the quote opened at `openAt` and its line, for a record at the start of the window. */
  quoteOpenedAt(openAt: number): string
}
