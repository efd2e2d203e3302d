/*
  TIMESTAMP: `2020.01.02T09:30:00.032` and its ISO likes at a fixed place for every digit. Everything else goes the
  general way.
*/
import { civilDays, fourDigits, twoDigits } from './calendar.js'
import { Int64Column } from './column-int64.js'
import type { RecordBlock } from './record-block.js'

const zero = 48
const point = 46
const dash = 45
const slash = 47
const colon = 58
const letterT = 84
const blank = 32
const fullLength = 23
const msPerDay = 86_400_000

export class TimestampColumn extends Int64Column {
  /** The date of the last cell: the next one mostly has the same. */
  #dateKey = -1
  #dateMs = 0

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount } = block
    this.reserve(firstRow + rowCount)
    const { words } = this
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const value = end - start === fullLength ? this.#readFull(bytes, start) : NaN
      if (value === value) {
        const word = 2 * (firstRow + row)
        const high = Math.floor(value / 4_294_967_296)
        words[word] = value - high * 4_294_967_296
        words[word + 1] = high
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
      }
    }
    return nulls
  }

  /** Milliseconds since 1970 of 23 bytes at `p`, or NaN. */
  #readFull(bytes: Uint8Array, p: number): number {
    const separator = bytes[p + 4]!
    const between = bytes[p + 10]!
    if (
      bytes[p + 7] !== separator ||
      (separator !== point && separator !== dash && separator !== slash) ||
      (between !== letterT && between !== blank) ||
      bytes[p + 13] !== colon ||
      bytes[p + 16] !== colon ||
      bytes[p + 19] !== point
    ) {
      return NaN
    }
    const hour = twoDigits(bytes, p + 11)
    const minute = twoDigits(bytes, p + 14)
    const second = twoDigits(bytes, p + 17)
    const hundredths = twoDigits(bytes, p + 20)
    const thousandth = bytes[p + 22]! - zero
    if (hour > 23 || minute > 59 || second > 59 || hundredths > 99) return NaN
    if (thousandth < 0 || thousandth > 9) return NaN
    const year = fourDigits(bytes, p)
    const month = twoDigits(bytes, p + 5)
    const day = twoDigits(bytes, p + 8)
    const key = (year * 128 + month) * 128 + day
    if (key !== this.#dateKey) {
      const days = year > 9999 || month > 12 || day > 31 ? NaN : civilDays(year, month, day)
      if (days !== days) return NaN
      this.#dateKey = key
      this.#dateMs = days * msPerDay
    }
    const ms = ((hour * 60 + minute) * 60 + second) * 1000 + hundredths * 10 + thousandth
    return this.#dateMs + ms
  }
}
