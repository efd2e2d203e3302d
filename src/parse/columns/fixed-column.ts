/*
  Columns whose elements all have the same size. A type is a row of a table: its memory, its null, and the reader of its cells.
*/
import { option } from '../../errors.js'
import { mostGivenUp, type Kernel, type KernelRead } from '../../kernel/kernel.js'
import type { DataType } from '../../protocol/data-type.js'
import { nullDouble, nullInt32, nullInt8 } from '../../protocol/null-value.js'
import type { Column } from '../../protocol/value.js'
import { isRead, notFinite, noValue, type NumberArray, type ReadCell } from '../cells/read-cell.js'
import type { RecordBlock } from '../record-block.js'
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder, ColumnPart, FixedPart, WireRoom } from './column-builder.js'

export interface FixedLayout {
  readonly bytesPerRow: number
  /** The array into which cells are read. */
  readonly Cells: new (buffer: ArrayBuffer) => NumberArray
  /** The array of the finished column, if it is another one. */
  readonly Data?: new (buffer: ArrayBuffer) => BigInt64Array | Uint8Array
  /** The array elements that store a null. */
  readonly nullElements: readonly number[]
}

export const layoutOf = (
  Cells: FixedLayout['Cells'] & { readonly BYTES_PER_ELEMENT: number },
  ...nullElements: number[]
): FixedLayout => ({
  bytesPerRow: nullElements.length * Cells.BYTES_PER_ELEMENT,
  Cells,
  nullElements,
})

export const int8Layout: FixedLayout = layoutOf(Int8Array, nullInt8)
export const int32Layout: FixedLayout = layoutOf(Int32Array, nullInt32)
/** The layout of LONG, DECIMAL64 and the longer times: two words, the low word first. No cell needs a BigInt. */
export const int64Layout: FixedLayout = {
  ...layoutOf(Int32Array, 0, nullInt32),
  Data: BigInt64Array,
}
/** 16 bytes per value, sent in reverse order (docs/protocol.md#sixteen-byte-values). */
export const sixteenBytes: FixedLayout = { ...layoutOf(Int32Array, 0, 0, 0, 0), Data: Uint8Array }
export const largeLayout: FixedLayout = { ...sixteenBytes, nullElements: [0, 0, 0, nullInt32] }
export const pairLayout: FixedLayout = layoutOf(Float64Array, nullDouble, nullDouble)

export interface FixedType extends FixedLayout {
  readonly name: DataType
  /** Set for decimals: digits after the point. */
  readonly scale?: number
  readonly readCell: ReadCell
  /** The kernel's reader for texts such as the cell, if it has one. */
  readonly kernelRead?: ((block: RecordBlock, cell: number) => KernelRead | undefined) | undefined
  /** Describes values of the type in messages: `a whole number from … to …`. */
  readonly expected: string
  /** May describe values more precisely than `expected`, for the text that `readCell` has just refused. */
  readonly explain?: (bytes: Uint8Array, start: number, end: number) => string | undefined
}

export class FixedColumn implements ColumnBuilder {
  readonly #type: FixedType
  readonly #columnIndex: number
  #array: NumberArray
  readonly #store: ArrayStore

  constructor(type: FixedType, columnIndex: number, pool: BufferPool) {
    this.#type = type
    this.#columnIndex = columnIndex
    this.#store = new ArrayStore(pool, type.bytesPerRow)
    this.#array = new type.Cells(this.#store.buffer)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    const { readCell, kernelRead, nullElements } = this.#type
    const width = nullElements.length
    const array = this.#reserve(firstRow + rowCount)
    const kernel = kernelRead && block.kernel
    let givenUp = 0
    let nulls = 0
    kernel?.useRows(fieldCount, rowCount)
    for (let row = 0; row < rowCount; row++) {
      if (kernel !== undefined && givenUp++ < mostGivenUp) {
        const from = row
        row = kernelRead!(block, field + row * fieldCount)?.(kernel, field, row) ?? row
        if (row > from) {
          this.#copy(kernel, from, row, firstRow)
          nulls += kernel.calls.nullCount()
        }
      }
      if (row === rowCount) break
      const cell = field + row * fieldCount
      const at = (firstRow + row) * width
      const start = starts[cell]!
      const end = ends[cell]!
      if (start !== end) {
        if (readCell(bytes, start, end, array, at) === isRead) continue
        block.refuse(row, this.#columnIndex)
      }
      nulls++
      for (let i = 0; i < width; i++) array[at + i] = nullElements[i]!
    }
    return nulls
  }

  /** Copies rows from where the kernel has put them. */
  #copy({ buffer, out }: Kernel, from: number, to: number, firstRow: number): void {
    const { bytesPerRow } = this.#type
    const found = new Uint8Array(buffer, out + from * bytesPerRow, (to - from) * bytesPerRow)
    new Uint8Array(this.#store.buffer).set(found, (firstRow + from) * bytesPerRow)
  }

  #reserve(rowCount: number): NumberArray {
    if (this.#store.reserve(rowCount)) this.#array = new this.#type.Cells(this.#store.buffer)
    return this.#array
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const { bytesPerRow, Cells, readCell, explain, expected } = this.#type
    const spare = new Cells(new ArrayBuffer(bytesPerRow))
    const outcome = readCell(bytes, start, end, spare, 0)
    const found = explain?.(bytes, start, end) ?? expected
    return {
      code: outcome === noValue ? 'DDB_INPUT_CELL' : 'DDB_INPUT_RANGE',
      // In DolphinDB, NaN and infinities would be neither nulls nor values.
      expected:
        outcome === notFinite
          ? `${found} that is finite (null stands for NaN and infinities: name them with ${option('cells.nullTexts')})`
          : found,
    }
  }

  /** Does nothing, because the next `read` overwrites the rows to remove. */
  undo(): void {
    return
  }

  encodedBytes(rowCount: number): number {
    return rowCount * this.#type.bytesPerRow
  }

  get most(): WireRoom {
    return { row: this.#type.bytesPerRow, textByte: 0 }
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const { name: type, scale, Cells, Data = Cells } = this.#type
    const data = new Data(this.#store.buffer)
    this.#store.release(buffers)
    this.#array = new Cells(this.#store.buffer)
    const shape = scale === undefined ? { type } : { type, scale }
    return { form: 'vector', length: rowCount, data, ...shape } as Column
  }

  append(part: ColumnPart, from: number, to: number, firstRow: number): void {
    this.#reserve(firstRow + to - from)
    this.#store.put((part as FixedPart).data, from, to, firstRow)
  }
}
