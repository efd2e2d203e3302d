/* A block of at most 4,096 records between a tokenizer and the columns. The block has the start and end of each field's text in `bytes`. A
   column reads one field of all records in a tight loop for its type. */
import { newKernel, type Kernel } from '../kernel/kernel.js'
import type { Reject } from './batch.js'
import { bytesFor, slackBytes, type Window } from './window.js'

/** Used as a column's index if no single column is at fault. */
export const wholeRow = -2

/** Limit of the cells in a block, so that their bounds stay in the processor's cache. */
const cellsPerBlock = 16_384
export const maxBlockRows = 4096
const minBlockRows = 16
/** Limit of faults per block. More objects at once would enlarge the garbage collector's young generation. */
export const maxBlockFaults = 8

/** One block serves a whole input: a tokenizer fills it, columns read it, and the tokenizer fills it again. */
export class RecordBlock {
  readonly fieldCount: number
  readonly rowCapacity: number
  /** Text of field `f` in row `r`: from `starts[r * fieldCount + f]` to `ends[…]` (exclusive) in `bytes`. */
  starts: Int32Array
  ends: Int32Array
  /** Place of each whole record in `bytes`, including its line end. */
  recordStarts: Int32Array
  recordEnds: Int32Array
  lineNumbers: Float64Array
  /** Reads the usual records and columns; undefined if it does not hold `bytes`, or if there is none. */
  kernel: Kernel | undefined
  /** Index of the column that reads the block. */
  column = 0
  /** For each row 0 or, if a column refused its cell, 1 + the index of the first such column. */
  readonly refusedBy: Int32Array
  bytes: Uint8Array = new Uint8Array(0)
  /** The window whose bytes these are; undefined for texts that no input has. */
  window: Window | undefined
  /** Position of `bytes[0]` in the text of the input. */
  bytesOffset = 0
  /** The byte before every quoted cell in `bytes`; −1 if the format does not mark quoted cells. */
  quote = -1
  /** `bytes` holds input before this position; from there on, the tokenizer writes cells that it has unescaped. */
  writtenFrom = 0
  /** Position where the next unescaped cell is written. */
  scratch = 0
  rowCount = 0
  /** Of so many first rows, each is known to begin where the one before ended, one line after it. */
  unbroken = 0
  refusedCount = 0
  /** Cells that their columns refused, as indexes in `starts`; the tokenizer has emptied them. None unless `lenient` is set. */
  readonly wrongCells: number[] = []
  /** 1 for each cell that the format itself marks as a number; undefined if no column needs to know. */
  numberCells: Uint8Array | undefined
  /** Records that no column reads. */
  readonly faults: Reject[] = []
  #kernel: Kernel | undefined
  /** The window that was moved into the kernel's memory last. Other windows may have been shown since. */
  #held: Window | undefined
  /** Many small inputs, which share a block, are worth a kernel as well. */
  #takenBytes = 0

  constructor(fieldCount: number, rowCapacity: number = blockRows(fieldCount)) {
    this.fieldCount = fieldCount
    this.rowCapacity = rowCapacity
    this.starts = new Int32Array(rowCapacity * fieldCount)
    this.ends = new Int32Array(rowCapacity * fieldCount)
    this.recordStarts = new Int32Array(rowCapacity)
    this.recordEnds = new Int32Array(rowCapacity)
    this.lineNumbers = new Float64Array(rowCapacity)
    this.refusedBy = new Int32Array(rowCapacity)
  }

  /** Makes positions in the block those of the window, and moves its bytes into the kernel's memory. */
  showWindow(window: Window): void {
    const { start, end } = window
    const kernel = this.#kernelFor(end - start)
    const isInPlace = window.bytes.buffer === kernel?.buffer
    if (kernel !== undefined && !isInPlace && bytesFor(end) <= kernel.text.length) {
      const other = this.#held
      // Its input may go on later.
      if (other?.bytes === kernel.text) other.moveTo(new Uint8Array(bytesFor(other.end)))
      window.moveTo(kernel.text)
      this.#held = window
    }
    this.window = window
    this.bytes = window.bytes
    this.bytesOffset = window.offset
    this.writtenFrom = end
    this.scratch = window.scratchStart
    this.#useKernel(start, end)
  }

  /** Makes room for texts of fields that the caller writes, and clears the block. Returns the bytes for the texts. */
  beginTexts(byteLength: number): Uint8Array {
    this.clear()
    const needed = byteLength + slackBytes
    const kernel = this.#kernelFor(needed)
    if (kernel !== undefined && needed <= kernel.text.length) this.bytes = kernel.text
    else if (this.bytes.length < needed || this.kernel) this.bytes = new Uint8Array(2 * needed)
    return this.bytes
  }

  /** The rows have their texts, in the bytes up to `end`. */
  endTexts(end: number): void {
    this.writtenFrom = this.scratch = end
    this.#useKernel(0, end)
    this.kernel?.useRows(this)
  }

  /** The block's kernel, whose memory has the block's arrays. */
  #kernelFor(byteLength: number): Kernel | undefined {
    const { rowCapacity } = this
    const cells = this.starts.length
    this.#takenBytes += byteLength
    const kernel = (this.#kernel ??= newKernel(this.#takenBytes, cells, rowCapacity))
    if (kernel === undefined || this.starts.buffer === kernel.buffer) return kernel
    const { buffer } = kernel
    this.starts = new Int32Array(buffer, kernel.startsAt, cells)
    this.ends = new Int32Array(buffer, kernel.endsAt, cells)
    this.recordStarts = new Int32Array(buffer, kernel.recordStartsAt, rowCapacity)
    this.recordEnds = new Int32Array(buffer, kernel.recordEndsAt, rowCapacity)
    this.lineNumbers = new Float64Array(buffer, kernel.lineNumbersAt, rowCapacity)
    return kernel
  }

  #useKernel(start: number, end: number): void {
    this.kernel = this.bytes === this.#kernel?.text ? this.#kernel : undefined
    this.kernel?.takeText(start, end)
  }

  clear(): void {
    if (this.refusedCount > 0) this.refusedBy.fill(0)
    this.rowCount = this.unbroken = 0
    this.refusedCount = 0
    this.wrongCells.length = 0
    this.faults.length = 0
  }

  /** True if the cell is quoted; false if the format does not mark quoted cells. */
  isQuoted(row: number, cell: number): boolean {
    const start = this.starts[cell]!
    if (this.quote < 0) return false
    // Only cells that were quoted are unescaped.
    if (start > this.writtenFrom) return true
    return start > this.recordStarts[row]! && this.bytes[start - 1] === this.quote
  }

  /** Refuses a row. The first column that refuses the row determines the message. */
  refuse(row: number, column = this.column): void {
    if (this.refusedBy[row] !== 0) return
    this.refusedBy[row] = column + 1
    this.refusedCount++
  }

  /** Undoes `refuse` for all rows. Returns how many rows were refused. */
  forgive(): number {
    const count = this.refusedCount
    if (count > 0) this.refusedBy.fill(0)
    this.refusedCount = 0
    return count
  }

  /** Removes the refused rows, and moves the remaining rows up in order. */
  dropRefused(): void {
    const { fieldCount, starts, ends } = this
    let kept = 0
    for (let row = 0; row < this.rowCount; row++) {
      if (this.refusedBy[row] !== 0) continue
      if (kept !== row) {
        const from = row * fieldCount
        starts.copyWithin(kept * fieldCount, from, from + fieldCount)
        ends.copyWithin(kept * fieldCount, from, from + fieldCount)
        this.numberCells?.copyWithin(kept * fieldCount, from, from + fieldCount)
        this.recordStarts[kept] = this.recordStarts[row]!
        this.recordEnds[kept] = this.recordEnds[row]!
        this.lineNumbers[kept] = this.lineNumbers[row]!
      }
      kept++
    }
    this.refusedBy.fill(0)
    this.rowCount = kept
    this.refusedCount = this.unbroken = 0
  }
}

function blockRows(fieldCount: number): number {
  const rows = Math.floor(cellsPerBlock / Math.max(1, fieldCount))
  return Math.min(maxBlockRows, Math.max(minBlockRows, rows))
}
