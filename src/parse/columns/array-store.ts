/*
  Memory for the elements of one column, from the pool, growing with the rows.
*/
import type { BufferPool } from './buffer-pool.js'

const initialRows = 1024

/** The buffer of one column under construction. After `release` it belongs to the batch, and returns through the pool. */
export class ArrayStore {
  buffer: ArrayBuffer
  readonly #pool: BufferPool
  readonly #bytesPerRow: number
  /** Bytes that the batch needs so far. */
  #neededBytes = 0
  /** Bytes that the last batch needed, as the next one will probably need as much. */
  #expectedBytes: number

  constructor(pool: BufferPool, bytesPerRow: number) {
    this.#pool = pool
    this.#bytesPerRow = bytesPerRow
    this.#expectedBytes = initialRows * bytesPerRow
    this.buffer = new ArrayBuffer(0)
  }

  /** Makes room for `rowCount` rows; true if `buffer` has changed. */
  reserve(rowCount: number): boolean {
    const needed = rowCount * this.#bytesPerRow
    this.#neededBytes = needed
    const { byteLength } = this.buffer
    if (needed <= byteLength) return false
    const larger = this.#pool.take(Math.max(needed, 2 * byteLength, this.#expectedBytes))
    if (byteLength > 0) {
      new Uint8Array(larger).set(new Uint8Array(this.buffer))
      this.#pool.give(this.buffer)
    }
    this.buffer = larger
    return true
  }

  /** Copies rows `from` to `to` (exclusive) of other rows to `firstRow`, where there must be room. */
  put(rows: ArrayBuffer, from: number, to: number, firstRow: number): void {
    const size = this.#bytesPerRow
    const bytes = new Uint8Array(rows, from * size, (to - from) * size)
    new Uint8Array(this.buffer).set(bytes, firstRow * size)
  }

  /** Memory for further data besides the rows. */
  beside(byteLength: number): ArrayBuffer {
    return this.#pool.take(byteLength)
  }

  /** Hands the buffer over to its batch. */
  release(buffers: ArrayBuffer[]): void {
    if (this.buffer.byteLength === 0) return
    // Not the buffer's size: small batches would otherwise occupy the memory of large ones while in flight.
    this.#expectedBytes = this.#neededBytes
    buffers.push(this.buffer)
    this.buffer = new ArrayBuffer(0)
  }
}
