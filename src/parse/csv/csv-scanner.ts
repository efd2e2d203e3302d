/*
  Scans delimited text byte by byte: delimiters of one or more bytes, quotes doubled or escaped, lines ended by LF, CRLF
  or CR. A fast path scans records of plain dialects (RFC 4180) four bytes at a time. Unusual records and other dialects
  take the slow path. Cells stay in place in the window; only unescaped fields are written after the window's content.
*/
import { isAt } from '../cells/cell-bytes.js'
import { carriageReturn, countLineEnds, lineFeed } from '../line-ends.js'
import { faulty, unfinished, type LineTokenizer } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import { isPlainDialect, type CsvDialect } from './csv-dialect.js'
import type { RecordScanner } from './record-scanner.js'

/** Constants for checking four bytes as one word. The high bit of each byte marks a byte that matters. */
const ones = 0x01010101
const highBits = 0x80808080 | 0
/** Four bytes, each with the value CR + 1. CR is the higher of the two line ends. */
const controls = 0x0e0e0e0e
/** Bytes up to this one are rare in fields, so each can be checked by itself. Digits and letters are above. */
const highestLow = 47

const blank = 32
const tab = 9

/** Scans dialects whose quote and escape character are bytes (`isByteDialect`). */
export class CsvScanner implements RecordScanner {
  fields = 0
  isLastEmpty = false
  quotedLines = 0
  openQuoteAt = -1
  badQuoteAt = -1
  readonly #lines: LineTokenizer
  readonly #isPlain: boolean
  readonly #delimiterBytes: Uint8Array
  /** First byte of the delimiter. */
  readonly #delimiter: number
  /** Byte of the quote; −1 if nothing is quoted. */
  readonly #quote: number
  /** Byte of the escape character; −1 if quotes are doubled. */
  readonly #escape: number
  /** First byte of the text that begins a comment. */
  readonly #comment: number | undefined
  readonly #trim: boolean
  readonly #trailingDelimiter: boolean
  /** Has a 1 for each byte that may end an unquoted field or is forbidden there. `#runSpecial` is for the fast path. */
  readonly #special: Uint8Array = new Uint8Array(256)
  readonly #runSpecial: Uint8Array
  /** In each of the four bytes: one more than the highest special byte that is not above `highestLow`. */
  readonly #below: number
  /** The delimiter's byte in all four bytes of a word if it is above `highestLow`; otherwise 0. */
  readonly #above: number
  /** Position where the next unescaped field is written. */
  #scratch = 0

  constructor(lines: LineTokenizer, dialect: CsvDialect) {
    const { quotes, trim } = dialect
    this.#lines = lines
    this.#isPlain = isPlainDialect(dialect)
    this.#delimiterBytes = Buffer.from(dialect.delimiter)
    const delimiter = this.#delimiterBytes[0]!
    const quote = dialect.quote === '' ? -1 : dialect.quote.charCodeAt(0)
    this.#delimiter = delimiter
    this.#quote = quote
    const isDoubled = quote < 0 || dialect.escape === dialect.quote
    this.#escape = isDoubled ? -1 : dialect.escape.charCodeAt(0)
    this.#comment = Buffer.from(dialect.comment)[0]
    this.#trim = trim && quote >= 0
    this.#trailingDelimiter = dialect.trailingDelimiter
    for (const byte of [lineFeed, carriageReturn, delimiter]) this.#special[byte] = 1
    if (quote >= 0 && quotes === 'strict') this.#special[quote] = 1
    this.#runSpecial = this.#special.slice()
    const low = [lineFeed, carriageReturn]
    // Stops at quotes if they may be faults (`strict`), or may open a field after blanks (`trim`).
    if (quote >= 0 && (quotes === 'strict' || trim)) low.push(quote)
    if (delimiter <= highestLow) low.push(delimiter)
    for (const byte of low) this.#runSpecial[byte] = 1
    this.#below = (Math.max(...low) + 1) * ones
    this.#above = delimiter <= highestLow ? 0 : delimiter * ones
  }

  startBlock(): void {
    this.#scratch = this.#lines.window.scratchStart
  }

  /** The fast path. Stops before empty lines, comments, and records that are faulty, too long, cut off or end in CR. */
  scanRun(block: RecordBlock, firstRow: number, rowEnd: number, stopAt: number): number {
    if (!this.#isPlain) return firstRow
    const lines = this.#lines
    const { window, maxRecordBytes } = lines
    const { bytes, view, starts, ends, fieldCount, recordStarts, recordEnds, lineNumbers } = block
    const { end } = window
    const special = this.#runSpecial
    const below = this.#below | 0
    const above = this.#above | 0
    const delimiter = this.#delimiter
    const quote = this.#quote
    const comment = this.#comment
    let start = window.start
    let line = lines.lineNumber
    let row = firstRow
    let cell = row * fieldCount
    for (; row < rowEnd && start < stopAt; row++) {
      const scratch = this.#scratch
      const cellsEnd = cell + fieldCount
      let p = start
      let c = bytes[p]!
      if (c === lineFeed || c === carriageReturn || c === comment) break
      this.quotedLines = 0
      for (;;) {
        if (bytes[p] === quote) {
          p = this.#passQuoted(block, cell, p)
          if (p < 0) break
          c = bytes[p]!
        } else {
          starts[cell] = p
          for (;;) {
            let word = view.getInt32(p, true)
            let found = (word - below) & ~word
            if (above !== 0) {
              word ^= above
              found |= (word - ones) & ~word
            }
            found &= highBits
            if (found === 0) {
              p += 4
              continue
            }
            // Only the lowest mark is certain, because a carry from it may have set the higher marks.
            p += (31 - Math.clz32(found & -found)) >> 3
            c = bytes[p]!
            if (special[c] === 1) break
            p++
          }
          ends[cell] = p
        }
        cell++
        if (c !== delimiter || cell === cellsEnd) break
        p++
      }
      if (c === delimiter && p >= 0 && this.#trailingDelimiter) c = bytes[++p]!
      if (c === carriageReturn && p + 1 < end && bytes[p + 1] === lineFeed) c = bytes[++p]!
      if (p < 0 || p >= end || c !== lineFeed || cell !== cellsEnd || p - start >= maxRecordBytes) {
        this.#scratch = scratch
        break
      }
      recordStarts[row] = start
      lineNumbers[row] = line
      line += 1 + this.quotedLines
      start = p + 1
      recordEnds[row] = start
    }
    window.start = start
    lines.lineNumber = line
    return row
  }

  /**
   * Scans a quoted field of a plain dialect.
   * @returns the position after the closing quote; `unfinished` if the window ends inside the field
   */
  #passQuoted(block: RecordBlock, cell: number, open: number): number {
    const { bytes, view } = block
    const quote = this.#quote
    const quotes = quote * ones
    let p = open + 1
    let from = p
    let written = -1
    for (;;) {
      const word = view.getInt32(p, true)
      const quoted = word ^ quotes
      const found = (((word - controls) & ~word) | ((quoted - ones) & ~quoted)) & highBits
      if (found === 0) {
        p += 4
        continue
      }
      p += (31 - Math.clz32(found & -found)) >> 3
      const c = bytes[p]!
      if (c === quote) {
        if (bytes[p + 1] !== quote) break
        if (written < 0) written = this.#scratch
        // Copies only the first quote of a doubled quote.
        this.#scratch = copyBytes(view, this.#scratch, from, p + 1)
        from = p + 2
        p++
      } else if (c === lineFeed) {
        if (p === this.#lines.window.end) return unfinished
        this.quotedLines++
      } else if (c === carriageReturn && bytes[p + 1] !== lineFeed) {
        this.quotedLines++
      }
      p++
    }
    if (written >= 0) {
      this.#scratch = copyBytes(view, this.#scratch, from, p)
      from = written
    }
    block.starts[cell] = from
    block.ends[cell] = written < 0 ? p : this.#scratch
    return p + 1
  }

  /** Scans any record on the slow path. */
  scan(block: RecordBlock, row: number, start: number): number {
    const { bytes, fieldCount } = block
    const firstCell = row * fieldCount
    const delimiterBytes = this.#delimiterBytes.length
    let fields = 0
    let field: number
    let p = start
    this.quotedLines = 0
    this.openQuoteAt = -1
    for (;;) {
      // Surplus fields go into the first cell of the next row. Scanning that row overwrites them.
      const cell = firstCell + Math.min(fields, fieldCount)
      field = p
      const open = this.#trim ? this.#afterBlanks(bytes, p) : p
      if (bytes[open] === this.#quote) p = this.#scanQuoted(block, cell, open, start)
      else p = this.#scanUnquoted(block, cell, p)
      if (p < 0) break
      if (delimiterBytes === 1 ? bytes[p] !== this.#delimiter : !this.#isDelimiter(bytes, p)) break
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
    const { end } = this.#lines.window
    this.fields = fields + 1
    this.isLastEmpty = field === p
    if (p === end || (c === carriageReturn && p + 1 === end)) return unfinished
    return c === carriageReturn && bytes[p + 1] === lineFeed ? p + 2 : p + 1
  }

  /** Scans an unquoted field. Returns the position of the byte that ends it. */
  #scanUnquoted(block: RecordBlock, cell: number, start: number): number {
    const { bytes } = block
    const special = this.#special
    let p = start
    for (;;) {
      while (special[bytes[p]!] === 0) p++
      if (bytes[p] !== this.#delimiter || this.#delimiterBytes.length === 1) break
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
   * @returns the position of the delimiter or line end after the closing quote; `unfinished` or `faulty`
   */
  #scanQuoted(block: RecordBlock, cell: number, open: number, recordStart: number): number {
    const { bytes } = block
    const lines = this.#lines
    const { end, view } = lines.window
    const quote = this.#quote
    const escape = this.#escape
    const quotes = quote * ones
    let p = open + 1
    let from = p
    let written = -1
    for (;;) {
      const word = view.getInt32(p, true)
      const quoted = word ^ quotes
      let found = ((word - controls) & ~word) | ((quoted - ones) & ~quoted)
      if (escape >= 0) {
        const escaped = word ^ (escape * ones)
        found |= (escaped - ones) & ~escaped
      }
      found &= highBits
      if (found === 0) {
        p += 4
        continue
      }
      p += (31 - Math.clz32(found & -found)) >> 3
      const c = bytes[p]!
      const next = bytes[p + 1]!
      // As in PostgreSQL, the escape character only escapes a quote or itself, so that nothing is lost.
      if (escape < 0 ? c === quote && next === c : c === escape && (next === quote || next === c)) {
        if (written < 0) written = this.#scratch
        // Copies only the first quote of a doubled quote. Does not copy an escape character.
        this.#scratch = copyBytes(view, this.#scratch, from, escape < 0 ? p + 1 : p)
        from = escape < 0 ? p + 2 : p + 1
        p++
      } else if (c === quote) break
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
    const { maxRecordBytes } = lines
    if (p - recordStart >= maxRecordBytes && open - recordStart < maxRecordBytes) {
      this.openQuoteAt = open
      return unfinished
    }
    if (written < 0) {
      block.starts[cell] = from
      block.ends[cell] = p
    } else {
      this.#scratch = copyBytes(view, this.#scratch, from, p)
      block.starts[cell] = written
      block.ends[cell] = this.#scratch
    }
    return this.#afterQuote(bytes, p + 1)
  }

  /** Position of the delimiter or line end after a closing quote, perhaps after blanks; else `unfinished` or `faulty`. */
  #afterQuote(bytes: Uint8Array, p: number): number {
    const at = this.#trim ? this.#afterBlanks(bytes, p) : p
    const c = bytes[at]!
    if (c === lineFeed || c === carriageReturn) return at
    if (this.#isDelimiter(bytes, at)) return at
    if (this.#isCutDelimiter(bytes, at)) return unfinished
    this.badQuoteAt = c === this.#delimiter ? this.#mismatchAt(bytes, at) : at
    return faulty
  }

  #afterBlanks(bytes: Uint8Array, start: number): number {
    let p = start
    while ((bytes[p] === blank || bytes[p] === tab) && !this.#isDelimiter(bytes, p)) p++
    return p
  }

  #isDelimiter(bytes: Uint8Array, p: number): boolean {
    return isAt(this.#delimiterBytes, bytes, p)
  }

  /** Position of the first byte that differs from the delimiter; −1 if the whole delimiter is at `p`. */
  #mismatchAt(bytes: Uint8Array, p: number): number {
    const i = this.#delimiterBytes.findIndex((byte, i) => bytes[p + i] !== byte)
    return i < 0 ? -1 : p + i
  }

  /** True if the window ends with an incomplete delimiter, which begins at `p`. */
  #isCutDelimiter(bytes: Uint8Array, p: number): boolean {
    const { end } = this.#lines.window
    return p < end && this.#mismatchAt(bytes, p) === end
  }

  /** Names the line where the quote was opened. It may be any line of the record, not only its first. */
  quoteOpenedAt(openAt: number): string {
    const { window, lineNumber } = this.#lines
    return `the quote opened in line ${lineNumber + countLineEnds(window.bytes, window.start, openAt)}`
  }
}

/** Copies within one array, four bytes at a time. May write up to three bytes beyond the copy. */
function copyBytes(view: DataView, to: number, start: number, end: number): number {
  for (let p = start, q = to; p < end; p += 4, q += 4)
    view.setInt32(q, view.getInt32(p, true), true)
  return to + end - start
}
