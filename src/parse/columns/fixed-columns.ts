/*
  Columns whose elements all have the same size: their memory, and the loops for types that need a function call per cell.
  number-columns.ts and time-columns.ts have faster loops for the most common types.
*/
import type { DataType } from '../../protocol/data-type.js'
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt8 } from '../../protocol/null-value.js'
import type { Column } from '../../protocol/value.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import type { RecordBlock } from '../record-block.js'
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import type { CellFault, ColumnBuilder, ColumnPart, FixedPart, WireRoom } from './column-builder.js'

/** Arrays whose elements are JavaScript numbers. */
export type NumberArray = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array

type Explain = (bytes: Uint8Array, start: number, end: number) => string | undefined

export interface FixedType<A extends NumberArray> {
  readonly name: DataType
  /** Set for decimals: digits after the point. */
  readonly scale?: number
  readonly bytesPerRow: number
  /** The array into which cells are read. */
  readonly Cells: new (buffer: ArrayBuffer) => A
  /** The array of the finished column, if it is another one. */
  readonly Data?: new (buffer: ArrayBuffer) => BigInt64Array | Uint8Array
  /** Describes values of the type in messages: `a whole number from … to …`. */
  readonly expected: string
  /** May describe values more precisely than `expected`, for a text that is none. */
  readonly explain?: Explain
  /** For times: the column's common time zone offset; undefined if time zones do not matter. */
  readonly offset?: ColumnOffset | undefined
}

export abstract class FixedColumn<
  A extends NumberArray,
  Type extends FixedType<A>,
> implements ColumnBuilder {
  protected readonly type: Type
  protected readonly columnIndex: number
  protected array: A
  readonly #store: ArrayStore

  constructor(type: Type, columnIndex: number, pool: BufferPool) {
    this.type = type
    this.columnIndex = columnIndex
    this.#store = new ArrayStore(pool, type.bytesPerRow)
    this.array = new type.Cells(this.#store.buffer)
  }

  abstract read(block: RecordBlock, field: number, firstRow: number): number
  /** NaN if the text is not a value; any other number if it is one, even if the type cannot hold it. */
  protected abstract outcomeOf(bytes: Uint8Array, start: number, end: number): number

  protected reserve(rowCount: number): A {
    if (this.#store.reserve(rowCount)) this.array = new this.type.Cells(this.#store.buffer)
    return this.array
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const isValue = !Number.isNaN(this.outcomeOf(bytes, start, end))
    return {
      code: isValue ? 'DDB_INPUT_RANGE' : 'DDB_INPUT_CELL',
      expected: this.type.explain?.(bytes, start, end) ?? this.type.expected,
    }
  }

  /** Does nothing, because the next `read` overwrites the rows to remove. */
  undo(): void {
    return
  }

  encodedBytes(rowCount: number): number {
    return rowCount * this.type.bytesPerRow
  }

  get most(): WireRoom {
    return { row: this.type.bytesPerRow, textByte: 0 }
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const { name: type, scale, Cells, Data = Cells } = this.type
    const data = new Data(this.#store.buffer)
    this.#store.release(buffers)
    this.array = new Cells(this.#store.buffer)
    const shape = scale === undefined ? { type } : { type, scale }
    return { form: 'vector', length: rowCount, data, ...shape } as Column
  }

  append(part: ColumnPart, from: number, to: number, firstRow: number): void {
    this.reserve(firstRow + to - from)
    this.#store.put((part as FixedPart).data, from, to, firstRow)
  }
}

/** A column that reads each cell with a function. */
abstract class ReadColumn<A extends NumberArray, Type extends FixedType<A>> extends FixedColumn<
  A,
  Type
> {
  read(block: RecordBlock, field: number, firstRow: number): number {
    const { starts, ends, fieldCount, rowCount } = block
    this.reserve(firstRow + rowCount)
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      nulls += this.readOther(block, row, firstRow, starts[cell]!, ends[cell]!)
    }
    return nulls
  }

  /** Reads any cell; subclasses read common notations faster. Returns 1 if the cell becomes null. */
  protected abstract readOther(
    block: RecordBlock,
    row: number,
    firstRow: number,
    start: number,
    end: number,
  ): number
}

/** The range of a type's numbers, and its null. */
export interface NumberType<A extends NumberArray = NumberArray> extends FixedType<A> {
  readonly nullValue: number
  /** Smallest and largest number that is not null. */
  readonly min: number
  readonly max: number
}

/** Reads one cell. Returns NaN if the text is not a value of the type, ±Infinity if the value does not fit. */
export type ReadNumber = (bytes: Uint8Array, start: number, end: number) => number

/** A column of any type of up to 32 bits except SHORT, INT and FLOAT. */
export class NumberColumn extends ReadColumn<NumberArray, NumberType> {
  readonly #readCell: ReadNumber

  constructor(type: NumberType, columnIndex: number, pool: BufferPool, readCell: ReadNumber) {
    super(type, columnIndex, pool)
    this.#readCell = readCell
  }

  protected readOther(
    block: RecordBlock,
    row: number,
    firstRow: number,
    start: number,
    end: number,
  ): number {
    const { nullValue, min, max } = this.type
    if (start !== end) {
      const value = this.#readCell(block.bytes, start, end)
      if (value >= min && value <= max) {
        this.array[firstRow + row] = value
        return 0
      }
      block.refuse(row, this.columnIndex)
    }
    this.array[firstRow + row] = nullValue
    return 1
  }

  protected outcomeOf(bytes: Uint8Array, start: number, end: number): number {
    return this.#readCell(bytes, start, end)
  }
}

export interface WideType<A extends NumberArray> extends FixedType<A> {
  /** The array elements that store a null. */
  readonly nullElements: readonly number[]
  /** Reads a cell into `array` from `at` on. Returns 0; NaN if the text is not a value, Infinity if it does not fit. */
  readonly readCell: ReadWide<A>
}

export type ReadWide<A extends NumberArray> = (
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  array: A,
  at: number,
) => number

/** A column in which an element takes several numbers, such as the words of a LONG, or the doubles of a POINT. */
export class WideColumn<A extends NumberArray> extends ReadColumn<A, WideType<A>> {
  protected readOther(
    block: RecordBlock,
    row: number,
    firstRow: number,
    start: number,
    end: number,
  ): number {
    const { array } = this
    const { nullElements, readCell } = this.type
    const at = (firstRow + row) * nullElements.length
    if (start !== end) {
      if (readCell(block.bytes, block.view, start, end, array, at) === 0) return 0
      block.refuse(row, this.columnIndex)
    }
    for (let i = 0; i < nullElements.length; i++) array[at + i] = nullElements[i]!
    return 1
  }

  protected outcomeOf(bytes: Uint8Array, start: number, end: number): number {
    const spare = new this.type.Cells(new ArrayBuffer(this.type.bytesPerRow))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return this.type.readCell(bytes, view, start, end, spare, 0)
  }
}

type Layout<Type> = Omit<Type, 'name' | 'expected' | 'readCell'>

/** The layout of LONG, DECIMAL64 and the longer times: two words of 32 bits, the low word first. No cell needs a BigInt. */
export const int64Layout: Layout<WideType<Int32Array>> = {
  bytesPerRow: 8,
  Cells: Int32Array,
  Data: BigInt64Array,
  nullElements: [0, nullInt32],
}

/** Stores a whole number that a double holds exactly, as a 64-bit integer. */
export function storeExact(words: Int32Array, word: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296)
  words[word] = value - high * 4_294_967_296
  words[word + 1] = high
}

export type NumberLayout<A extends NumberArray> = Layout<NumberType<A>>

export const int8Layout: NumberLayout<Int8Array> = {
  ...{ bytesPerRow: 1, Cells: Int8Array },
  ...{ nullValue: nullInt8, min: -127, max: 127 },
}

export const int16Layout: NumberLayout<Int16Array> = {
  ...{ bytesPerRow: 2, Cells: Int16Array },
  ...{ nullValue: nullInt16, min: -32_767, max: 32_767 },
}

export const int32Layout: NumberLayout<Int32Array> = {
  ...{ bytesPerRow: 4, Cells: Int32Array },
  ...{ nullValue: nullInt32, min: -2_147_483_647, max: 2_147_483_647 },
}

// Floating-point numbers beyond `min` and `max` may fit the type, too. A slower reader then checks the cell's text.
export const floatLayout: NumberLayout<Float32Array> = {
  ...{ bytesPerRow: 4, Cells: Float32Array },
  ...{ nullValue: nullFloat, min: -1e38, max: 1e38 },
}

export const doubleLayout: NumberLayout<Float64Array> = {
  ...{ bytesPerRow: 8, Cells: Float64Array },
  ...{ nullValue: nullDouble, min: -1e308, max: 1e308 },
}
