/*
  What the two ways of reading delimited text have in common: comments, the first record, and what becomes of records
  whose quotes or number of fields are wrong.
*/
import { InputError } from '../../errors.js'
import type { SourceText } from '../../source/encoding/text-origin.js'
import { BrokenRecords, openEnd } from './broken-record.js'
import type { CsvDialect, Ragged } from './csv-dialect.js'
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
  /** Records that were padded or cut, as `ragged` asks. */
  raggedRecords = 0
  readonly #ragged: Ragged
  readonly #trailingDelimiter: boolean
  readonly #broken: BrokenRecords
  /** Where the record ends whose quotes are broken. */
  #brokenEnd = 0
  /** Behind the record that `peek` gave. */
  #peeked = 0
  #isPeeking = false

  constructor(file: string, dialect: CsvDialect, offsetBytes: number, text?: SourceText) {
    super(file, dialect.maxRecordBytes, offsetBytes, text)
    this.comment = new TextEncoder().encode(dialect.comment)
    this.#ragged = dialect.ragged
    this.#trailingDelimiter = dialect.trailingDelimiter
    this.#broken = new BrokenRecords(dialect)
  }

  /** Tells a block how cells that stand in quotes are known. */
  abstract markQuotes(block: RecordBlock): void

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

  /** Passes over the first line; its bytes, or undefined when its end has not come yet. */
  passFirstLine(): Uint8Array | undefined {
    const { bytes, start, end } = this.window
    const next = nextLine(bytes, start, end)
    if (next < 0) return undefined
    const line = this.recordBytes(start, next)
    this.window.start = next
    this.lineNumber++
    return line
  }

  /**
   * The next record without consuming it; 'more' when it is not complete, undefined at the end of the input.
   *
   * @throws {InputError} DDB_INPUT_QUOTE, DDB_INPUT_RECORD_TOO_LONG
   */
  peek(): FirstRecord | 'more' | undefined {
    const { window } = this
    if (!this.toRecord(window.end)) return this.ended ? undefined : 'more'
    const { bytes, start } = window
    const block = new RecordBlock(maxHeaderFields, 1)
    block.bytes = bytes
    this.startBlock()
    this.#isPeeking = true
    const scanned = this.scanRecord(block, 0, start)
    this.#isPeeking = false
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
      offsetBytes: window.inputOffset(start),
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

  /**
   * What becomes of a record with another number of fields than the first one.
   *
   * @param next  position behind it
   * @param isLastEmpty  whether it ends with a delimiter
   * @returns `next` when it is a row all the same, else `faulty`
   */
  protected otherCount(
    block: RecordBlock,
    row: number,
    next: number,
    isLastEmpty: boolean,
  ): number {
    const { fieldCount } = block
    const { fields } = this
    if (!this.#isPeeking) {
      if (fields === fieldCount + 1 && isLastEmpty && this.#trailingDelimiter) return next
      if (this.#ragged === (fields < fieldCount ? 'pad' : 'cut')) {
        const firstCell = row * fieldCount
        block.starts.fill(next, firstCell + Math.min(fields, fieldCount), firstCell + fieldCount)
        block.ends.fill(next, firstCell + Math.min(fields, fieldCount), firstCell + fieldCount)
        this.raggedRecords++
        return next
      }
    }
    this.wrongCountNext = next
    return faulty
  }

  protected faultOf(block: RecordBlock, start: number): ScanFault {
    if (this.wrongCountNext >= 0) {
      const message = fieldCountMessage(block.fieldCount, this.fields)
      return { code: 'DDB_INPUT_FIELD_COUNT', message, next: this.wrongCountNext }
    }
    const next = this.#brokenEnd
    const lineCount = next < 0 ? 1 : countLineEnds(this.window.bytes, start, next)
    return { code: 'DDB_INPUT_QUOTE', message: quoteMessage(this.fields + 1, lineCount), next }
  }

  #findBrokenEnd(block: RecordBlock, start: number): number {
    const { bytes, end, offset } = this.window
    return this.#broken.endOf(start, {
      bytes,
      end,
      contentEnd: this.contentEnd(end),
      offset,
      ended: this.ended,
      fieldCount: block.fieldCount,
      isNoRecord: position => this.isNoRecord(position),
    })
  }

  /** What lies behind the limit decides nothing, or the chunks in which it comes would decide. */
  protected override setAside(block: RecordBlock, start: number, found: number): boolean {
    let scanned = found
    if (scanned === faulty && this.wrongCountNext < 0) {
      if (!this.#isInReach(this.badQuoteAt)) return super.setAside(block, start, unfinished)
      this.#brokenEnd = this.#findBrokenEnd(block, start)
      if (this.#brokenEnd === openEnd) {
        scanned = unfinished
        this.openQuoteAt = this.#broken.openAt
      }
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
