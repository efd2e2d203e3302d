/*
  BLOB columns in wire form: an int32 with the length, then the bytes of the cell unchanged.
*/
import type { Column } from '../../protocol/value.js'
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder, WireRoom } from './column-builder.js'
import type { RecordBlock } from '../record-block.js'
import { tooLong } from './string-column.js'

const countBytes = 4

/** Accepts every text up to `maxBytes`; refuses the rows of longer texts. */
export class BlobColumn implements ColumnBuilder {
  readonly #column: (encoded: Uint8Array, rowCount: number) => Column
  readonly #columnIndex: number
  readonly #maxBytes: number
  readonly #store: ArrayStore
  #encoded: Uint8Array = new Uint8Array(0)
  #view: DataView = new DataView(new ArrayBuffer(0))
  #length = 0
  #lengthBefore = 0

  constructor(
    column: (encoded: Uint8Array, rowCount: number) => Column,
    columnIndex: number,
    pool: BufferPool,
    maxBytes: number,
  ) {
    this.#column = column
    this.#columnIndex = columnIndex
    this.#maxBytes = maxBytes
    this.#store = new ArrayStore(pool, 1)
  }

  read(block: RecordBlock, field: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    this.#lengthBefore = this.#length
    this.#reserve(block, field)
    const encoded = this.#encoded
    const target = this.#view
    let to = this.#length
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      let p = starts[cell]!
      const end = ends[cell]!
      if (end - p > this.#maxBytes) {
        block.refuse(row, this.#columnIndex)
        p = end
      }
      if (p === end) nulls++
      target.setInt32(to, end - p, true)
      to += countBytes
      for (; end - p >= 4; p += 4, to += 4) target.setInt32(to, view.getInt32(p, true), true)
      for (; p < end; p++) encoded[to++] = bytes[p]!
    }
    this.#length = to
    return nulls
  }

  undo(): void {
    this.#length = this.#lengthBefore
  }

  explain(_bytes: Uint8Array, start: number, end: number): CellFault {
    return tooLong(end - start, this.#maxBytes)
  }

  encodedBytes(): number {
    return this.#length
  }

  get most(): WireRoom {
    return { row: countBytes, textByte: 1 }
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const encoded = this.#encoded.subarray(0, this.#length)
    this.#store.release(buffers)
    this.#encoded = new Uint8Array(0)
    this.#length = 0
    return this.#column(encoded, rowCount)
  }

  #reserve(block: RecordBlock, field: number): void {
    const { starts, ends, fieldCount, rowCount } = block
    let needed = this.#length + countBytes * rowCount
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      needed += ends[cell]! - starts[cell]!
    }
    this.#reserveBytes(needed)
  }

  #reserveBytes(needed: number): void {
    if (this.#store.reserve(needed)) {
      this.#encoded = new Uint8Array(this.#store.buffer)
      this.#view = new DataView(this.#store.buffer)
    }
  }
}
