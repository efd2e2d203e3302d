/*
  Does what formats with one record per line share: keeps the window, skips blank lines, tracks positions, and sets
  aside records that are broken, too long or truncated. A format contributes the functions that scan its records.
*/
import { InputError, type ErrorCode } from '../errors.js'
import type { SourceText } from '../source/encoding/text-origin.js'
import type { ResumePoint } from './batch.js'
import { carriageReturn, countLineEnds, lineFeed, nextLine } from './line-ends.js'
import type { Fault, RecordBlock } from './record-block.js'
import type { Tokenizer } from './tokenizer.js'
import { Window } from './window.js'

/**
 * Results of a scan besides a position. `unfinished`: the record's end is not in the window. `faulty`: the record is not a row.
 * `undecided`: the scan needs more input, even if the record is already longer than `maxRecordBytes`.
 */
export const unfinished: number = -1
export const faulty: number = -2
export const undecided: number = -3

/** The reason why a record is not a row, and the start of the next record. */
export interface ScanFault extends Fault {
  /** Position after the record; −1 if its end is not in the window. */
  readonly next: number
}

/** Up to this length, an unfinished record is scanned again with every chunk. */
export const retryBytes = 65_536

/** Functions of a format. Positions are those of the window. */
export interface LineFormat {
  /** True if a blank line or a comment certainly begins at `start`. */
  isNoRecord(start: number): boolean
  /**
   * Scans plain records into the rows from `row` on. Stops at a record that needs `scanRecord`, at `rowEnd` or
   * `stopAt`.
   * @returns the row after the last one filled
   */
  scanRun(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number
  /** Scans the record at `start` into `row`. Returns the position after the record, `unfinished`, `faulty` or `undecided`. */
  scanRecord(block: RecordBlock, row: number, start: number): number
  /** Number of line breaks inside the record that was scanned last. */
  innerLines?(): number
  /**
   * Explains why the record scanned last is not a row, from the result of the scan. Returns undefined if the record's end has
   * not arrived, and an error if reading cannot continue.
   */
  faultOf(block: RecordBlock, start: number, scanned: number): ScanFault | InputError | undefined
  /** Called before the records of a block are scanned. */
  startBlock(): void
  /** True if the unread rest of a truncated input has no incomplete record. The rest then stays unread. */
  isRestWhole?(): boolean
  /** Called when reading does not continue right after the record scanned last. */
  jumped?(): void
}

/** Splits text into lines. Sets aside records that are too long, incomplete or otherwise faulty. */
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
  recordsEnd: ResumePoint | undefined
  /** How many records of the block were read, and the position after them and its line. */
  #read = { count: 0, end: 0, line: 0 }
  /** True if no more input comes, and the window ends with a line end. */
  ended = false
  /** The error that truncated the input. A record without a line end is then incomplete. */
  cutOff: InputError | undefined
  /** True if `end` added a line feed that the input lacks. */
  #addedLineFeed = false
  /** The window must hold this many unread bytes before any record can be complete. */
  #neededBytes = 0
  /** A record that is too long; set while the tokenizer passes over the rest of the record. */
  #skipped: { record: Uint8Array; lineNumber: number; offsetBytes: number } | undefined
  /** True if the unread bytes begin inside a line that is not a record. `#otherLineOffset` is the line's start in the input. */
  #inOtherLine = false
  #otherLineOffset = 0

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

  begin(file: string): void {
    this.window.start = this.window.end
    this.#format.jumped?.()
    this.failure = undefined
    this.recordsEnd = undefined
    this.otherBytes = 0
    this.#neededBytes = 0
    this.#skipped = undefined
    this.#inOtherLine = false
    this.file = file
    this.lineNumber = 1
    this.skippedBytes = 0
    this.boundaryBytes = Infinity
    this.ended = false
    this.cutOff = undefined
    this.#addedLineFeed = false
    this.window.jumpTo(0)
  }

  /** Never inside a record or line that has begun but was not delivered. */
  get resumePoint(): ResumePoint {
    if (this.#skipped !== undefined) return this.#skipped
    const place = this.#placeAt(this.window.start, this.lineNumber)
    return this.#inOtherLine ? { ...place, offsetBytes: this.#otherLineOffset } : place
  }

  /** @param lineNumber  of the position, with the line feed that `end` added */
  #placeAt(position: number, lineNumber: number): ResumePoint {
    const { bytes, end } = this.window
    const isInLastLine =
      this.#addedLineFeed && position === end && bytes[end - 2] !== carriageReturn
    return {
      offsetBytes: this.window.inputOffset(this.contentEnd(position)),
      lineNumber: isInLastLine ? lineNumber - 1 : lineNumber,
    }
  }

  /** Position of the first unread byte in the decompressed input. */
  get offsetBytes(): number {
    return this.#placeAt(this.window.start, 0).offsetBytes
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

  passRows(rowCount: number): void {
    const { window } = this
    window.jumpTo(window.offset + window.end + rowCount)
    this.lineNumber += rowCount
    this.#format.jumped?.()
    this.recordsEnd = this.resumePoint
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
    this.#read.count = 0
    const isAtLine = this.#skipped ? this.#skipRest(block) : !this.#inOtherLine || this.skipLine()
    const more = isAtLine && this.#scanBlock(block, maxRecords, maxBytes)
    if (!more && this.cutOff !== undefined) this.#setRestAside(block, this.cutOff)
    this.#noteEnd(block.rowCount + block.faults.length)
    const { count, end, line } = this.#read
    if (count > 0) this.recordsEnd = this.#placeAt(end, line)
    return more
  }

  /** @param count  of the block's records so far; the window begins after them and perhaps some other lines */
  #noteEnd(count: number): void {
    const read = this.#read
    if (count === read.count) return
    read.count = count
    read.end = this.window.start
    read.line = this.lineNumber
  }

  #scanBlock(block: RecordBlock, maxRecords: number, maxBytes: number): boolean {
    const { window, maxRecordBytes } = this
    const format = this.#format
    const { faults, rowCapacity, recordStarts, recordEnds, lineNumbers } = block
    const { boundaryBytes } = this
    const isHere =
      boundaryBytes < Infinity && boundaryBytes <= window.inputOffset(this.contentEnd(window.end))
    const boundary = isHere ? window.positionOf(boundaryBytes) : Infinity
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
      this.#noteEnd(row + faults.length)
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
    this.#noteEnd(row + faults.length)
    if (row > 0) recordEnds[row - 1] = this.contentEnd(recordEnds[row - 1]!)
    block.rowCount = row
    return more
  }

  /** Skips lines that are not records. Returns false if no record is known to begin before `end`. */
  toRecord(end: number): boolean {
    const { window } = this
    while (this.#inOtherLine || (window.start < end && this.#format.isNoRecord(window.start))) {
      if (!this.skipLine()) return false
    }
    return window.start < end
  }

  /** Skips the rest of a line that is not a record. Returns false if the line's end has not arrived yet. */
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

  /** Handles a record that is not a row. Returns false if more input is needed, or nothing can follow. */
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

  /** Waits for much more of a long record, because scanning it again with every small chunk would take quadratic time. */
  #waitForMore(unreadBytes: number): void {
    const enough = Math.min(unreadBytes + (unreadBytes >> 1), this.maxRecordBytes + 1)
    this.#neededBytes = unreadBytes > retryBytes ? enough : 0
  }

  /** Sets aside the record at `start`, which ends before `fault.next`. */
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

  /** Input bytes of the record from `start` to `next`. */
  recordBytes(start: number, next: number): Uint8Array {
    return this.window.inputBytes(start, this.contentEnd(next))
  }

  /** Number of input bytes between two positions. */
  inputLength(start: number, end: number): number {
    const { window } = this
    return window.inputOffset(this.contentEnd(end)) - window.inputOffset(this.contentEnd(start))
  }

  /** The position; one byte less if it follows the line feed that `end` added. */
  contentEnd(position: number): number {
    return this.#addedLineFeed && position === this.window.end ? position - 1 : position
  }

  /** Moves to the end of the current line, or of the window. Returns true if the line's end has arrived. */
  #passLine(): boolean {
    const { window } = this
    const { bytes, start, end } = window
    const next = nextLine(bytes, start, end)
    // A CR at the very end may be the first half of a line end.
    const keptBytes = next < 0 && start < end && bytes[end - 1] === carriageReturn ? 1 : 0
    window.start = next < 0 ? end - keptBytes : next
    return next >= 0
  }

  #beginSkip(start: number): void {
    const { window } = this
    const recordEnd = start + this.maxRecordBytes
    const record = window.inputBytes(start, recordEnd)
    this.#skipped = { record, lineNumber: this.lineNumber, offsetBytes: window.inputOffset(start) }
    this.lineNumber += countLineEnds(window.bytes, start, recordEnd - 1)
    window.start = recordEnd
  }

  /** Skips the rest of a record that is too long. Returns false if the record's end has not arrived yet. */
  #skipRest(block: RecordBlock): boolean {
    if (!this.#passLine()) return false
    const message = `the record is longer than ${this.maxRecordBytes} bytes`
    this.#addSkipped(block, 'DDB_INPUT_RECORD_TOO_LONG', message)
    this.lineNumber++
    return true
  }

  /** Sets aside the record that is too long. The record ends at the first unread byte. */
  #addSkipped(block: RecordBlock, code: ErrorCode, message: string): void {
    const { window } = this
    if (this.#skipped === undefined) return
    const { record, lineNumber, offsetBytes } = this.#skipped
    const lengthBytes = window.inputOffset(this.contentEnd(window.start)) - offsetBytes
    block.addFault({ code, message }, { record, lengthBytes, lineNumber, offsetBytes })
    this.#skipped = undefined
  }

  /** Handles the rest of a truncated input. A record there is incomplete; a line that is not a record may be complete. */
  #setRestAside(block: RecordBlock, { code, message }: InputError): void {
    const { window } = this
    const { start, end } = window
    if (this.#skipped !== undefined) {
      window.start = end
      this.#addSkipped(block, code, truncatedMessage(message))
    } else if (this.#inOtherLine) {
      this.otherBytes += this.inputLength(start, end)
      window.start = end
    } else if (start < end && this.failure === undefined && this.#format.isRestWhole?.() !== true) {
      this.#addFault(block, { code, message: truncatedMessage(message), next: end }, start)
    }
  }
}

/** The message about a record in which the input was truncated. */
export function truncatedMessage(reason: string): string {
  return `the record is incomplete: ${reason}`
}
