/* Array vectors: `1,2,3` or `[1,2,3]` in one cell. A single builder of the element type takes the elements of all rows. */
import * as ascii from '../ascii.js'
import type { Column, Vector } from '../../protocol/value.js'
import { ArrayStore, type BufferPool } from './fixed-column.js'
import { trimmedEnd, trimmedStart } from '../cells/cell-bytes.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'
import { RecordBlock } from '../record-block.js'

/** Separates array elements in cells that are made from JSON arrays. */
export const elementSeparator = 0x1f

const offsetBytes = 4
const initialElements = 4096

export class ArrayColumn implements ColumnBuilder {
  readonly #elements: ColumnBuilder
  readonly #delimiter: number
  readonly #store: ArrayStore<Uint32Array>
  #count = 0
  #countBefore = 0
  #block: RecordBlock = new RecordBlock(1, initialElements)

  /** @param delimiter  the byte between elements */
  constructor(elements: ColumnBuilder, delimiter: number, pool: BufferPool) {
    this.#elements = elements
    this.#delimiter = delimiter
    this.#store = new ArrayStore(pool, offsetBytes, Uint32Array)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { starts, ends, fieldCount, rowCount } = block
    const offsets = this.#store.reserve(firstRow + rowCount + 1)
    this.#block.clear()
    this.#block.bytes = block.bytes
    this.#countBefore = this.#count
    offsets[firstRow] = this.#count
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      if (starts[cell] === ends[cell]) nulls++
      this.#split(starts[cell]!, ends[cell]!)
      offsets[firstRow + row + 1] = this.#count + this.#block.rowCount
    }
    this.#elements.read(this.#block, 0, this.#count)
    if (this.#block.refusedCount > 0) this.#refuseRows(block, firstRow)
    this.#count += this.#block.rowCount
    return nulls
  }

  #refuseRows(block: RecordBlock, firstRow: number): void {
    for (let row = 0; row < block.rowCount; row++) {
      const first = this.#store.view[firstRow + row]! - this.#count
      const last = this.#store.view[firstRow + row + 1]! - this.#count
      if (this.#block.refusedBy.subarray(first, last).includes(1)) block.refuse(row)
    }
  }

  /** Adds the elements of one cell. An empty cell gets one null, as in DolphinDB (docs/protocol.md#array-vectors). */
  #split(start: number, end: number): void {
    const { bytes } = this.#block
    // At either end, a tab that divides elements stands for an empty one.
    const isTab = this.#delimiter === ascii.tab
    let first = isTab ? start : trimmedStart(bytes, start, end)
    let last = isTab ? end : trimmedEnd(bytes, first, end)
    const marked = this.#delimiter !== elementSeparator && bytes[first] === ascii.openBracket
    if (marked && last - first > 1 && bytes[last - 1] === ascii.closeBracket) {
      first = isTab ? first + 1 : trimmedStart(bytes, first + 1, last - 1)
      last = isTab ? last - 1 : trimmedEnd(bytes, first, last - 1)
    }
    let from = first
    for (let p = first; p < last; p++) {
      if (bytes[p] !== this.#delimiter) continue
      this.#add(from, p)
      from = p + 1
    }
    this.#add(from, last)
  }

  #add(start: number, end: number): void {
    const { bytes } = this.#block
    const first = trimmedStart(bytes, start, end)
    if (this.#block.rowCount === this.#block.rowCapacity) this.#growBlock()
    const element = this.#block.rowCount++
    this.#block.starts[element] = first
    this.#block.ends[element] = trimmedEnd(bytes, first, end)
  }

  #growBlock(): void {
    const larger = new RecordBlock(1, 2 * this.#block.rowCapacity)
    larger.bytes = this.#block.bytes
    larger.rowCount = this.#block.rowCount
    larger.starts.set(this.#block.starts)
    larger.ends.set(this.#block.ends)
    this.#block = larger
  }

  undo(): void {
    this.#elements.undo?.()
    this.#count = this.#countBefore
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    this.#block.clear()
    this.#block.bytes = bytes
    this.#split(start, end)
    const block = this.#block
    this.#elements.read(block, 0, this.#count)
    this.#elements.undo?.()
    const element = block.refusedBy.indexOf(1)
    const fault = this.#elements.explain(bytes, block.starts[element]!, block.ends[element]!)
    const expected = `element ${element + 1} to be ${fault.expected}`
    if (this.#delimiter !== elementSeparator) return { code: fault.code, expected }
    const text = Buffer.from(bytes.subarray(start, end))
    text.forEach((byte, at) => (text[at] = byte === elementSeparator ? ascii.comma : byte))
    return { code: fault.code, expected, text }
  }

  encodedBytes(rowCount: number): number {
    // On the wire, each row's count usually takes one byte, and each block of rows four more.
    return this.#elements.encodedBytes(this.#count) + rowCount
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const cells = this.#elements.take(this.#count, buffers) as Vector
    const offsets = this.#store.release(buffers).subarray(0, rowCount + 1)
    this.#count = 0
    return { form: 'arrayVector', length: rowCount, offsets, cells }
  }
}
