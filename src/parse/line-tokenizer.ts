/*
  What formats of one record a line have in common: the window, blank lines, positions, records that are set aside
  because they are broken, too long or cut off. A format brings the functions that scan records.
*/
import { InputError, type ErrorCode } from '../errors.js'
import type { SourceText } from '../source/encoding/text-origin.js'
import type { ResumePoint } from './batch.js'
import { carriageReturn, countLineEnds, lineFeed, nextLine } from './line-ends.js'
import type { Fault, RecordBlock } from './record-block.js'
import type { ReadElsewhere, Tokenizer } from './tokenizer.js'
import { Window } from './window.js'

/**
 * What scanning gives instead of the position behind a record: its end is not in the window; it is not a row; more has
 * to be seen, even behind the limit.
 */
export const unfinished: number = -1
export const faulty: number = -2
export const undecided: number = -3

/** Why a record is not a row, and where the next one begins. */
export interface ScanFault extends Fault {
  /** Position behind the record; −1 when its end is not in the window. */
  readonly next: number
}

/** An unfinished record of at most this length is scanned anew with every chunk. */
export const retryBytes = 65_536

/** What a format says of its records; positions are those of the window. */
export interface LineFormat {
  /** Whether a blank line or a comment begins here, for sure. */
  isNoRecord(start: number): boolean
  /**
   * Scans the usual kind of records into the rows from `row` on, up to the first other one, `rowEnd` or `stopAt`.
   *
   * @returns the row behind the last one
   */
  scanRun(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number
  /** Scans the record at `start` into `row`: position behind it, `unfinished`, `faulty` or `undecided`. */
  scanRecord(block: RecordBlock, row: number, start: number): number
  /** Line breaks inside the record scanned last. */
  innerLines?(): number
  /**
   * Why the record scanned last is not a row, by what scanning it gave; undefined when its end has not come. An error is
   * why nothing sensible can follow.
   */
  faultOf(block: RecordBlock, start: number, scanned: number): ScanFault | InputError | undefined
  /** Called before the records of a block. */
  startBlock(): void
  /** Whether what is unread of an input that was cut off is whole all the same, and stays unread. */
  isRestWhole?(): boolean
  /** Called where reading goes on at another place than behind the record scanned last. */
  jumped?(): void
}

/** A tokenizer of lines; what is not a row, too long or incomplete is dealt with here. */
export class LineTokenizer implements Tokenizer {
  readonly #format: LineFormat
  failure: InputError | undefined
  lineNumber: number
  otherBytes = 0
  skippedBytes = 0
  boundaryBytes = Infinity
  file: string
  readonly window: Window
  readonly maxRecordBytes: number
  /** No more input comes, and the window ends with a line end. */
  ended = false
  /** No more input comes, for this reason: what has no line end is not whole. */
  cutOff: InputError | undefined
  /** The input ended without a line feed and `end` added one. */
  #addedLineFeed = false
  /** No record can be complete before the window holds this many unread bytes. */
  #neededBytes = 0
  /** A record that is too long, while its rest is skipped. */
  #skipped: { record: Uint8Array; lineNumber: number; offsetBytes: number } | undefined
  /** The unread bytes begin inside a line that is not a record, and that begins at this position of the input. */
  #inOtherLine = false
  #otherLineOffset = 0

  /** @param formatOf  the format of what these lines hold */
  constructor(
    file: string,
    maxRecordBytes: number,
    offsetBytes: number,
    formatOf: (lines: LineTokenizer) => LineFormat,
    text?: SourceText,
  ) {
    this.file = file
    this.maxRecordBytes = maxRecordBytes
    this.window = new Window(lineFeed, offsetBytes, text)
    this.lineNumber = 1
    this.#format = formatOf(this)
  }

  /** Begins with another input. */
  begin(file: string): void {
    this.restart()
    this.file = file
    this.lineNumber = 1
    this.skippedBytes = 0
    this.boundaryBytes = Infinity
    this.ended = false
    this.cutOff = undefined
    this.#addedLineFeed = false
    this.window.jumpTo(0)
  }

  /** What has begun and is not out is still to come: it is not the place that was read up to. */
  get resumePoint(): ResumePoint {
    if (this.#skipped !== undefined) return this.#skipped
    const { bytes, start, end } = this.window
    const isInLastLine = this.#addedLineFeed && start === end && bytes[end - 2] !== carriageReturn
    return {
      offsetBytes: this.#inOtherLine ? this.#otherLineOffset : this.offsetBytes,
      lineNumber: isInLastLine ? this.lineNumber - 1 : this.lineNumber,
    }
  }

  /** Position of the unread bytes in the decompressed input. */
  get offsetBytes(): number {
    return this.window.inputOffset(this.contentEnd(this.window.start))
  }

  push(chunk: Uint8Array): void {
    this.window.push(chunk)
  }

  end(cutOff?: InputError): void {
    const { window } = this
    this.#neededBytes = 0
    if (cutOff !== undefined) {
      this.cutOff = cutOff
      return
    }
    this.ended = true
    const isInLine = window.start < window.end || this.#skipped !== undefined || this.#inOtherLine
    const isLineEnded = window.start < window.end && window.bytes[window.end - 1] === lineFeed
    if (isInLine && !isLineEnded) {
      window.push(Uint8Array.of(lineFeed))
      this.#addedLineFeed = true
    }
  }

  passTo({ offsetBytes, lineNumber }: ResumePoint): boolean {
    const { window } = this
    const { start } = window
    this.#format.jumped?.()
    const position = window.positionOf(offsetBytes)
    const isThere = position < Infinity
    window.start = isThere ? position : window.end
    this.skippedBytes += this.inputLength(start, window.start)
    this.#neededBytes = 0
    if (isThere) this.lineNumber = lineNumber
    return isThere
  }

  jumpTo({ offsetBytes }: ResumePoint): void {
    const { window } = this
    this.skippedBytes += offsetBytes - window.inputOffset(window.end)
    window.jumpTo(offsetBytes)
  }

  get isBetweenRecords(): boolean {
    const { start, end } = this.window
    const isBegun = this.#skipped !== undefined || this.#inOtherLine
    return start === end && !isBegun && this.failure === undefined
  }

  get textOffset(): number {
    return this.window.offset + this.window.start
  }

  passRead({ textBytes, lines, otherBytes }: ReadElsewhere): void {
    const { window } = this
    window.jumpTo(window.offset + window.end + textBytes)
    this.lineNumber += lines
    this.otherBytes += otherBytes
    this.#format.jumped?.()
  }

  /** Gives up what is unread: what is pushed next begins with a record, in line 0. */
  restart(): void {
    this.window.start = this.window.end
    this.#format.jumped?.()
    this.failure = undefined
    this.lineNumber = 0
    this.otherBytes = 0
    this.#neededBytes = 0
    this.#skipped = undefined
    this.#inOtherLine = false
  }

  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean {
    const { window } = this
    block.bytes = window.bytes
    block.view = window.view
    block.bytesOffset = window.offset
    block.writtenFrom = window.end
    if (this.failure !== undefined || window.end - window.start < this.#neededBytes) return false
    this.#neededBytes = 0
    this.#format.startBlock()
    const more = this.#passStartedLine(block) && this.#scanBlock(block, maxRecords, maxBytes)
    if (!more && this.cutOff !== undefined) this.#setRestAside(block, this.cutOff)
    return more
  }

  #passStartedLine(block: RecordBlock): boolean {
    if (this.#skipped !== undefined) return this.#skipRest(block)
    return !this.#inOtherLine || this.skipLine()
  }

  #scanBlock(block: RecordBlock, maxRecords: number, maxBytes: number): boolean {
    const { window, maxRecordBytes } = this
    const format = this.#format
    const { faults, rowCapacity, recordStarts, recordEnds, lineNumbers } = block
    const { boundaryBytes } = this
    const boundary = boundaryBytes < Infinity ? window.positionOf(boundaryBytes) : Infinity
    const recordsEnd = Math.min(window.end, boundary)
    const stopAt = Math.min(window.start + maxBytes, boundary)
    let more = true
    let row = 0
    while (
      row < rowCapacity &&
      row + faults.length < maxRecords &&
      window.start < stopAt &&
      !block.hasMaxFaults
    ) {
      const run = Math.min(rowCapacity, maxRecords - faults.length)
      row = format.scanRun(block, row, run, stopAt)
      if (row >= run || window.start >= stopAt) continue
      if (!this.toRecord(recordsEnd)) {
        more = window.start >= boundary
        break
      }
      const { start } = window
      const next = format.scanRecord(block, row, start)
      if (next > 0 && this.contentEnd(next) - start <= maxRecordBytes) {
        recordStarts[row] = start
        recordEnds[row] = next
        lineNumbers[row] = this.lineNumber
        this.lineNumber += 1 + (format.innerLines?.() ?? 0)
        window.start = next
        row++
      } else {
        more = this.#setAside(block, start, next)
        if (!more) break
      }
    }
    if (row > 0) recordEnds[row - 1] = this.contentEnd(recordEnds[row - 1]!)
    block.rowCount = row
    return more
  }

  /** Passes over lines that are not records; false when no record is known to begin behind them, before `end`. */
  toRecord(end: number): boolean {
    const { window } = this
    while (this.#inOtherLine || (window.start < end && this.#format.isNoRecord(window.start))) {
      if (!this.skipLine()) return false
    }
    return window.start < end
  }

  /** Passes over the rest of a line that is not a record; false when its end has not come yet. */
  skipLine(): boolean {
    const { window } = this
    const { start } = window
    if (!this.#inOtherLine) this.#otherLineOffset = this.offsetBytes
    const isPassed = this.#passLine()
    this.otherBytes += this.inputLength(start, window.start)
    this.#inOtherLine = !isPassed
    if (isPassed) this.lineNumber++
    return isPassed
  }

  /** Deals with a record that is not a row. False when it needs more input, or nothing can follow. */
  #setAside(block: RecordBlock, start: number, scanned: number): boolean {
    const fault = scanned > 0 ? undefined : this.#format.faultOf(block, start, scanned)
    if (fault instanceof InputError) {
      this.failure = fault
      return false
    }
    const next = fault?.next ?? scanned
    const length = this.contentEnd(next < 0 ? this.window.end : next) - start
    if (length > this.maxRecordBytes && scanned !== undecided) {
      this.#beginSkip(start)
      return this.#skipRest(block)
    }
    if (fault === undefined || next < 0) {
      this.#waitForMore(length)
      return false
    }
    this.#addFault(block, fault, start)
    return true
  }

  /** Scanning anew for every small chunk would take quadratic time over a long record. */
  #waitForMore(unreadBytes: number): void {
    const enough = Math.min(unreadBytes + (unreadBytes >> 1), this.maxRecordBytes + 1)
    this.#neededBytes = unreadBytes > retryBytes ? enough : 0
  }

  /** Sets a record aside that ends before `next`. */
  #addFault(block: RecordBlock, fault: ScanFault, start: number): void {
    const { window } = this
    const { next } = fault
    const record = this.recordBytes(start, next)
    const broken = window.brokenMessage(start, this.contentEnd(next))
    block.addFault(broken === undefined ? fault : { code: 'DDB_INPUT_ENCODING', message: broken }, {
      record,
      lengthBytes: record.length,
      lineNumber: this.lineNumber,
      offsetBytes: window.inputOffset(start),
    })
    this.lineNumber += countLineEnds(window.bytes, start, next)
    window.start = next
  }

  /** The record from `start` to `next` as it stands in the input. */
  recordBytes(start: number, next: number): Uint8Array {
    return this.window.inputBytes(start, this.contentEnd(next))
  }

  /** Bytes of the input between two positions. */
  inputLength(start: number, end: number): number {
    const { window } = this
    return window.inputOffset(this.contentEnd(end)) - window.inputOffset(this.contentEnd(start))
  }

  /** The position without the line feed that the input does not have. */
  contentEnd(position: number): number {
    return this.#addedLineFeed && position === this.window.end ? position - 1 : position
  }

  /** Moves behind the line that has begun, or as far as it has come; true when its end has. */
  #passLine(): boolean {
    const { window } = this
    const { bytes, start, end } = window
    const next = nextLine(bytes, start, end)
    // A CR at the very end may be half of a line end.
    const keptBytes = next < 0 && start < end && bytes[end - 1] === carriageReturn ? 1 : 0
    window.start = next < 0 ? end - keptBytes : next
    return next >= 0
  }

  #beginSkip(start: number): void {
    const { window } = this
    const behind = start + this.maxRecordBytes
    const record = window.inputBytes(start, behind)
    const offsetBytes = window.inputOffset(start)
    this.#skipped = { record, lineNumber: this.lineNumber, offsetBytes }
    this.lineNumber += countLineEnds(window.bytes, start, behind - 1)
    window.start = behind
  }

  /** Passes over the rest of a record that is too long; false when its end has not come yet. */
  #skipRest(block: RecordBlock): boolean {
    if (!this.#passLine()) return false
    const message = `the record is longer than ${this.maxRecordBytes} bytes`
    this.#addSkipped(block, 'DDB_INPUT_RECORD_TOO_LONG', message)
    this.lineNumber++
    return true
  }

  /** Sets the record aside whose rest was skipped, as far as the window is read. */
  #addSkipped(block: RecordBlock, code: ErrorCode, message: string): void {
    const { window } = this
    if (this.#skipped === undefined) return
    const { record, lineNumber, offsetBytes } = this.#skipped
    const lengthBytes = window.inputOffset(this.contentEnd(window.start)) - offsetBytes
    block.addFault({ code, message }, { record, lengthBytes, lineNumber, offsetBytes })
    this.#skipped = undefined
  }

  /** What the input was cut off in: a record is not whole, a line that is not a record may be. */
  #setRestAside(block: RecordBlock, { code, message }: InputError): void {
    const { window } = this
    const { start, end } = window
    if (this.#skipped !== undefined) {
      window.start = end
      this.#addSkipped(block, code, cutMessage(message))
    } else if (this.#inOtherLine) {
      this.otherBytes += this.inputLength(start, end)
      window.start = end
    } else if (start < end && this.failure === undefined && this.#format.isRestWhole?.() !== true) {
      this.#addFault(block, { code, message: cutMessage(message), next: end }, start)
    }
  }
}

/** Of a record in which the input was cut off. */
export function cutMessage(reason: string): string {
  return `the record is not whole: ${reason}`
}
