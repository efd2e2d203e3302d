/*
  TIMESTAMP: `2020.01.02T09:30:00.032` and its ISO likes, four characters at a time, and what else is usual. Everything else
  goes the general way. Columns with a zone, or with a format of `cells.dateFormats`, go through Int64Column.
*/
import { civilDays, fourDigits, twoDigits } from '../cells/calendar.js'
import { Int64Column, storeExact } from './int64-columns.js'
import { UsualTime } from './usual-time.js'
import type { RecordBlock } from '../record-block.js'

const fullLength = 23
const secondsPerDay = 86_400
const msPerDay = 86_400_000
/** No high word: years have four digits. */
const noDate = -(2 ** 30)
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

/** Of one date. */
const dateWords = 5
/** Bits of the four digits of a month and a day: 1, 4, 2 and 4. */
const dateCount = 2 ** 11

/** From the words that begin with the month's and the day's separator. */
function dateIndex(month: number, day: number): number {
  const monthBits = ((month >> 4) & 0x10) | ((month >> 16) & 15)
  return (monthBits << 6) | ((day >> 4) & 0x30) | ((day >> 16) & 15)
}

/** One TIMESTAMP column. */
export class TimestampColumn extends Int64Column {
  /**
   * Dates seen, each in the place of its month and day: their 11 characters as three words, and the low and the high
   * word of their midnight. To find out which day a date is takes longer than all else of a cell.
   */
  readonly #dates: Int32Array = new Int32Array(dateWords * dateCount).fill(noDate)
  /** Where the date of the last cell is. */
  #date = 0
  /** Of cells with fewer or more digits, or with a Z. */
  readonly #time: UsualTime = new UsualTime(this.type.offset)

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    this.reserve(firstRow + rowCount)
    const { words } = this
    const dates = this.#dates
    const time = this.#time
    time.lookAtOffset()
    // Of no text while times without an offset are not the column's.
    let full = time.takesPlain ? fullLength : -1
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = end - start === full ? this.#readFull(block, view, start) : -1
      const date = this.#date
      const high = dates[date + 4]!
      if (msOfDay >= 0 && high !== noDate) {
        const low = (dates[date + 3]! + msOfDay) >>> 0
        const word = 2 * (firstRow + row)
        words[word] = low
        words[word + 1] = low < msOfDay ? high + 1 : high
      } else if (time.read(bytes, view, start, end) && time.nanos === 0) {
        const ms = (time.day * secondsPerDay + time.secondOfDay) * 1000 + time.millis
        storeExact(words, 2 * (firstRow + row), ms)
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
        time.lookAtOffset()
        if (time.takesPlain) full = fullLength
      }
    }
    return nulls
  }

  /**
   * Milliseconds of the day of 23 bytes at `p`, or −1; the date is at `#date` then.
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
    const year = view.getInt32(p, true)
    const month = view.getInt32(p + 4, true)
    const day = view.getInt32(p + 7, true)
    const dates = this.#dates
    const at = dateWords * dateIndex(month, day)
    if (dates[at] !== year || dates[at + 1] !== month || dates[at + 2] !== day) {
      dates[at] = year
      dates[at + 1] = month
      dates[at + 2] = day
      storeMidnight(dates, at + 3, dayOf(block.bytes, p))
    }
    this.#date = at
    const ms = ((fraction >> 8) & 15) * 100 + ((fraction >> 16) & 15) * 10 + (fraction >>> 24)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
  }
}

/** Both words of a day's first millisecond since 1970; `noDate` for the high one where there is no such day. */
function storeMidnight(words: Int32Array, word: number, day: number): void {
  if (Number.isNaN(day)) words[word + 1] = noDate
  else storeExact(words, word, day * msPerDay)
}

/** Days since 1970 of the date and separator at `p`; NaN when the calendar does not have it. */
function dayOf(bytes: Uint8Array, p: number): number {
  const separator = bytes[p + 4]!
  const between = bytes[p + 10]
  if (separator !== point && separator !== dash && separator !== slash) return NaN
  if (bytes[p + 7] !== separator || (between !== letterT && between !== blank)) return NaN
  return civilDays(fourDigits(bytes, p), twoDigits(bytes, p + 5), twoDigits(bytes, p + 8))
}
