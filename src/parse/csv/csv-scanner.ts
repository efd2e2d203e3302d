/*
  Scans delimited text: delimiters of one or more bytes, quotes doubled or escaped, lines ended by LF, CRLF or CR. A fast
  path scans records of plain dialects (RFC 4180) four bytes at a time. Unusual records and other dialects take the slow
  path. Cells stay in place in the window; only unescaped fields are written after the window's content.
*/
import { isAt } from '../cells/cell-bytes.js'
import { carriageReturn, lineFeed, markStarts } from '../line-ends.js'
import { faulty, unfinished } from '../line-format.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import { isPlainDialect, type CsvDialect } from './csv-dialect.js'
import type { RecordScanner } from './csv-tokenizer.js'
import { RecordWalk } from './record-walk.js'

/** Constants for checking four bytes as one word. The high bit of each byte marks a byte that matters. */
const ones = 0x01010101
const highBits = 0x80808080 | 0
/** Four bytes, each with the value CR + 1. CR is the higher of the two line ends. */
const controls = 0x0e0e0e0e
/** Bytes up to this one are rare in fields, so each can be checked by itself. Digits and letters are above. */
const highestLow = 47

/** Scans dialects whose quote and escape character are bytes (`isByteDialect`). */
export class CsvScanner implements RecordScanner {
  readonly walk: RecordWalk
  readonly #lines: LineTokenizer
  readonly #isPlain: boolean
  /** First byte of the delimiter. */
  readonly #delimiter: number
  /** Byte of the quote; −1 if nothing is quoted. */
  readonly #quote: number
  header: Uint8Array = new Uint8Array(0)
  /** Has a 1 for each byte with which an empty line, a comment or a mark begins. */
  readonly #beginsOther: Uint8Array = new Uint8Array(256)
  readonly #trailingDelimiter: boolean
  /** Has a 1 for each byte that may end an unquoted field or is forbidden there. */
  readonly #special: Uint8Array = new Uint8Array(256)
  /** In each of the four bytes: one more than the highest special byte that is not above `highestLow`. */
  readonly #below: number
  /** The delimiter's byte in all four bytes of a word if it is above `highestLow`; otherwise 0. */
  readonly #above: number
  /** Number of line breaks in the quoted fields of the present record. */
  #quotedLines = 0

  constructor(lines: LineTokenizer, dialect: CsvDialect) {
    const { quotes } = dialect
    this.#lines = lines
    this.#isPlain = isPlainDialect(dialect)
    this.walk = new RecordWalk(dialect, {
      isStrict: true,
      isLax: quotes !== 'strict',
      hasFormulas: quotes === 'excel',
    })
    const delimiter = Buffer.from(dialect.delimiter)[0]!
    const quote = dialect.quote === '' ? -1 : dialect.quote.charCodeAt(0)
    this.#delimiter = delimiter
    this.#quote = quote
    const [comment = lineFeed] = Buffer.from(dialect.comment)
    for (const byte of [lineFeed, carriageReturn, comment, ...markStarts])
      this.#beginsOther[byte] = 1
    this.#trailingDelimiter = dialect.trailingDelimiter
    for (const byte of [lineFeed, carriageReturn, delimiter]) this.#special[byte] = 1
    const low = [lineFeed, carriageReturn]
    // Stops at quotes if they may be faults.
    if (quote >= 0 && quotes === 'strict') low.push(quote)
    if (delimiter <= highestLow) low.push(delimiter)
    for (const byte of low) this.#special[byte] = 1
    this.#below = (Math.max(...low) + 1) * ones
    this.#above = delimiter <= highestLow ? 0 : delimiter * ones
  }

  /** The fast path. Stops before empty lines, comments, and records that are faulty, too long, cut off or end in CR. */
  scanRun(block: RecordBlock, firstRow: number, rowEnd: number, stopAt: number): number {
    if (!this.#isPlain) return firstRow
    const lines = this.#lines
    const { window, maxRecordBytes } = lines
    const { bytes, view, starts, ends, fieldCount, recordStarts, recordEnds, lineNumbers } = block
    const { end } = window
    const special = this.#special
    const below = this.#below | 0
    const above = this.#above | 0
    const delimiter = this.#delimiter
    const quote = this.#quote
    const beginsOther = this.#beginsOther
    const { header } = this
    let start = window.start
    let line = lines.lineNumber
    let row = firstRow
    let cell = row * fieldCount
    for (; row < rowEnd && start < stopAt; row++) {
      const scratch = block.scratch
      const cellsEnd = cell + fieldCount
      let p = start
      let c = bytes[p]!
      if (beginsOther[c] === 1 || (c === header[0] && isAt(header, bytes, start))) break
      this.#quotedLines = 0
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
        block.scratch = scratch
        break
      }
      recordStarts[row] = start
      lineNumbers[row] = line
      line += 1 + this.#quotedLines
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
        if (written < 0) written = block.scratch
        // Copies only the first quote of a doubled quote.
        block.scratch = copyBytes(view, block.scratch, from, p + 1)
        from = p + 2
        p++
      } else if (c === lineFeed) {
        if (p === this.#lines.window.end) return unfinished
        this.#quotedLines++
      } else if (c === carriageReturn && bytes[p + 1] !== lineFeed) {
        this.#quotedLines++
      }
      p++
    }
    if (written >= 0) {
      block.scratch = copyBytes(view, block.scratch, from, p)
      from = written
    }
    block.starts[cell] = from
    block.ends[cell] = written < 0 ? p : block.scratch
    return p + 1
  }

  /** The slow path, for any record. */
  scan(start: number): number {
    const { walk } = this
    walk.limitTo(start, this.#lines)
    if (walk.walk(start)) return walk.next
    return walk.badQuoteAt < 0 ? unfinished : faulty
  }
}

/** Copies within one array, four bytes at a time. May write up to three bytes beyond the copy. */
function copyBytes(view: DataView, to: number, start: number, end: number): number {
  for (let p = start, q = to; p < end; p += 4, q += 4)
    view.setInt32(q, view.getInt32(p, true), true)
  return to + end - start
}
