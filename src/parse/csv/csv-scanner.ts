/*
  Delimited text, scanned byte by byte: single-byte delimiter and quote, a quote doubled inside quotes (RFC 4180),
  lines ended by LF, CRLF or CR. Cells stay where they are in the window; only fields with doubled quotes are written
  out again behind it.
*/
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
/** Bytes up to here are rare enough in fields to be looked at one by one: digits and letters lie above. */
const highestLow = 47

/** The tokenizer of plain dialects (`isPlainDialect`). */
export class CsvScanner extends CsvTokenizer {
  readonly #delimiter: number
  /** −1 when nothing is quoted. */
  readonly #quote: number
  /** 1 for bytes that end an unquoted field or may not stand in one. */
  readonly #special: Uint8Array = new Uint8Array(256)
  /** Four times one more than the special bytes that lie low, and four times the delimiter when it does not. */
  readonly #below: number
  readonly #above: number
  /** Where the next written-out field goes. */
  #scratch = 0
  /** Line breaks inside the quotes of the record scanned last. */
  #quotedLines = 0

  constructor(file: string, dialect: CsvDialect, offsetBytes: number) {
    super(file, dialect, offsetBytes)
    this.#delimiter = dialect.delimiter.charCodeAt(0)
    this.#quote = dialect.quote === '' ? -1 : dialect.quote.charCodeAt(0)
    const low = [lineFeed, carriageReturn]
    if (this.#quote >= 0) low.push(this.#quote)
    if (this.#delimiter <= highestLow) low.push(this.#delimiter)
    for (const byte of [...low, this.#delimiter]) this.#special[byte] = 1
    this.#below = (Math.max(...low) + 1) * ones
    this.#above = this.#delimiter <= highestLow ? 0 : this.#delimiter * ones
  }

  protected override startBlock(): void {
    this.#scratch = this.window.scratchStart
  }

  protected override innerLines(): number {
    return this.#quotedLines
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
      const scratch = this.#scratch
      const cellsEnd = cell + fieldCount
      let p = start
      let c = bytes[p]!
      if (c === lineFeed || c === carriageReturn || c === comment) break
      this.#quotedLines = 0
      for (;;) {
        if (bytes[p] === quote) {
          p = this.#scanQuoted(block, cell, p, start)
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
      if (c === carriageReturn && p + 1 < end && bytes[p + 1] === lineFeed) c = bytes[++p]!
      if (p < 0 || p >= end || c !== lineFeed || cell !== cellsEnd || p - start >= maxRecordBytes) {
        this.#scratch = scratch
        break
      }
      recordStarts[row] = start
      lineNumbers[row] = line
      line += 1 + this.#quotedLines
      start = p + 1
      recordEnds[row] = start
    }
    window.start = start
    this.lineNumber = line
    return row
  }

  /** Any record, at leisure. */
  protected scanRecord(block: RecordBlock, row: number, start: number): number {
    const { bytes, starts, ends, fieldCount } = block
    const special = this.#special
    const delimiter = this.#delimiter
    const quote = this.#quote
    const firstCell = row * fieldCount
    let fields = 0
    let p = start
    let c = 0
    this.#quotedLines = 0
    this.openQuoteAt = -1
    this.wrongCountNext = -1
    for (;;) {
      // The cell behind the row takes what is too much; the next row writes over it.
      const cell = firstCell + Math.min(fields, fieldCount)
      if (bytes[p] === quote) {
        p = this.#scanQuoted(block, cell, p, start)
        if (p < 0) break
        c = bytes[p]!
      } else {
        starts[cell] = p
        while (special[(c = bytes[p]!)] === 0) p++
        ends[cell] = p
      }
      if (c !== delimiter) break
      fields++
      p++
    }
    this.fields = fields
    if (p < 0) return p
    if (c !== lineFeed && c !== carriageReturn) {
      this.badQuoteAt = p
      return faulty
    }
    const { end } = this.window
    this.fields = fields + 1
    const next = c === carriageReturn && bytes[p + 1] === lineFeed ? p + 2 : p + 1
    if (p === end || (c === carriageReturn && p + 1 === end)) return unfinished
    if (fields + 1 === fieldCount) return next
    this.wrongCountNext = next
    return faulty
  }

  /** Scans a quoted field; gives the position behind its closing quote, which is a delimiter or line end. */
  #scanQuoted(block: RecordBlock, cell: number, open: number, recordStart: number): number {
    const { bytes } = block
    const { end, view } = this.window
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
        // The first of the two quotes goes along, the second is left out.
        this.#scratch = copyBytes(view, this.#scratch, from, p + 1)
        from = p + 2
        p++
      } else if (c === lineFeed) {
        if (p === end) {
          this.openQuoteAt = open
          return unfinished
        }
        this.#quotedLines++
      } else if (c === carriageReturn && bytes[p + 1] !== lineFeed) {
        this.#quotedLines++
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
      this.#scratch = copyBytes(view, this.#scratch, from, p)
      block.starts[cell] = written
      block.ends[cell] = this.#scratch
    }
    const next = bytes[p + 1]!
    if (next === this.#delimiter || next === lineFeed || next === carriageReturn) return p + 1
    this.badQuoteAt = p + 1
    return faulty
  }

  /** Names the line where the quote was opened, which need not be the record's first. */
  protected openQuoteMessage(limitBytes: number | undefined): string {
    const { bytes, start } = this.window
    const line = this.lineNumber + countLineEnds(bytes, start, this.openQuoteAt)
    return openQuoteMessage(`the quote opened in line ${line}`, limitBytes)
  }
}

/** Copies within one array, four bytes at a time: up to three more than asked for are written. */
function copyBytes(view: DataView, to: number, start: number, end: number): number {
  for (let p = start, q = to; p < end; p += 4, q += 4)
    view.setInt32(q, view.getInt32(p, true), true)
  return to + end - start
}
