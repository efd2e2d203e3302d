/*
  Columns of numbers with loops of their own, because most columns have these types: SHORT, INT, LONG, FLOAT, DOUBLE, and times
  that are written as counts.
*/
import { option } from '../../errors.js'
import { firstTextMs, lastTextMs } from '../cells/calendar.js'
import { Int64Parts } from '../cells/int64-parts.js'
import { readLongDouble } from '../cells/read-long-double.js'
import {
  numberRead,
  readShortDouble,
  readShortInteger,
  readShortLong,
  type NumberFault,
} from '../cells/read-number.js'
import { readInteger } from '../cells/read-whole.js'
import { isBetweenSingles } from '../cells/single-precision.js'
import type { RecordBlock } from '../record-block.js'
import type { BufferPool } from './buffer-pool.js'
import type { CellFault } from './column-builder.js'
import {
  FixedColumn,
  storeExact,
  WideColumn,
  type NumberType,
  type WideType,
} from './fixed-columns.js'

type Integers = Int16Array | Int32Array
type Floats = Float32Array | Float64Array

/** A SHORT or INT column. */
export class IntegerColumn extends FixedColumn<Integers, NumberType<Integers>> {
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

  protected outcomeOf(bytes: Uint8Array, start: number, end: number): number {
    return readInteger(bytes, start, end)
  }
}

/** A LONG column. Its loop is made for short numbers, because most are short. */
export class LongColumn extends WideColumn<Int32Array> {
  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    const words = this.reserve(firstRow + rowCount)
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      if (readShortLong(bytes, view, start, end)) {
        storeExact(words, 2 * (firstRow + row), numberRead[0]!)
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
      }
    }
    return nulls
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
export class FloatingColumn extends FixedColumn<Floats, NumberType<Floats>> {
  readonly #readOther: ReadFloating
  readonly #isSingle: boolean

  constructor(
    type: NumberType<Floats>,
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

  protected outcomeOf(bytes: Uint8Array, start: number, end: number): number {
    return this.#readOther(bytes, start, end) === 'cell' ? NaN : 0
  }

  override explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const { code, expected } = super.explain(bytes, start, end)
    const isFinite = this.#readOther(bytes, start, end) !== 'notFinite'
    return {
      code,
      expected: isFinite
        ? expected
        : `${expected} that is finite (null stands for NaN and infinities: name them with ${option('cells.nullTexts')})`,
    }
  }
}

const minus = 45
const zero = 48
/** Number of digits below the billions. A long count is read as two numbers: the billions and the rest. */
const lowerDigits = 9
const maxDigits = 19
const parts = new Int64Parts()

interface CountUnits {
  /** How many units of the type make one unit of the count, at most 10^9. */
  readonly factor: number
  /** True if the type's unit is the millisecond, in which a type can hold years that texts cannot express. */
  readonly isMs: boolean
}

/**
 * TIMESTAMP and NANOTIMESTAMP with a format such as `epoch:ms`: the raw number is the count times a power of ten. Anything
 * but a plain number is read the general way.
 */
export class CountColumn extends WideColumn<Int32Array> {
  readonly #factor: number
  readonly #first: number
  readonly #last: number
  /** True if a count that a double does not hold exactly may be a value. */
  readonly #takesLong: boolean

  constructor(
    type: WideType<Int32Array>,
    columnIndex: number,
    pool: BufferPool,
    { factor, isMs }: CountUnits,
  ) {
    super(type, columnIndex, pool)
    this.#factor = factor
    this.#first = isMs ? firstTextMs : Number.MIN_SAFE_INTEGER
    this.#last = isMs ? lastTextMs : Number.MAX_SAFE_INTEGER
    this.#takesLong = factor === 1 && !isMs
  }

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    const words = this.reserve(firstRow + rowCount)
    const factor = this.#factor
    const first = this.#first
    const last = this.#last
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const isShort = readShortLong(bytes, view, start, end)
      const value = numberRead[0]! * factor
      if (isShort && value <= last && value >= first) {
        storeExact(words, 2 * (firstRow + row), value)
      } else if (!this.#takesLong || !this.#storeLong(block, start, end, 2 * (firstRow + row))) {
        nulls += this.readOther(block, row, firstRow, start, end)
      }
    }
    return nulls
  }

  /** Stores a number of 16 to 19 digits. Returns false for any other text. */
  #storeLong({ bytes, view }: RecordBlock, start: number, end: number, word: number): boolean {
    const negative = bytes[start] === minus
    const first = negative ? start + 1 : start
    const middle = end - lowerDigits
    if (end - first > maxDigits || middle <= first) return false
    if (!isDigit(bytes[first]!) || !isDigit(bytes[middle]!)) return false
    if (!readShortLong(bytes, view, first, middle)) return false
    const upper = numberRead[0]!
    if (!readShortLong(bytes, view, middle, end)) return false
    return parts.setBillions(negative, upper, numberRead[0]!) && parts.store(this.array, word) === 0
  }
}

/** Refuses signs, because `readShortLong` would accept one before each half of the digits. */
function isDigit(byte: number): boolean {
  return byte >= zero && byte <= zero + 9
}
