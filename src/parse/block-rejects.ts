/*
  Yields the rejects of a block in the order of the input: rows that some column refused, and records that cannot be rows.
*/
import type { BatchBuilder } from './batch-builder.js'
import type { Fault, FaultyRecord, Reject, ResumePoint } from './batch.js'
import { wholeRow, type RecordBlock } from './record-block.js'

/** One object serves all blocks of an input. */
export class BlockRejects {
  /** Number of records in earlier blocks, and in this block up to the last reject that `next` returned. */
  recordsRead = 0
  /** True if the last reject was a row that a column refused. */
  isRow = false
  readonly #block: RecordBlock
  readonly #builder: BatchBuilder
  #recordsBefore = 0
  /** Index of the next row and of the next fault to examine; all rejects before them were returned. */
  #nextRow = 0
  #nextFault = 0

  constructor(block: RecordBlock, builder: BatchBuilder) {
    this.#block = block
    this.#builder = builder
  }

  /**
   * Starts on the rejects of a block. Call this after the columns have read the rows of the filled block.
   * @returns true if the block has rejects; if it has none, this call counts all its records as read
   */
  begin(): boolean {
    const { rowCount, refusedCount, faults } = this.#block
    this.#nextRow = 0
    this.#nextFault = 0
    this.#recordsBefore = this.recordsRead
    if (refusedCount + faults.length > 0) return true
    this.recordsRead += rowCount
    return false
  }

  /** Returns one reject at a time, because all of them would enlarge the garbage collector's young generation. */
  next(): Reject | undefined {
    const { refusedBy, rowCount, faults, window } = this.#block
    const { recordStarts, recordEnds, lineNumbers } = this.#block
    const fault = faults[this.#nextFault]
    let row = this.#nextRow
    while (refusedBy[row] === 0 && this.#isBefore(row, fault)) row++
    this.isRow = row < rowCount && this.#isBefore(row, fault)
    this.#nextRow = this.isRow ? row + 1 : row
    if (!this.isRow && fault !== undefined) this.#nextFault++
    this.recordsRead = this.#recordsBefore + this.#nextRow + this.#nextFault
    if (!this.isRow) return fault && this.#builder.rejectOf(fault)
    const [start, end] = [recordStarts[row]!, recordEnds[row]!]
    const explain = (): Fault => this.#builder.faultOf(this.#block, row)
    return this.#builder.rejectOf(window!.faultAt(start, end, lineNumbers[row]!, explain))
  }

  /**
   * Removes the block's records after the reject that ended the run. Otherwise the result would depend on the chunks of
   * the input.
   * @returns the place of the first removed record; undefined if nothing was removed
   */
  leaveRest(): ResumePoint | undefined {
    const block = this.#block
    const { faults, rowCount, lineNumbers } = block
    const row = this.#nextRow
    const fault = faults[this.#nextFault]
    for (let left = row; left < rowCount; left++) block.refuse(left, wholeRow)
    this.#recordsBefore = this.recordsRead - rowCount - faults.length
    this.#nextRow = rowCount
    this.#nextFault = faults.length
    if (this.#isBefore(row, fault)) {
      return { offsetBytes: this.#offsetOf(row), lineNumber: lineNumbers[row]! }
    }
    return fault && { offsetBytes: fault.offsetBytes, lineNumber: fault.lineNumber }
  }

  #isBefore(row: number, fault: FaultyRecord | undefined): boolean {
    if (row >= this.#block.rowCount) return false
    return fault === undefined || this.#offsetOf(row) < fault.offsetBytes
  }

  #offsetOf(row: number): number {
    const { window, recordStarts } = this.#block
    return window!.inputOffset(recordStarts[row]!)
  }
}
