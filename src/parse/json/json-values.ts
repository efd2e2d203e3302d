/*
  Reads ordinary JSON: an array of objects, or objects one after the other, over any number of lines. Never holds the
  whole text. Reading ends at a place that is not JSON. An object that is JSON but not a row becomes a reject.
*/
import { InputError } from '../../errors.js'
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { JsonRecords } from './json-records.js'
import { jsonKinds } from './json-kinds.js'
import { JsonPath } from './json-path.js'
import { byteText, closeBracket, comma, openBracket, type JsonScanner } from './json-scanner.js'
import type { ResumePoint } from '../batch.js'
import { carriageReturn, countLineEnds, lineFeed } from '../line-ends.js'
import { truncatedMessage, retryBytes } from '../line-tokenizer.js'
import type { Fault, RecordBlock } from '../record-block.js'
import type { Tokenizer } from '../tokenizer.js'
import { Window } from '../window.js'

/** What may come next. `first`: the first element, or `]`. `after`: a comma, or `]`. `value`: another value. */
type Expectation = 'start' | 'first' | 'after' | 'element' | 'value' | 'nothing'

export class JsonValues implements Tokenizer {
  failure: InputError | undefined
  lineNumber = 1
  otherBytes = 0
  skippedBytes = 0
  boundaryBytes = Infinity
  recordsEnd: ResumePoint | undefined
  /** The position after the last record, and its line. */
  #readTo = 0
  #readLine = 1
  readonly #file: string
  readonly #window: Window
  readonly #scanner: JsonScanner
  readonly #records: JsonRecords
  readonly #maxRecordBytes: number
  readonly #encoding: SourceText['encoding'] | undefined
  #expects: Expectation = 'start'
  #ended = false
  /** Why the input was truncated. */
  #cutOff: InputError | undefined
  #neededBytes = 0
  /** The path to the records; undefined if each document is a record or an array of records. */
  readonly #path: JsonPath | undefined

  /**
   * @param scanner  the scanner that `records` uses; it must treat line ends as blanks
   * @param pathNames  names on the path to the records
   */
  constructor(
    file: string,
    scanner: JsonScanner,
    records: JsonRecords,
    maxRecordBytes: number,
    offsetBytes: number,
    text?: SourceText,
    pathNames: readonly string[] = [],
  ) {
    this.#file = file
    this.#scanner = scanner
    this.#records = records
    this.#maxRecordBytes = maxRecordBytes
    this.#encoding = text?.encoding
    this.#window = new Window(lineFeed, offsetBytes, text)
    this.#path = pathNames.length === 0 ? undefined : new JsonPath(pathNames)
  }

  get resumePoint(): ResumePoint {
    const offsetBytes = this.#window.inputOffset(this.#window.start)
    return { offsetBytes, lineNumber: this.lineNumber }
  }

  push(chunk: Uint8Array): void {
    this.#window.push(chunk)
  }

  end(cutOff?: InputError): void {
    this.#ended = true
    this.#cutOff = cutOff
    this.#neededBytes = 0
  }

  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean {
    const window = this.#window
    const { bytes, end } = window
    block.bytes = bytes
    block.view = window.view
    block.bytesOffset = window.offset
    this.#startScanner()
    if (this.failure !== undefined || end - window.start < this.#neededBytes) return false
    this.#neededBytes = 0
    const { boundaryBytes } = this
    const boundary = boundaryBytes < Infinity ? window.positionOf(boundaryBytes) : Infinity
    const stopAt = Math.min(window.start + maxBytes, boundary)
    let more = true
    while (
      more &&
      block.rowCount < block.rowCapacity &&
      block.rowCount + block.faults.length < maxRecords &&
      window.start < stopAt &&
      !block.hasMaxFaults
    ) {
      more = this.#next(block, boundary)
    }
    if (block.rowCount + block.faults.length > 0) {
      const offsetBytes = window.inputOffset(this.#readTo)
      this.recordsEnd = { offsetBytes, lineNumber: this.#readLine }
    }
    return more
  }

  #startScanner(): void {
    const window = this.#window
    const scanner = this.#scanner
    scanner.bytes = window.bytes
    scanner.view = window.view
    scanner.end = window.end
    scanner.scratch = window.scratchStart
  }

  /** Skipped elements need only be JSON and not too long. */
  passTo({ offsetBytes, lineNumber }: ResumePoint): boolean {
    const window = this.#window
    if (window.end - window.start < this.#neededBytes) return false
    this.#neededBytes = 0
    const { otherBytes } = this
    const before = this.resumePoint.offsetBytes
    const position = window.positionOf(offsetBytes)
    this.#startScanner()
    while (window.start < position && this.#next(undefined, position));
    this.otherBytes = otherBytes
    this.skippedBytes += this.resumePoint.offsetBytes - before
    const isThere = window.start >= position
    if (isThere) this.lineNumber = lineNumber
    return isThere
  }

  /**
   * Reads the next token, if it begins before `boundary`.
   * @param block  receives records; undefined to pass over them
   * @returns false if more input is needed, or nothing can follow
   */
  #next(block: RecordBlock | undefined, boundary: number): boolean {
    const window = this.#window
    const p = this.#scanner.skipBlanks(window.start)
    if (p >= boundary && (block === undefined || p < window.end)) {
      // A boundary may divide a line end; the place where reading resumes does not.
      this.#pass(block === undefined ? boundary : p)
      return true
    }
    if (p === window.end) return this.#atEnd()
    this.#pass(p)
    return this.#token(block, p)
  }

  #token(block: RecordBlock | undefined, p: number): boolean {
    if (this.#path?.isInside === false) return this.#step(this.#path, p)
    return this.#expectsPunctuation(this.#window.bytes[p]!)
      ? this.#punctuation(p)
      : this.#element(block, p)
  }

  /** Reads one token before or after the records. Returns the same as `#next`. */
  #step(path: JsonPath, p: number): boolean {
    const { end } = this.#window
    const scanner = this.#scanner
    const { scratch } = scanner
    const next = path.step(scanner, p, this.#ended)
    scanner.scratch = scratch
    if (next >= 0) {
      this.#pass(next)
      return true
    }
    if (path.fault !== undefined) return this.#fail(p, path.fault)
    if (next < 0 && scanner.stoppedAt < end) return this.#fail(scanner.stoppedAt, scanner.reason)
    if (this.#cutOff !== undefined) {
      this.#pass(end)
      return false
    }
    if (this.#ended) return this.#fail(p, 'the input ends in the middle of a document')
    if (end - p > this.#maxRecordBytes) {
      const message = `a text is longer than ${this.#maxRecordBytes} bytes`
      return this.#fail(p, message, 'DDB_INPUT_RECORD_TOO_LONG')
    }
    this.#waitForMore(end - p)
    return false
  }

  /** Handles the end of the data if only blanks are left. Always returns false, because no token is left. */
  #atEnd(): boolean {
    const { bytes, end, start } = this.#window
    if (!this.#ended) {
      // Keeps blanks until more input comes, so that CR and LF stay together, but only up to a limit.
      if (end - start > retryBytes) this.#pass(bytes[end - 1] === carriageReturn ? end - 1 : end)
      return false
    }
    if (this.#mayEnd || this.#cutOff !== undefined) {
      this.#pass(end)
    } else {
      const what = this.#path?.isInside === false ? 'document' : 'array'
      this.#fail(end, `the input ends before the ${what} does`)
    }
    return false
  }

  get #mayEnd(): boolean {
    if (this.#path !== undefined) return !this.#path.isInside && this.#path.isBetweenDocuments
    return this.#expects === 'nothing' || this.#expects === 'value' || this.#expects === 'start'
  }

  #expectsPunctuation(c: number): boolean {
    switch (this.#expects) {
      case 'start':
        return c === openBracket
      case 'first':
        return c === closeBracket
      case 'after':
      case 'nothing':
        return true
      case 'element':
      case 'value':
        return false
    }
  }

  /** Reads `[`, `,` or `]`; reading fails at any other byte. Returns the same as `#next`. */
  #punctuation(p: number): boolean {
    const c = this.#window.bytes[p]!
    if (this.#expects === 'start') this.#expects = 'first'
    else if (c === closeBracket && this.#expects !== 'nothing') this.#expects = 'nothing'
    else if (c === comma && this.#expects === 'after') this.#expects = 'element'
    else {
      const where = this.#expects === 'nothing' ? 'after the array' : 'between the elements'
      return this.#fail(p, `unexpected ${byteText(c)} ${where}`)
    }
    this.#pass(p + 1)
    if (this.#expects === 'nothing') this.#leavePath()
    return true
  }

  /** Continues after the records; another document may follow. */
  #leavePath(): void {
    if (this.#path === undefined) return
    this.#path.leave()
    this.#expects = 'start'
  }

  #element(block: RecordBlock | undefined, start: number): boolean {
    const { end } = this.#window
    let next = -1
    let obstacle: Fault | undefined
    if (block !== undefined) {
      const row = block.rowCount
      next = this.#records.scanUsual(block, row, start)
      const usual = next >= 0 && next <= end
      if (!usual) next = this.#records.scan(block, row, start)
      obstacle = usual ? undefined : this.#records.obstacle
    }
    if (block === undefined || obstacle !== undefined) next = this.#afterValue(start)
    const length = (next < 0 ? Math.min(this.#scanner.stoppedAt, end) : next) - start
    if (length > this.#maxRecordBytes) {
      const message = `an element is longer than ${this.#maxRecordBytes} bytes`
      return this.#fail(start, message, 'DDB_INPUT_RECORD_TOO_LONG')
    }
    if (next < 0) return this.#broken(block, start)
    if (block === undefined) {
      // Without a block, the caller only passes over the record.
    } else if (obstacle === undefined) {
      const row = block.rowCount++
      block.recordStarts[row] = start
      block.recordEnds[row] = next
      block.lineNumbers[row] = this.lineNumber
    } else {
      this.#addFault(block, obstacle, start, next)
    }
    const isAlone = this.#expects === 'start' || this.#expects === 'value'
    this.#expects = isAlone ? 'value' : 'after'
    this.#consumeRecord(next)
    if (isAlone) this.#leavePath()
    return true
  }

  /** Position after the value at `start`, whatever the value is; −1 if its end has not arrived. */
  #afterValue(start: number): number {
    const { end } = this.#window
    const scanner = this.#scanner
    const { scratch } = scanner
    const next = scanner.value(start)
    scanner.scratch = scratch
    // The next chunk may continue the number.
    const mayGoOn = next === end && scanner.kind === jsonKinds.number && !this.#ended
    return mayGoOn ? scanner.stop(end) : next
  }

  #broken(block: RecordBlock | undefined, start: number): boolean {
    const { end } = this.#window
    const { stoppedAt, reason } = this.#scanner
    if (stoppedAt < end) return this.#fail(stoppedAt, reason)
    if (this.#cutOff !== undefined) {
      const { code, message } = this.#cutOff
      if (block !== undefined) {
        this.#addFault(block, { code, message: truncatedMessage(message) }, start, end)
      }
      this.#consumeRecord(end)
      return false
    }
    if (this.#ended)
      return this.#fail(start, 'the input ends in the middle of the element that begins here')
    this.#waitForMore(end - start)
    return false
  }

  #waitForMore(unreadBytes: number): void {
    const enough = Math.min(unreadBytes + (unreadBytes >> 1), this.#maxRecordBytes + 1)
    this.#neededBytes = unreadBytes > retryBytes ? enough : 0
  }

  #addFault(block: RecordBlock, obstacle: Fault, start: number, next: number): void {
    const window = this.#window
    const broken = window.brokenMessage(start, next)
    const record = window.inputBytes(start, next)
    block.addFault(
      broken === undefined ? obstacle : { code: 'DDB_INPUT_ENCODING', message: broken },
      {
        record: oneLine(record, this.#encoding),
        lengthBytes: record.length,
        lineNumber: this.lineNumber,
        offsetBytes: window.inputOffset(start),
      },
    )
  }

  /** Skips bytes that are not part of an element. */
  #pass(position: number): void {
    const window = this.#window
    this.otherBytes += window.inputOffset(position) - window.inputOffset(window.start)
    this.#consume(position)
  }

  #consumeRecord(next: number): void {
    this.#consume(next)
    this.#readTo = next
    this.#readLine = this.lineNumber
  }

  #consume(position: number): void {
    const window = this.#window
    this.lineNumber += countLineEnds(window.bytes, window.start, position)
    window.start = position
  }

  #fail(
    position: number,
    message: string,
    code: 'DDB_INPUT_JSON' | 'DDB_INPUT_RECORD_TOO_LONG' = 'DDB_INPUT_JSON',
  ): false {
    const { bytes, start } = this.#window
    const lineNumber = this.lineNumber + countLineEnds(bytes, start, position)
    const offsetBytes = this.#window.inputOffset(position)
    this.failure = new InputError(
      code,
      `${this.#file} is not JSON from line ${lineNumber}, byte ${offsetBytes} on: ${message}`,
      { file: this.#file, lineNumber, offsetBytes },
    )
    return false
  }
}

/**
 * Writes an element as one line. This is safe because line ends can only stand between tokens.
 * @param encoding  of the element; in all but UTF-16, a byte below 20 (hexadecimal) is a character by itself
 */
export function oneLine(element: Uint8Array, encoding?: SourceText['encoding']): Uint8Array {
  if (element.length === 0) return element
  const unitBytes = encoding === 'utf-16le' || encoding === 'utf-16be' ? 2 : 1
  const low = encoding === 'utf-16be' ? 1 : 0
  const line = new Uint8Array(element.length + unitBytes)
  line.set(element)
  for (let p = low; p < element.length; p += unitBytes) {
    const isAlone = unitBytes === 1 || element[p ^ 1] === 0
    if (isAlone) line[p] = Math.max(32, element[p]!)
  }
  line[element.length + low] = lineFeed
  return line
}
