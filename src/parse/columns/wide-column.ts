/*
  Columns in which an element takes several numbers: UUID, IPADDR, INT128, DECIMAL128 (16 bytes), COMPLEX, POINT (two doubles),
  DURATION (two int32).
*/
import type { Column } from '../../protocol/value.js'
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder, WireRoom } from './column-builder.js'
import type { RecordBlock } from '../record-block.js'

/** Arrays of wide columns, with several elements per row. */
export type WideArray = Int32Array | Float64Array

/** The array for a wide type's values, and the reader of its cells. */
export interface WideType<A extends WideArray> {
  readonly bytesPerRow: number
  readonly view: (buffer: ArrayBuffer) => A
  /** The array elements that store a null. */
  readonly nullElements: readonly number[]
  /** Reads a cell into `array` from `at` on. Returns 0; NaN if the text is not a value, Infinity if it does not fit. */
  readonly readCell: (
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    array: A,
    at: number,
  ) => number
  /** Describes values of the type in messages. */
  readonly expected: string
  readonly column: (data: A, rowCount: number) => Column
}

export class WideColumn<A extends WideArray> implements ColumnBuilder {
  readonly #type: WideType<A>
  readonly #columnIndex: number
  readonly #store: ArrayStore
  #array: A

  constructor(type: WideType<A>, columnIndex: number, pool: BufferPool) {
    this.#type = type
    this.#columnIndex = columnIndex
    this.#store = new ArrayStore(pool, type.bytesPerRow)
    this.#array = type.view(this.#store.buffer)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    const { nullElements, readCell } = this.#type
    const perRow = nullElements.length
    if (this.#store.reserve(firstRow + rowCount)) {
      this.#array = this.#type.view(this.#store.buffer)
    }
    const array = this.#array
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const at = (firstRow + row) * perRow
      if (start !== end) {
        if (readCell(bytes, view, start, end, array, at) === 0) continue
        block.refuse(row, this.#columnIndex)
      }
      for (let i = 0; i < perRow; i++) array[at + i] = nullElements[i]!
      nulls++
    }
    return nulls
  }

  undo(): void {
    return
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const spare = this.#type.view(new ArrayBuffer(this.#type.bytesPerRow))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const isValue = !Number.isNaN(this.#type.readCell(bytes, view, start, end, spare, 0))
    return {
      code: isValue ? 'DDB_INPUT_RANGE' : 'DDB_INPUT_CELL',
      expected: this.#type.expected,
    }
  }

  encodedBytes(rowCount: number): number {
    return rowCount * this.#type.bytesPerRow
  }

  get most(): WireRoom {
    return { row: this.#type.bytesPerRow, textByte: 0 }
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const column = this.#type.column(this.#array, rowCount)
    this.#store.release(buffers)
    this.#array = this.#type.view(this.#store.buffer)
    return column
  }
}
