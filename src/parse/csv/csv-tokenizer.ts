/*
  What the two ways of reading delimited text have in common: comments, the first record, and what becomes of records
  whose quotes or number of fields are wrong.
*/
import { InputError } from '../../errors.js'
import type { SourceText } from '../../source/encoding/text-origin.js'
import { BrokenRecords, openEnd } from './broken-record.js'
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

/**
 * What an empty line is: no record, or a record whose only field is null. Until the first record was looked at it may be
 * either.
 */
export type EmptyLines = 'undecided' | 'passed' | 'rows'

/** A tokenizer whose first record can be looked at, because it may be a header. */
export abstract class CsvTokenizer extends LineTokenizer {
  emptyLines: EmptyLines = 'undecided'
  protected readonly comment: Uint8Array
  /** Fields of the record scanned last, as far as it was scanned. */
  protected fields = 0
  /** Position behind it when only its number of fields is wrong, else −1. */
  protected wrongCountNext = -1
  /** Where the quote was opened that it ends in, −1 when it ends outside of quotes. */
  protected openQuoteAt = -1
  /** Where it was found that a quote stands in the middle of a field, when that is its fault. */
  protected badQuoteAt = -1
  /** Line breaks inside the quotes of the record scanned last. */
  protected quotedLines = 0
  /** Records that were padded or cut, as `ragged` asks. */
  raggedRecords = 0
  readonly #ragged: CsvDialect['ragged']
  readonly #trailingDelimiter: boolean
  readonly #broken: BrokenRecords
  /** Where the record ends whose quotes are broken. */
  #brokenEnd = 0
  /** The record that `peek` gave. */
  #peekedAt = 0
  #peeked = 0
  /** Offsets: up to the first there are empty lines and comments alone, at the second a record begins. */
  #otherUpTo = 0
  #recordAt = -1
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
    // Empty lines may be rows, which are still to be read.
    if (!this.toRecord(window.end)) return this.ended ? undefined : 'more'
    const { bytes } = window
    const start = this.#nextRecord(window.start)
    if (start === window.end) {
      this.emptyLines = 'passed'
      this.toRecord(window.end)
      return undefined
    }
    if (start < 0) {
      if (!this.#isOverLimit(window.start, window.end)) return 'more'
      throw this.#badFirstRecord(unfinished, true, window.start)
    }
    const block = new RecordBlock(maxHeaderFields, 1)
    block.bytes = bytes
    this.startBlock()
    this.#isPeeking = true
    const scanned = this.scanFields(block, 0, start)
    this.#isPeeking = false
    const next = scanned === faulty ? this.wrongCountNext : scanned
    const tooLong = this.#isOverLimit(start, next < 0 ? window.end : next)
    if (scanned === undecided) return 'more'
    if (scanned === unfinished && !this.ended && !tooLong) return 'more'
    if (next < 0 || tooLong || this.fields > maxHeaderFields) {
      throw this.#badFirstRecord(scanned, tooLong, start)
    }
    this.#peekedAt = start
    this.#peeked = next
    return {
      fields: Array.from({ length: this.fields }, (_, field) =>
        bytes.slice(block.starts[field], block.ends[field]),
      ),
      bytes: this.recordBytes(start, next),
      lineNumber: this.lineNumber + countLineEnds(bytes, window.start, start),
      offsetBytes: window.inputOffset(start),
    }
  }

  /** Consumes the record that `peek` gave, and the empty lines before it. */
  skipPeeked(): void {
    const { window } = this
    this.otherBytes += this.inputLength(window.start, this.#peekedAt)
    this.lineNumber += countLineEnds(window.bytes, window.start, this.#peeked)
    window.start = this.#peeked
  }

  #isOverLimit(start: number, next: number): boolean {
    return this.contentEnd(next) - start > this.maxRecordBytes
  }

  #badFirstRecord(scanned: number, tooLong: boolean, start: number): InputError {
    const { file, maxRecordBytes, window } = this
    const lineNumber = this.lineNumber + countLineEnds(window.bytes, window.start, start)
    const position = { file, lineNumber, offsetBytes: window.inputOffset(start) }
    if (scanned === unfinished && this.#isInReach(this.openQuoteAt, start)) {
      const reason = this.openQuoteMessage(tooLong ? maxRecordBytes : undefined)
      const message = `the first record of ${file}: ${reason}`
      return new InputError('DDB_INPUT_QUOTE', message, position)
    }
    if (scanned === faulty && this.wrongCountNext < 0 && this.#isInReach(this.badQuoteAt, start)) {
      const message = `the first record of ${file}: ${quoteMessage(this.fields + 1)}`
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
    if (!this.#isEmptyLine(start)) return this.#isComment(start)
    if (this.emptyLines !== 'rows') return this.emptyLines === 'passed'
    return this.ended && !this.#isRow(start)
  }

  #isEmptyLine(start: number): boolean {
    const c = this.window.bytes[start]
    return c === lineFeed || c === carriageReturn
  }

  #isComment(start: number): boolean {
    const { comment } = this
    const { bytes, end } = this.window
    return (
      bytes[start] === comment[0] &&
      start + comment.length <= end &&
      comment.every((byte, i) => bytes[start + i] === byte)
    )
  }

  /** Position of the first record from `start` on; the window's end when there is none, −1 when none has come. */
  #nextRecord(start: number): number {
    const { window, comment, ended } = this
    const { bytes, offset } = window
    if (this.#recordAt >= start + offset) return this.#recordAt - offset
    let p = Math.max(start, this.#otherUpTo - offset)
    while (p < window.end) {
      if (this.#isEmptyLine(p)) p++
      else if (this.#isComment(p)) {
        const next = nextLine(bytes, p, window.end)
        if (next < 0) break
        p = next
      } else if (bytes[p] === comment[0] && p + comment.length > window.end && !ended) break
      else {
        this.#recordAt = p + offset
        return p
      }
    }
    this.#otherUpTo = p + offset
    return ended ? window.end : -1
  }

  /**
   * Whether the empty line at `start` is a row, which it is where a record follows it; false when none does, or has come. The
   * limit of a record is the end of what is looked at: an empty line with more than that behind it is a row.
   */
  #isRow(start: number): boolean {
    const next = this.#nextRecord(start)
    const { end } = this.window
    return (next >= 0 && next < end) || this.#isOverLimit(start, end)
  }

  /** An empty line in a file with one column is a record with one empty field. */
  protected scanRecord(block: RecordBlock, row: number, start: number): number {
    if (this.emptyLines !== 'rows' || !this.#isEmptyLine(start)) {
      return this.scanFields(block, row, start)
    }
    this.wrongCountNext = -1
    this.openQuoteAt = -1
    this.quotedLines = 0
    if (!this.#isRow(start)) return unfinished
    block.starts[row] = start
    block.ends[row] = start
    const { bytes } = this.window
    return bytes[start] === carriageReturn && bytes[start + 1] === lineFeed ? start + 2 : start + 1
  }

  /** Scans the record at `start`, which is no empty line, as `scanRecord`. */
  protected abstract scanFields(block: RecordBlock, row: number, start: number): number

  /** What the input was cut off in may go on with a record, which would make the empty lines at its end rows. */
  protected override isRestWhole(): boolean {
    return this.emptyLines === 'rows' && this.#isEmptyLine(this.window.start)
  }

  protected override innerLines(): number {
    return this.quotedLines
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
      if (!this.#isInReach(this.badQuoteAt, start)) return super.setAside(block, start, unfinished)
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
    if (length > maxRecordBytes && this.#isInReach(this.openQuoteAt, start)) {
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

  /** Whether the limit of the record at `start` lies behind `position`; not for −1. */
  #isInReach(position: number, start: number): boolean {
    return position >= 0 && position - start < this.maxRecordBytes
  }
}
