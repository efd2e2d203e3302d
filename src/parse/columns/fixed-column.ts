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
import { ArrayStore, type BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'

export interface FixedLayout {
  readonly bytesPerRow: number
  /** The array into which cells are read. */
  readonly Cells: new (buffer: ArrayBuffer, byteOffset?: number, length?: number) => NumberArray
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

/** Stores a value as a column would store its text, from element `at` on. Returns false to leave it to the reader of texts. */
export type TakeValue = (value: unknown, into: NumberArray, at: number) => boolean

/** How to rewrite texts that are not in the notation of their type. */
export interface Rewriting {
  /**
   * Rewrites the text from `start` to `end`, which is not empty. The result may be empty, which is null.
   * @returns the position after the new text in `into`, or −1 if the text is not a value
   */
  readonly write: (
    bytes: Uint8Array,
    start: number,
    end: number,
    into: Uint8Array,
    at: number,
  ) => number
  /** How many bytes longer a text may become. */
  readonly roomBytes: number
  /** Describes the notation; appended to the type's message. */
  readonly expected: string
}

/** Replaces a text that cannot be rewritten, because no type accepts this byte. */
const noText = 0x21

export interface FixedType extends FixedLayout {
  readonly name: DataType
  /** Set for decimals: digits after the point. */
  readonly scale?: number
  readonly readCell: ReadCell
  /** Takes a program's values; undefined if they are always read as text. */
  readonly take?: TakeValue | undefined
  /** The kernel's reader for texts such as the cell, if it has one. */
  readonly kernelRead?: ((block: RecordBlock, cell: number) => KernelRead | undefined) | undefined
  /** Set if texts have another notation, except those of cells that the format itself marks as numbers. */
  readonly rewriting?: Rewriting | undefined
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
  /** Holds the text that was rewritten last. */
  #rewritten: Uint8Array = new Uint8Array(64)

  constructor(type: FixedType, columnIndex: number, pool: BufferPool) {
    this.#type = type
    this.#columnIndex = columnIndex
    this.#store = new ArrayStore(pool, type.bytesPerRow)
    this.#array = new type.Cells(this.#store.buffer)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount, numberCells } = block
    const { readCell, rewriting, nullElements } = this.#type
    const kernelRead = rewriting === undefined ? this.#type.kernelRead : undefined
    const width = nullElements.length
    const array = this.#reserve(firstRow + rowCount)
    const kernel = kernelRead && block.kernel
    let givenUp = 0
    let nulls = 0
    for (let row = 0; row < rowCount; row++) {
      if (kernel !== undefined && givenUp++ < mostGivenUp) {
        const from = row
        row = kernelRead!(block, field + row * fieldCount)?.(kernel, field, row) ?? row
        if (row > from) {
          this.#copy(kernel, from, row, firstRow)
          nulls += kernel.nullCount
        }
      }
      if (row === rowCount) break
      const cell = field + row * fieldCount
      const at = (firstRow + row) * width
      const start = starts[cell]!
      const end = ends[cell]!
      if (start !== end) {
        const isPlain = rewriting === undefined || numberCells?.[cell] === 1
        const to = isPlain ? end : this.#rewrite(rewriting, bytes, start, end)
        const outcome = isPlain
          ? readCell(bytes, start, end, array, at)
          : readCell(this.#rewritten, 0, to, array, at)
        if (outcome === isRead) continue
        if (to > 0) block.refuse(row, this.#columnIndex)
      }
      nulls++
      for (let i = 0; i < width; i++) array[at + i] = nullElements[i]!
    }
    return nulls
  }

  /** Copies rows from where the kernel has put them. */
  #copy({ buffer, out }: Kernel, from: number, to: number, firstRow: number): void {
    const { bytesPerRow, nullElements, Cells } = this.#type
    const width = nullElements.length
    const found = new Cells(buffer, out + from * bytesPerRow, (to - from) * width)
    this.#array.set(found, (firstRow + from) * width)
  }

  /** Returns the length of the text in `#rewritten`. */
  #rewrite(rewriting: Rewriting, bytes: Uint8Array, start: number, end: number): number {
    const room = Math.max(1, end - start + rewriting.roomBytes)
    if (this.#rewritten.length < room) this.#rewritten = new Uint8Array(2 * room)
    const to = rewriting.write(bytes, start, end, this.#rewritten, 0)
    if (to < 0) this.#rewritten[0] = noText
    return to < 0 ? 1 : to
  }

  #reserve(rowCount: number): NumberArray {
    if (this.#store.reserve(rowCount)) this.#array = new this.#type.Cells(this.#store.buffer)
    return this.#array
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const { rewriting } = this.#type
    if (rewriting === undefined) return this.#explain(bytes, start, end)
    const to = this.#rewrite(rewriting, bytes, start, end)
    const { code, expected } = this.#explain(this.#rewritten, 0, to)
    return { code, expected: `${expected}, ${rewriting.expected}` }
  }

  #explain(bytes: Uint8Array, start: number, end: number): CellFault {
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

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const { name: type, scale, Cells, Data } = this.#type
    const data = Data === undefined ? this.#array : new Data(this.#store.buffer)
    this.#store.release(buffers)
    this.#array = new Cells(this.#store.buffer)
    const shape = scale === undefined ? { type } : { type, scale }
    return { form: 'vector', length: rowCount, data, ...shape } as Column
  }

  put(values: readonly unknown[], count: number, firstRow: number): number {
    const { take, nullElements } = this.#type
    const width = nullElements.length
    const array = this.#reserve(firstRow + count)
    for (let i = 0; i < count; i++) {
      const at = (firstRow + i) * width
      const value = values[i]
      if (value === null || value === '') {
        for (let k = 0; k < width; k++) array[at + k] = nullElements[k]!
      } else if (take?.(value, array, at) !== true) return i
    }
    return count
  }
}
