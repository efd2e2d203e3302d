/*
  The records of a batch as they stand in the input, kept while the server may still refuse some of its rows.
*/
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import type { RecordBlock } from './record-block.js'

export class KeptRecords {
  readonly #bytes: ArrayStore
  readonly #ends: ArrayStore
  #length = 0

  constructor(pool: BufferPool) {
    this.#bytes = new ArrayStore(pool, 1)
    this.#ends = new ArrayStore(pool, Float64Array.BYTES_PER_ELEMENT)
  }

  append(block: RecordBlock, firstRow: number): void {
    const { recordStarts, recordEnds, rowCount, bytes } = block
    if (rowCount === 0) return
    let added = 0
    for (let row = 0; row < rowCount; row++) added += recordEnds[row]! - recordStarts[row]!
    this.#bytes.reserve(this.#length + added)
    this.#ends.reserve(firstRow + rowCount)
    const kept = new Uint8Array(this.#bytes.buffer)
    const ends = new Float64Array(this.#ends.buffer)
    for (let row = 0; row < rowCount; row++) {
      const record = bytes.subarray(recordStarts[row], recordEnds[row])
      kept.set(record, this.#length)
      this.#length += record.length
      ends[firstRow + row] = this.#length
    }
  }

  /** The way to the records of this batch; the next one starts. */
  take(buffers: ArrayBuffer[]): (rowIndex: number) => Uint8Array {
    const kept = new Uint8Array(this.#bytes.buffer)
    const ends = new Float64Array(this.#ends.buffer)
    this.#bytes.release(buffers)
    this.#ends.release(buffers)
    this.#length = 0
    return rowIndex => kept.slice(rowIndex === 0 ? 0 : ends[rowIndex - 1], ends[rowIndex])
  }
}
