/*
  Records the place of each row of a batch in its input, so that the loader can name the row and fetch it again, and keeps
  the bytes of records.
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

/**
 * Numbers per row: start, length, line, and start among the kept bytes, relative to the block. Absolute numbers would take
 * twice the memory.
 */
const numbersPerRow = 4

/** Number of a block's first row in the batch, the block's place in the input, and the place of its kept bytes. */
interface BlockPlace {
  readonly firstRow: number
  readonly offsetBytes: number
  readonly lineNumber: number
  readonly keptStart: number
}

/** Finds the rows of a batch. Valid until the batch's buffers are reused. */
export interface TakenPlaces {
  readonly place: (rowIndex: number) => RowPlace
  /** The record unchanged; empty if records are not kept. */
  readonly record: (rowIndex: number) => Uint8Array
}

export class RowPlaces {
  readonly #store: ArrayStore
  #numbers: Int32Array = new Int32Array(0)
  #blocks: BlockPlace[] = []
  /** Bytes of the records; undefined if they are not kept. */
  readonly #kept: ArrayStore | undefined
  #keptBytes = 0

  constructor(pool: BufferPool, keepsRecords: boolean) {
    this.#store = new ArrayStore(pool, numbersPerRow * Int32Array.BYTES_PER_ELEMENT)
    this.#kept = keepsRecords ? new ArrayStore(pool, 1) : undefined
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
    const keptStart = this.#keptBytes
    this.#blocks.push({ firstRow, offsetBytes: bytesOffset, lineNumber: firstLine, keptStart })
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
    if (this.#kept !== undefined) this.#keep(this.#kept, block, firstRow, bytes)
    return bytes
  }

  #keep(
    store: ArrayStore,
    { recordStarts, recordEnds, rowCount, bytes }: RowBounds,
    firstRow: number,
    recordBytes: number,
  ): void {
    const first = recordStarts[0]!
    const span = recordEnds[rowCount - 1]! - first
    // One copy is cheaper than many, unless most bytes from the first record to the last belong to no row.
    const isWhole = span <= 2 * recordBytes
    const start = this.#keptBytes
    this.#keptBytes += isWhole ? span : recordBytes
    store.reserve(this.#keptBytes)
    const kept = new Uint8Array(store.buffer)
    if (isWhole) kept.set(bytes.subarray(first, first + span), start)
    let to = 0
    for (let row = 0; row < rowCount; row++) {
      const recordStart = recordStarts[row]!
      const recordEnd = recordEnds[row]!
      if (!isWhole) kept.set(bytes.subarray(recordStart, recordEnd), start + to)
      this.#numbers[(firstRow + row) * numbersPerRow + 3] = isWhole ? recordStart - first : to
      to += recordEnd - recordStart
    }
  }

  /** Ends the batch. */
  take(buffers: ArrayBuffer[]): TakenPlaces {
    const numbers = this.#numbers
    const blocks = this.#blocks
    const kept = this.#kept && new Uint8Array(this.#kept.buffer)
    this.#store.release(buffers)
    this.#kept?.release(buffers)
    this.#numbers = new Int32Array(0)
    this.#blocks = []
    this.#keptBytes = 0
    const blockOf = (rowIndex: number): BlockPlace =>
      blocks.findLast(({ firstRow }) => firstRow <= rowIndex)!
    return {
      place(rowIndex) {
        const block = blockOf(rowIndex)
        const at = rowIndex * numbersPerRow
        return {
          offsetBytes: block.offsetBytes + numbers[at]!,
          lengthBytes: numbers[at + 1]!,
          lineNumber: block.lineNumber + numbers[at + 2]!,
        }
      },
      record(rowIndex) {
        if (kept === undefined) return new Uint8Array(0)
        const at = rowIndex * numbersPerRow
        const start = blockOf(rowIndex).keptStart + numbers[at + 3]!
        return kept.slice(start, start + numbers[at + 1]!)
      },
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
