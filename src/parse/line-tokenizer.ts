/*
  What formats of one record a line have in common: the window, blank lines, positions, records that are set aside
  because they are broken or too long. The formats themselves scan one record.
*/
import type { ErrorCode, InputError } from '../errors.js'
import { countLineEnds, nextLine } from './line-ends.js'
import type { RecordBlock } from './record-block.js'
import type { Tokenizer } from './tokenizer.js'
import { Window } from './window.js'

export const lineFeed = 10
export const carriageReturn = 13

/** What scanning gives instead of the position behind a record: its end is not in the window; it is no row. */
export const unfinished: number = -1
export const faulty: number = -2

/** Why a record is no row, and where the next one begins. */
export interface ScanFault {
  readonly code: ErrorCode
  readonly class?: 'parse' | 'type'
  readonly message: string
  readonly columnName?: string
  readonly value?: string
  /** Position behind the record; −1 when its end is not in the window. */
  readonly next: number
}

/** An unfinished record of at most this length is scanned anew with every chunk. */
const retryBytes = 65_536

/** A tokenizer of lines. Subclasses scan records; what is no row, too long or incomplete is dealt with here. */
export abstract class LineTokenizer implements Tokenizer {
  failure: InputError | undefined
  lineNumber: number
  protected readonly file: string
  protected readonly window: Window
  protected readonly maxRecordBytes: number
  /** No more input comes. */
  protected ended = false
  /** The input ended without a line feed and `end` added one. */
  #addedLineFeed = false
  /** No record can be complete before the window holds this many unread bytes. */
  #neededBytes = 0
  /** A record that is too long, while its rest is skipped. */
  #skipped: { record: Uint8Array; lineNumber: number; offsetBytes: number } | undefined

  constructor(file: string, maxRecordBytes: number, offsetBytes: number) {
    this.file = file
    this.maxRecordBytes = maxRecordBytes
    this.window = new Window(lineFeed, offsetBytes)
    this.lineNumber = 1
  }

  /** Whether a blank line or a comment begins here, not a record. */
  protected abstract isNoRecord(start: number): boolean

  /**
   * Scans the usual kind of records into the rows from `row` on, up to the first other one, `rowEnd` or `stopAt`.
   *
   * @returns the row behind the last one
   */
  protected abstract scanRun(
    block: RecordBlock,
    row: number,
    rowEnd: number,
    stopAt: number,
  ): number

  /** Scans the record at `start` into `row`: position behind it, `unfinished` or `faulty`. */
  protected abstract scanRecord(block: RecordBlock, row: number, start: number): number

  /** Line breaks inside the record scanned last. */
  protected innerLines(): number {
    return 0
  }

  /** Why the record scanned last is no row. */
  protected abstract faultOf(block: RecordBlock, start: number): ScanFault

  get offsetBytes(): number {
    const { offset, start, end } = this.window
    return offset + (this.#addedLineFeed && start === end ? start - 1 : start)
  }

  push(chunk: Uint8Array): void {
    this.window.push(chunk)
  }

  end(): void {
    const { window } = this
    this.ended = true
    this.#neededBytes = 0
    if (window.end > window.start && window.bytes[window.end - 1] !== lineFeed) {
      window.push(Uint8Array.of(lineFeed))
      this.#addedLineFeed = true
    }
  }

  fill(block: RecordBlock, maxRecords: number, maxBytes: number): boolean {
    const { window, maxRecordBytes } = this
    block.bytes = window.bytes
    block.view = window.view
    block.bytesOffset = window.offset
    if (this.failure !== undefined || window.end - window.start < this.#neededBytes) return false
    this.#neededBytes = 0
    this.startBlock()
    if (this.#skipped !== undefined && !this.#skipRest(block)) return false
    const { faults, rowCapacity, recordStarts, recordEnds, lineNumbers } = block
    const stopAt = window.start + maxBytes
    let more = true
    let row = 0
    while (row < rowCapacity && row + faults.length < maxRecords && window.start < stopAt) {
      const run = Math.min(rowCapacity, maxRecords - faults.length)
      row = this.scanRun(block, row, run, stopAt)
      if (row >= run || window.start >= stopAt) continue
      const { start } = window
      if (this.isNoRecord(start)) {
        more = this.skipLine()
        if (!more) break
        continue
      }
      const next = this.scanRecord(block, row, start)
      if (next > 0 && next - start <= maxRecordBytes) {
        recordStarts[row] = start
        recordEnds[row] = next
        lineNumbers[row] = this.lineNumber
        this.lineNumber += 1 + this.innerLines()
        window.start = next
        row++
      } else {
        more = this.setAside(block, start, next)
        if (!more) break
      }
    }
    if (row > 0) recordEnds[row - 1] = this.#realEnd(recordEnds[row - 1]!)
    block.rowCount = row
    return more
  }

  /** Called before the records of a block. */
  protected startBlock(): void {
    return
  }

  /** Passes over the line that begins with the unread bytes; false when its end has not come yet. */
  protected skipLine(): boolean {
    const { window } = this
    const next = nextLine(window.bytes, window.start, window.end)
    if (next < 0) return false
    window.start = next
    this.lineNumber++
    return true
  }

  /** Deals with a record that is no row. False when it needs more input, or nothing can follow. */
  protected setAside(block: RecordBlock, start: number, scanned: number): boolean {
    const { end } = this.window
    const fault = scanned === faulty ? this.faultOf(block, start) : undefined
    const next = fault?.next ?? scanned
    const length = (next < 0 ? end : next) - start
    if (length > this.maxRecordBytes) {
      this.#beginSkip(start)
      return this.#skipRest(block)
    }
    if (fault === undefined || next < 0) {
      this.waitForMore(length)
      return false
    }
    this.addFault(block, fault, start)
    return true
  }

  /** Scanning anew for every small chunk would take quadratic time over a long record. */
  protected waitForMore(unreadBytes: number): void {
    this.#neededBytes = unreadBytes > retryBytes ? unreadBytes + (unreadBytes >> 1) : 0
  }

  /** Sets a record aside that ends before `next`. */
  protected addFault(block: RecordBlock, { next, ...fault }: ScanFault, start: number): void {
    const { window } = this
    const record = window.bytes.slice(start, this.#realEnd(next))
    block.faults.push({
      ...fault,
      record,
      lengthBytes: record.length,
      lineNumber: this.lineNumber,
      offsetBytes: window.offset + start,
    })
    this.lineNumber += countLineEnds(window.bytes, start, next)
    window.start = next
  }

  /** The record from `start` to `next` as it stands in the input. */
  protected recordBytes(start: number, next: number): Uint8Array {
    return this.window.bytes.slice(start, this.#realEnd(next))
  }

  #realEnd(next: number): number {
    return this.#addedLineFeed && next === this.window.end ? next - 1 : next
  }

  #beginSkip(start: number): void {
    const { window } = this
    const behind = start + this.maxRecordBytes
    const record = window.bytes.slice(start, behind)
    this.#skipped = { record, lineNumber: this.lineNumber, offsetBytes: window.offset + start }
    this.lineNumber += countLineEnds(record, 0, record.length - 1)
    window.start = behind
  }

  /** Passes over the rest of a record that is too long; false when its end has not come yet. */
  #skipRest(block: RecordBlock): boolean {
    const { window } = this
    const next = nextLine(window.bytes, window.start, window.end)
    if (next < 0) {
      // A CR at the very end may be half of a line end.
      window.start = window.bytes[window.end - 1] === carriageReturn ? window.end - 1 : window.end
      return false
    }
    const { record, lineNumber, offsetBytes } = this.#skipped!
    block.faults.push({
      code: 'DDB_INPUT_RECORD_TOO_LONG',
      message: `the record is longer than ${this.maxRecordBytes} bytes`,
      record,
      lengthBytes: window.offset + this.#realEnd(next) - offsetBytes,
      lineNumber,
      offsetBytes,
    })
    this.#skipped = undefined
    this.lineNumber++
    window.start = next
    return true
  }
}
