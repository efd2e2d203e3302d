/*
  Delimited text in dialects that the byte scanner does not know, whose quote or escape character is not a byte: read
  by csv-parse, behind the same face and with the same outcome.
*/
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { CsvDialect } from './csv-dialect.js'
import { openQuoteMessage } from './csv-faults.js'
import {
  loadFeed,
  type Feed,
  type ParsedField,
  type ParsedRecord,
  type StartFeed,
} from './csv-parse-feed.js'
import { CsvTokenizer } from './csv-tokenizer.js'
import type { ResumePoint } from '../input-reader.js'
import { countLineEnds } from '../line-ends.js'
import { faulty, lineFeed, undecided, unfinished } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'

/** csv-parse is started anew behind a record with a bad quote: what it was given ahead is read again. */
const sliceBytes = 64 * 1024

/** Stands before cells that were quoted; another byte before the others. */
const quoteMark = 34

/** Loads csv-parse and opens the tokenizer. */
export async function openCsvParser(
  file: string,
  dialect: CsvDialect,
  offsetBytes: number,
  text?: SourceText,
): Promise<CsvTokenizer> {
  return new CsvParser(file, dialect, offsetBytes, await loadFeed(dialect), text)
}

class CsvParser extends CsvTokenizer {
  readonly #startFeed: StartFeed
  /** Undefined where csv-parse has to start anew. */
  #feed: Feed | undefined
  /** Position in the decompressed input up to which csv-parse has been given the bytes. */
  #fedOffset = 0
  /** It was given blank lines behind the end of the input. */
  #isFlushed = false
  #nextRecord = 0
  /** csv-parse sees at least so many bytes behind a place before it decides what stands there. */
  readonly #lookAhead: number
  /** Where the next fields go. */
  #scratch = 0

  constructor(
    file: string,
    dialect: CsvDialect,
    offsetBytes: number,
    startFeed: StartFeed,
    text: SourceText | undefined,
  ) {
    super(file, dialect, offsetBytes, text)
    this.#lookAhead = 8 + 4 * Math.max(dialect.delimiter.length, dialect.comment.length)
    this.#startFeed = startFeed
  }

  /** What csv-parse was given ahead may hold a bad quote, behind which it gives no records. */
  override passTo(point: ResumePoint): boolean {
    this.#feed = undefined
    return super.passTo(point)
  }

  override markQuotes(block: RecordBlock): void {
    block.quote = quoteMark
  }

  protected override startBlock(): void {
    this.#scratch = this.window.scratchStart
  }

  /** csv-parse has no faster way for the usual records. */
  protected override scanRun(_block: RecordBlock, row: number): number {
    return row
  }

  protected scanFields(block: RecordBlock, row: number, start: number): number {
    const { window } = this
    this.wrongCountNext = -1
    this.openQuoteAt = -1
    const record = this.#parse(start)
    if (record === undefined) return undecided
    if (record === 'over limit') return this.#scanToLimit(start)
    if (record === 'bad quote') return this.#badQuote(this.#feed!, start)
    if (record === 'open quote') {
      this.openQuoteAt = start
      return unfinished
    }
    const next = record.next - window.offset
    // Ended by a blank line that the input, cut off, does not have.
    if (next > window.end) return unfinished
    this.fields = record.fields.length
    this.#addCells(block, row, record.fields)
    if (this.fields === block.fieldCount) {
      this.quotedLines = countLineEnds(window.bytes, start, next) - 1
      return next
    }
    const last = record.fields.at(-1)!
    const scanned = this.otherCount(block, row, next, last.text.length === 0 && !last.isQuoted)
    this.quotedLines = countLineEnds(window.bytes, start, next) - 1
    return scanned
  }

  #addCells(block: RecordBlock, row: number, fields: readonly ParsedField[]): void {
    const firstCell = row * block.fieldCount
    const count = Math.min(fields.length, block.fieldCount)
    for (let field = 0; field < count; field++) {
      const { text, isQuoted } = fields[field]!
      block.bytes[this.#scratch++] = isQuoted ? quoteMark : 0
      block.bytes.set(text, this.#scratch)
      block.starts[firstCell + field] = this.#scratch
      this.#scratch += text.length
      block.ends[firstCell + field] = this.#scratch
    }
  }

  /** The record at `start`, or why it cannot be had; undefined when more has to be seen. */
  #parse(start: number): ParsedRecord | 'bad quote' | 'open quote' | 'over limit' | undefined {
    const { window, maxRecordBytes } = this
    const { offset } = window
    const startOffset = offset + start
    if (this.#feed === undefined || this.#fedOffset < startOffset) {
      this.#feed = this.#startFeed(startOffset)
      this.#fedOffset = startOffset
      this.#isFlushed = false
      this.#nextRecord = 0
    }
    const feed = this.#feed
    const { records } = feed
    const isOver = this.ended || this.cutOff !== undefined
    const isOverLimit = this.contentEnd(window.end) - start > maxRecordBytes
    const maxFed = startOffset + maxRecordBytes + this.#lookAhead
    for (;;) {
      let record = records[this.#nextRecord]
      while (record !== undefined && record.next <= startOffset)
        record = records[++this.#nextRecord]
      if (record !== undefined) {
        const length = this.contentEnd(record.next - offset) - start
        return length > maxRecordBytes ? 'over limit' : record
      }
      if (feed.badField() > 0) return isOverLimit ? 'over limit' : 'bad quote'
      if (this.#fedOffset >= maxFed) return 'over limit'
      records.length = 0
      this.#nextRecord = 0
      if (this.#feedSlice(feed, maxFed)) continue
      if (!isOver) return undefined
      if (this.#isFlushed) return isOverLimit ? 'over limit' : 'open quote'
      // Blank lines, which are not records, bring out what it holds.
      feed.write(Buffer.alloc(this.#lookAhead, lineFeed))
      this.#isFlushed = true
    }
  }

  /** Gives csv-parse more bytes, up to the offset `maxFed`; false without any. */
  #feedSlice(feed: Feed, maxFed: number): boolean {
    const { bytes, end, offset } = this.window
    const from = this.#fedOffset - offset
    if (from >= end) return false
    const to = Math.min(end, from + sliceBytes, maxFed - offset)
    feed.write(Buffer.from(bytes.slice(from, to)))
    this.#fedOffset = offset + to
    return true
  }

  /** What csv-parse would make of a record that is too long, if the input ended at its limit. */
  #scanToLimit(start: number): number {
    const { maxRecordBytes } = this
    const bytes = Buffer.alloc(maxRecordBytes + this.#lookAhead, lineFeed)
    bytes.set(this.window.bytes.subarray(start, start + maxRecordBytes))
    const feed = this.#startFeed(0)
    feed.write(bytes)
    if (feed.badField() > 0) return this.#badQuote(feed, start)
    this.openQuoteAt = feed.records.length === 0 ? start : -1
    return unfinished
  }

  #badQuote(feed: Feed, start: number): number {
    this.fields = feed.badField() - 1
    this.badQuoteAt = start
    return faulty
  }

  protected override setAside(block: RecordBlock, start: number, scanned: number): boolean {
    // csv-parse goes on by itself only where it waits, and behind a record.
    if (scanned !== undecided && this.wrongCountNext < 0) this.#feed = undefined
    return super.setAside(block, start, scanned)
  }

  /** csv-parse does not say where the quote was opened. */
  protected openQuoteMessage(limitBytes: number | undefined): string {
    return openQuoteMessage(
      `a quote opened in the record that begins in line ${this.lineNumber}`,
      limitBytes,
    )
  }
}
