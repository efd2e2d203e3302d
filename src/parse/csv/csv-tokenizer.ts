/*
  What the two ways of reading delimited text have in common: comments, the first record, and what becomes of records
  whose quotes or number of fields are wrong.
*/
import { InputError } from '../../errors.js'
import type { CsvDialect } from './csv-dialect.js'
import { fieldCountMessage, quoteMessage } from './csv-faults.js'
import { maxHeaderFields, type FirstRecord } from './header-record.js'
import { countLineEnds, nextLine } from '../line-ends.js'
import {
  carriageReturn,
  faulty,
  lineFeed,
  LineTokenizer,
  undecided,
  unfinished,
  type ScanFault,
} from '../line-tokenizer.js'
import { RecordBlock } from '../record-block.js'

/** A tokenizer whose first record can be looked at, because it may be a header. */
export abstract class CsvTokenizer extends LineTokenizer {
  protected readonly comment: Uint8Array
  /** Fields of the record scanned last, as far as it was scanned. */
  protected fields = 0
  /** Position behind it when only its number of fields is wrong, else −1. */
  protected wrongCountNext = -1
  /** Where the quote was opened that it ends in, −1 when it ends outside of quotes. */
  protected openQuoteAt = -1
  /** Where it was found that a quote stands in the middle of a field, when that is its fault. */
  protected badQuoteAt = -1
  /** Behind the record that `peek` gave. */
  #peeked = 0

  constructor(file: string, dialect: CsvDialect, offsetBytes: number) {
    super(file, dialect.maxRecordBytes, offsetBytes)
    this.comment = new TextEncoder().encode(dialect.comment)
  }

  /**
   * Names the line where the quote was opened that the record at the start of the window ends in.
   * @param limitBytes  within which it is not closed; undefined when the input ended first
   */
  protected abstract openQuoteMessage(limitBytes: number | undefined): string

  /** Passes over lines before the first record; gives how many are still to come with more input. */
  skipLines(count: number): number {
    let left = count
    while (left > 0 && this.skipLine()) left--
    return left
  }

  /**
   * The next record without consuming it; 'more' when it is not complete, undefined at the end of the input.
   *
   * @throws {InputError} DDB_INPUT_QUOTE, DDB_INPUT_RECORD_TOO_LONG
   */
  peek(): FirstRecord | 'more' | undefined {
    const { window } = this
    if (!this.toRecord()) return this.ended ? undefined : 'more'
    const { bytes, start } = window
    const block = new RecordBlock(maxHeaderFields, 1)
    block.bytes = bytes
    this.startBlock()
    const scanned = this.scanRecord(block, 0, start)
    const next = scanned === faulty ? this.wrongCountNext : scanned
    const tooLong = this.contentEnd(next < 0 ? window.end : next) - start > this.maxRecordBytes
    if (scanned === undecided) return 'more'
    if (scanned === unfinished && !this.ended && !tooLong) return 'more'
    if (next < 0 || tooLong || this.fields > maxHeaderFields) {
      throw this.#badFirstRecord(scanned, tooLong)
    }
    this.#peeked = next
    return {
      fields: Array.from({ length: this.fields }, (_, field) =>
        bytes.slice(block.starts[field], block.ends[field]),
      ),
      bytes: this.recordBytes(start, next),
      lineNumber: this.lineNumber,
      offsetBytes: window.offset + start,
    }
  }

  /** Consumes the record that `peek` gave. */
  skipPeeked(): void {
    const { window } = this
    this.lineNumber += countLineEnds(window.bytes, window.start, this.#peeked)
    window.start = this.#peeked
  }

  #badFirstRecord(scanned: number, tooLong: boolean): InputError {
    const { lineNumber, file, maxRecordBytes } = this
    const position = { file, lineNumber, offsetBytes: this.offsetBytes }
    if (scanned === unfinished && this.#isInReach(this.openQuoteAt)) {
      const message = this.openQuoteMessage(tooLong ? maxRecordBytes : undefined)
      return new InputError('DDB_INPUT_QUOTE', message, position)
    }
    if (scanned === faulty && this.wrongCountNext < 0 && this.#isInReach(this.badQuoteAt)) {
      const message = `the first record: ${quoteMessage(this.fields + 1)}`
      return new InputError('DDB_INPUT_QUOTE', message, position)
    }
    return new InputError(
      'DDB_INPUT_RECORD_TOO_LONG',
      `the first record of ${file} has more than ${maxHeaderFields} fields or ${maxRecordBytes} bytes: ` +
        'is it delimited text?',
      position,
    )
  }

  protected isNoRecord(start: number): boolean {
    const { bytes, end } = this.window
    const c = bytes[start]!
    if (c === lineFeed || c === carriageReturn) return true
    const { comment } = this
    return (
      c === comment[0] &&
      start + comment.length <= end &&
      comment.every((byte, i) => bytes[start + i] === byte)
    )
  }

  protected faultOf(block: RecordBlock, start: number): ScanFault {
    const next = this.wrongCountNext
    if (next >= 0) {
      const message = fieldCountMessage(block.fieldCount, this.fields)
      return { code: 'DDB_INPUT_FIELD_COUNT', message, next }
    }
    const { bytes, end } = this.window
    const message = quoteMessage(this.fields + 1)
    return { code: 'DDB_INPUT_QUOTE', message, next: nextLine(bytes, start, end) }
  }

  /** What lies behind the limit decides nothing, or the chunks in which it comes would decide. */
  protected override setAside(block: RecordBlock, start: number, scanned: number): boolean {
    if (scanned === faulty && this.wrongCountNext < 0 && !this.#isInReach(this.badQuoteAt)) {
      return super.setAside(block, start, unfinished)
    }
    if (scanned !== unfinished || this.openQuoteAt < 0) {
      return super.setAside(block, start, scanned)
    }
    const { end } = this.window
    const { maxRecordBytes } = this
    const length = this.contentEnd(end) - start
    if (length > maxRecordBytes && this.#isInReach(this.openQuoteAt)) {
      this.failure = new InputError('DDB_INPUT_QUOTE', this.openQuoteMessage(maxRecordBytes), {
        file: this.file,
        lineNumber: this.lineNumber,
        offsetBytes: this.offsetBytes,
      })
      return false
    }
    if (length > maxRecordBytes || !this.ended) return super.setAside(block, start, unfinished)
    const message = this.openQuoteMessage(undefined)
    this.addFault(block, { code: 'DDB_INPUT_QUOTE', message, next: end }, start)
    return true
  }

  /** Whether the limit of the record at the start of the window lies behind `position`; not for −1. */
  #isInReach(position: number): boolean {
    return position >= 0 && position - this.window.start < this.maxRecordBytes
  }
}
