/* Does what all formats share: keeps the window, finds the records one after the other, tracks positions, and sets aside records that are
   broken, too long or truncated. A format adds the methods that scan its records. Reading is synchronous, and knows no types. */
import { InputError, type ErrorCode } from '../errors.js'
import type { ByteSource, SourceText } from '../source/byte-source.js'
import type { Fault, RecordLocation, ResumePoint } from './batch.js'
import { afterMark, carriageReturn, countLineEnds, lineFeed, nextLine, Window } from './window.js'
import { maxBlockFaults, type RecordBlock } from './record-block.js'

/** Longer records are refused, because an unclosed quote would otherwise make the rest of the file one record. */
export const defaultMaxRecordBytes: number = 16 * 1024 * 1024

/**
 * Results of a scan besides a position. `unfinished`: the record's end is not in the window. `faulty`: the record is not a row.
 * `undecided`: the scan needs more input, even if the record is already longer than `maxRecordBytes`.
 */
export const unfinished: number = -1
export const faulty: number = -2
export const undecided: number = -3

/** The reason why a record is not a row, and the start of the next record. */
export interface ScanFault {
  readonly fault: Fault
  /** Position after the record; −1 if its end is not in the window. */
  readonly next: number
}

/** Up to this length, an unfinished record is scanned again with every chunk. */
export const retryBytes = 65_536

export interface TokenizedInput {
  readonly file: string
  readonly maxRecordBytes: number
  /** Of the first byte that is pushed. */
  readonly offsetBytes: number
  readonly text?: SourceText | undefined
  /** The window of an earlier input, to use its memory again. */
  readonly window?: Window | undefined
}

/** Takes bytes and delivers blocks of records. Positions are those of the window. */
export abstract class LineTokenizer {
  /** The error at which reading stopped. The records before the error were delivered. */
  failure: InputError | undefined
  lineNumber = 1
  /** Number of line breaks inside the record that was scanned last. */
  innerLines = 0
  /** Number of bytes outside records: blank lines, comments, brackets and commas of an array. */
  otherBytes = 0
  skippedBytes = 0
  /** Number of byte order marks before records, which were passed over. */
  droppedMarks = 0
  /** Number of records that were padded or cut, because they have more or fewer fields than the first one. */
  raggedRecords = 0
  /** Names of the elements of JSON records that are arrays, as far as they were read; undefined if nothing names them. */
  elementNames: readonly string[] | undefined
  /** Records that begin at or after this offset of the decompressed input are left for later. */
  boundaryBytes = Infinity
  readonly file: string
  readonly window: Window
  readonly maxRecordBytes: number
  /** The place right after the last delivered record; undefined before the first one. */
  recordsEnd: ResumePoint | undefined
  /** How many records of the block were read, and the position after them and its line. */
  readonly #read = { count: 0, end: 0, line: 0 }
  /** True if no more input comes. If records are lines, the window then ends with a line end. */
  ended = false
  /** The error that truncated the input. A record without a line end is then incomplete. */
  cutOff: InputError | undefined
  /** The window must hold this many unread bytes before a record is scanned again, unless the reader sets it to 0. */
  neededBytes = 0
  #scannedBytes = 0
  /** The line in which the unread bytes begin, until its end has arrived; `record` is the beginning of a record that is too long. */
  #pending: (ResumePoint & { readonly record: Uint8Array | undefined }) | undefined

  constructor({ file, maxRecordBytes, offsetBytes, text, window = new Window() }: TokenizedInput) {
    this.file = file
    this.maxRecordBytes = maxRecordBytes
    this.window = window
    window.text = text
    window.file = file
    window.jumpTo(offsetBytes)
  }

  /** True if a line that is no record certainly begins at `start`. */
  abstract isNoRecord(start: number): boolean

  /**
   * Scans the record at `start` into `row`. Sets `innerLines` if line breaks are inside the record.
   * @returns the position after the record, `unfinished`, `faulty` or `undecided`
   */
  abstract scanRecord(block: RecordBlock, row: number, start: number): number

  /**
   * Explains why the record scanned last is not a row, from the result of the scan. Returns undefined if the record's end has
   * not arrived, and an error if reading cannot continue.
   */
  abstract faultOf(
    block: RecordBlock,
    start: number,
    scanned: number,
  ): ScanFault | InputError | undefined

  /**
   * Scans plain records into the rows from `row` on. Stops at a record that needs `scanRecord`, at `rowEnd` or `stopAt`.
   * @returns the row after the last one filled
   */
  scanRun?(block: RecordBlock, row: number, rowEnd: number, stopAt: number): number

  /** True if each record is a line, so that reading can begin at any line. */
  get isLined(): boolean {
    return true
  }

  /** Passes over everything before `position`, which may lie beyond the window. */
  passOver(position: number): void {
    this.window.start = Math.min(position, this.window.end)
  }

  /** Called before the records of a block are scanned. */
  startBlock?(): void

  /** True if the unread rest of a truncated input has no incomplete record. The rest then stays unread. */
  isRestWhole?(): boolean

  /** Takes bytes after the beginning of a record that is too long. @returns an error if the record does not end with its line */
  passed?(start: number, end: number, isLineEnd: boolean): InputError | undefined

  /** Called when reading does not continue right after the record scanned last. */
  jumped?(): void

  /** A place between the delivered records and the remaining ones, outside of any record or line. How far it is depends on the chunks. */
  get resumePoint(): ResumePoint {
    return this.#pending ?? this.#placeAt(this.window.start, this.lineNumber)
  }

  /** True if no more input comes. */
  get isOver(): boolean {
    return this.ended || this.cutOff !== undefined
  }

  /** @param lineNumber  of the position, with the line feed that `end` added */
  #placeAt(position: number, lineNumber: number): ResumePoint {
    const { window } = this
    const end = window.contentEnd(position)
    const isInLastLine = end < position && window.bytes[end - 1] !== carriageReturn
    return {
      offsetBytes: window.inputOffset(position),
      lineNumber: isInLastLine ? lineNumber - 1 : lineNumber,
    }
  }

  /** Copies more input. Call this only between blocks, because it invalidates the positions in the last block. */
  push(chunk: Uint8Array): void {
    this.window.push(chunk)
  }

  /** No more input follows. @param cutOff  the error that truncated it, if any; a record without an end is then incomplete */
  end(cutOff?: InputError): void {
    const { window } = this
    this.neededBytes = 0
    if (cutOff !== undefined) {
      this.cutOff = cutOff
      return
    }
    this.ended = true
    if (!this.isLined) return
    const isInLine = window.start < window.end || this.#pending !== undefined
    const isLineEnded = window.start < window.end && window.bytes[window.end - 1] === lineFeed
    if (isInLine && !isLineEnded) window.endLine()
  }

  /** Skips the pushed input up to the point. Returns false if it ends before: the caller pushes more, unless `failure` is set. */
  passTo({ offsetBytes, lineNumber }: ResumePoint): boolean {
    const { window, otherBytes } = this
    if (window.end - window.start < this.neededBytes) return false
    this.neededBytes = 0
    this.jumped?.()
    const position = window.positionOf(offsetBytes)
    const { start } = window
    this.passOver(position)
    this.otherBytes = otherBytes
    this.skippedBytes += this.inputLength(start, window.start)
    const isThere = window.start >= position
    if (isThere) this.lineNumber = lineNumber
    return isThere
  }

  /** Lets the next push begin at the point that `passTo` has not reached; false if what is before must be read: brackets may open there. */
  jumpTo({ offsetBytes }: ResumePoint, skipTo: ByteSource['skipTo']): boolean {
    const { window } = this
    if (!this.isLined || skipTo === undefined) return false
    if (!skipTo(this.resumePoint.offsetBytes, offsetBytes)) return false
    this.skippedBytes += offsetBytes - window.inputOffset(window.end)
    window.jumpTo(offsetBytes)
    return true
  }

  /** Passes over rows without text, each a line of one byte, after all pushed bytes were read. */
  passRows(rowCount: number): void {
    const { window } = this
    window.jumpTo(window.offset + window.end + rowCount)
    this.lineNumber += rowCount
    this.jumped?.()
    this.recordsEnd = this.resumePoint
  }

  /**
   * Adds rows and faults, together at most `maxRecords`, to an empty block. Stops soon after `maxBytes` of input.
   * @returns false if another `push` is needed, or if nothing more can be read after `end` or a failure
   */
  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean {
    const { window } = this
    if (this.failure !== undefined || window.end - window.start < this.neededBytes) return false
    this.neededBytes = 0
    block.showWindow(window)
    this.startBlock?.()
    this.#read.count = 0
    const isAtLine = this.#pending === undefined || this.#passPending(block)
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
    const { faults, rowCapacity, recordStarts, recordEnds, lineNumbers } = block
    const { boundaryBytes } = this
    const isHere = boundaryBytes < Infinity && boundaryBytes <= window.inputOffset(window.end)
    const boundary = isHere ? window.positionOf(boundaryBytes) : Infinity
    const recordsEnd = Math.min(window.end, boundary)
    const stopAt = Math.min(window.start + maxBytes, boundary)
    let more = true
    let row = 0
    while (
      row < rowCapacity &&
      row + faults.length < maxRecords &&
      window.start < stopAt &&
      faults.length < maxBlockFaults
    ) {
      const run = Math.min(rowCapacity, maxRecords - faults.length)
      row = this.scanRun?.(block, row, run, stopAt) ?? row
      if (row >= run || window.start >= stopAt) continue
      this.#noteEnd(row + faults.length)
      if (!this.toRecord(recordsEnd)) {
        more = window.start >= boundary
        break
      }
      const { start } = window
      this.innerLines = 0
      const next = this.scanRecord(block, row, start)
      if (next > 0 && window.contentEnd(next) - start <= maxRecordBytes) {
        recordStarts[row] = start
        recordEnds[row] = next
        lineNumbers[row] = this.lineNumber
        this.lineNumber += 1 + this.innerLines
        window.start = next
        row++
      } else {
        more = this.#setAside(block, start, next)
        if (!more) break
      }
    }
    this.#noteEnd(row + faults.length)
    if (row > 0) recordEnds[row - 1] = window.contentEnd(recordEnds[row - 1]!)
    block.rowCount = row
    return more
  }

  /**
   * Passes over what stands between records: lines that are no records, or the brackets and commas of an array. May set `failure`.
   * @returns false if no record is known to begin before `end`
   */
  toRecord(end: number): boolean {
    const { window } = this
    for (;;) {
      if (this.#pending === undefined) {
        const isMark = window.start < end ? this.passMark(window.start) : 'unknown'
        if (isMark === 'unknown') return false
        if (isMark) continue
        if (!this.isNoRecord(window.start)) return true
      }
      if (!this.skipLine()) return false
    }
  }

  /** Passes over a mark (`afterMark`) where a record may begin. Returns `unknown` if the input must go on to tell. */
  passMark(position: number): boolean | 'unknown' {
    const { bytes, end } = this.window
    const next = afterMark(bytes, position, end, this.isOver)
    if (next <= position) return next < 0 ? 'unknown' : false
    if (bytes[position]! >= 0x80) this.droppedMarks++
    this.pass(next)
    return true
  }

  /** Skips the rest of a line that is not a record. Returns false if the line's end has not arrived yet. */
  skipLine(): boolean {
    const { window } = this
    const { start } = window
    const isPassed = this.#passLine()
    this.otherBytes += this.inputLength(start, window.start)
    if (isPassed) {
      this.#pending = undefined
      this.lineNumber++
    } else this.#pending ??= { ...this.#placeAt(start, this.lineNumber), record: undefined }
    return isPassed
  }

  /** Passes over bytes that are no part of a record. */
  pass(position: number): void {
    const { window } = this
    this.otherBytes += this.inputLength(window.start, position)
    this.lineNumber += countLineEnds(window.bytes, window.start, position)
    window.start = position
  }

  /** Handles a record that is not a row. Returns false if more input is needed, or nothing can follow. */
  #setAside(block: RecordBlock, start: number, scanned: number): boolean {
    const fault = scanned > 0 ? undefined : this.faultOf(block, start, scanned)
    if (fault instanceof InputError) {
      this.failure = fault
      return false
    }
    const next = fault?.next ?? scanned
    const length = this.window.contentEnd(next < 0 ? this.window.end : next) - start
    if (length > this.maxRecordBytes && scanned !== undecided) {
      this.#beginPending(start)
      return this.#passPending(block)
    }
    if (fault === undefined || next < 0) {
      this.waitForMore(length)
      return false
    }
    this.#addFault(block, fault, start)
    return true
  }

  /** Waits for much more of a long record: scanning it again with every small chunk would take quadratic time. Always returns false. */
  waitForMore(unreadBytes: number): false {
    const enough = Math.min(unreadBytes + (unreadBytes >> 1), this.maxRecordBytes + 1)
    this.neededBytes = unreadBytes > retryBytes ? enough : 0
    this.#scannedBytes = unreadBytes
    return false
  }

  /** Whether bytes have arrived that `fill` leaves until more come. */
  get isWaiting(): boolean {
    const unreadBytes = this.window.end - this.window.start
    return unreadBytes < this.neededBytes && unreadBytes > this.#scannedBytes
  }

  #addFault(block: RecordBlock, { fault, next }: ScanFault, start: number): void {
    const { window } = this
    block.faults.push(window.rejectAt(start, next, this.lineNumber, () => fault))
    this.lineNumber += countLineEnds(window.bytes, start, next)
    window.start = next
  }

  locate(position: number): RecordLocation {
    const { file, window } = this
    const lines = countLineEnds(window.bytes, window.start, position)
    const lineNumber = this.lineNumber + lines
    return { file, lineNumber, offsetBytes: window.inputOffset(position) }
  }

  inputLength(start: number, end: number): number {
    return this.window.inputOffset(end) - this.window.inputOffset(start)
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

  /** Begins to pass over the record at `start`, which is too long. */
  #beginPending(start: number): void {
    const { window } = this
    const recordEnd = start + this.maxRecordBytes
    // Whole characters, and so many that a rejects file with them is not loaded as it is: the record would be cut.
    let keptEnd = recordEnd + 1
    if (window.text?.origin !== undefined)
      while (keptEnd < window.end && (window.bytes[keptEnd]! & 0xc0) === 0x80) keptEnd++
    const record = window.inputBytes(start, keptEnd)
    this.#pending = { record, lineNumber: this.lineNumber, offsetBytes: window.inputOffset(start) }
    this.lineNumber += countLineEnds(window.bytes, start, recordEnd - 1)
    window.start = recordEnd
  }

  /** Passes over the rest of the pending line. Returns false if the line's end has not arrived yet. */
  #passPending(block: RecordBlock): boolean {
    if (this.#pending?.record === undefined) return this.skipLine()
    const { start } = this.window
    const isPassed = this.#passLine()
    this.failure = this.passed?.(start, this.window.start, isPassed)
    if (!isPassed || this.failure !== undefined) return false
    const message = `the record is longer than ${this.maxRecordBytes} bytes, counted in UTF-8 with its line end`
    this.#addPending(block, 'DDB_INPUT_RECORD_TOO_LONG', message)
    this.lineNumber++
    return true
  }

  /** Ends the pending line at the first unread byte, and sets it aside if it is a record. */
  #addPending(block: RecordBlock, code: ErrorCode, message: string): void {
    const { window } = this
    const pending = this.#pending!
    this.#pending = undefined
    if (pending.record === undefined) return
    const lengthBytes = window.inputOffset(window.start) - pending.offsetBytes
    block.faults.push(window.reject({ code, message }, pending.record, lengthBytes, pending))
  }

  /** Handles the rest of a truncated input. A record there is incomplete; a line that is not a record may be complete. */
  #setRestAside(block: RecordBlock, { code, message: reason }: InputError): void {
    const { start, end } = this.window
    const message = `the record is incomplete: ${reason}`
    if (this.#pending !== undefined) {
      if (this.#pending.record === undefined) this.otherBytes += this.inputLength(start, end)
      this.window.start = end
      this.#addPending(block, code, message)
    } else if (start < end && this.failure === undefined && this.isRestWhole?.() !== true) {
      this.#addFault(block, { fault: { code, message }, next: end }, start)
    }
  }
}
