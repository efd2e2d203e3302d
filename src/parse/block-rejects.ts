/*
  The rejects of a block in the order of the input: rows that some column could not take, and records that are no rows.
*/
import type { BatchBuilder } from './batch-builder.js'
import type { Reject, ResumePoint } from './batch.js'
import { wholeRow, type FaultyRecord, type RecordBlock } from './record-block.js'
import { rejectOf } from './row-fault.js'

/** Goes through block after block. */
export class BlockRejects {
  /** Of the input: all of the blocks before, and of the present one those up to the last reject that was asked for. */
  recordsRead = 0
  /** The last one is a row. */
  isRow = false
  readonly #block: RecordBlock
  readonly #builder: BatchBuilder
  readonly #file: string
  /** Records before those of the block. */
  #recordsBefore = 0
  /** Rows and faults of the block before these were told, as far as they are rejects. */
  #nextRow = 0
  #nextFault = 0

  constructor(block: RecordBlock, builder: BatchBuilder, file: string) {
    this.#block = block
    this.#builder = builder
    this.#file = file
  }

  /** The block was filled anew, and its rows were read. @returns whether it has rejects; if not, all of it is passed */
  begin(): boolean {
    const { rowCount, refusedCount, faults } = this.#block
    this.#nextRow = 0
    this.#nextFault = 0
    this.#recordsBefore = this.recordsRead
    if (refusedCount + faults.length > 0) return true
    this.recordsRead += rowCount
    return false
  }

  /** One at a time: those of a whole block, living at the same time, would make the collector's young generation grow. */
  next(): Reject | undefined {
    const { refusedBy, rowCount, faults } = this.#block
    const fault = faults[this.#nextFault]
    let row = this.#nextRow
    while (refusedBy[row] === 0 && this.#isBefore(row, fault)) row++
    this.isRow = row < rowCount && this.#isBefore(row, fault)
    this.#nextRow = this.isRow ? row + 1 : row
    if (!this.isRow && fault !== undefined) this.#nextFault++
    this.recordsRead = this.#recordsBefore + this.#nextRow + this.#nextFault
    if (this.isRow) return this.#builder.rejectOf(this.#block, row)
    return fault && rejectOf(fault, this.#file)
  }

  /**
   * Takes what comes after the last reject out of the block, which has ended the run: how much else is in it follows from how the input
   * came.
   *
   * @returns where that begins; undefined where nothing comes
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

  /** Whether a row of the block stands before a fault of it. */
  #isBefore(row: number, fault: FaultyRecord | undefined): boolean {
    if (row >= this.#block.rowCount) return false
    return fault === undefined || this.#offsetOf(row) < fault.offsetBytes
  }

  #offsetOf(row: number): number {
    const { bytesOffset, recordStarts } = this.#block
    return this.#builder.inputOffset(bytesOffset + recordStarts[row]!)
  }
}
