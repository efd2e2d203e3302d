/*
  Delimited text, scanned byte by byte: delimiters of one or more bytes, quotes doubled or behind an escape character,
  lines ended by LF, CRLF or CR. Cells stay where they are in the window; only fields in which something is left out are
  written out again behind it.
*/
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { CsvDialect } from './csv-dialect.js'
import { openQuoteMessage } from './csv-faults.js'
import { CsvTokenizer } from './csv-tokenizer.js'
import { countLineEnds } from '../line-ends.js'
import { carriageReturn, faulty, lineFeed, unfinished } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'

/** Four bytes are looked at as one word; marks of bytes that matter stand in the high bit of each. */
const ones = 0x01010101
const highBits = 0x80808080 | 0
/** Four times one more than the highest line end. */
const controls = 0x0e0e0e0e

const blank = 32
const tab = 9

/** Scans any record of dialects whose quote and escape character are bytes (`isByteDialect`). */
export abstract class CsvRecordScanner extends CsvTokenizer {
  /** First byte of the delimiter. */
  protected readonly delimiter: number
  /** −1 when nothing is quoted. */
  protected readonly quote: number
  /** Where the next written-out field goes. */
  protected scratch = 0
  readonly #delimiterBytes: Uint8Array
  /** −1 when quotes are doubled. */
  readonly #escape: number
  readonly #trim: boolean
  /** 1 for bytes that may end an unquoted field or may not stand in one. */
  readonly #special: Uint8Array = new Uint8Array(256)

  constructor(file: string, dialect: CsvDialect, offsetBytes: number, text?: SourceText) {
    super(file, dialect, offsetBytes, text)
    this.#delimiterBytes = new TextEncoder().encode(dialect.delimiter)
    this.delimiter = this.#delimiterBytes[0]!
    this.quote = dialect.quote === '' ? -1 : dialect.quote.charCodeAt(0)
    const isDoubled = this.quote < 0 || dialect.escape === dialect.quote
    this.#escape = isDoubled ? -1 : dialect.escape.charCodeAt(0)
    this.#trim = dialect.trim && this.quote >= 0
    for (const byte of [lineFeed, carriageReturn, this.delimiter]) this.#special[byte] = 1
    if (this.quote >= 0 && dialect.quotes === 'strict') this.#special[this.quote] = 1
  }

  override markQuotes(block: RecordBlock): void {
    block.quote = this.quote
    block.writtenAreQuoted = true
  }

  protected override startBlock(): void {
    this.scratch = this.window.scratchStart
  }

  /** Any record, at leisure. */
  protected scanFields(block: RecordBlock, row: number, start: number): number {
    const { bytes, fieldCount } = block
    const firstCell = row * fieldCount
    const delimiterBytes = this.#delimiterBytes.length
    let fields = 0
    let field: number
    let p = start
    this.quotedLines = 0
    this.openQuoteAt = -1
    this.wrongCountNext = -1
    for (;;) {
      // The cell behind the row takes what is too much; the next row writes over it.
      const cell = firstCell + Math.min(fields, fieldCount)
      field = p
      const open = this.#trim ? this.#behindBlanks(bytes, p) : p
      if (bytes[open] === this.quote) p = this.scanQuoted(block, cell, open, start)
      else p = this.#scanUnquoted(block, cell, p)
      if (p < 0) break
      if (delimiterBytes === 1 ? bytes[p] !== this.delimiter : !this.#isDelimiter(bytes, p)) break
      fields++
      p += delimiterBytes
    }
    this.fields = fields
    if (p < 0) return p
    const c = bytes[p]!
    if (c !== lineFeed && c !== carriageReturn) {
      this.badQuoteAt = p
      return faulty
    }
    const { end } = this.window
    this.fields = fields + 1
    const next = c === carriageReturn && bytes[p + 1] === lineFeed ? p + 2 : p + 1
    if (p === end || (c === carriageReturn && p + 1 === end)) return unfinished
    if (fields + 1 === fieldCount) return next
    return this.otherCount(block, row, next, field === p)
  }

  /** Scans an unquoted field; gives the position of what ends it. */
  #scanUnquoted(block: RecordBlock, cell: number, start: number): number {
    const { bytes } = block
    const special = this.#special
    let p = start
    for (;;) {
      while (special[bytes[p]!] === 0) p++
      if (bytes[p] !== this.delimiter || this.#delimiterBytes.length === 1) break
      if (this.#isDelimiter(bytes, p)) break
      if (this.#isCutDelimiter(bytes, p)) return unfinished
      p++
    }
    block.starts[cell] = start
    block.ends[cell] = p
    return p
  }

  /**
   * Scans a quoted field.
   * @returns position behind its closing quote, which is a delimiter or line end; `unfinished` or `faulty`
   */
  protected scanQuoted(
    block: RecordBlock,
    cell: number,
    open: number,
    recordStart: number,
  ): number {
    const { bytes } = block
    const { end, view } = this.window
    const escape = this.#escape
    const quotes = this.quote * ones
    const escapes = (escape < 0 ? this.quote : escape) * ones
    let p = open + 1
    let from = p
    let written = -1
    for (;;) {
      const word = view.getInt32(p, true)
      const quoted = word ^ quotes
      const escaped = word ^ escapes
      const found =
        (((word - controls) & ~word) |
          ((quoted - ones) & ~quoted) |
          ((escaped - ones) & ~escaped)) &
        highBits
      if (found === 0) {
        p += 4
        continue
      }
      p += (31 - Math.clz32(found & -found)) >> 3
      const c = bytes[p]!
      const next = bytes[p + 1]!
      if (escape < 0 ? c === this.quote && next === c : c === escape && this.#isEscaped(next)) {
        if (written < 0) written = this.scratch
        // Of two doubled quotes the first goes along; an escape character does not.
        this.scratch = copyBytes(view, this.scratch, from, escape < 0 ? p + 1 : p)
        from = escape < 0 ? p + 2 : p + 1
        p++
      } else if (c === this.quote) break
      else if (c === lineFeed) {
        if (p === end) {
          this.openQuoteAt = open
          return unfinished
        }
        this.quotedLines++
      } else if (c === carriageReturn && next !== lineFeed) {
        this.quotedLines++
      }
      p++
    }
    const { maxRecordBytes } = this
    if (p - recordStart >= maxRecordBytes && open - recordStart < maxRecordBytes) {
      this.openQuoteAt = open
      return unfinished
    }
    if (written < 0) {
      block.starts[cell] = from
      block.ends[cell] = p
    } else {
      this.scratch = copyBytes(view, this.scratch, from, p)
      block.starts[cell] = written
      block.ends[cell] = this.scratch
    }
    return this.#behindQuote(bytes, p + 1)
  }

  /** PostgreSQL's rule: before anything else the escape character is one like others, so that nothing is lost. */
  #isEscaped(c: number): boolean {
    return c === this.quote || c === this.#escape
  }

  /** `p` or behind the blanks there when a delimiter or line end follows, as it has to. */
  #behindQuote(bytes: Uint8Array, p: number): number {
    const at = this.#trim ? this.#behindBlanks(bytes, p) : p
    const c = bytes[at]!
    if (c === lineFeed || c === carriageReturn) return at
    if (this.#isDelimiter(bytes, at)) return at
    if (this.#isCutDelimiter(bytes, at)) return unfinished
    this.badQuoteAt = at
    if (c === this.delimiter) this.badQuoteAt = this.#mismatchAt(bytes, at)
    return faulty
  }

  #behindBlanks(bytes: Uint8Array, start: number): number {
    let p = start
    while ((bytes[p] === blank || bytes[p] === tab) && !this.#isDelimiter(bytes, p)) p++
    return p
  }

  #isDelimiter(bytes: Uint8Array, p: number): boolean {
    return this.#mismatchAt(bytes, p) < 0
  }

  /** Position of the first byte that is not the delimiter's; −1 when all are. */
  #mismatchAt(bytes: Uint8Array, p: number): number {
    const delimiter = this.#delimiterBytes
    for (let i = 0; i < delimiter.length; i++) if (bytes[p + i] !== delimiter[i]) return p + i
    return -1
  }

  /** Whether the window ends in what may become a delimiter. */
  #isCutDelimiter(bytes: Uint8Array, p: number): boolean {
    const { end } = this.window
    return p < end && this.#mismatchAt(bytes, p) === end
  }

  /** Names the line where the quote was opened, which need not be the record's first. */
  protected openQuoteMessage(limitBytes: number | undefined): string {
    const { bytes, start } = this.window
    const line = this.lineNumber + countLineEnds(bytes, start, this.openQuoteAt)
    return openQuoteMessage(`the quote opened in line ${line}`, limitBytes)
  }
}

/** The tokenizer of dialects that have no fast way. */
export class CsvDialectScanner extends CsvRecordScanner {
  /** Every record is scanned at leisure. */
  protected override scanRun(_block: RecordBlock, row: number): number {
    return row
  }
}

/** Copies within one array, four bytes at a time: up to three more than asked for are written. */
export function copyBytes(view: DataView, to: number, start: number, end: number): number {
  for (let p = start, q = to; p < end; p += 4, q += 4)
    view.setInt32(q, view.getInt32(p, true), true)
  return to + end - start
}
