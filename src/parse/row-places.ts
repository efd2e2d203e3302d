/*
  Records the place of each row of a batch in its input, so that the loader can name the row and fetch it again.
*/
import { ArrayStore } from './columns/array-store.js'
import type { BufferPool } from './columns/buffer-pool.js'
import type { InputRange } from './batch.js'
import type { RowBounds } from './input-rows.js'

/** Place of a row's record in the decompressed input. */
export interface RowPlace {
  readonly lineNumber: number
  readonly offsetBytes: number
  readonly lengthBytes: number
}

/** Numbers per row: start, length and line, relative to the block. Absolute numbers would take twice the memory. */
const numbersPerRow = 3

/** Number of a block's first row in the batch, and the block's place in the input. */
interface BlockPlace {
  readonly firstRow: number
  readonly offsetBytes: number
  readonly lineNumber: number
}

export class RowPlaces {
  readonly #store: ArrayStore
  #numbers: Int32Array = new Int32Array(0)
  #blocks: BlockPlace[] = []

  constructor(pool: BufferPool) {
    this.#store = new ArrayStore(pool, numbersPerRow * Int32Array.BYTES_PER_ELEMENT)
  }

  /**
   * Adds the rows of a block, beginning with row `firstRow` of the batch.
   * @returns the total length of their records in bytes
   */
  append(block: RowBounds, firstRow: number): number {
    const { recordStarts, recordEnds, lineNumbers, bytesOffset, rowCount } = block
    if (rowCount === 0) return 0
    if (this.#store.reserve(firstRow + rowCount)) {
      this.#numbers = new Int32Array(this.#store.buffer)
    }
    const firstLine = lineNumbers[0]!
    this.#blocks.push({ firstRow, offsetBytes: bytesOffset, lineNumber: firstLine })
    const numbers = this.#numbers
    let at = firstRow * numbersPerRow
    let bytes = 0
    for (let row = 0; row < rowCount; row++, at += numbersPerRow) {
      const start = recordStarts[row]!
      const length = recordEnds[row]! - start
      bytes += length
      numbers[at] = start
      numbers[at + 1] = length
      numbers[at + 2] = lineNumbers[row]! - firstLine
    }
    return bytes
  }

  /** Ends the batch. Returns a function that finds the place of a row, valid until the batch's buffers are reused. */
  take(buffers: ArrayBuffer[]): (rowIndex: number) => RowPlace {
    const numbers = this.#numbers
    const blocks = this.#blocks
    this.#store.release(buffers)
    this.#numbers = new Int32Array(0)
    this.#blocks = []
    return rowIndex => {
      const block = blocks.findLast(({ firstRow }) => firstRow <= rowIndex)!
      const at = rowIndex * numbersPerRow
      return {
        offsetBytes: block.offsetBytes + numbers[at]!,
        lengthBytes: numbers[at + 1]!,
        lineNumber: block.lineNumber + numbers[at + 2]!,
      }
    }
  }
}

/** The range of input that contains row `rowIndex` of a batch. */
export function rangeAt<Range extends InputRange>(
  ranges: readonly Range[],
  rowIndex: number,
): Range {
  let at = ranges.length - 1
  while (ranges[at]!.firstRow > rowIndex) at--
  return ranges[at]!
}
