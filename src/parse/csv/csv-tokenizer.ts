/*
  Reads records of delimited text with any scanner. Handles comments, the first record, wrong quotes and field counts.
*/
import { InputError, option } from '../../errors.js'
import type { SourceText } from '../../source/encoding/text-origin.js'
import { isAt } from '../cells/cell-bytes.js'
import { carriageReturn, countLineEnds, lineFeed, nextLine } from '../line-ends.js'
import {
  faulty,
  LineTokenizer,
  undecided,
  unfinished,
  type LineFormat,
  type ScanFault,
} from '../line-tokenizer.js'
import { RecordBlock } from '../record-block.js'
import { BrokenRecords, openEnd } from './broken-record.js'
import type { CsvDialect } from './csv-dialect.js'
import { maxHeaderFields, type FirstRecord } from './header-record.js'
import type { RecordScanner } from './record-scanner.js'

/** The meaning of empty lines: no record, or a record whose only field is null. Undecided until the first record was examined. */
export type EmptyLines = 'undecided' | 'passed' | 'rows'

const noBytes = new Uint8Array(0)

/** Memory for the fields of a first record. All inputs share it, because it takes half a megabyte. */
let headerBlock: RecordBlock | undefined

/** Lets callers examine the first record without consuming it, because it may be a header. */
export class CsvTokenizer implements LineFormat {
  readonly lines: LineTokenizer
  emptyLines: EmptyLines = 'undecided'
  /** Number of records that were padded or cut because of `ragged`. */
  raggedRecords = 0
  readonly #scanner: RecordScanner
  readonly #comment: Uint8Array
  readonly #quote: number
  readonly #ragged: CsvDialect['ragged']
  readonly #trailingDelimiter: boolean
  readonly #broken: BrokenRecords
  /** Position after the record scanned last, if only the number of its fields is wrong; else −1. */
  #wrongCountNext = -1
  /** Start of the record that `peek` returned, and the position after it. */
  #peekedAt = 0
  #peeked = 0
  /** Input offset up to which `#nextRecord` has found only empty lines and comments. */
  #otherUpTo = 0
  /** Input offset of the record that `#nextRecord` found last; −1 for none. */
  #recordAt = -1

  constructor(
    file: string,
    dialect: CsvDialect,
    offsetBytes: number,
    scannerOf: (lines: LineTokenizer) => RecordScanner,
    text?: SourceText,
  ) {
    this.lines = new LineTokenizer(file, dialect.maxRecordBytes, offsetBytes, () => this, text)
    this.#scanner = scannerOf(this.lines)
    this.#comment = Buffer.from(dialect.comment)
    this.#quote = Buffer.from(dialect.quote)[0] ?? -1
    this.#ragged = dialect.ragged
    this.#trailingDelimiter = dialect.trailingDelimiter
    this.#broken = new BrokenRecords(dialect)
  }

  /** Begins a new input in the same encoding, and forgets the previous one. */
  begin(file: string): void {
    this.lines.begin(file)
    this.emptyLines = 'undecided'
    this.raggedRecords = 0
    this.#wrongCountNext = -1
    this.#otherUpTo = 0
    this.#recordAt = -1
    this.#broken.begin()
  }

  /** Lets the block recognize quoted cells. */
  markQuotes(block: RecordBlock): void {
    block.quote = this.#quote
    block.writtenAreQuoted = true
  }

  /** Skips lines before the first record. Returns how many must still be skipped in later input. */
  skipLines(count: number): number {
    let left = count
    while (left > 0 && this.lines.skipLine()) left--
    return left
  }

  /** Skips the first line and returns its bytes. Returns undefined if the line's end has not arrived yet. */
  passFirstLine(): Uint8Array | undefined {
    const { lines } = this
    const { bytes, start, end } = lines.window
    const next = nextLine(bytes, start, end)
    if (next < 0) return undefined
    const line = lines.recordBytes(start, next)
    lines.window.start = next
    lines.lineNumber++
    return line
  }

  /** Skips a header that is one line and already in the window. */
  passHeader({ length }: Uint8Array): void {
    this.lines.window.start += length
    this.lines.lineNumber++
  }

  /**
   * Returns the next record without consuming it; 'more' if the record is incomplete, undefined at the end of the input.
   * @throws {InputError} DDB_INPUT_QUOTE, DDB_INPUT_RECORD_TOO_LONG
   */
  peek(): FirstRecord | 'more' | undefined {
    const { lines } = this
    const { window } = lines
    const scanner = this.#scanner
    // Does not consume empty lines, because they may be rows.
    if (!lines.toRecord(window.end)) return lines.ended ? undefined : 'more'
    const { bytes } = window
    const start = this.#nextRecord(window.start)
    if (start === window.end) {
      this.emptyLines = 'passed'
      lines.toRecord(window.end)
      return undefined
    }
    if (start < 0) {
      if (!this.#isOverLimit(window.start, window.end)) return 'more'
      throw this.#badFirstRecord(unfinished, true, window.start)
    }
    const block = (headerBlock ??= new RecordBlock(maxHeaderFields, 1))
    block.bytes = bytes
    scanner.startBlock()
    const next = scanner.scan(block, 0, start)
    block.bytes = noBytes
    const tooLong = this.#isOverLimit(start, next < 0 ? window.end : next)
    if (next === undecided) return 'more'
    if (next === unfinished && !lines.ended && !tooLong) return 'more'
    if (next < 0 || tooLong || scanner.fields > maxHeaderFields) {
      throw this.#badFirstRecord(next, tooLong, start)
    }
    this.#peekedAt = start
    this.#peeked = next
    return {
      fields: Array.from({ length: scanner.fields }, (_, field) =>
        bytes.slice(block.starts[field], block.ends[field]),
      ),
      bytes: lines.recordBytes(start, next),
      lineNumber: lines.lineNumber + countLineEnds(bytes, window.start, start),
      offsetBytes: window.inputOffset(start),
    }
  }

  /** Consumes the record that `peek` returned, and the empty lines before it. */
  skipPeeked(): void {
    const { lines } = this
    const { window } = lines
    lines.otherBytes += lines.inputLength(window.start, this.#peekedAt)
    lines.lineNumber += countLineEnds(window.bytes, window.start, this.#peeked)
    window.start = this.#peeked
  }

  #isOverLimit(start: number, next: number): boolean {
    return this.lines.contentEnd(next) - start > this.lines.maxRecordBytes
  }

  #badFirstRecord(scanned: number, tooLong: boolean, start: number): InputError {
    const { file, maxRecordBytes, window } = this.lines
    const { openQuoteAt, badQuoteAt, fields } = this.#scanner
    const lineNumber = this.lines.lineNumber + countLineEnds(window.bytes, window.start, start)
    const position = { file, lineNumber, offsetBytes: window.inputOffset(start) }
    if (scanned === unfinished && this.#isInReach(openQuoteAt, start)) {
      const reason = this.#openQuoteMessage(openQuoteAt, tooLong ? maxRecordBytes : undefined)
      const message = `the first record of ${file}: ${reason}`
      return new InputError('DDB_INPUT_QUOTE', message, position)
    }
    if (scanned === faulty && this.#isInReach(badQuoteAt, start)) {
      const message = `the first record of ${file}: ${quoteMessage(fields + 1)}`
      return new InputError('DDB_INPUT_QUOTE', message, position)
    }
    return new InputError(
      'DDB_INPUT_RECORD_TOO_LONG',
      `the first record of ${file} has more than ${maxHeaderFields} fields or ${maxRecordBytes} bytes: ` +
        'is it delimited text?',
      position,
    )
  }

  isNoRecord(start: number): boolean {
    if (!this.#isEmptyLine(start)) return this.#isComment(start)
    if (this.emptyLines !== 'rows') return this.emptyLines === 'passed'
    return this.lines.ended && !this.#isRow(start)
  }

  #isEmptyLine(start: number): boolean {
    const c = this.lines.window.bytes[start]
    return c === lineFeed || c === carriageReturn
  }

  #isComment(start: number): boolean {
    const comment = this.#comment
    const { bytes, end } = this.lines.window
    return (
      bytes[start] === comment[0] && start + comment.length <= end && isAt(comment, bytes, start)
    )
  }

  /** Position of the first record from `start` on; the window's end if there is none; −1 if one may still arrive. */
  #nextRecord(start: number): number {
    const { window, ended } = this.lines
    const comment = this.#comment
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
   * True if the empty line at `start` is a row, because a record follows. Examines only as many bytes as a record may
   * have. If these do not decide, the line counts as a row.
   */
  #isRow(start: number): boolean {
    const next = this.#nextRecord(start)
    const { end } = this.lines.window
    return (next >= 0 && next < end) || this.#isOverLimit(start, end)
  }

  startBlock(): void {
    this.#scanner.startBlock()
  }

  jumped(): void {
    this.#scanner.jumped?.()
  }

  scanRun(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number {
    return this.#scanner.scanRun(block, row, rowEnd, stopAt)
  }

  innerLines(): number {
    return this.#scanner.quotedLines
  }

  /** In a file with one column, an empty line is a record with one empty field. */
  scanRecord(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    this.#wrongCountNext = -1
    if (this.emptyLines !== 'rows' || !this.#isEmptyLine(start)) {
      const next = scanner.scan(block, row, start)
      if (next < 0 || scanner.fields === block.fieldCount) return next
      return this.#otherCount(block, row, start, next)
    }
    scanner.openQuoteAt = -1
    scanner.quotedLines = 0
    if (!this.#isRow(start)) return unfinished
    block.starts[row] = start
    block.ends[row] = start
    const { bytes } = this.lines.window
    return bytes[start] === carriageReturn && bytes[start + 1] === lineFeed ? start + 2 : start + 1
  }

  /** True for empty lines at the end of a truncated input. Empty lines are rows only if a record follows. */
  isRestWhole(): boolean {
    return this.emptyLines === 'rows' && this.#isEmptyLine(this.lines.window.start)
  }

  /**
   * Handles a record that has more or fewer fields than the first record.
   * @param next  position after the record
   * @returns `next` if the record is a row nevertheless, else `faulty`
   */
  #otherCount(block: RecordBlock, row: number, start: number, next: number): number {
    const { fieldCount, starts, ends } = block
    const { fields, isLastEmpty } = this.#scanner
    if (fields === fieldCount + 1 && isLastEmpty && this.#trailingDelimiter) return next
    if (this.#ragged === (fields < fieldCount ? 'pad' : 'cut')) {
      const firstCell = row * fieldCount
      starts.fill(next, firstCell + Math.min(fields, fieldCount), firstCell + fieldCount)
      ends.fill(next, firstCell + Math.min(fields, fieldCount), firstCell + fieldCount)
      // Does not count a record that is too long: it is rejected, and may not even be scanned to its end.
      if (!this.#isOverLimit(start, next)) this.raggedRecords++
      return next
    }
    this.#wrongCountNext = next
    return faulty
  }

  /** Examines no byte beyond `maxRecordBytes`, so that the result does not depend on the chunks. */
  faultOf(block: RecordBlock, start: number, scanned: number): ScanFault | InputError | undefined {
    const { fields, badQuoteAt } = this.#scanner
    if (this.#wrongCountNext >= 0) {
      const message = fieldCountMessage(block.fieldCount, fields)
      return { code: 'DDB_INPUT_FIELD_COUNT', message, next: this.#wrongCountNext }
    }
    if (scanned === unfinished) return this.#openQuoteFault(this.#scanner.openQuoteAt, start)
    if (scanned !== faulty || !this.#isInReach(badQuoteAt, start)) return undefined
    const next = this.#brokenEnd(block, start)
    if (next === openEnd) return this.#openQuoteFault(this.#broken.openAt, start)
    const lineCount = next < 0 ? 1 : countLineEnds(this.lines.window.bytes, start, next)
    return { code: 'DDB_INPUT_QUOTE', message: quoteMessage(fields + 1, lineCount), next }
  }

  /** The fault of the record at `start` if the record ends in an open quote; `openAt` is the quote's position, or −1. */
  #openQuoteFault(openAt: number, start: number): ScanFault | InputError | undefined {
    const { file, window, maxRecordBytes, lineNumber, offsetBytes, ended } = this.lines
    const isOverLimit = this.#isOverLimit(start, window.end)
    if (isOverLimit && this.#isInReach(openAt, start)) {
      const message = this.#openQuoteMessage(openAt, maxRecordBytes)
      return new InputError('DDB_INPUT_QUOTE', message, { file, lineNumber, offsetBytes })
    }
    if (openAt < 0 || isOverLimit || !ended) return undefined
    const message = this.#openQuoteMessage(openAt, undefined)
    return { code: 'DDB_INPUT_QUOTE', message, next: window.end }
  }

  /** @param limitBytes  how many bytes were searched for a closing quote; undefined if the input ended first */
  #openQuoteMessage(openAt: number, limitBytes: number | undefined): string {
    return openQuoteMessage(this.#scanner.quoteOpenedAt(openAt), limitBytes)
  }

  #brokenEnd(block: RecordBlock, start: number): number {
    const { bytes, end, offset } = this.lines.window
    return this.#broken.endOf(start, {
      bytes,
      end,
      contentEnd: this.lines.contentEnd(end),
      offset,
      ended: this.lines.ended,
      fieldCount: block.fieldCount,
      isNoRecord: position => this.isNoRecord(position),
    })
  }

  /** True if fewer than `maxRecordBytes` bytes lie between the start of the record and `position`; false for −1. */
  #isInReach(position: number, start: number): boolean {
    return position >= 0 && position - start < this.lines.maxRecordBytes
  }
}

export function fieldCountMessage(expected: number, got: number): string {
  const fields = (count: number): string => (count === 1 ? '1 field' : `${count} fields`)
  return `expected ${fields(expected)}, got ${got}`
}

/**
 * Message for a quote inside a field.
 * @param fieldNumber  from 1
 * @param lineCount  number of lines that are rejected for this quote
 */
export function quoteMessage(fieldNumber: number, lineCount = 1): string {
  const more =
    lineCount === 1
      ? ''
      : `; all ${lineCount} lines up to the next certain end of a record are rejected with it`
  return (
    `field ${fieldNumber} has a quote in the middle${more}: put the field in quotes and double the quotes inside, ` +
    `or load quotes as text, with ${option('input.quotes')} lax those inside unquoted fields, with ${option('input.quote')} '' all`
  )
}

/**
 * Message for an open quote that takes in the rest of the input.
 * @param quote  names the quote and the line where it was opened
 * @param limitBytes  how many bytes were searched for a closing quote; undefined if the input ended first
 */
export function openQuoteMessage(quote: string, limitBytes: number | undefined): string {
  const limit = limitBytes === undefined ? '' : ` within ${limitBytes} bytes`
  return `${quote} is never closed${limit}: close it, or load quotes as text with ${option('input.quote')} ''`
}
