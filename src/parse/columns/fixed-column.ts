/* Columns whose elements all have the same size (docs/protocol.md#data-types). What is particular to a type is in its `ElementReader`. */
import { option } from '../../errors.js'
import { mostGivenUp, type Kernel, type KernelRead } from '../../kernel/kernel.js'
import { nullElement, vectorOfBytes, type FixedType } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { isRead, notFinite, noValue, type NumberArray, type ReadCell } from '../cells/cell-bytes.js'
import type { RecordBlock } from '../record-block.js'
import { ArrayStore, type BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'

/** How a type reads texts and a program's values. */
export interface ElementReader {
  /** The array into which cells are read. No cell of several words needs a BigInt. */
  readonly Cells: new (buffer: ArrayBuffer, byteOffset?: number, length?: number) => NumberArray
  readonly read: ReadCell
  /** Describes values of the type in messages: `a whole number from … to …`. */
  readonly expected: string
  /** May describe values more precisely than `expected`, for the text that `read` has just refused. */
  readonly explain?:
    ((bytes: Uint8Array, start: number, end: number) => string | undefined) | undefined
  /** The kernel's reader for texts such as the cell, if it has one. */
  readonly kernelRead?: ((block: RecordBlock, cell: number) => KernelRead | undefined) | undefined
  /**
   * Stores a program's value as `read` would store its text, from element `at` on. Returns false to leave it to the reader of texts.
   * Undefined if values are always read as text.
   */
  readonly take?: ((value: unknown, into: NumberArray, at: number) => boolean) | undefined
}

export class FixedColumn implements ColumnBuilder {
  readonly #type: FixedType
  readonly #scale: number | undefined
  readonly #reader: ElementReader
  /** Reads the cells that the format itself marks as numbers. */
  readonly #plain: ElementReader
  readonly #nulls: NumberArray
  readonly #store: ArrayStore<NumberArray>

  /** @param scale  set for decimals: digits after the point */
  constructor(
    type: FixedType,
    scale: number | undefined,
    reader: ElementReader,
    pool: BufferPool,
    plain: ElementReader = reader,
  ) {
    this.#type = type
    this.#scale = scale
    this.#reader = reader
    this.#plain = plain
    const none = nullElement(type)
    this.#nulls = new reader.Cells(none.slice().buffer)
    this.#store = new ArrayStore(pool, none.length, reader.Cells)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount, numberCells } = block
    const { read, kernelRead } = this.#reader
    const { read: readPlain } = this.#plain
    const width = this.#nulls.length
    const array = this.#store.reserve(firstRow + rowCount)
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
        const isNumber = numberCells !== undefined && numberCells[cell] === 1
        const outcome = (isNumber ? readPlain : read)(bytes, start, end, array, at)
        if (outcome === isRead) continue
        block.refuse(row)
      }
      nulls++
      this.#setNull(at)
    }
    return nulls
  }

  #copy({ buffer, out }: Kernel, from: number, to: number, firstRow: number): void {
    const { length: width, byteLength } = this.#nulls
    const found = new this.#reader.Cells(buffer, out + from * byteLength, (to - from) * width)
    this.#store.view.set(found, (firstRow + from) * width)
  }

  #setNull(at: number): void {
    const nulls = this.#nulls
    const { view } = this.#store
    for (let i = 0; i < nulls.length; i++) view[at + i] = nulls[i]!
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const { read, explain, expected } = this.#reader
    const outcome = read(bytes, start, end, this.#nulls.slice(), 0)
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

  encodedBytes(rowCount: number): number {
    return rowCount * this.#nulls.byteLength
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const { buffer } = this.#store.release(buffers)
    const bytes = new Uint8Array(buffer, 0, this.encodedBytes(rowCount))
    return vectorOfBytes(this.#type, rowCount, bytes, this.#scale)
  }

  put(values: readonly unknown[], count: number, firstRow: number): number {
    const { take } = this.#reader
    const width = this.#nulls.length
    const array = this.#store.reserve(firstRow + count)
    for (let i = 0; i < count; i++) {
      const at = (firstRow + i) * width
      const value = values[i]
      if (value === null || value === '') this.#setNull(at)
      else if (take?.(value, array, at) !== true) return i
    }
    return count
  }
}
