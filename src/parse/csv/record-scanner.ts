/*
  The interface of the two ways to scan a record of delimited text: byte by byte, and with csv-parse.
*/
import type { RecordBlock } from '../record-block.js'

/** Scans records of the window; its fields describe the record scanned last. */
export interface RecordScanner {
  /** As far as it was scanned. */
  readonly fields: number
  /** It ends with a delimiter. */
  readonly isLastEmpty: boolean
  /** Line breaks inside its quotes. */
  quotedLines: number
  /** Where the quote was opened in which it ends, −1 if it ends outside quotes. */
  openQuoteAt: number
  /** Where a quote inside a field was found, if that is its fault. */
  readonly badQuoteAt: number
  /** As `LineFormat`. */
  startBlock(): void
  scanRun(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number
  jumped?(): void
  /**
   * Scans the record at `start`, which is not an empty line, into `row`.
   *
   * @returns position after it, however many fields it has; `faulty` for a bad quote; `unfinished` or `undecided`
   */
  scan(block: RecordBlock, row: number, start: number): number
  /** Names the quote opened at `openAt`, in a record that begins at the start of the window, with its line. */
  quoteOpenedAt(openAt: number): string
}
