/*
  Memory for the elements of one column, taken from the pool. Grows with the rows.
*/
import type { BufferPool } from './buffer-pool.js'

/** Holds the buffer of a column under construction. `release` gives it to the batch, which returns it to the pool. */
export class ArrayStore {
  buffer: ArrayBuffer
  readonly #pool: BufferPool
  readonly #bytesPerRow: number
  /** Number of bytes that the current batch needs so far. */
  #neededBytes = 0
  /** Number of bytes that the last batch needed, because the next one will probably need as many; 0 in the first batch. */
  #expectedBytes = 0

  constructor(pool: BufferPool, bytesPerRow: number) {
    this.#pool = pool
    this.#bytesPerRow = bytesPerRow
    this.buffer = new ArrayBuffer(0)
  }

  /** Makes room for `rowCount` rows. Returns true if `buffer` was replaced. */
  reserve(rowCount: number): boolean {
    const needed = rowCount * this.#bytesPerRow
    this.#neededBytes = needed
    const { byteLength } = this.buffer
    if (needed <= byteLength) return false
    const expected = this.#expectedBytes || this.#pool.batchRows * this.#bytesPerRow
    const larger = this.#pool.take(Math.max(needed, 2 * byteLength, expected))
    if (byteLength > 0) {
      new Uint8Array(larger).set(new Uint8Array(this.buffer))
      this.#pool.give(this.buffer)
    }
    this.buffer = larger
    return true
  }

  release(buffers: ArrayBuffer[]): void {
    if (this.buffer.byteLength === 0) return
    // Expects the next batch to need as many bytes as this one. The size of the buffer is not a measure, because small
    // batches may follow a large one.
    this.#expectedBytes = this.#neededBytes
    buffers.push(this.buffer)
    this.buffer = new ArrayBuffer(0)
  }
}
