/*
  Keeps unchanged copies of records: rejected records, and those of batches whose rows the server may still refuse.
*/
import { ArrayStore } from './columns/array-store.js'
import type { BufferPool } from './columns/buffer-pool.js'
import type { RowBounds } from './input-rows.js'

/** Each record has two numbers: its start and its end. */
const numbersPerRow = 2
const bytesPerRow = numbersPerRow * Float64Array.BYTES_PER_ELEMENT

/** Records of the batch under construction, copied before the window moves on. */
export class KeptRecords {
  readonly #bytes: ArrayStore
  readonly #bounds: ArrayStore
  #length = 0

  constructor(pool: BufferPool) {
    this.#bytes = new ArrayStore(pool, 1)
    this.#bounds = new ArrayStore(pool, bytesPerRow)
  }

  /** Adds the record of each row of the block. The first of these rows gets the number `firstRow`. */
  append(block: RowBounds, firstRow: number): void {
    const { recordStarts, recordEnds, rowCount, bytes } = block
    if (rowCount === 0) return
    let recordBytes = 0
    for (let row = 0; row < rowCount; row++) recordBytes += recordEnds[row]! - recordStarts[row]!
    const first = recordStarts[0]!
    const span = recordEnds[rowCount - 1]! - first
    // One copy is cheaper than many, unless most bytes from the first record to the last belong to no row.
    const whole = span <= 2 * recordBytes
    this.#bytes.reserve(this.#length + (whole ? span : recordBytes))
    this.#bounds.reserve(firstRow + rowCount)
    const kept = new Uint8Array(this.#bytes.buffer)
    const bounds = new Float64Array(this.#bounds.buffer)
    if (whole) kept.set(bytes.subarray(first, first + span), this.#length)
    let to = this.#length
    for (let row = 0; row < rowCount; row++) {
      const start = recordStarts[row]!
      const end = recordEnds[row]!
      if (whole) to = this.#length + start - first
      else kept.set(bytes.subarray(start, end), to)
      bounds[(firstRow + row) * numbersPerRow] = to
      to += end - start
      bounds[(firstRow + row) * numbersPerRow + 1] = to
    }
    this.#length = to
  }

  /** Ends the batch, and returns a function that finds its records by row. */
  take(buffers: ArrayBuffer[]): (rowIndex: number) => Uint8Array {
    const kept = new Uint8Array(this.#bytes.buffer)
    const bounds = new Float64Array(this.#bounds.buffer)
    this.#bytes.release(buffers)
    this.#bounds.release(buffers)
    this.#length = 0
    return rowIndex => {
      const at = rowIndex * numbersPerRow
      return kept.slice(bounds[at], bounds[at + 1])
    }
  }
}

const sharedBytes = 16 * 1024
/** A longer record gets an array of its own, because it would waste much of a shared one. */
const largestShared = 1024

/**
 * Copies single records. Small records share an array, because separate arrays would be most of the garbage of a load with a
 * million rejects. A record keeps the whole shared array in memory, so callers must not keep a record for long.
 */
export class RecordCopies {
  #shared = new Uint8Array(0)
  #used = 0

  /** A copy of the bytes from `start` to `end` (exclusive). */
  of(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start
    if (length > largestShared) return Uint8Array.from(bytes.subarray(start, end))
    if (this.#used + length > this.#shared.length) {
      this.#shared = new Uint8Array(sharedBytes)
      this.#used = 0
    }
    const shared = this.#shared
    const first = this.#used
    // A loop, because `set` would need a view of the source, which is an object for each record.
    for (let at = 0; at < length; at++) shared[first + at] = bytes[start + at]!
    this.#used += length
    return shared.subarray(first, this.#used)
  }
}
