/*
  Delimited text, scanned byte by byte: single-byte delimiter and quote, a quote doubled inside quotes (RFC 4180),
  lines ended by LF, CRLF or CR. Cells stay where they are in the window; only fields with doubled quotes are written
  out again behind it.
*/
import { InputError } from '../errors.js'
import type { CsvDialect } from './csv-dialect.js'
import { fieldCountMessage, openQuoteMessage, quoteMessage, tooLongMessage } from './csv-faults.js'
import { countLineEnds, nextLine } from './line-ends.js'
import type { CsvTokenizer, FirstRecord } from './csv-header.js'
import { RecordBlock } from './record-block.js'
import { Window } from './window.js'

const lineFeed = 10
const carriageReturn = 13

/** What scanning gives instead of the position behind a record or field. */
const unfinished = -1
const badQuote = -2

/** More fields in the first record are taken for something that is no delimited text. */
const maxHeaderFields = 65_536

export class CsvScanner implements CsvTokenizer {
  failure: InputError | undefined
  lineNumber: number
  readonly #window: Window
  readonly #file: string
  readonly #delimiter: number
  /** −1 when nothing is quoted. */
  readonly #quote: number
  readonly #comment: Uint8Array
  readonly #maxRecordBytes: number
  /** 1 for bytes that end an unquoted field or may not stand in one. */
  readonly #special: Uint8Array = new Uint8Array(256)
  readonly #highestSpecial: number
  #ended = false
  /** The input ended without a line feed and `end` added one. */
  #addedLineFeed = false
  /** No record can be complete before the window holds this many unread bytes. */
  #retryBytes = 0
  /** Where the next written-out field goes. */
  #scratch = 0
  /** About the record scanned last: its fields, and the line breaks inside its quotes. */
  #fields = 0
  #quotedLines = 0
  /** Behind the record that `peek` gave. */
  #peeked = 0
  /** Where the quote was opened that scanning ended in, −1 when it ended outside of quotes. */
  #openQuoteAt = -1
  /** A record that is too long, while its rest is skipped. */
  #skipped: { record: Uint8Array; lineNumber: number; offsetBytes: number } | undefined

  constructor(file: string, dialect: CsvDialect, offsetBytes: number, lineNumber: number) {
    this.#file = file
    this.#delimiter = dialect.delimiter.charCodeAt(0)
    this.#quote = dialect.quote === '' ? -1 : dialect.quote.charCodeAt(0)
    this.#comment = new TextEncoder().encode(dialect.comment)
    this.#maxRecordBytes = dialect.maxRecordBytes
    this.#window = new Window(lineFeed, offsetBytes)
    this.lineNumber = lineNumber
    const specials = [this.#delimiter, lineFeed, carriageReturn]
    if (this.#quote >= 0) specials.push(this.#quote)
    for (const byte of specials) this.#special[byte] = 1
    this.#highestSpecial = Math.max(...specials)
  }

  get offsetBytes(): number {
    const { offset, start, end } = this.#window
    return offset + (this.#addedLineFeed && start === end ? start - 1 : start)
  }

  push(chunk: Uint8Array): void {
    this.#window.push(chunk)
  }

  end(): void {
    const window = this.#window
    this.#ended = true
    this.#retryBytes = 0
    if (window.end > window.start && window.bytes[window.end - 1] !== lineFeed) {
      window.push(Uint8Array.of(lineFeed))
      this.#addedLineFeed = true
    }
  }

  skipLines(count: number): number {
    let left = count
    while (left > 0 && this.#skipLine(this.#window.start)) left--
    return left
  }

  peek(): FirstRecord | 'more' | undefined {
    const window = this.#window
    while (this.#isNoRecord(window.start)) {
      if (!this.#skipLine(window.start)) return this.#ended ? undefined : 'more'
    }
    const { bytes, start } = window
    const block = new RecordBlock(maxHeaderFields, 1)
    block.bytes = bytes
    this.#scratch = window.end + 1
    const next = this.#scanRecord(block, 0, start)
    if (next < 0 || this.#fields > maxHeaderFields) {
      const tooLong = window.end - start > this.#maxRecordBytes || this.#fields > maxHeaderFields
      if (next === unfinished && !this.#ended && !tooLong) return 'more'
      throw this.#badFirstRecord(next, start)
    }
    const fields = Array.from({ length: this.#fields }, (_, field) =>
      bytes.slice(block.starts[field], block.ends[field]),
    )
    this.#peeked = next
    const end = this.#addedLineFeed && next === window.end ? next - 1 : next
    return {
      fields,
      bytes: bytes.slice(start, end),
      lineNumber: this.lineNumber,
      offsetBytes: this.#window.offset + start,
    }
  }

  skipPeeked(): void {
    const window = this.#window
    this.lineNumber += countLineEnds(window.bytes, window.start, this.#peeked)
    window.start = this.#peeked
  }

  #badFirstRecord(next: number, start: number): InputError {
    const at = {
      file: this.#file,
      lineNumber: this.lineNumber,
      offsetBytes: this.#window.offset + start,
    }
    if (next === badQuote) {
      return new InputError(
        'DDB_INPUT_QUOTE',
        `the first record: ${quoteMessage(this.#fields + 1)}`,
        at,
      )
    }
    if (this.#openQuoteAt >= 0) {
      return new InputError('DDB_INPUT_QUOTE', openQuoteMessage(this.lineNumber), at)
    }
    const message = `the first record is longer than ${this.#maxRecordBytes} bytes or has more than ${maxHeaderFields} fields: is this delimited text?`
    return new InputError('DDB_INPUT_RECORD_TOO_LONG', message, at)
  }

  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean {
    const window = this.#window
    const { bytes, end } = window
    block.bytes = bytes
    block.bytesOffset = window.offset
    this.#scratch = end + 1
    if (this.failure !== undefined || end - window.start < this.#retryBytes) return false
    this.#retryBytes = 0
    if (this.#skipped !== undefined && !this.#skipRest(block)) return false
    const { faults, fieldCount, rowCapacity, recordStarts, recordEnds, lineNumbers } = block
    const maxRecordBytes = this.#maxRecordBytes
    const stopAt = window.start + maxBytes
    let more = true
    let row = 0
    while (row < rowCapacity && row + faults.length < maxRecords && window.start < stopAt) {
      const start = window.start
      if (this.#isNoRecord(start)) {
        more = this.#skipLine(start)
        if (!more) break
        continue
      }
      const next = this.#scanRecord(block, row, start)
      if (next > 0 && this.#fields === fieldCount && next - start <= maxRecordBytes) {
        recordStarts[row] = start
        recordEnds[row] = next
        lineNumbers[row] = this.lineNumber
        this.lineNumber += 1 + this.#quotedLines
        window.start = next
        row++
      } else {
        more = this.#setAside(block, start, next)
        if (!more) break
      }
    }
    if (this.#addedLineFeed && row > 0 && recordEnds[row - 1] === end) recordEnds[row - 1]!--
    block.rowCount = row
    return more
  }

  /** Scans one record into `row`; fields beyond the block's are only counted. */
  #scanRecord(block: RecordBlock, row: number, start: number): number {
    const { bytes, starts, ends, fieldCount } = block
    const special = this.#special
    const highest = this.#highestSpecial
    const delimiter = this.#delimiter
    const quote = this.#quote
    const firstCell = row * fieldCount
    let fields = 0
    let p = start
    let c = 0
    this.#quotedLines = 0
    this.#openQuoteAt = -1
    for (;;) {
      // The cell behind the row takes what is too much; the next row writes over it.
      const cell = firstCell + (fields < fieldCount ? fields : fieldCount)
      if (bytes[p] === quote) {
        p = this.#scanQuoted(block, cell, p, start)
        if (p < 0) break
        c = bytes[p]!
      } else {
        starts[cell] = p
        while ((c = bytes[p]!) > highest || special[c] === 0) p++
        ends[cell] = p
      }
      fields++
      if (c !== delimiter) break
      p++
    }
    this.#fields = fields
    if (p < 0) return p
    const { end } = this.#window
    if (c === lineFeed) return p === end ? unfinished : p + 1
    if (c !== carriageReturn) return badQuote
    if (p + 1 === end) return unfinished
    return bytes[p + 1] === lineFeed ? p + 2 : p + 1
  }

  /** Scans a quoted field; gives the position behind its closing quote, which is a delimiter or line end. */
  #scanQuoted(block: RecordBlock, cell: number, open: number, recordStart: number): number {
    const { bytes } = block
    const quote = this.#quote
    const { end } = this.#window
    let p = open + 1
    let from = p
    let written = -1
    for (;;) {
      const c = bytes[p]!
      if (c === quote) {
        if (bytes[p + 1] !== quote) break
        if (written < 0) written = this.#scratch
        // The first of the two quotes goes along, the second is left out.
        this.#scratch = copyBytes(bytes, this.#scratch, from, p + 1)
        from = p + 2
        p++
      } else if (c === lineFeed) {
        if (p === end) {
          this.#openQuoteAt = open
          return unfinished
        }
        this.#quotedLines++
      } else if (c === carriageReturn && bytes[p + 1] !== lineFeed) {
        this.#quotedLines++
      }
      p++
    }
    if (p - recordStart > this.#maxRecordBytes && open - recordStart <= this.#maxRecordBytes) {
      this.#openQuoteAt = open
      return unfinished
    }
    if (written < 0) {
      block.starts[cell] = from
      block.ends[cell] = p
    } else {
      this.#scratch = copyBytes(bytes, this.#scratch, from, p)
      block.starts[cell] = written
      block.ends[cell] = this.#scratch
    }
    const next = bytes[p + 1]!
    if (next === this.#delimiter || next === lineFeed || next === carriageReturn) return p + 1
    return badQuote
  }

  #isNoRecord(start: number): boolean {
    const { bytes, end } = this.#window
    const c = bytes[start]!
    if (c === lineFeed || c === carriageReturn) return true
    const comment = this.#comment
    if (c !== comment[0]) return false
    // At the end of the data it cannot be known yet; the line is unfinished in any case.
    return comment.every((byte, i) => start + i >= end || bytes[start + i] === byte)
  }

  /** Passes over a blank line or a comment; false when its end has not come yet. */
  #skipLine(start: number): boolean {
    const window = this.#window
    const next = nextLine(window.bytes, start, window.end)
    if (next < 0) return false
    window.start = next
    this.lineNumber++
    return true
  }

  /** Deals with a record that is no row. False when it needs more input, or nothing can follow. */
  #setAside(block: RecordBlock, start: number, next: number): boolean {
    const { bytes, end } = this.#window
    if (next === unfinished && this.#openQuoteAt >= 0) return this.#setAsideOpenQuote(block, start)
    const recordEnd = next === badQuote ? nextLine(bytes, start, end) : next
    const length = (recordEnd < 0 ? end : recordEnd) - start
    if (length > this.#maxRecordBytes) {
      this.#beginSkip(start)
      return this.#skipRest(block)
    }
    if (recordEnd < 0) {
      // Scanning anew for every small chunk would take quadratic time over a long record.
      this.#retryBytes = length > 65_536 ? length + (length >> 1) : 0
      return false
    }
    if (next === badQuote) {
      this.#addFault(block, 'DDB_INPUT_QUOTE', quoteMessage(this.#fields + 1), start, recordEnd)
    } else {
      const message = fieldCountMessage(block.fieldCount, this.#fields)
      this.#addFault(block, 'DDB_INPUT_FIELD_COUNT', message, start, recordEnd)
    }
    return true
  }

  #setAsideOpenQuote(block: RecordBlock, start: number): boolean {
    const { bytes, end } = this.#window
    const openedLine = this.lineNumber + countLineEnds(bytes, start, this.#openQuoteAt)
    if (end - start > this.#maxRecordBytes) {
      this.failure = new InputError(
        'DDB_INPUT_QUOTE',
        openQuoteMessage(openedLine, this.#maxRecordBytes),
        { file: this.#file, lineNumber: openedLine, offsetBytes: this.#window.offset + start },
      )
      return false
    }
    if (!this.#ended) {
      const length = end - start
      this.#retryBytes = length > 65_536 ? length + (length >> 1) : 0
      return false
    }
    this.#addFault(block, 'DDB_INPUT_QUOTE', openQuoteMessage(openedLine), start, end)
    return true
  }

  #addFault(
    block: RecordBlock,
    code: 'DDB_INPUT_QUOTE' | 'DDB_INPUT_FIELD_COUNT',
    message: string,
    start: number,
    next: number,
  ): void {
    const window = this.#window
    const end = this.#addedLineFeed && next === window.end ? next - 1 : next
    block.faults.push({
      code,
      message,
      record: window.bytes.slice(start, end),
      lengthBytes: end - start,
      lineNumber: this.lineNumber,
      offsetBytes: window.offset + start,
    })
    this.lineNumber += countLineEnds(window.bytes, start, next)
    window.start = next
  }

  #beginSkip(start: number): void {
    const window = this.#window
    const behind = start + this.#maxRecordBytes
    const record = window.bytes.slice(start, behind)
    this.#skipped = { record, lineNumber: this.lineNumber, offsetBytes: window.offset + start }
    this.lineNumber += countLineEnds(record, 0, record.length - 1)
    window.start = behind
  }

  /** Passes over the rest of a record that is too long; false when its end has not come yet. */
  #skipRest(block: RecordBlock): boolean {
    const window = this.#window
    const next = nextLine(window.bytes, window.start, window.end)
    if (next < 0) {
      window.start = window.bytes[window.end - 1] === carriageReturn ? window.end - 1 : window.end
      return false
    }
    const { record, lineNumber, offsetBytes } = this.#skipped!
    const end = this.#addedLineFeed && next === window.end ? next - 1 : next
    block.faults.push({
      code: 'DDB_INPUT_RECORD_TOO_LONG',
      message: tooLongMessage(this.#maxRecordBytes),
      record,
      lengthBytes: window.offset + end - offsetBytes,
      lineNumber,
      offsetBytes,
    })
    this.#skipped = undefined
    this.lineNumber++
    window.start = next
    return true
  }
}

/** Copies within one array by hand: fields are short, and a call into the engine costs more than some bytes. */
function copyBytes(bytes: Uint8Array, to: number, start: number, end: number): number {
  for (let p = start; p < end; p++) bytes[to++] = bytes[p]!
  return to
}
