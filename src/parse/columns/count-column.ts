/*
  Reads counts since 1970 for types that store the count, or the count times a power of ten: milliseconds in a
  TIMESTAMP, nanoseconds in a NANOTIMESTAMP. Anything but a plain number is read the general way.
*/
import { firstTextMs, lastTextMs } from '../cells/calendar.js'
import { numberRead, readShortLong } from '../cells/read-number.js'
import { Int64Column, storeExact, type Int64Kind } from './int64-columns.js'
import type { BufferPool } from './buffer-pool.js'
import type { RecordBlock } from '../record-block.js'

const minus = 45
const zero = 48
/** Number of digits below the billions. A long count is read as two numbers: the billions and the rest. */
const lowerDigits = 9
const maxDigits = 19

interface CountUnits {
  /** How many units of the type make one unit of the count, at most 10^9. */
  readonly factor: number
  /** True if the type's unit is the millisecond, in which a type can hold years that texts cannot express. */
  readonly isMs: boolean
}

/** TIMESTAMP and NANOTIMESTAMP with a format such as `epoch:ms`. */
export class CountColumn extends Int64Column {
  readonly #factor: number
  readonly #first: number
  readonly #last: number
  /** True if a count that is no exact double may be a value. */
  readonly #takesLong: boolean

  constructor(
    type: Int64Kind,
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
    this.reserve(firstRow + rowCount)
    const { words } = this
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
    const lower = numberRead[0]!
    const { parts, words } = this
    if (!parts.setBillions(negative, upper, lower)) return false
    words[word] = parts.low
    words[word + 1] = parts.high
    return true
  }
}

/** Refuses signs, because `readShortLong` would accept one before each half of the digits. */
function isDigit(byte: number): boolean {
  return byte >= zero && byte <= zero + 9
}
