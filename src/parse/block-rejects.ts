/*
  The rejects of a block in the order of the input: rows that some column refused, and records that are not rows.
*/
import type { BatchBuilder } from './batch-builder.js'
import type { Reject, ResumePoint } from './batch.js'
import { wholeRow, type FaultyRecord, type RecordBlock } from './record-block.js'
import { rejectOf } from './row-fault.js'

/** One for all blocks of an input. */
export class BlockRejects {
  /** Records of the input so far: those of earlier blocks, and of the present one up to the last reject requested. */
  recordsRead = 0
  /** The last reject is a row. */
  isRow = false
  readonly #block: RecordBlock
  readonly #builder: BatchBuilder
  readonly #file: string
  /** Records before those of the block. */
  #recordsBefore = 0
  /** The next row and fault to look at; earlier rejects were reported. */
  #nextRow = 0
  #nextFault = 0

  constructor(block: RecordBlock, builder: BatchBuilder, file: string) {
    this.#block = block
    this.#builder = builder
    this.#file = file
  }

  /**
   * Call it after a block was filled and its rows were read.
   * @returns whether it has rejects; if not, the whole block is done
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

  /** One at a time: all rejects of a block together would enlarge the garbage collector's young generation. */
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
   * Removes everything after the reject that has ended the run: how much else is in the block depends on how the input arrived.
   *
   * @returns where that begins; undefined if there is nothing
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

  /** Whether a row of the block precedes a fault. */
  #isBefore(row: number, fault: FaultyRecord | undefined): boolean {
    if (row >= this.#block.rowCount) return false
    return fault === undefined || this.#offsetOf(row) < fault.offsetBytes
  }

  #offsetOf(row: number): number {
    const { bytesOffset, recordStarts } = this.#block
    return this.#builder.inputOffset(bytesOffset + recordStarts[row]!)
  }
}
