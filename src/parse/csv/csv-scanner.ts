/*
  The fast way through delimited text: single-byte delimiter and quote, a quote doubled inside quotes (RFC 4180). What
  is not as usual in a record is left to the way at leisure, which begins the record anew.
*/
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { CsvDialect } from './csv-dialect.js'
import { copyBytes, CsvRecordScanner } from './csv-record-scanner.js'
import { carriageReturn, lineFeed } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'

/** Four bytes are looked at as one word; marks of bytes that matter stand in the high bit of each. */
const ones = 0x01010101
const highBits = 0x80808080 | 0
/** Four times one more than the highest line end. */
const controls = 0x0e0e0e0e
/** Bytes up to here are rare enough in fields to be looked at one by one: digits and letters lie above. */
const highestLow = 47
/** Of a record that is not as usual. */
const unusual = -1

/** The tokenizer of plain dialects (`isPlainDialect`). */
export class CsvScanner extends CsvRecordScanner {
  /** 1 for bytes that end an unquoted field or may not stand in one. */
  readonly #special: Uint8Array = new Uint8Array(256)
  /** Four times one more than the special bytes that lie low, and four times the delimiter when it does not. */
  readonly #below: number
  readonly #above: number
  readonly #delimiter: number
  readonly #quote: number
  readonly #trailingDelimiter: boolean

  constructor(file: string, dialect: CsvDialect, offsetBytes: number, text?: SourceText) {
    super(file, dialect, offsetBytes, text)
    const { delimiter, quote } = this
    this.#delimiter = delimiter
    this.#quote = quote
    this.#trailingDelimiter = dialect.trailingDelimiter
    const low = [lineFeed, carriageReturn]
    // Behind blanks it may open a field.
    if (quote >= 0 && (dialect.quotes === 'strict' || dialect.trim)) low.push(quote)
    if (delimiter <= highestLow) low.push(delimiter)
    for (const byte of [...low, delimiter]) this.#special[byte] = 1
    this.#below = (Math.max(...low) + 1) * ones
    this.#above = delimiter <= highestLow ? 0 : delimiter * ones
  }

  /** Records with the right number of fields, whose end has come, and nothing wrong with their quotes. */
  protected override scanRun(
    block: RecordBlock,
    firstRow: number,
    rowEnd: number,
    stopAt: number,
  ): number {
    const { window, maxRecordBytes } = this
    const { bytes, view, starts, ends, fieldCount, recordStarts, recordEnds, lineNumbers } = block
    const { end } = window
    const special = this.#special
    const below = this.#below | 0
    const above = this.#above | 0
    const delimiter = this.#delimiter
    const quote = this.#quote
    const comment = this.comment[0]
    let start = window.start
    let line = this.lineNumber
    let row = firstRow
    let cell = row * fieldCount
    for (; row < rowEnd && start < stopAt; row++) {
      const scratch = this.scratch
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
            // The lowest mark is right; those above it may be carried over from it.
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
        this.scratch = scratch
        break
      }
      recordStarts[row] = start
      lineNumbers[row] = line
      line += 1 + this.quotedLines
      start = p + 1
      recordEnds[row] = start
    }
    window.start = start
    this.lineNumber = line
    return row
  }

  /** Passes over a quoted field: the position behind its closing quote, or `unusual`. */
  #passQuoted(block: RecordBlock, cell: number, open: number): number {
    const { bytes, view } = block
    const { end } = this.window
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
        if (written < 0) written = this.scratch
        // The first of the two quotes goes along, the second is left out.
        this.scratch = copyBytes(view, this.scratch, from, p + 1)
        from = p + 2
        p++
      } else if (c === lineFeed) {
        if (p === end) return unusual
        this.quotedLines++
      } else if (c === carriageReturn && bytes[p + 1] !== lineFeed) {
        this.quotedLines++
      }
      p++
    }
    if (written < 0) {
      block.starts[cell] = from
      block.ends[cell] = p
    } else {
      this.scratch = copyBytes(view, this.scratch, from, p)
      block.starts[cell] = written
      block.ends[cell] = this.scratch
    }
    const next = bytes[p + 1]!
    if (next === this.#delimiter || next === lineFeed || next === carriageReturn) return p + 1
    return unusual
  }
}
