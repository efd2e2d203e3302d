/*
  Where each row of a batch came from, so that the loader can name and fetch it again.
*/
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import type { RecordBlock } from './record-block.js'

/** Where one row's record stands in the decompressed input. */
export interface RowPlace {
  readonly lineNumber: number
  readonly offsetBytes: number
  readonly lengthBytes: number
}

/** Offset, length, line of each row. */
const numbersPerRow = 3

/** The places of one batch under construction. */
export class RowPlaces {
  readonly #store: ArrayStore
  #numbers: Float64Array = new Float64Array(0)

  constructor(pool: BufferPool) {
    this.#store = new ArrayStore(pool, numbersPerRow * Float64Array.BYTES_PER_ELEMENT)
  }

  /** Adds the block's rows, as rows `firstRow` and on. */
  append(block: RecordBlock, firstRow: number): void {
    const { recordStarts, recordEnds, lineNumbers, bytesOffset, rowCount } = block
    if (this.#store.reserve(firstRow + rowCount)) {
      this.#numbers = new Float64Array(this.#store.buffer)
    }
    const numbers = this.#numbers
    let at = firstRow * numbersPerRow
    for (let row = 0; row < rowCount; row++, at += numbersPerRow) {
      const start = recordStarts[row]!
      numbers[at] = bytesOffset + start
      numbers[at + 1] = recordEnds[row]! - start
      numbers[at + 2] = lineNumbers[row]!
    }
  }

  /** The way to look a row of this batch up; the next batch starts. */
  take(buffers: ArrayBuffer[]): (rowIndex: number) => RowPlace {
    const numbers = this.#numbers
    this.#store.release(buffers)
    this.#numbers = new Float64Array(0)
    return rowIndex => {
      const at = rowIndex * numbersPerRow
      return {
        offsetBytes: numbers[at]!,
        lengthBytes: numbers[at + 1]!,
        lineNumber: numbers[at + 2]!,
      }
    }
  }
}
