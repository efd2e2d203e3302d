/*
  STRING columns in wire form: the UTF-8 of each text, and a byte 00 after it.
*/
import type { Column } from '../../protocol/value.js'
import { limitText } from '../../schema/text-limits.js'
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import { isUtf8 } from '../cells/cell-bytes.js'
import type { CellFault, ColumnBuilder, WireRoom } from './column-builder.js'
import type { ColumnPart, TextPart } from './column-part.js'
import type { RecordBlock } from '../record-block.js'

/** Constants for copying and checking four bytes as one word. */
const ones = 0x01010101
const highBits = 0x80808080 | 0

/** Refuses rows whose text is not UTF-8, contains U+0000 or is too long. */
export class StringColumn implements ColumnBuilder {
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
    const maxBytes = this.#maxBytes
    let to = this.#length
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const first = to
      const isTooLong = end - start > maxBytes
      let all = 0
      let zeros = 0
      let p = start
      for (; end - p >= 4; p += 4, to += 4) {
        const word = view.getInt32(p, true)
        target.setInt32(to, word, true)
        all |= word
        zeros |= (word - ones) & ~word
      }
      for (; p < end; p++) {
        const c = bytes[p]!
        encoded[to++] = c
        all |= c
        zeros |= c - 1
      }
      // A high bit in `all` comes from a byte beyond ASCII. A high bit in `zeros` comes from a zero, or from such a byte.
      if (isTooLong || (((all | zeros) & highBits) !== 0 && !isText(bytes, start, end))) {
        to = first
        block.refuse(row, this.#columnIndex)
      }
      if (to === first) nulls++
      encoded[to++] = 0
    }
    this.#length = to
    return nulls
  }

  undo(): void {
    this.#length = this.#lengthBefore
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    return explainText(bytes, start, end, this.#maxBytes)
  }

  encodedBytes(): number {
    return this.#length
  }

  get most(): WireRoom {
    return { row: 1, textByte: 1 }
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const encoded = this.#encoded.subarray(0, this.#length)
    this.#store.release(buffers)
    this.#encoded = new Uint8Array(0)
    this.#length = 0
    return this.#column(encoded, rowCount)
  }

  append(part: ColumnPart, from: number, to: number): void {
    const { encoded, ends } = part as TextPart
    const texts = encoded.subarray(from === 0 ? 0 : ends[from - 1], to === 0 ? 0 : ends[to - 1])
    this.#reserveBytes(this.#length + texts.length)
    this.#encoded.set(texts, this.#length)
    this.#length += texts.length
  }

  #reserve(block: RecordBlock, field: number): void {
    const { starts, ends, fieldCount, rowCount } = block
    let needed = this.#length + rowCount
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

/** True if the bytes are UTF-8 without U+0000. */
function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p] === 0) return false
  return isUtf8(bytes, start, end)
}

/** Explains why a text was refused: it is not UTF-8, contains U+0000 (which ends texts on the wire), or is too long. */
export function explainText(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxBytes: number,
): CellFault {
  if (!isUtf8(bytes, start, end))
    return {
      code: 'DDB_INPUT_ENCODING',
      expected: 'text in the encoding that `input.encoding` names',
    }
  if (end - start > maxBytes) return tooLong(end - start, maxBytes)
  return { code: 'DDB_STRING_HAS_NUL', expected: 'a text without U+0000' }
}

export function tooLong(lengthBytes: number, maxBytes: number): CellFault {
  return { code: 'DDB_INPUT_RANGE', expected: limitText(maxBytes, lengthBytes) }
}
