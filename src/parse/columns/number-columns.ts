/*
  Columns of numbers of up to 32 bits, and of floating-point numbers. IntegerColumn and FloatingColumn have loops of
  their own, because most columns have their types. All other types share a loop that calls a function per cell.
*/
import type { Column } from '../../protocol/value.js'
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import {
  numberRead,
  readShortDouble,
  readShortInteger,
  type NumberFault,
} from '../cells/read-number.js'
import { readInteger } from '../cells/read-whole.js'
import { readLongDouble } from '../cells/read-long-double.js'
import { isBetweenSingles } from '../cells/single-precision.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import type { CellFault, ColumnBuilder, WireRoom } from './column-builder.js'
import type { ColumnPart, FixedPart } from './column-part.js'
import type { RecordBlock } from '../record-block.js'

/** Arrays whose elements are JavaScript numbers. */
export type NumberArray = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array

/** Reads one cell. Returns NaN if the text is not a value of the type, ±Infinity if the value does not fit. */
export type ReadNumber = (bytes: Uint8Array, start: number, end: number) => number

/** The array for a type's elements, and the range of its numbers. */
export interface FixedType<A extends NumberArray> {
  readonly bytesPerRow: number
  readonly view: (buffer: ArrayBuffer) => A
  readonly nullValue: number
  /** Smallest and largest number that is not null. */
  readonly min: number
  readonly max: number
  /** Describes values of the type in messages: `a whole number from … to …`. */
  readonly expected: string
  /** For times: the column's common time zone offset; undefined if time zones do not matter. */
  readonly offset?: ColumnOffset | undefined
  readonly column: (data: A, rowCount: number) => Column
}

abstract class FixedColumn<A extends NumberArray> implements ColumnBuilder {
  protected readonly type: FixedType<A>
  protected readonly columnIndex: number
  protected array: A
  readonly #store: ArrayStore

  constructor(type: FixedType<A>, columnIndex: number, pool: BufferPool) {
    this.type = type
    this.columnIndex = columnIndex
    this.#store = new ArrayStore(pool, type.bytesPerRow)
    this.array = type.view(this.#store.buffer)
  }

  abstract read(block: RecordBlock, field: number, firstRow: number): number
  abstract explain(bytes: Uint8Array, start: number, end: number): CellFault

  protected reserve(rowCount: number): A {
    if (this.#store.reserve(rowCount)) this.array = this.type.view(this.#store.buffer)
    return this.array
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
    const column = this.type.column(this.array, rowCount)
    this.#store.release(buffers)
    this.array = this.type.view(this.#store.buffer)
    return column
  }

  append(part: ColumnPart, from: number, to: number, firstRow: number): void {
    this.reserve(firstRow + to - from)
    this.#store.put((part as FixedPart).data, from, to, firstRow)
  }
}

/** A SHORT or INT column. */
export class IntegerColumn extends FixedColumn<Int16Array | Int32Array> {
  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    const { nullValue, min, max } = this.type
    const array = this.reserve(firstRow + rowCount)
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      if (start === end) {
        array[firstRow + row] = nullValue
        nulls++
        continue
      }
      let value = readShortInteger(bytes, view, start, end)
      if (value !== value) value = readInteger(bytes, start, end)
      if (value >= min && value <= max) {
        array[firstRow + row] = value
      } else {
        array[firstRow + row] = nullValue
        nulls++
        block.refuse(row, this.columnIndex)
      }
    }
    return nulls
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const isNumber = !Number.isNaN(readInteger(bytes, start, end))
    return {
      code: isNumber ? 'DDB_INPUT_RANGE' : 'DDB_INPUT_CELL',
      expected: this.type.expected,
    }
  }
}

/** Reads texts that the fast readers do not accept. */
type ReadFloating = (bytes: Uint8Array, start: number, end: number) => number | NumberFault

/**
 * From this size on, a double can be rounded to a single if it was read from a text of up to 15 digits. If such a double
 * lies halfway between two singles, the number in the text is exactly this halfway number. Reason: halfway numbers of
 * this size have at most 15 digits, and two different numbers of up to 15 digits never become the same double.
 */
const exactFrom = 2 ** 14

/** A DOUBLE or FLOAT column. Refuses NaN and infinities, because in DolphinDB they would be neither nulls nor values. */
export class FloatingColumn extends FixedColumn<Float32Array | Float64Array> {
  readonly #readOther: ReadFloating
  readonly #isSingle: boolean

  constructor(
    type: FixedType<Float32Array | Float64Array>,
    columnIndex: number,
    pool: BufferPool,
    readOther: ReadFloating,
  ) {
    super(type, columnIndex, pool)
    this.#readOther = readOther
    this.#isSingle = type.bytesPerRow === Float32Array.BYTES_PER_ELEMENT
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    const { nullValue, min, max } = this.type
    const isSingle = this.#isSingle
    const array = this.reserve(firstRow + rowCount)
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      if (start === end) {
        array[firstRow + row] = nullValue
        nulls++
        continue
      }
      const isShort = readShortDouble(bytes, view, start, end)
      const isRead = isShort || readLongDouble(bytes, start, end, view)
      const value = numberRead[0]!
      if (isRead && value >= min && value <= max) {
        const isExact = isShort && (value >= exactFrom || value <= -exactFrom)
        if (!isSingle || isExact || !isBetweenSingles(value)) {
          array[firstRow + row] = value
          continue
        }
      }
      const other = this.#readOther(bytes, start, end)
      if (typeof other === 'number' && other !== nullValue) {
        array[firstRow + row] = other
      } else {
        array[firstRow + row] = nullValue
        nulls++
        block.refuse(row, this.columnIndex)
      }
    }
    return nulls
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const fault = this.#readOther(bytes, start, end)
    const { expected } = this.type
    return {
      code: fault === 'cell' ? 'DDB_INPUT_CELL' : 'DDB_INPUT_RANGE',
      expected:
        fault === 'notFinite' ? `${expected} that is finite (${notFiniteAdvice})` : expected,
    }
  }
}

const notFiniteAdvice = 'null stands for NaN and infinities: name them with `cells.nullTexts`'

/** A column of any type of up to 32 bits except SHORT, INT and FLOAT. */
export class NumberColumn extends FixedColumn<NumberArray> {
  readonly #readCell: ReadNumber
  readonly #explain:
    ((bytes: Uint8Array, start: number, end: number) => string | undefined) | undefined

  /** @param explain  may describe the fault more precisely than `expected` */
  constructor(
    type: FixedType<NumberArray>,
    columnIndex: number,
    pool: BufferPool,
    readCell: ReadNumber,
    explain?: (bytes: Uint8Array, start: number, end: number) => string | undefined,
  ) {
    super(type, columnIndex, pool)
    this.#readCell = readCell
    this.#explain = explain
  }

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

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const isValue = !Number.isNaN(this.#readCell(bytes, start, end))
    return {
      code: isValue ? 'DDB_INPUT_RANGE' : 'DDB_INPUT_CELL',
      expected: this.#explain?.(bytes, start, end) ?? this.type.expected,
    }
  }
}
