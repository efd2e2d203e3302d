/* Reads records of delimited text: the usual ones with the block's kernel, all others by a walk, which for general dialects csv-parse
   leads. Handles comments, the first record, wrong quotes and field counts. Cells stay in the window, unescaped ones after it. */
import type { ScanRules } from '../../kernel/kernel.js'
import { InputError, option } from '../../errors.js'
import type { SourceText } from '../../source/byte-source.js'
import { isAt } from '../cells/cell-bytes.js'
import type { RecordLocation } from '../batch.js'
import { carriageReturn, countLineEnds, lineFeed, nextLine } from '../window.js'
import { faulty, LineTokenizer, undecided, unfinished, type ScanFault } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import { BrokenRecords, openEnd, quoteMessage } from './broken-record.js'
import { kernelRules, type CsvDialect } from './csv-dialect.js'
import { RecordWalk } from './record-walk.js'

/** Largest number of fields in a first record; a record with more is probably not delimited text. */
const maxHeaderFields = 65_536

/** The first record, before it is known to be a header or a row. */
export interface FirstRecord extends RecordLocation {
  readonly fields: readonly Uint8Array[]
  /** The record unchanged, with its line end. */
  readonly bytes: Uint8Array
}

/** Where a record begins and ends in the window, until more is pushed. */
interface Bounds {
  readonly start: number
  readonly next: number
}

/** Leads the walk over records of a general dialect. */
export interface RecordGuide {
  /** As `scanRecord`, whatever the field count. Examines no byte beyond `maxRecordBytes`. */
  scan(walk: RecordWalk, lines: LineTokenizer, start: number): number
  jumped(): void
}

/** Fewest and most bytes that the kernel searches at a time: fewer where it often gives up. */
const leastReach = 1024
const mostReach = 160 * 1024

/** Lets callers examine the first record without consuming it, because it may be a header. */
export class CsvTokenizer extends LineTokenizer {
  /** The meaning of empty lines: no record, or a record whose only field is null. Undecided until the first record was examined. */
  emptyLines: 'undecided' | 'passed' | 'rows' = 'undecided'
  readonly #walk: RecordWalk
  readonly #guide: RecordGuide | undefined
  /** Undefined for dialects that the kernel does not know. */
  #rules: ScanRules | undefined
  #reach = mostReach
  readonly #comment: Uint8Array
  /** The byte around quoted cells; −1 for none. */
  readonly quote: number
  readonly #dialect: CsvDialect
  #broken: BrokenRecords | undefined
  /** The header without its line end; empty if there is none. */
  #header: Uint8Array = new Uint8Array(0)
  /** Whether a quote is open in the part of a record that is too long. */
  #isOpen = false
  #isEscaped = false
  /** Why the record scanned last is not a row, if its quotes are right. */
  #fault: ScanFault | undefined
  /** Input offset up to which `#nextRecord` has found only empty lines and comments. */
  #otherUpTo = 0

  /**
   * @param guide  for dialects whose quote or escape character is not a byte
   * @param last  the tokenizer of an earlier input of this dialect, which was read to its end; its memory is used again
   */
  constructor(
    file: string,
    dialect: CsvDialect,
    offsetBytes: number,
    given: {
      text?: SourceText
      guide?: RecordGuide | undefined
      last?: CsvTokenizer | undefined
    } = {},
  ) {
    const { text, guide, last } = given
    const { maxRecordBytes, quotes, comment, quote } = dialect
    super({ file, maxRecordBytes, offsetBytes, text, window: last?.window })
    const rules = { isStrict: true, isLax: quotes !== 'strict', hasFormulas: quotes === 'excel' }
    this.#walk = last === undefined ? new RecordWalk(dialect, rules) : last.#walk
    this.#rules = last === undefined ? kernelRules(dialect) : last.#rules
    this.#guide = guide
    this.#comment = Buffer.from(comment)
    this.quote = Buffer.from(quote)[0] ?? -1
    this.#dialect = dialect
  }

  /** Skips lines before the first record. Returns how many must still be skipped in later input. */
  skipLines(count: number): number {
    let left = count
    while (left > 0 && this.skipLine()) left--
    return this.ended ? 0 : left
  }

  /** Skips the first line and returns its bytes; 'more' if the line's end has not arrived yet. */
  passFirstLine(): Uint8Array | 'more' {
    const { window } = this
    const { bytes, start, end } = window
    const next = nextLine(bytes, start, end)
    if (next < 0) return 'more'
    window.start = next
    this.lineNumber++
    return window.inputBytes(start, next)
  }

  /**
   * Returns the next record without consuming it; 'more' if the record is incomplete, undefined at the end of the input.
   * @throws {InputError} DDB_INPUT_QUOTE, DDB_INPUT_RECORD_TOO_LONG
   */
  peek(): (FirstRecord & Bounds) | 'more' | undefined {
    const { window } = this
    const walk = this.#walk
    // Does not consume empty lines, because they may be rows.
    if (!this.toRecord(window.end)) return this.ended ? undefined : 'more'
    const found = this.#nextRecord(window.start)
    if (found === window.end) {
      this.emptyLines = 'passed'
      this.toRecord(window.end)
      return undefined
    }
    const next = found < 0 ? unfinished : this.#scan(found)
    const start = found < 0 ? window.start : found
    // A comment may have any length.
    const tooLong = found >= 0 && next === unfinished && this.#isOverLimit(start)
    if (next === undecided || (next === unfinished && !this.ended && !tooLong)) return 'more'
    if (next < 0 || walk.fieldCount > maxHeaderFields) {
      throw this.#badFirstRecord(next, tooLong, start)
    }
    return {
      ...{ start, next },
      fields: Array.from({ length: walk.fieldCount }, (_, field) => walk.cell(field).slice()),
      bytes: window.inputBytes(start, next),
      ...this.locate(start),
    }
  }

  passHeader({ start, next }: Bounds): void {
    const { window } = this
    this.pass(start)
    const header = window.bytes.slice(start, this.#lineEndBefore(next))
    this.#header = header
    // The kernel leaves records that may repeat the header.
    if (this.#rules !== undefined) this.#rules = { ...this.#rules, header }
    this.lineNumber += countLineEnds(window.bytes, start, next)
    window.start = next
  }

  /** True if the bytes from `start` on are more than a record may have. */
  #isOverLimit(start: number): boolean {
    const { maxRecordBytes, window } = this
    return window.contentEnd(window.end) - start > maxRecordBytes
  }

  #badFirstRecord(scanned: number, tooLong: boolean, start: number): InputError {
    const { file, maxRecordBytes } = this
    const { openAt, badQuoteAt, fieldCount } = this.#walk
    const position = this.locate(start)
    let reason: string | undefined
    if (scanned === unfinished && openAt >= 0) {
      const { lineNumber } = this.locate(openAt)
      reason = this.#openQuoteMessage(lineNumber, tooLong)
    } else if (scanned === faulty && badQuoteAt >= 0) reason = quoteMessage(fieldCount + 1)
    if (reason !== undefined) {
      return new InputError('DDB_INPUT_QUOTE', `the first record of ${file}: ${reason}`, position)
    }
    return new InputError(
      'DDB_INPUT_RECORD_TOO_LONG',
      `the first record of ${file} has more than ${maxHeaderFields} fields or ${maxRecordBytes} bytes: ` +
        'is it delimited text?',
      position,
    )
  }

  /** True if a blank line or a comment certainly begins at `start`. */
  isNoRecord(start: number): boolean {
    if (!this.#isEmptyLine(start)) return this.#isComment(start)
    if (this.emptyLines !== 'rows') return this.emptyLines === 'passed'
    return this.ended && !this.#isRow(start)
  }

  #isEmptyLine(start: number): boolean {
    const c = this.window.bytes[start]
    return c === lineFeed || c === carriageReturn
  }

  #isComment(start: number): boolean {
    const comment = this.#comment
    const { bytes, end } = this.window
    return (
      bytes[start] === comment[0] && start + comment.length <= end && isAt(comment, bytes, start)
    )
  }

  /** Position of the first record from `start` on; the window's end if there is none; −1 if one may still arrive. */
  #nextRecord(start: number): number {
    const { window, ended } = this
    const comment = this.#comment
    const { bytes, offset } = window
    let p = Math.max(start, this.#otherUpTo - offset)
    let isRecord = false
    while (p < window.end && !isRecord) {
      if (this.#isEmptyLine(p)) p++
      else if (this.#isComment(p)) {
        const next = nextLine(bytes, p, window.end)
        if (next < 0) break
        p = next
      } else if (bytes[p] === comment[0] && p + comment.length > window.end && !ended) break
      else isRecord = true
    }
    this.#otherUpTo = p + offset
    return isRecord ? p : ended ? window.end : -1
  }

  /** True if the empty line at `start` is a row, since a record follows. If as many bytes as a record may have do not tell, it is a row. */
  #isRow(start: number): boolean {
    const next = this.#nextRecord(start)
    return (next >= 0 && next < this.window.end) || this.#isOverLimit(start)
  }

  override jumped(): void {
    this.#guide?.jumped()
  }

  override scanRun(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number {
    const { window } = this
    const { kernel } = block
    if (this.#rules === undefined || kernel === undefined) return row
    const { textEnd } = kernel
    kernel.useRules(this.#rules)
    let next = row
    while (window.start < Math.min(stopAt, textEnd) && next < rowEnd) {
      const { start } = window
      const end = Math.min(textEnd, start + this.#reach)
      const from = next
      next = kernel.scan(block, start, end, stopAt, from, rowEnd, this.lineNumber)
      window.start = kernel.nextStart
      this.lineNumber += next - from
      const isGivenUp = kernel.hasGivenUp
      // The text after a record that the kernel gave up is searched again.
      this.#reach = isGivenUp
        ? Math.max(leastReach, 2 * (window.start - start))
        : Math.min(mostReach, 4 * this.#reach)
      if (isGivenUp || end === textEnd) break
    }
    if (row === 0) block.unbroken = next
    return next
  }

  #scan(start: number): number {
    const walk = this.#walk
    if (this.#guide !== undefined) return this.#guide.scan(walk, this, start)
    walk.limitTo(start, this)
    if (walk.walk(start)) return walk.next
    return walk.badQuoteAt < 0 ? unfinished : faulty
  }

  /** In a file with one column, an empty line is a record with one empty field. */
  scanRecord(block: RecordBlock, row: number, start: number): number {
    const walk = this.#walk
    this.#fault = undefined
    if (this.emptyLines === 'rows' && this.#isEmptyLine(start)) {
      walk.openAt = -1
      if (!this.#isRow(start)) return unfinished
      walk.limitTo(start, this)
      walk.walk(start)
    } else {
      const next = this.#scan(start)
      if (next < 0) return next
      this.#fault = this.#faultIn(start, next, block.fieldCount)
      if (this.#fault !== undefined) return faulty
      // Only quoted fields have line ends.
      if (walk.hasQuoted) this.innerLines = countLineEnds(walk.bytes, start, next) - 1
    }
    walk.addCells(block, row)
    return walk.next
  }

  #faultIn(start: number, next: number, expected: number): ScanFault | undefined {
    const header = this.#header
    const isLong = header.length > 0 && this.#lineEndBefore(next) - start === header.length
    if (isLong && isAt(header, this.window.bytes, start)) {
      const message = 'the record repeats the header, as in files that were joined'
      return { fault: { code: 'DDB_INPUT_CELL', message }, next }
    }
    const { fieldCount } = this.#walk
    if (fieldCount === expected || this.#mayDiffer(expected)) return undefined
    const message = `expected ${expected === 1 ? '1 field' : `${expected} fields`}, got ${fieldCount}`
    return { fault: { code: 'DDB_INPUT_FIELD_COUNT', message }, next }
  }

  /** Position of the line end before `next`, or `next` itself. */
  #lineEndBefore(next: number): number {
    const { bytes } = this.window
    const isPair = bytes[next - 1] === lineFeed && bytes[next - 2] === carriageReturn
    return isPair ? next - 2 : this.#isEmptyLine(next - 1) ? next - 1 : next
  }

  /** True for empty lines at the end of a truncated input. Empty lines are rows only if a record follows. */
  override isRestWhole(): boolean {
    return this.emptyLines === 'rows' && this.#isEmptyLine(this.window.start)
  }

  /** True if the record may be a row although it does not have `fieldCount` fields. Counts records that are padded or cut. */
  #mayDiffer(expected: number): boolean {
    const { fieldCount, isLastEmpty } = this.#walk
    const { trailingDelimiter, ragged } = this.#dialect
    if (fieldCount === expected + 1 && isLastEmpty && trailingDelimiter) return true
    if (ragged !== (fieldCount < expected ? 'pad' : 'cut')) return false
    this.raggedRecords++
    return true
  }

  /** Examines no byte beyond `maxRecordBytes`, so that the result does not depend on the chunks. */
  faultOf(block: RecordBlock, start: number, scanned: number): ScanFault | InputError | undefined {
    const { fieldCount, badQuoteAt, openAt } = this.#walk
    if (this.#fault !== undefined) return this.#fault
    if (scanned === unfinished) return this.#openQuoteFault(openAt, start)
    if (scanned !== faulty || badQuoteAt < 0) return undefined
    this.#broken ??= new BrokenRecords(this.#dialect, this)
    const end = this.#broken.endOf(start, block.fieldCount)
    if (end === openEnd) return this.#openQuoteFault(this.#broken.openAt, start)
    const lineCount = end < 0 ? 1 : countLineEnds(this.window.bytes, start, end)
    const message = quoteMessage(fieldCount + 1, lineCount)
    return { fault: { code: 'DDB_INPUT_QUOTE', message }, next: end }
  }

  /** The fault of the record at `start` if the record ends in an open quote; `openAt` is the quote's position, or −1. */
  #openQuoteFault(openAt: number, start: number): ScanFault | InputError | undefined {
    const { file, window, resumePoint, ended } = this
    const isOverLimit = this.#isOverLimit(start)
    if (openAt < 0 || !(isOverLimit || ended)) return undefined
    const { lineNumber } = this.locate(openAt)
    const message = this.#openQuoteMessage(lineNumber, isOverLimit)
    if (isOverLimit) return new InputError('DDB_INPUT_QUOTE', message, { file, ...resumePoint })
    return { fault: { code: 'DDB_INPUT_QUOTE', message }, next: window.end }
  }

  override passed(start: number, end: number, isLineEnd: boolean): InputError | undefined {
    const { file, window, resumePoint, lineNumber } = this
    const { quote, escape } = this.#dialect
    const escapes = escape === quote ? -1 : escape.charCodeAt(0)
    for (let p = start; p < end && this.#guide === undefined; p++) {
      const wasEscaped = this.#isEscaped
      this.#isEscaped = this.#isOpen && !wasEscaped && window.bytes[p] === escapes
      if (!wasEscaped && window.bytes[p] === this.quote) this.#isOpen = !this.#isOpen
    }
    if (!isLineEnd || !this.#isOpen) return undefined
    // What is inside the quotes would count as rows.
    const message = this.#openQuoteMessage(lineNumber, true)
    return new InputError('DDB_INPUT_QUOTE', message, { file, ...resumePoint })
  }

  /** @param lineNumber  where the quote was opened @param isLimited  false if the input ended before the limit of a record */
  #openQuoteMessage(lineNumber: number, isLimited: boolean): string {
    const limit = isLimited ? ` within ${this.maxRecordBytes} bytes` : ''
    const more = isLimited ? `, give more with ${option('input.maxRecordBytes')}` : ''
    return `the quote opened in line ${lineNumber} is never closed${limit}: close it${more}, or load quotes as text with ${option('input.quote')} ''`
  }
}
