/*
  Reads ordinary JSON: an array of objects, or objects one after the other, over any number of lines; with a path, those inside
  each document: `data.items` leads to the array `items` of the object `data`. Checks everything around the records token by
  token, and never holds the whole text. Texts beside the records, such as `fields`, name the elements of rows that are arrays.
*/
import type { InputError } from '../../errors.js'
import { option } from '../../errors.js'
import { nearestHint } from '../../schema/nearest.js'
import { utf8Text } from '../cells/cell-bytes.js'
import { carriageReturn, countLineEnds, markStarts } from '../line-ends.js'
import { colon, comma } from '../cells/read-cell.js'
import { faulty, retryBytes, unfinished, type LineFormat, type ScanFault } from '../line-format.js'
import type { LineTokenizer } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import { jsonKinds } from './json-kinds.js'
import { namesIn, namesKey } from './json-members.js'
import type { JsonRecords } from './json-records.js'
import {
  afterArrayText,
  byteText,
  closeBrace,
  closeBracket,
  maxDepth,
  notJson,
  openBrace,
  openBracket,
  quote,
  type JsonScanner,
} from './json-scanner.js'

/** What may come next. `element`: the key of a member, or an element of an array. `first`: an element, or the end. */
type Expectation = 'value' | 'colon' | 'first' | 'element' | 'after' | 'nothing'

/** At most this many names are kept, to suggest a similar one in a message. */
const maxOthers = 100

/** Reading ends at a place that is not JSON. An object that is JSON but not a row becomes a reject. */
export class JsonDocuments implements LineFormat {
  readonly #lines: LineTokenizer
  readonly #scanner: JsonScanner
  readonly #records: JsonRecords
  /** Names on the path to the records. Without a path, each document is a record or an array of records. */
  readonly #names: readonly string[]
  #expects: Expectation = 'value'
  /** The opening bracket of each object and array that is open around the next token. */
  readonly #open: number[] = []
  /** Length of `#open` inside the array of records; −1 outside. */
  #level = -1
  /** Number of names at the start of the path whose objects are open now. */
  #depth = 0
  /** True if the next value belongs to the next name of the path. */
  #isNext = false
  /** True if the document's records were found; without a path, if a record was found that is not in an array. */
  #isFound = false
  /** The largest `#depth` in this document. */
  #deepest = 0
  /** Names that the document has at this depth, where the next name of the path is expected. A message may suggest one. */
  #others: string[] = []
  /** True if the next value may name the elements of the records. */
  #mayName = false
  /** Position after the record scanned last, or −1. */
  #next = 0

  /** @param scanner  the scanner that `records` uses; it must treat line ends as blanks */
  constructor(
    lines: LineTokenizer,
    scanner: JsonScanner,
    records: JsonRecords,
    pathNames: readonly string[] = [],
  ) {
    this.#lines = lines
    this.#scanner = scanner
    this.#records = records
    this.#names = pathNames
  }

  startBlock(): void {
    this.#scanner.startBlock(this.#lines.window)
  }

  toRecord(end: number): boolean {
    const { window } = this.#lines
    for (;;) {
      const p = this.#scanner.skipBlanks(window.start)
      if (p === window.end) return this.#atEnd()
      this.#lines.pass(p)
      if (p >= end) return false
      if (this.#isRecord(p)) return true
      if (!this.#token(p)) return false
    }
  }

  /** The records before the position need only be JSON and not too long. */
  passOver(position: number): void {
    const { window } = this.#lines
    this.startBlock()
    while (window.start < position && this.toRecord(position)) {
      if (!this.#passRecord(window.start)) break
    }
    // A position may divide a line end.
    window.start = Math.min(window.start, position)
  }

  #passRecord(start: number): boolean {
    const next = this.#afterValue(start)
    if (this.#failsAt(start, next)) return false
    if (next < 0) {
      this.#lines.waitForMore(this.#lines.window.end - start)
      return false
    }
    this.#lines.pass(next)
    this.#endRecord()
    return true
  }

  #isRecord(p: number): boolean {
    const c = this.#scanner.bytes[p]!
    const expects = markStarts.includes(c) ? undefined : this.#expects
    if (this.#open.length === this.#level) {
      return expects === 'element' || (expects === 'first' && c !== closeBracket)
    }
    if (expects !== 'value' || !this.#isAtRecords) return false
    return this.#names.length === 0
      ? this.#isFound || c !== openBracket
      : !this.#isFound && c === openBrace
  }

  /** True if the next value is an array of records, or a record. */
  get #isAtRecords(): boolean {
    const { length } = this.#names
    return length === 0 ? this.#open.length === 0 : this.#isNext && this.#depth + 1 === length
  }

  /** Reads one token between records. Returns false if more input is needed, or nothing can follow. */
  #token(p: number): boolean {
    const lines = this.#lines
    const scanner = this.#scanner
    const { scratch, end } = scanner
    const isMark = lines.passMark(p)
    if (isMark !== false) return isMark === true
    const next = this.#step(p, scanner.bytes[p]!)
    scanner.scratch = scratch
    if (next >= 0) {
      lines.pass(next)
      return true
    }
    if (lines.failure !== undefined) return false
    if (scanner.stoppedAt < end) this.#fail(scanner.stoppedAt, scanner.reason)
    else if (lines.cutOff !== undefined) lines.pass(end)
    else if (lines.ended) this.#fail(p, 'the input ends in the middle of a document')
    else if (end - p > lines.maxRecordBytes) this.#tooLong(p, 'a text')
    else lines.waitForMore(end - p)
    return false
  }

  /** Returns the position after the token `c` at `p`; −1 if `failure` or the scanner explains why there is none. */
  #step(p: number, c: number): number {
    const isObject = this.#open.at(-1) === openBrace
    const isClosed = c === (isObject ? closeBrace : closeBracket)
    switch (this.#expects) {
      case 'value':
        return this.#value(p, c)
      case 'colon':
        this.#expects = 'value'
        return c === colon ? p + 1 : this.#scanner.stop(p)
      case 'first':
      case 'element':
        if (isClosed && this.#expects === 'first') return this.#close(p)
        return isObject ? this.#key(p, c) : this.#value(p, c)
      case 'after':
        if (isClosed) return this.#close(p)
        this.#expects = 'element'
        if (c === comma) return p + 1
        if (this.#open.length !== this.#level) return this.#scanner.stop(p)
        return this.#fail(p, `unexpected ${byteText(c)} between the elements`)
      case 'nothing':
        return this.#fail(p, afterArrayText(c))
    }
  }

  #value(p: number, c: number): number {
    if (this.#open.length === 0 && this.#names.length > 0 && c !== openBrace) {
      return this.#notObject(p, 'a document', c)
    }
    if (this.#isAtRecords) return this.#recordsAt(p, c)
    if (this.#isNext) {
      if (c !== openBrace) return this.#notObject(p, this.#wayTo(this.#depth + 1), c)
      this.#depth++
      this.#isNext = false
      if (this.#depth > this.#deepest) {
        this.#deepest = this.#depth
        this.#others = []
      }
    }
    const isNames = this.#mayName && c === openBracket
    if (isNames || (c !== openBrace && c !== openBracket)) {
      const next = this.#afterValue(p)
      if (next >= 0) this.#endValue()
      return isNames && next >= 0 ? this.#nameElements(p, next) : next
    }
    if (this.#open.length === maxDepth) {
      return this.#offPath(
        p,
        `values are nested more than ${maxDepth} levels deep, which is refused`,
      )
    }
    this.#open.push(c)
    this.#expects = 'first'
    return p + 1
  }

  /** Refuses other names than those of the document before, because its records may be in the same block. */
  #nameElements(start: number, end: number): number {
    const names = namesIn(this.#scanner.bytes.slice(start, end))
    const known = (this.#records.names ??= names)
    if (names === undefined || String(known) === String(names)) return end
    return this.#fail(start, 'the names are not those of the document before: load each alone')
  }

  /** Reads the beginning of the array of records, or null for none. */
  #recordsAt(p: number, c: number): number {
    const way = this.#wayTo(this.#names.length)
    if (this.#isFound) return this.#offPath(p, `${way} occurs twice`)
    if (c === openBracket) {
      this.#isFound = true
      this.#isNext = false
      this.#level = this.#open.push(c)
      this.#expects = 'first'
      return p + 1
    }
    const next = this.#scanner.value(p)
    if (next < 0) return next
    if (this.#scanner.kind !== jsonKinds.null) {
      return this.#offPath(p, `${way} is neither an array nor an object`)
    }
    this.#endRecord()
    return next
  }

  #key(p: number, c: number): number {
    const scanner = this.#scanner
    if (c !== quote) return scanner.stop(p)
    const next = scanner.string(p)
    if (next < 0) return next
    this.#expects = 'colon'
    this.#mayName = false
    if (this.#open.length !== this.#depth + 1) return next
    const key = utf8Text(scanner.bytes.slice(scanner.textStart, scanner.textEnd))
    this.#isNext = key === this.#names[this.#depth]
    const isBesideRecords = !this.#isNext && this.#depth + 1 === this.#names.length
    this.#mayName = isBesideRecords && namesKey.test(key)
    const mayBeMeant = !this.#isNext && this.#depth === this.#deepest
    if (mayBeMeant && this.#others.length < maxOthers) this.#others.push(key)
    return next
  }

  /** Leaves the innermost object or array, which ends at `p`. */
  #close(p: number): number {
    const isOfRecords = this.#open.length === this.#level
    this.#open.pop()
    if (isOfRecords) this.#level = -1
    else if (this.#open.length === this.#depth) {
      if (this.#depth === 0 && !this.#isFound) {
        const hint = nearestHint(this.#names[this.#deepest]!, this.#others)
        return this.#offPath(p, `the document has no ${this.#wayTo(this.#names.length)}${hint}`)
      }
      this.#depth = Math.max(0, this.#depth - 1)
    }
    this.#endValue()
    // Without a path, an array of records is the whole input.
    if (isOfRecords && this.#names.length === 0) this.#expects = 'nothing'
    return p + 1
  }

  #endValue(): void {
    if (this.#open.length > 0) {
      this.#expects = 'after'
      return
    }
    this.#expects = 'value'
    if (this.#names.length > 0) this.#isFound = false
    this.#deepest = 0
    this.#others = []
  }

  #endRecord(): void {
    if (this.#level < 0) {
      this.#isFound = true
      this.#isNext = false
    }
    this.#endValue()
  }

  #wayTo(count: number): string {
    return `"${this.#names.slice(0, count).join('.')}"`
  }

  /** Ends reading at `p`, because the path does not lead to records. Always returns −1. */
  #offPath(p: number, fault: string): number {
    const way = this.#wayTo(this.#names.length)
    return this.#fail(p, `${fault}: ${option('input.jsonPath')} asks for ${way}`)
  }

  #notObject(p: number, what: string, c: number): number {
    return this.#offPath(p, `${what} is an object, not ${byteText(c)}`)
  }

  /** Handles the end of the data if only blanks are left. Always returns false, because no token is left. */
  #atEnd(): false {
    const lines = this.#lines
    const { bytes, end, start } = lines.window
    if (!lines.isOver) {
      // Keeps blanks until more input comes, so that CR and LF stay together, but only up to a limit.
      if (end - start > retryBytes) lines.pass(bytes[end - 1] === carriageReturn ? end - 1 : end)
      return false
    }
    if (this.#open.length === 0 || lines.cutOff !== undefined) {
      lines.pass(end)
      return false
    }
    this.#fail(end, `the input ends before the ${this.#level < 0 ? 'document' : 'array'} does`)
    return false
  }

  scanRecord(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const records = this.#records
    const next = records.scan(block, row, start)
    this.#next = next
    if (records.obstacle !== undefined) return faulty
    if (next < 0) return scanner.stoppedAt >= scanner.end ? unfinished : faulty
    if (next - start > this.#lines.maxRecordBytes) return faulty
    // One less than the number of line ends, because the tokenizer adds one for each record.
    this.#lines.innerLines = countLineEnds(block.bytes, start, next) - 1
    this.#endRecord()
    return next
  }

  faultOf(_block: RecordBlock, start: number): ScanFault | InputError | undefined {
    const { obstacle } = this.#records
    const next = obstacle === undefined ? this.#next : this.#afterValue(start)
    if (this.#failsAt(start, next)) return this.#lines.failure
    if (obstacle === undefined || next < 0) return undefined
    this.#endRecord()
    return { ...obstacle, next }
  }

  /** Position after the value at `start`, whatever the value is; −1 if its end has not arrived. */
  #afterValue(start: number): number {
    const scanner = this.#scanner
    const { scratch, end } = scanner
    const next = scanner.value(start)
    scanner.scratch = scratch
    // The next chunk may continue the number.
    const mayGoOn = next === end && scanner.kind === jsonKinds.number && !this.#lines.isOver
    return mayGoOn ? scanner.stop(end) : next
  }

  /**
   * Sets `failure` if reading cannot continue after the record at `start`, and then returns true.
   * @param next  position after the record; −1 if the scanner stopped before
   */
  #failsAt(start: number, next: number): boolean {
    const { ended, maxRecordBytes } = this.#lines
    const { stoppedAt, end, reason } = this.#scanner
    const length = (next < 0 ? Math.min(stoppedAt, end) : next) - start
    if (length > maxRecordBytes) this.#tooLong(start, 'an element')
    else if (next < 0 && stoppedAt < end) this.#fail(stoppedAt, reason)
    else if (next < 0 && ended) {
      this.#fail(start, 'the input ends in the middle of the element that begins here')
    } else return false
    return true
  }

  #tooLong(position: number, what: string): void {
    const message = `${what} is longer than ${this.#lines.maxRecordBytes} bytes`
    this.#lines.failure = notJson(this.#lines, position, message, 'DDB_INPUT_RECORD_TOO_LONG')
  }

  /** Always returns −1, because nothing can be read after a fault. */
  #fail(position: number, message: string): number {
    this.#lines.failure = notJson(this.#lines, position, message)
    return -1
  }
}
