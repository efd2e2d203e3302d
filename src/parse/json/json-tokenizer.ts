/* Finds the records of JSON: an object on each line (NDJSON); or an array of objects, or objects one after the other, over any number of
   lines; with a path, those inside each document: `data.items` leads to the array `items` of the object `data`. Never holds the whole text:
   what stands beside the records is checked member by member. Members such as `fields` name the elements of rows that are arrays. */
import * as ascii from '../ascii.js'
import { InputError, option, type ErrorCode } from '../../errors.js'
import { nearestHint } from '../../schema/nearest.js'
import { carriageReturn, countLineEnds, lineFeed, nextLine } from '../window.js'
import { faulty, LineTokenizer, retryBytes, unfinished } from '../line-tokenizer.js'
import type { ScanFault, TokenizedInput } from '../line-tokenizer.js'
import type { RecordBlock } from '../record-block.js'
import { jsonKinds } from './json-kinds.js'
import { namesIn, namesKey } from './json-members.js'
import type { JsonRecords } from './json-records.js'
import { attempt, byteText, type JsonScanner } from './json-scanner.js'

/** At most this many names are kept, to suggest a similar one in a message. */
const maxOthers = 100

const ofPython = ': print with json.dumps what Python has printed'
const afterObject = ", the comma after an object: take it out, such as with sed 's/,$//'"

/** The kernel finds records with at most this many bytes between them. */
const maxLeadBytes = 256

/** A line that is not JSON is rejected alone; a document is read up to such a place. An object that is JSON but no row becomes a reject. */
export class JsonTokenizer extends LineTokenizer {
  readonly #scanner: JsonScanner
  readonly #records: JsonRecords
  /** Names on the path to the records. Without a path, each document is a record or an array of records. */
  readonly #names: readonly string[]
  /**
   * What may come next. `value`: an object on the path, or after the last name the records: an array of them, or one. `next`: a member of
   * an object, or an element of the array of records. `first`: one of these, or the end.
   */
  #expects: 'value' | 'first' | 'next' | 'after' | 'nothing' = 'value'
  /** How many objects on the path are open around the next token, and the array of records, which only the last one contains. */
  #depth = 0
  /** True if the document's records were found; without a path, if a record was found that is not in an array. */
  #isFound = false
  /** The largest `#depth` in this document. */
  #deepest = 0
  /** Names that the document has at this depth, where the next name of the path is expected. A message may suggest one. */
  #others: string[] = []
  /** Position after the value scanned last, or −1. */
  #next = 0
  /** Position after the record before, in the text. */
  #lastEnd = -1
  /** Whether the record from which the kernel has learned the usual shape was in the array. */
  #isArrayShape = false

  /** @param scanner  the scanner that `records` uses. If it does not skip line ends like blanks, each line is a record */
  constructor(
    input: TokenizedInput,
    scanner: JsonScanner,
    records: JsonRecords,
    pathNames: readonly string[] = [],
  ) {
    super(input)
    this.#scanner = scanner
    this.#records = records
    this.#names = pathNames
  }

  override get isLined(): boolean {
    return !this.#scanner.manyLines
  }

  override startBlock(): void {
    this.#scanner.startBlock(this.window)
  }

  override toRecord(end: number): boolean {
    if (this.isLined) return super.toRecord(end)
    const scanner = this.#scanner
    const { window } = this
    for (;;) {
      const p = scanner.skipBlanks(window.start)
      if (p === window.end) break
      this.pass(p)
      if (p >= end) return false
      const isMark = this.passMark(p)
      if (isMark === 'unknown') return false
      if (isMark) continue
      const next = this.#endOf(p, this.#step)
      if (next === p) return true
      if (this.failure !== undefined || this.#failsAt(p, next, 'member')) return false
      if (next >= 0) this.pass(next)
      else if (this.cutOff === undefined) return this.waitForMore(window.end - p)
      else this.pass(window.end)
    }
    // Only blanks are left. They are kept until more input comes, so that CR and LF stay together, but only up to a limit.
    const { bytes, start, end: atEnd } = window
    const isKept = !this.isOver && atEnd - start <= retryBytes
    const isCut = this.#depth > 0 && this.ended
    if (isCut)
      this.#fail(atEnd, `the input ends before the ${this.#isInArray ? 'array' : 'document'} does`)
    else if (!isKept)
      this.pass(!this.isOver && bytes[atEnd - 1] === carriageReturn ? atEnd - 1 : atEnd)
    return false
  }

  /** A blank line is not a record. If it is longer than a record may be, it counts as a record that is too long. */
  isNoRecord(start: number): boolean {
    const { bytes, end } = this.window
    if (bytes[start]! > 32) return false
    const p = this.#scanner.skipBlanks(start)
    if (p >= end || (bytes[p] !== lineFeed && bytes[p] !== carriageReturn)) return false
    return this.window.contentEnd(p + 1) - start <= this.maxRecordBytes
  }

  /** The records before the position need only be JSON and not too long. */
  override passOver(position: number): void {
    if (this.isLined) return super.passOver(position)
    const { window } = this
    this.startBlock()
    for (let next = 0; next >= 0 && window.start < position && this.toRecord(position);) {
      const { start } = window
      next = this.#afterValue(start)
      if (this.#failsAt(start, next, 'element')) break
      if (next < 0) this.waitForMore(window.end - start)
      else {
        this.pass(next)
        this.#endRecord()
      }
    }
    // A position may divide a line end.
    window.start = Math.min(window.start, position)
  }

  get #isInArray(): boolean {
    return this.#depth > this.#names.length
  }

  /** Reads one token or member between records. @returns the position after it; `p` if a record begins there; −1 if there is none */
  readonly #step = (p: number): number => {
    const c = this.#scanner.bytes[p]!
    const isClosed = c === (this.#isInArray ? ascii.closeBracket : ascii.closeBrace)
    switch (this.#expects) {
      case 'value':
        return this.#enter(p, c)
      case 'first':
      case 'next':
        if (isClosed && this.#expects === 'first') return this.#close(p)
        return this.#isInArray ? p : this.#member(p)
      case 'after':
        if (isClosed) return this.#close(p)
        this.#expects = 'next'
        if (c === ascii.comma) return p + 1
        if (!this.#isInArray) return this.#scanner.stop(p)
        return this.#fail(p, `unexpected ${byteText(c)} between the elements`)
      case 'nothing': {
        const advice = `, where another begins, as in files that were joined: jq -c '.[]' FILE writes a row a line`
        const more = c === ascii.openBracket ? advice : ''
        return this.#fail(p, `unexpected ${byteText(c)} after the array${more}`)
      }
    }
  }

  /** Enters an object on the path or the array of records, passes over null for no records, or finds a record. */
  #enter(p: number, c: number): number {
    const hasPath = this.#names.length > 0
    const isLast = this.#depth === this.#names.length
    const way = this.#depth === 0 ? 'a document' : this.#wayTo(this.#depth)
    if (isLast && hasPath && this.#isFound) return this.#offPath(p, `${way} occurs twice`)
    if (isLast ? c === ascii.openBracket && !this.#isFound : c === ascii.openBrace) {
      this.#isFound ||= isLast
      this.#depth++
      this.#expects = 'first'
      if (this.#depth > this.#deepest) {
        this.#deepest = this.#depth
        this.#others = []
      }
      return p + 1
    }
    if (!isLast) return this.#offPath(p, `${way} is an object, not ${byteText(c)}`)
    if (c === ascii.openBrace || !hasPath) return p
    const next = this.#scanner.value(p)
    if (this.#scanner.kind !== jsonKinds.null) {
      return this.#offPath(p, `${way} is neither an array nor an object`)
    }
    this.#endRecord()
    return next
  }

  /** Reads a member that leads to the records, up to its value, or any other as a whole. */
  #member(p: number): number {
    const scanner = this.#scanner
    const depth = this.#depth
    const at = scanner.key(p)
    const key = scanner.text
    if (key === this.#names[depth - 1]) {
      this.#expects = 'value'
      return at
    }
    const next = this.#afterValue(at)
    if (next < 0) return next
    if (depth === this.#deepest && this.#others.length < maxOthers) this.#others.push(key)
    this.#expects = 'after'
    const mayName = depth === this.#names.length && scanner.bytes[at] === ascii.openBracket
    if (!mayName || !namesKey.test(key)) return next
    // Other names than those of the document before are refused, because its records may be in the same block.
    const names = namesIn(scanner.bytes.slice(at, next))
    const known = (this.#records.names ??= names)
    this.elementNames = known
    if (names === undefined || String(known) === String(names)) return next
    return this.#fail(at, 'the names are not those of the document before: load each alone')
  }

  /** Leaves the array of records, or the innermost object, which ends at `p`. */
  #close(p: number): number {
    const names = this.#names
    if (this.#depth === 1 && names.length > 0 && !this.#isFound) {
      const hint = nearestHint(names[this.#deepest - 1]!, this.#others)
      return this.#offPath(p, `the document has no ${this.#wayTo(names.length)}${hint}`)
    }
    this.#depth--
    this.#endValue()
    // Without a path, an array of records is the whole input.
    if (names.length === 0) this.#expects = 'nothing'
    return p + 1
  }

  #endValue(): void {
    this.#expects = this.#depth > 0 ? 'after' : 'value'
    if (this.#depth > 0) return
    this.#deepest = 0
    if (this.#names.length > 0) this.#isFound = false
  }

  #endRecord(): void {
    this.#isFound = true
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

  /** Finds records of the usual shape with the block's kernel, if the next one may follow as usual. */
  override scanRun(block: RecordBlock, firstRow: number, rowEnd: number, stopAt: number): number {
    const { window, maxRecordBytes } = this
    const { start } = window
    const { kernel } = block
    const { shape } = this.#records
    if (kernel === undefined || shape === undefined || !this.#isUsual) return firstRow
    if (start >= Math.min(stopAt, kernel.textEnd) || !kernel.useShape(shape)) return firstRow
    const rows = [firstRow, rowEnd, this.lineNumber, maxRecordBytes] as const
    const next = kernel.jsonRecords(block, start, stopAt, ...rows)
    if (next === firstRow) return firstRow
    const count = next - firstRow
    this.otherBytes += count * this.inputLength(start, start + shape.leadBytes)
    this.lineNumber += count * shape.lines
    window.start = kernel.nextStart
    this.#lastEnd = window.offset + window.start
    return next
  }

  /** True if a record may follow as one followed another when the usual shape was learned. */
  get #isUsual(): boolean {
    if (this.#isInArray) return this.#isArrayShape && this.#expects === 'after'
    return this.isLined || (!this.#isArrayShape && this.#depth === 0 && this.#isFound)
  }

  scanRecord(block: RecordBlock, row: number, start: number): number {
    const scanner = this.#scanner
    const records = this.#records
    let next = records.scan(block, row, this.isLined ? scanner.skipBlanks(start) : start)
    this.#next = next
    if (records.obstacle !== undefined) return faulty
    if (next < 0) return scanner.stoppedAt >= scanner.end ? unfinished : faulty
    if (this.isLined) {
      const { bytes, end } = scanner
      const p = scanner.skipBlanks(next)
      if (p < end && bytes[p] !== lineFeed && bytes[p] !== carriageReturn) {
        scanner.stopAt(p)
        return faulty
      }
      next = nextLine(bytes, p, end)
      if (next < 0) return unfinished
    }
    if (this.window.contentEnd(next) - start > this.maxRecordBytes) return faulty
    if (!this.isLined) {
      // One less than the number of line ends, because the tokenizer adds one for each record.
      this.innerLines = countLineEnds(block.bytes, start, next) - 1
      this.#endRecord()
    }
    for (const field of records.wrong) block.wrongCells.push(row * block.fieldCount + field)
    if (records.isLesson) this.#learn(start, next)
    this.#lastEnd = this.window.offset + next
    return next
  }

  /** Makes the record the usual one, if only blanks and a comma are between it and the record before. */
  #learn(start: number, next: number): void {
    const { bytes, offset } = this.window
    // A CR may be half of a line end.
    if (this.isLined && bytes[next - 1] !== lineFeed) return
    const from = this.isLined ? start : this.#lastEnd - offset
    if (from < 0 || from > start || start - from > maxLeadBytes) return
    if (bytes.subarray(from, start).some(byte => byte > 32 && byte !== ascii.comma)) return
    this.#isArrayShape = this.#isInArray
    this.#records.learn(from, start, next)
  }

  faultOf(_block: RecordBlock, start: number, scanned: number): ScanFault | InputError | undefined {
    const { obstacle } = this.#records
    if (this.isLined) return scanned === faulty ? this.#lineFault(start) : undefined
    const next = obstacle === undefined ? this.#next : this.#afterValue(start)
    if (this.#failsAt(start, next, 'element')) return this.failure
    if (obstacle === undefined || next < 0) return undefined
    this.#endRecord()
    return { fault: obstacle, next }
  }

  #lineFault(start: number): ScanFault {
    const { bytes, end, stoppedAt, reason } = this.#scanner
    const next = nextLine(bytes, start, end)
    const { obstacle } = this.#records
    if (obstacle !== undefined) return { fault: obstacle, next }
    const advices: Readonly<Record<number, string>> = {
      [ascii.comma]: afterObject,
      [ascii.openBrace]: `, where another object begins: ${option('input.format')} json reads objects without line ends between them`,
    }
    const after = this.#next < 0 ? '' : (advices[bytes[stoppedAt]!] ?? '')
    const advice = bytes[stoppedAt] === ascii.apostrophe ? ofPython : after
    const place = `at byte ${stoppedAt - start + 1} of the line`
    const message = `the line is not a JSON object: ${reason} ${place}${advice}`
    return { fault: { code: 'DDB_INPUT_JSON', message }, next }
  }

  /** Position after the value at `start`, whatever the value is; −1 if its end has not arrived, or if it is not JSON. */
  #afterValue(start: number): number {
    const scanner = this.#scanner
    const next = this.#endOf(start, p => scanner.value(p))
    // The next chunk may continue the number.
    if (next !== scanner.end || scanner.kind !== jsonKinds.number || this.isOver) return next
    scanner.stopAt(next)
    return -1
  }

  /** Position after what `scan` reads from `start` on; −1 if that ends early. Keeps no texts without escapes. */
  #endOf(start: number, scan: (start: number) => number): number {
    const { scratch } = this.#scanner
    const next = attempt(() => scan(start))
    this.#scanner.scratch = scratch
    return next
  }

  /** Sets `failure` and returns true if reading must end at the element or member at `start`. @param next  its end; −1 if not found */
  #failsAt(start: number, next: number, what: 'element' | 'member'): boolean {
    const { ended, maxRecordBytes } = this
    const { bytes, stoppedAt, end, reason } = this.#scanner
    const length = (next < 0 ? Math.min(stoppedAt, end) : next) - start
    if (length > maxRecordBytes) {
      const message = `the ${what} that begins here is longer than ${maxRecordBytes} bytes`
      return this.#fail(start, message, 'DDB_INPUT_RECORD_TOO_LONG') < 0
    }
    if (next >= 0 || (stoppedAt >= end && !ended)) return false
    if (stoppedAt < end) {
      const c = bytes[stoppedAt]
      const isBetween = c === ascii.comma && stoppedAt === start && this.#isFound
      const advice = c === ascii.apostrophe ? ofPython : isBetween ? afterObject : ''
      return this.#fail(stoppedAt, `${reason}${advice}`) < 0
    }
    return this.#fail(start, `the input ends in the middle of the ${what} that begins here`) < 0
  }

  /** Ends reading. Always returns −1, because nothing can be read after a fault. */
  #fail(position: number, message: string, code: ErrorCode = 'DDB_INPUT_JSON'): number {
    const place = this.locate(position)
    const { file, lineNumber, offsetBytes } = place
    const where = `${file} is not JSON from line ${lineNumber}, byte ${offsetBytes} on`
    this.failure = new InputError(code, `${where}: ${message}`, place)
    return -1
  }
}
