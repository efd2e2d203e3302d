/*
  Reads ordinary JSON: an array of objects, or objects one after the other, over any number of lines; with a path, those inside
  each document: `data.items` leads to the array `items` of the object `data`. Never holds the whole text: what stands beside the
  records is checked member by member. Members such as `fields` name the elements of rows that are arrays.
*/
import type { InputError } from '../../errors.js'
import { option } from '../../errors.js'
import { nearestHint } from '../../schema/nearest.js'
import { carriageReturn, countLineEnds, markStarts } from '../line-ends.js'
import { comma } from '../cells/read-cell.js'
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
  notJson,
  openBrace,
  openBracket,
  type JsonScanner,
} from './json-scanner.js'

/**
 * What may come next. `records`: an array of records, or a record. `element`: a member of an object, or an element of the array of
 * records. `first`: one of these, or the end.
 */
type Expectation = 'document' | 'records' | 'first' | 'element' | 'after' | 'nothing'

/** At most this many names are kept, to suggest a similar one in a message. */
const maxOthers = 100

/** Reading ends at a place that is not JSON. An object that is JSON but not a row becomes a reject. */
export class JsonDocuments implements LineFormat {
  readonly #lines: LineTokenizer
  readonly #scanner: JsonScanner
  readonly #records: JsonRecords
  /** Names on the path to the records. Without a path, each document is a record or an array of records. */
  readonly #names: readonly string[]
  #expects: Expectation
  /** How many objects are open around the next token; all of them lead to the records. */
  #depth = 0
  #isInArray = false
  /** True if the document's records were found; without a path, if a record was found that is not in an array. */
  #isFound = false
  /** The largest `#depth` in this document. */
  #deepest = 0
  /** Names that the document has at this depth, where the next name of the path is expected. A message may suggest one. */
  #others: string[] = []
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
    this.#expects = this.#outside
  }

  get #outside(): Expectation {
    return this.#names.length === 0 ? 'records' : 'document'
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
    if (this.#failsAt(start, next, 'element')) return false
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
    if (this.#isInArray) return expects === 'element' || (expects === 'first' && c !== closeBracket)
    if (expects !== 'records') return false
    return this.#names.length === 0
      ? this.#isFound || c !== openBracket
      : !this.#isFound && c === openBrace
  }

  /** Reads one token or member between records. Returns false if more input is needed, or nothing can follow. */
  #token(p: number): boolean {
    const lines = this.#lines
    const scanner = this.#scanner
    const { scratch, end } = scanner
    const isMark = lines.passMark(p)
    if (isMark !== false) return isMark === true
    const next = this.#step(p, scanner.bytes[p]!)
    scanner.scratch = scratch
    if (lines.failure !== undefined || this.#failsAt(p, next, 'member')) return false
    if (next >= 0) lines.pass(next)
    else if (lines.cutOff !== undefined) lines.pass(end)
    else lines.waitForMore(end - p)
    return next >= 0
  }

  /** Returns the position after the token `c` at `p`; −1 if `failure` or the scanner explains why there is none. */
  #step(p: number, c: number): number {
    const isClosed = c === (this.#isInArray ? closeBracket : closeBrace)
    switch (this.#expects) {
      case 'document':
        return c === openBrace ? this.#enter(p) : this.#notObject(p, 'a document', c)
      case 'records':
        return this.#recordsAt(p, c)
      case 'first':
      case 'element':
        return isClosed && this.#expects === 'first' ? this.#close(p) : this.#member(p)
      case 'after':
        if (isClosed) return this.#close(p)
        this.#expects = 'element'
        if (c === comma) return p + 1
        if (!this.#isInArray) return this.#scanner.stop(p)
        return this.#fail(p, `unexpected ${byteText(c)} between the elements`)
      case 'nothing':
        return this.#fail(p, afterArrayText(c))
    }
  }

  /** Enters the object at `p`, which leads to the records. */
  #enter(p: number): number {
    this.#depth++
    this.#expects = 'first'
    if (this.#depth > this.#deepest) {
      this.#deepest = this.#depth
      this.#others = []
    }
    return p + 1
  }

  /** Reads a member that leads to the records, up to its value, or any other as a whole. */
  #member(p: number): number {
    const scanner = this.#scanner
    const { bytes, end } = scanner
    const depth = this.#depth
    const at = scanner.key(p)
    if (at < 0) return at
    const key = scanner.text
    const isLast = depth === this.#names.length
    if (key === this.#names[depth - 1]) {
      if (isLast) this.#expects = 'records'
      else if (at === end) return scanner.stop(at)
      else if (bytes[at] === openBrace) return this.#enter(at)
      else return this.#notObject(at, this.#wayTo(depth), bytes[at]!)
      return at
    }
    const next = this.#afterValue(at)
    if (next < 0) return next
    if (depth === this.#deepest && this.#others.length < maxOthers) this.#others.push(key)
    this.#expects = 'after'
    const isNames = isLast && bytes[at] === openBracket && namesKey.test(key)
    return isNames ? this.#nameElements(at, next) : next
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
      this.#isInArray = true
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

  /** Leaves the array of records, or the innermost object, which ends at `p`. */
  #close(p: number): number {
    if (this.#isInArray) this.#isInArray = false
    else if (this.#depth === 1 && !this.#isFound) {
      const hint = nearestHint(this.#names[this.#deepest - 1]!, this.#others)
      return this.#offPath(p, `the document has no ${this.#wayTo(this.#names.length)}${hint}`)
    } else this.#depth--
    this.#endValue()
    // Without a path, an array of records is the whole input.
    if (this.#names.length === 0) this.#expects = 'nothing'
    return p + 1
  }

  #endValue(): void {
    this.#expects = this.#isInside ? 'after' : this.#outside
    if (this.#isInside) return
    if (this.#names.length > 0) this.#isFound = false
    this.#deepest = 0
  }

  get #isInside(): boolean {
    return this.#isInArray || this.#depth > 0
  }

  #endRecord(): void {
    if (!this.#isInArray) this.#isFound = true
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
    if (!this.#isInside || lines.cutOff !== undefined) {
      lines.pass(end)
      return false
    }
    this.#fail(end, `the input ends before the ${this.#isInArray ? 'array' : 'document'} does`)
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
    if (this.#failsAt(start, next, 'element')) return this.#lines.failure
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
   * Sets `failure` if reading cannot continue after the element or member at `start`, and then returns true.
   * @param next  position after it; −1 if the scanner stopped before
   */
  #failsAt(start: number, next: number, what: 'element' | 'member'): boolean {
    const { ended, maxRecordBytes } = this.#lines
    const { stoppedAt, end, reason } = this.#scanner
    const length = (next < 0 ? Math.min(stoppedAt, end) : next) - start
    if (length > maxRecordBytes) {
      const message = `the ${what} that begins here is longer than ${maxRecordBytes} bytes`
      this.#lines.failure = notJson(this.#lines, start, message, 'DDB_INPUT_RECORD_TOO_LONG')
    } else if (next < 0 && stoppedAt < end) this.#fail(stoppedAt, reason)
    else if (next < 0 && ended) {
      this.#fail(start, `the input ends in the middle of the ${what} that begins here`)
    } else return false
    return true
  }

  /** Always returns −1, because nothing can be read after a fault. */
  #fail(position: number, message: string): number {
    this.#lines.failure = notJson(this.#lines, position, message)
    return -1
  }
}
