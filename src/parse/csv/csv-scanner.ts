/*
  Scans delimited text: delimiters of one or more bytes, quotes doubled or escaped, lines ended by LF, CRLF or CR. Records of
  plain dialects (RFC 4180) are scanned many at a time, unusual records and those of other dialects one by one. Cells stay in place
  in the window; only unescaped fields are written after the window's content.
*/
import type { ScanRules } from '../../kernel/kernel.js'
import { isAt } from '../cells/cell-bytes.js'
import { carriageReturn, lineFeed, markStarts } from '../line-ends.js'
import { faulty, unfinished } from '../line-format.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import { isPlainDialect, type CsvDialect } from './csv-dialect.js'
import type { RecordScanner } from './csv-tokenizer.js'
import { RecordWalk } from './record-walk.js'

/** Bytes up to this one are rare in fields, so only these are looked up. Digits and letters are above. */
const highestLow = 47

const leastReach = 1024
const mostReach = 160 * 1024

/** Scans dialects whose quote and escape character are bytes (`isByteDialect`). */
export class CsvScanner implements RecordScanner {
  readonly walk: RecordWalk
  readonly #lines: LineTokenizer
  readonly #isPlain: boolean
  readonly #isKernels: boolean
  /** How many bytes the kernel searches at a time: fewer where it often gives up. */
  #reach = mostReach
  #rules: ScanRules
  /** First byte of the delimiter. */
  readonly #delimiter: number
  /** Byte of the quote; −1 if nothing is quoted. */
  readonly #quote: number
  /** Has a 1 for each byte with which an empty line, a comment or a mark begins. */
  readonly #beginsOther: Uint8Array = new Uint8Array(256)
  readonly #trailingDelimiter: boolean
  /** Has a 1 for each byte that may end an unquoted field or is forbidden there. */
  readonly #special: Uint8Array = new Uint8Array(256)
  /** Number of line breaks in the quoted fields of the present record. */
  #quotedLines = 0

  constructor(lines: LineTokenizer, dialect: CsvDialect) {
    const { quotes } = dialect
    this.#lines = lines
    this.#isPlain = isPlainDialect(dialect)
    this.#isKernels = this.#isPlain && quotes === 'strict'
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
    const { trailingDelimiter } = dialect
    this.#trailingDelimiter = trailingDelimiter
    this.#rules = {
      ...{ delimiter, quote, trailingDelimiter, maxRecordBytes: lines.maxRecordBytes },
      ...{ others: this.#beginsOther, header: new Uint8Array(0) },
    }
    for (const byte of [lineFeed, carriageReturn, delimiter]) this.#special[byte] = 1
    // Stops at quotes if they may be faults.
    if (quote >= 0 && quotes === 'strict') this.#special[quote] = 1
  }

  get header(): Uint8Array {
    return this.#rules.header
  }

  set header(header: Uint8Array) {
    this.#rules = { ...this.#rules, header }
  }

  /** Finds records with the block's kernel. */
  #kernelRun(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number {
    const lines = this.#lines
    const { window } = lines
    const kernel = block.kernel!
    const { textEnd } = kernel
    kernel.useRules(this.#rules)
    let next = row
    while (window.start < Math.min(stopAt, textEnd) && next < rowEnd) {
      const { start } = window
      const end = Math.min(textEnd, start + this.#reach)
      const from = next
      next = kernel.scan(block, start, end, stopAt, from, rowEnd, lines.lineNumber)
      window.start = kernel.nextStart
      lines.lineNumber += next - from
      const isGivenUp = kernel.hasGivenUp
      // The text after a record that the kernel gave up is searched again.
      this.#reach = isGivenUp
        ? Math.max(leastReach, 2 * (window.start - start))
        : Math.min(mostReach, 4 * this.#reach)
      if (isGivenUp || end === textEnd) break
    }
    return next
  }

  /** Stops before empty lines, comments, and records that are faulty, too long, cut off, or not in a plain dialect. */
  scanRun(block: RecordBlock, firstRow: number, rowEnd: number, stopAt: number): number {
    if (!this.#isPlain) return firstRow
    const { kernel } = block
    if (kernel === undefined || !this.#isKernels) return this.#run(block, firstRow, rowEnd, stopAt)
    return this.#kernelRun(block, firstRow, rowEnd, stopAt)
  }

  /** Scans records of a plain dialect one after the other. */
  #run(block: RecordBlock, firstRow: number, rowEnd: number, stopAt: number): number {
    const lines = this.#lines
    const { window, maxRecordBytes } = lines
    const { bytes, starts, ends, fieldCount, recordStarts, recordEnds, lineNumbers } = block
    const { end } = window
    const special = this.#special
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
        } else {
          starts[cell] = p
          for (; ; p++) {
            while ((c = bytes[p]!) > highestLow && c !== delimiter) p++
            if (special[c] === 1) break
          }
          ends[cell] = p
        }
        c = bytes[p]!
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
    const { bytes } = block
    const quote = this.#quote
    const from = open + 1
    /** Where the unescaped field is written; −1 while it is the same as in the window. */
    let to = -1
    let p = from
    for (; ; p++) {
      const c = bytes[p]!
      if (c === quote) {
        if (bytes[p + 1] !== quote) break
        if (to < 0) {
          bytes.copyWithin(block.scratch, from, p)
          to = block.scratch + p - from
        }
        // Copies only one of the two quotes.
        p++
      } else if (c === lineFeed) {
        if (p === this.#lines.window.end) return unfinished
        this.#quotedLines++
      } else if (c === carriageReturn && bytes[p + 1] !== lineFeed) {
        this.#quotedLines++
      }
      if (to >= 0) bytes[to++] = c
    }
    block.starts[cell] = to < 0 ? from : block.scratch
    block.ends[cell] = to < 0 ? p : to
    if (to >= 0) block.scratch = to
    return p + 1
  }

  /** Scans any record. */
  scan(start: number): number {
    const { walk } = this
    walk.limitTo(start, this.#lines)
    if (walk.walk(start)) return walk.next
    return walk.badQuoteAt < 0 ? unfinished : faulty
  }
}
