/*
  Delimited text in dialects that the byte scanner does not know, such as delimiters of several characters: read by
  csv-parse, behind the same face and with the same outcome.
*/
import { InputError } from '../errors.js'
import type { CsvDialect } from './csv-dialect.js'
import { fieldCountMessage, quoteMessage } from './csv-faults.js'
import { loadFeed, type Feed, type ParsedRecord, type StartFeed } from './csv-feed.js'
import type { CsvTokenizer, FirstRecord } from './csv-header.js'
import { countLineEnds, nextLine } from './line-ends.js'
import type { RecordBlock } from './record-block.js'
import { Window } from './window.js'

const lineFeed = 10
const carriageReturn = 13

/** csv-parse is started anew behind a record with a bad quote: what it was given ahead is read again. */
const sliceBytes = 64 * 1024

/** Loads csv-parse and opens the tokenizer. */
export async function openCsvParser(
  file: string,
  dialect: CsvDialect,
  offsetBytes: number,
): Promise<CsvTokenizer> {
  return new CsvParser(file, dialect, offsetBytes, await loadFeed(dialect))
}

class CsvParser implements CsvTokenizer {
  failure: InputError | undefined
  lineNumber = 1
  readonly #file: string
  readonly #dialect: CsvDialect
  readonly #comment: Uint8Array
  readonly #window: Window
  readonly #startFeed: StartFeed
  /** Undefined before the first record, and behind one with a bad quote. */
  #feed: Feed | undefined
  /** Position in the decompressed input up to which csv-parse has been given the bytes. */
  #fedOffset = 0
  #nextRecord = 0
  #ended = false
  /** csv-parse sees at least so many bytes behind a place before it decides what stands there. */
  readonly #lookAhead: number

  constructor(file: string, dialect: CsvDialect, offsetBytes: number, startFeed: StartFeed) {
    this.#file = file
    this.#dialect = dialect
    this.#comment = new TextEncoder().encode(dialect.comment)
    this.#lookAhead = 8 + 4 * Math.max(dialect.delimiter.length, dialect.comment.length)
    this.#window = new Window(lineFeed, offsetBytes)
    this.#startFeed = startFeed
  }

  get offsetBytes(): number {
    return this.#window.offset + this.#window.start
  }

  push(chunk: Uint8Array): void {
    const { bytes, start, offset } = this.#window
    const from = this.#fedOffset - offset
    if (this.#feed !== undefined && from < start) {
      // Blank lines that were passed over: csv-parse has to see them too, for it counts the bytes.
      this.#feed.write(Buffer.from(bytes.slice(from, start)))
      this.#fedOffset = offset + start
    }
    this.#window.push(chunk)
  }

  end(): void {
    this.#ended = true
  }

  skipLines(count: number): number {
    let left = count
    while (left > 0 && this.#skipLine()) left--
    return left
  }

  peek(): FirstRecord | 'more' | undefined {
    const record = this.#parse()
    const window = this.#window
    if (record === undefined) {
      if (this.failure !== undefined) throw this.failure
      if (!this.#ended) return 'more'
      if (window.start === window.end) return undefined
    }
    if (record === undefined || record === 'bad quote') {
      const message = record === undefined ? this.#openQuoteMessage() : this.#badQuoteMessage()
      throw new InputError('DDB_INPUT_QUOTE', `the first record: ${message}`, this.#position())
    }
    const { start, bytes, offset } = window
    return {
      fields: record.fields,
      bytes: bytes.slice(start, record.next - offset),
      lineNumber: this.lineNumber,
      offsetBytes: offset + start,
    }
  }

  skipPeeked(): void {
    this.#consume(this.#feed!.records[this.#nextRecord++]!.next - this.#window.offset)
  }

  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean {
    const window = this.#window
    block.bytes = window.bytes
    block.view = window.view
    block.bytesOffset = window.offset
    const stopAt = window.start + maxBytes
    let scratch = window.scratchStart
    while (
      block.rowCount < block.rowCapacity &&
      block.rowCount + block.faults.length < maxRecords &&
      window.start < stopAt
    ) {
      const record = this.#parse()
      if (record === undefined) return this.#atEnd(block)
      if (record === 'bad quote') {
        const next = nextLine(window.bytes, window.start, window.end)
        const length = (next < 0 ? window.end : next) - window.start
        if (length > this.#dialect.maxRecordBytes) this.#fail()
        if (this.failure !== undefined || (next < 0 && !this.#ended)) return false
        this.#addFault(
          block,
          'DDB_INPUT_QUOTE',
          this.#badQuoteMessage(),
          next < 0 ? window.end : next,
        )
        this.#feed = undefined
        continue
      }
      this.#nextRecord++
      const next = record.next - window.offset
      if (record.fields.length === block.fieldCount) {
        scratch = this.#addRow(block, record, next, scratch)
      } else {
        const message = fieldCountMessage(block.fieldCount, record.fields.length)
        this.#addFault(block, 'DDB_INPUT_FIELD_COUNT', message, next)
      }
    }
    return true
  }

  /** The next record, its bytes at the start of the window; undefined when there is none with what came so far. */
  #parse(): ParsedRecord | 'bad quote' | undefined {
    while (this.#isNoRecord()) if (!this.#skipLine()) return undefined
    const window = this.#window
    if (this.failure !== undefined || window.start === window.end) return undefined
    if (this.#feed === undefined) {
      this.#fedOffset = this.offsetBytes
      this.#nextRecord = 0
      this.#feed = this.#startFeed(this.#fedOffset)
    }
    const feed = this.#feed
    const maxNext = this.offsetBytes + this.#dialect.maxRecordBytes
    const maxFed = maxNext + this.#lookAhead
    for (;;) {
      const record = feed.records[this.#nextRecord]
      if (record !== undefined) return record.next <= maxNext ? record : this.#fail()
      if (feed.badField() > 0) return 'bad quote'
      if (this.#fedOffset >= maxFed) return this.#fail()
      if (this.#nextRecord > 0) {
        feed.records.length = 0
        this.#nextRecord = 0
      }
      if (!this.#feedSlice(feed, maxFed)) return undefined
    }
  }

  /** Gives csv-parse more bytes, up to the offset `maxFed`; false when there are none. */
  #feedSlice(feed: Feed, maxFed: number): boolean {
    const { bytes, end, offset } = this.#window
    const from = this.#fedOffset - offset
    if (from > end) return false
    if (from === end) {
      if (!this.#ended) return false
      // Blank lines, which are no records, bring out what it holds.
      feed.write(Buffer.alloc(this.#lookAhead, lineFeed))
      this.#fedOffset++
      return true
    }
    const to = Math.min(end, from + sliceBytes, maxFed - offset)
    feed.write(Buffer.from(bytes.slice(from, to)))
    this.#fedOffset = offset + to
    return true
  }

  #fail(): undefined {
    const { maxRecordBytes } = this.#dialect
    this.failure = new InputError(
      'DDB_INPUT_RECORD_TOO_LONG',
      `the record that begins in line ${this.lineNumber} is longer than ${maxRecordBytes} bytes: is a quote left open?`,
      this.#position(),
    )
    return undefined
  }

  /** What is left at the end of the input is a record whose quote is open. */
  #atEnd(block: RecordBlock): boolean {
    const { start, end } = this.#window
    if (this.#ended && this.failure === undefined && start < end) {
      this.#addFault(block, 'DDB_INPUT_QUOTE', this.#openQuoteMessage(), end)
    }
    return false
  }

  #addRow(block: RecordBlock, record: ParsedRecord, next: number, scratchStart: number): number {
    const window = this.#window
    const row = block.rowCount++
    let scratch = scratchStart
    for (const [field, text] of record.fields.entries()) {
      const cell = row * block.fieldCount + field
      window.bytes.set(text, scratch)
      block.starts[cell] = scratch
      scratch += text.length
      block.ends[cell] = scratch
    }
    const end = Math.min(next, window.end)
    block.recordStarts[row] = window.start
    block.recordEnds[row] = end
    block.lineNumbers[row] = this.lineNumber
    this.#consume(end)
    return scratch
  }

  #addFault(
    block: RecordBlock,
    code: 'DDB_INPUT_QUOTE' | 'DDB_INPUT_FIELD_COUNT',
    message: string,
    next: number,
  ): void {
    const { bytes, start, end, offset } = this.#window
    const record = bytes.slice(start, Math.min(next, end))
    block.faults.push({
      code,
      message,
      record,
      lengthBytes: record.length,
      lineNumber: this.lineNumber,
      offsetBytes: offset + start,
    })
    this.#consume(Math.min(next, end))
  }

  #consume(position: number): void {
    const window = this.#window
    const end = Math.min(position, window.end)
    this.lineNumber += countLineEnds(window.bytes, window.start, end)
    window.start = end
  }

  #isNoRecord(): boolean {
    const { bytes, start, end } = this.#window
    if (start === end) return false
    const c = bytes[start]
    if (c === lineFeed || c === carriageReturn) return true
    const comment = this.#comment
    return (
      comment.length > 0 &&
      comment.every((byte, i) => start + i >= end || bytes[start + i] === byte)
    )
  }

  #skipLine(): boolean {
    const window = this.#window
    const next = nextLine(window.bytes, window.start, window.end)
    if (next < 0 && !(this.#ended && window.start < window.end)) return false
    this.#consume(next < 0 ? window.end : next)
    return true
  }

  #badQuoteMessage(): string {
    return quoteMessage(this.#feed?.badField() ?? 1)
  }

  #openQuoteMessage(): string {
    return `a quote opened in the record that begins in line ${this.lineNumber} is never closed`
  }

  #position(): { file: string; lineNumber: number; offsetBytes: number } {
    return { file: this.#file, lineNumber: this.lineNumber, offsetBytes: this.offsetBytes }
  }
}
