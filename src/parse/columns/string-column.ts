/*
  STRING and BLOB columns in wire form. A STRING is its UTF-8 and a byte 00 after it; a BLOB is an int32 with the length, then
  the bytes of the cell unchanged.
*/
import { mostGivenUp } from '../../kernel/kernel.js'
import type { DataType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { limitText } from '../../schema/text-limits.js'
import { isUtf8 } from '../cells/cell-bytes.js'
import type { RecordBlock } from '../record-block.js'
import { ArrayStore, type BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'

/** Bytes of the length before a BLOB. */
const lengthBytes = 4

/** Refuses rows whose text is too long; in a STRING also texts that are not UTF-8 or contain U+0000. */
export class StringColumn implements ColumnBuilder {
  readonly #type: DataType
  readonly #isBlob: boolean
  readonly #columnIndex: number
  readonly #maxBytes: number
  readonly #store: ArrayStore
  #encoded: Uint8Array = new Uint8Array(0)
  #length = 0
  #lengthBefore = 0

  constructor(
    type: DataType,
    isBlob: boolean,
    columnIndex: number,
    pool: BufferPool,
    maxBytes: number,
  ) {
    this.#type = type
    this.#isBlob = isBlob
    this.#columnIndex = columnIndex
    this.#maxBytes = maxBytes
    this.#store = new ArrayStore(pool, 1)
  }

  read(block: RecordBlock, field: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    this.#begin(block, field)
    const isBlob = this.#isBlob
    const encoded = this.#encoded
    const maxBytes = this.#maxBytes
    let to = this.#length
    let nulls = 0
    const kernel = isBlob ? undefined : block.kernel
    let givenUp = 0
    for (let row = 0; row < rowCount; row++) {
      if (kernel !== undefined && givenUp < mostGivenUp) {
        const { bytes: memory, calls, textOut, textOutEnd } = kernel
        const most = Math.min(maxBytes, textOutEnd - textOut)
        row = calls.texts(field, row, textOut, textOutEnd, most)
        const end = kernel.filledTo
        encoded.set(memory.subarray(textOut, end), to)
        to += end - textOut
        nulls += kernel.nullCount
        givenUp++
        if (row === rowCount) break
      }
      const cell = field + row * fieldCount
      const start = starts[cell]!
      const end = ends[cell]!
      if (isBlob) to += lengthBytes
      const first = to
      const isTooLong = end - start > maxBytes
      let all = 0
      for (let p = start; p < end; p++) {
        const c = bytes[p]!
        encoded[to++] = c
        // Negative for a zero.
        all |= c | (c - 1)
      }
      const isText = isBlob || (all >= 0 && (all < 0x80 || isUtf8(bytes, start, end)))
      if (isTooLong || !isText) {
        to = first
        block.refuse(row, this.#columnIndex)
      }
      if (to === first) nulls++
      if (isBlob)
        for (let i = 0; i < lengthBytes; i++)
          encoded[first - lengthBytes + i] = (to - first) >> (8 * i)
      else encoded[to++] = 0
    }
    this.#length = to
    return nulls
  }

  /** Makes room for the texts of the block. */
  #begin({ starts, ends, fieldCount, rowCount }: RecordBlock, field: number): void {
    this.#lengthBefore = this.#length
    let needed = this.#length + (this.#isBlob ? lengthBytes : 1) * rowCount
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      needed += ends[cell]! - starts[cell]!
    }
    if (this.#store.reserve(needed)) this.#encoded = new Uint8Array(this.#store.buffer)
  }

  undo(): void {
    this.#length = this.#lengthBefore
  }

  explain(_bytes: Uint8Array, start: number, end: number): CellFault {
    return explainText(end - start, this.#maxBytes)
  }

  encodedBytes(): number {
    return this.#length
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const encoded = this.#encoded.subarray(0, this.#length)
    this.#store.release(buffers)
    this.#encoded = new Uint8Array(0)
    this.#length = 0
    return { form: 'vector', type: this.#type, length: rowCount, encoded } as Column
  }
}

/** Explains why a text of UTF-8 was refused: it is too long, or contains U+0000, which ends texts on the wire. */
export function explainText(textBytes: number, maxBytes: number): CellFault {
  return textBytes > maxBytes
    ? { code: 'DDB_INPUT_RANGE', expected: limitText(maxBytes, textBytes) }
    : { code: 'DDB_STRING_HAS_NUL', expected: 'a text without U+0000' }
}
