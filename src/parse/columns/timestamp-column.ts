/*
  TIMESTAMP: `2020.01.02T09:30:00.032` and its ISO likes, four characters at a time. Everything else goes the general
  way.
*/
import { civilDays, fourDigits, twoDigits } from '../cells/calendar.js'
import { Int64Column, storeExact } from './int64-columns.js'
import type { RecordBlock } from '../record-block.js'

const fullLength = 23
const msPerDay = 86_400_000
/** Years have four digits. */
const noDay = -(2 ** 30)
const point = 46
const dash = 45
const slash = 47
const letterT = 84
const blank = 32

/** What turns `HH:M`, `M:SS` and `.mmm` into digits and zeros, the first character in the lowest byte. */
const hourPattern = 0x303a3030
const minutePattern = 0x30303a30
const fractionPattern = 0x3030302e
/** Where these have no digit. */
const hourMarks = 0x00ff0000
const minuteMarks = 0x0000ff00
const fractionMarks = 0x000000ff
/** Added to a digit, it leaves the upper half of the byte alone; added to anything above nine, it does not. */
const sixes = 0x06060606
const upperHalves = 0xf0f0f0f0 | 0

/** One TIMESTAMP column in the usual spelling; one with a format of `cells.dateFormats` goes through Int64Column. */
export class TimestampColumn extends Int64Column {
  /** Date and separator of the last cell as three words: the next one mostly has the same. */
  #date0 = 0
  #date1 = 0
  #date2 = 0
  /** A small integer, because a larger number is an object for every row whose date is another; `noDay` for no date. */
  #day = noDay

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { view, starts, ends, fieldCount, rowCount } = block
    this.reserve(firstRow + rowCount)
    const { words } = this
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = end - start === fullLength ? this.#readFull(block, view, start) : -1
      if (msOfDay >= 0 && this.#day !== noDay) {
        storeExact(words, 2 * (firstRow + row), this.#day * msPerDay + msOfDay)
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
      }
    }
    return nulls
  }

  /**
   * Milliseconds of the day of 23 bytes at `p`, or −1; the day is in `#day` then.
   */
  #readFull(block: RecordBlock, view: DataView, p: number): number {
    const hour = view.getInt32(p + 11, true) ^ hourPattern
    const minute = view.getInt32(p + 15, true) ^ minutePattern
    const fraction = view.getInt32(p + 19, true) ^ fractionPattern
    const wrong =
      ((hour | (hour + sixes) | minute | (minute + sixes) | fraction | (fraction + sixes)) &
        upperHalves) |
      (hour & hourMarks) |
      (minute & minuteMarks) |
      (fraction & fractionMarks)
    const hours = (hour & 15) * 10 + ((hour >> 8) & 15)
    const minutes = (hour >>> 24) * 10 + (minute & 15)
    const seconds = ((minute >> 16) & 15) * 10 + (minute >>> 24)
    if (wrong !== 0 || hours > 23 || minutes > 59 || seconds > 59) return -1
    const date0 = view.getInt32(p, true)
    const date1 = view.getInt32(p + 4, true)
    const date2 = view.getInt32(p + 7, true)
    if (date0 !== this.#date0 || date1 !== this.#date1 || date2 !== this.#date2) {
      this.#day = dayOf(block.bytes, p)
      this.#date0 = date0
      this.#date1 = date1
      this.#date2 = date2
    }
    const ms = ((fraction >> 8) & 15) * 100 + ((fraction >> 16) & 15) * 10 + (fraction >>> 24)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
  }
}

/** Days since 1970 of the date and separator at `p`; `noDay` when the calendar does not have it. */
function dayOf(bytes: Uint8Array, p: number): number {
  const separator = bytes[p + 4]!
  const between = bytes[p + 10]
  if (separator !== point && separator !== dash && separator !== slash) return noDay
  if (bytes[p + 7] !== separator || (between !== letterT && between !== blank)) return noDay
  const days = civilDays(fourDigits(bytes, p), twoDigits(bytes, p + 5), twoDigits(bytes, p + 8))
  return Number.isNaN(days) ? noDay : days | 0
}
