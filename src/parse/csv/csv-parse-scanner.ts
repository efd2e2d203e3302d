/*
  Scans dialects whose quote or escape character is not a single byte. csv-parse finds the ends of records and their
  numbers of fields. Cells stay in place in the window. Quoted cells are written, unescaped, after the window's content.
*/
import { isAt } from '../cells/cell-bytes.js'
import { carriageReturn, countLineEnds, lineFeed } from '../line-ends.js'
import { faulty, undecided, unfinished, type LineTokenizer } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import type { CsvDialect } from './csv-dialect.js'
import type { RecordScanner } from './record-scanner.js'

/** Size of a slice for csv-parse. After a record with a bad quote, csv-parse restarts and reads the rest of its slice again. */
const sliceBytes = 64 * 1024

/** A csv-parse instance that is fed synchronously, without its slow features. */
interface Feed {
  /** Fields of each record, as texts with one character per byte. */
  readonly records: string[][]
  /** For each record, the position of its end, in bytes after the first byte that this csv-parse instance got. */
  readonly ends: number[]
  /** Number (from 1) of the field whose quote is bad; 0 if no quote is bad. */
  badField: number
  write(bytes: Uint8Array): unknown
}

const encoder = new TextEncoder()
/** How many bytes csv-parse needs after a record or quote, because a delimiter or a comment may be there. */
const lookAheadOf = ({ delimiter, comment }: CsvDialect): number =>
  8 + 4 * Math.max(delimiter.length, comment.length)

/**
 * Loads csv-parse, and returns a function that makes a scanner for a tokenizer. Only dialects whose quote or escape
 * character is not a single byte need csv-parse.
 */
export async function loadCsvParse(
  dialect: CsvDialect,
): Promise<(lines: LineTokenizer) => RecordScanner> {
  const { Parser } = await import('csv-parse')
  const asBytes = (text: string): string => Buffer.from(text).toString('latin1')
  const { quote, comment } = dialect
  class RecordParser extends Parser implements Feed {
    readonly records: string[][] = []
    readonly ends: number[] = []
    badField = 0
    /** Stores each record at once, because nobody reads the stream. */
    override push(fields: string[] | null): boolean {
      if (fields !== null && this.badField === 0) {
        this.records.push(fields)
        this.ends.push(this.info.bytes)
      }
      return true
    }
  }
  const startFeed = (): Feed => {
    const feed: RecordParser = new RecordParser({
      delimiter: asBytes(dialect.delimiter),
      quote: quote === '' ? null : asBytes(quote),
      escape: quote === '' ? null : asBytes(dialect.escape),
      ...(comment === '' ? {} : { comment: asBytes(comment), comment_no_infix: true }),
      record_delimiter: ['\r\n', '\n', '\r'],
      // Keeps bytes unchanged. With UTF-8, csv-parse would silently turn invalid bytes into U+FFFD.
      encoding: 'latin1',
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_skip: error => {
        feed.badField ||= Number(error?.['column'] ?? 0) + 1
        return undefined
      },
    })
    return feed
  }
  return lines => new CsvParseScanner(lines, dialect, startFeed)
}

class CsvParseScanner implements RecordScanner {
  fields = 0
  isLastEmpty = false
  quotedLines = 0
  openQuoteAt = -1
  badQuoteAt = -1
  readonly #lines: LineTokenizer
  readonly #startFeed: () => Feed
  readonly #delimiter: Uint8Array
  readonly #quote: Uint8Array
  readonly #escape: Uint8Array
  readonly #isDoubled: boolean
  readonly #lookAhead: number
  /** The current csv-parse; undefined if it must be restarted. */
  #feed: Feed | undefined
  /** Input offsets of the first byte given to the feed, and of the byte after the last one. */
  #feedOffset = 0
  #fedOffset = 0
  /** True once the feed has the whole input, then added blank lines, which make csv-parse return its last record. */
  #isFlushed = false
  #nextRecord = 0
  #record: readonly string[] = []
  /** Position where the next quoted field is written. */
  #scratch = 0

  constructor(lines: LineTokenizer, dialect: CsvDialect, startFeed: () => Feed) {
    this.#lines = lines
    this.#startFeed = startFeed
    this.#delimiter = encoder.encode(dialect.delimiter)
    this.#quote = encoder.encode(dialect.quote)
    this.#escape = encoder.encode(dialect.escape)
    this.#isDoubled = dialect.escape === dialect.quote
    this.#lookAhead = lookAheadOf(dialect)
  }

  startBlock(): void {
    this.#scratch = this.#lines.window.scratchStart
  }

  /** Does nothing, because csv-parse has no fast path for ordinary records. */
  scanRun(_block: RecordBlock, row: number): number {
    return row
  }

  /** Drops the feed. It may already have met a bad quote in later bytes, and would then return no more records. */
  jumped(): void {
    this.#feed = undefined
  }

  scan(block: RecordBlock, row: number, start: number): number {
    const { window } = this.#lines
    this.openQuoteAt = -1
    let next = this.#recordEnd(start)
    if (next > 0) {
      // The input was truncated: only the blank lines that `#recordEnd` added have ended the record.
      if (next > window.end) next = unfinished
      else if (!this.#addCells(block, row, start, next)) {
        next = this.#badQuote(this.fields, start)
      } else this.quotedLines = countLineEnds(window.bytes, start, next) - 1
    }
    // Drops the feed in all other cases: csv-parse can continue only after a record, or while it waits for more input.
    if (next < 0 && next !== undecided) this.#feed = undefined
    return next
  }

  /**
   * @returns false if text stands between a closing quote and its field's end; csv-parse would allow a comment there
   */
  #addCells(block: RecordBlock, row: number, start: number, next: number): boolean {
    const { bytes, fieldCount } = block
    const fields = this.#record
    const firstCell = row * fieldCount
    const last = fields.length - 1
    let p = start
    for (let field = 0; field <= last; field++) {
      this.fields = field + 1
      this.isLastEmpty = fields[field] === ''
      const cell = firstCell + Math.min(field, fieldCount)
      if (this.#quote.length > 0 && isAt(this.#quote, bytes, p)) {
        this.isLastEmpty = false
        p = this.#addQuoted(block, cell, p, next)
      } else {
        block.starts[cell] = p
        p += fields[field]!.length
        block.ends[cell] = p
      }
      if (field === last) break
      if (!isAt(this.#delimiter, bytes, p)) return false
      p += this.#delimiter.length
    }
    return bytes[p] === lineFeed || bytes[p] === carriageReturn
  }

  /**
   * Unescapes a quoted field. In other fields, an escape character is an ordinary character.
   * @returns the position after the closing quote
   */
  #addQuoted(block: RecordBlock, cell: number, open: number, next: number): number {
    const { bytes } = block
    const quote = this.#quote
    const escape = this.#escape
    let to = this.#scratch
    let p = open + quote.length
    block.starts[cell] = to
    while (p < next) {
      const isQuote = isAt(quote, bytes, p)
      if (this.#isDoubled ? isQuote : isAt(escape, bytes, p)) {
        const escaped = p + escape.length
        if (isAt(quote, bytes, escaped) || isAt(escape, bytes, escaped)) p = escaped
        else if (isQuote) break
        const length = p !== escaped ? 1 : isAt(quote, bytes, p) ? quote.length : escape.length
        for (let i = 0; i < length; i++) bytes[to++] = bytes[p++]!
      } else if (isQuote) break
      else bytes[to++] = bytes[p++]!
    }
    block.ends[cell] = to
    this.#scratch = to
    return p + quote.length
  }

  /** Position after the record at `start`; `faulty`, `unfinished`, or `undecided` if more input is needed. */
  #recordEnd(start: number): number {
    const { window, maxRecordBytes, ended, cutOff } = this.#lines
    const { offset } = window
    const startOffset = offset + start
    if (this.#feed === undefined || this.#fedOffset < startOffset) {
      this.#feed = this.#startFeed()
      this.#feedOffset = startOffset
      this.#fedOffset = startOffset
      this.#isFlushed = false
      this.#nextRecord = 0
    }
    const feed = this.#feed
    const { records, ends } = feed
    const position = this.#feedOffset - offset
    const isOverLimit = this.#lines.contentEnd(window.end) - start > maxRecordBytes
    const maxFed = startOffset + maxRecordBytes + this.#lookAhead
    for (;;) {
      while (this.#nextRecord < ends.length && position + ends[this.#nextRecord]! <= start) {
        this.#nextRecord++
      }
      if (this.#nextRecord < ends.length) {
        const next = position + ends[this.#nextRecord]!
        this.#record = records[this.#nextRecord]!
        return this.#lines.contentEnd(next) - start > maxRecordBytes
          ? this.#scanToLimit(start)
          : next
      }
      if (feed.badField > 0) {
        return isOverLimit ? this.#scanToLimit(start) : this.#badQuote(feed.badField, start)
      }
      if (this.#fedOffset >= maxFed) return this.#scanToLimit(start)
      records.length = 0
      ends.length = 0
      this.#nextRecord = 0
      if (this.#feedSlice(feed, maxFed)) continue
      if (!ended && cutOff === undefined) return undecided
      if (this.#isFlushed && isOverLimit) return this.#scanToLimit(start)
      if (this.#isFlushed) {
        this.openQuoteAt = start
        return unfinished
      }
      // Blank lines are not records, and make csv-parse return the record that it holds.
      feed.write(Buffer.alloc(this.#lookAhead, lineFeed))
      this.#isFlushed = true
    }
  }

  /** Gives csv-parse more bytes, up to the offset `maxFed`. Returns false if there are none. */
  #feedSlice(feed: Feed, maxFed: number): boolean {
    const { bytes, end, offset } = this.#lines.window
    const from = this.#fedOffset - offset
    if (from >= end) return false
    const to = Math.min(end, from + sliceBytes, maxFed - offset)
    feed.write(Buffer.from(bytes.slice(from, to)))
    this.#fedOffset = offset + to
    return true
  }

  /** Scans a record that exceeds the limit, as if the input ended at the limit. */
  #scanToLimit(start: number): number {
    const { window, maxRecordBytes } = this.#lines
    const bytes = Buffer.alloc(maxRecordBytes + this.#lookAhead, lineFeed)
    bytes.set(window.bytes.subarray(start, start + maxRecordBytes))
    const feed = this.#startFeed()
    feed.write(bytes)
    if (feed.badField > 0) return this.#badQuote(feed.badField, start)
    this.openQuoteAt = feed.records.length === 0 ? start : -1
    return unfinished
  }

  #badQuote(fieldNumber: number, start: number): number {
    this.fields = fieldNumber - 1
    this.badQuoteAt = start
    return faulty
  }

  /** Names the line where the record begins, because csv-parse does not report where the quote was opened. */
  quoteOpenedAt(): string {
    return `a quote opened in the record that begins in line ${this.#lines.lineNumber}`
  }
}
