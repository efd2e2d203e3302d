/*
  Reads DATETIME, TIMESTAMP, NANOTIME and NANOTIMESTAMP in common notations, four characters at a time:
  `2020.01.02T09:30:00.123456789` and similar ISO forms, with or without a Z, with 0, 3, 6 or 9 decimals. WallClock
  reads all other notations. Columns with a zone, or a format of `cells.dateFormats`, use NumberColumn and WideColumn.
*/
import { civilDays } from '../cells/calendar.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import { fourDigitsAt } from '../cells/read-number.js'
import type { RecordBlock } from '../record-block.js'
import { NumberColumn, storeExact, WideColumn } from './fixed-columns.js'

const wordSize = 4_294_967_296
const secondsPerDay = 86_400
const msPerDay = 86_400_000
const nanosPerMs = 1_000_000
/** Largest number of milliseconds, positive or negative, that fits in 64 bits as nanoseconds. */
const maxMs = 9_223_372_036_853

const dash = 45
const letterT = 84
const letterZ = 90
const lowerZ = 122
const blank = 32

/** Bytes of a date and of the separator after it. */
const dateBytes = 11
/** How many bytes a time takes if it ends with seconds, with milliseconds, and so on. */
const toSeconds = 8
const toMillis = 12
const toMicros = 15
const toNanos = 18

/** Bytes of a date and a time with milliseconds. */
const fullLength = dateBytes + toMillis

/** XOR turns the digits of `-MM-`, `HH:M`, `M:SS` and `.mmm` (first character in the lowest byte) into their values. */
const monthPattern = 0x00303000
const hourPattern = 0x303a3030
const minutePattern = 0x30303a30
const fractionPattern = 0x3030302e
/** Masks for the bytes of `:` and `.`, which XOR turns into 0. */
const hourMarks = 0x00ff0000
const minuteMarks = 0x0000ff00
const fractionMarks = 0x000000ff
/** Adding `sixes` leaves the upper half of a byte unchanged for a digit, and changes it for anything above nine. */
const sixes = 0x06060606
const upperHalves = 0xf0f0f0f0 | 0
const middleHalves = 0x00f0f000

/** 32-bit words per date: three for the 11 characters, one for the days since 1970, two for midnight (low, high). */
const dateWords = 6
/** How many dates `#dates` holds. Their index has 11 bits: 1 + 4 for the month's two digits, 2 + 4 for the day's. */
const dateCount = 2 ** 11
/** Shared by all builders that have read no date, because inference makes thousands of builders. */
const noDates = new Int32Array(dateWords * dateCount).fill(1)

/** Index of a date in `#dates`. `month` is the text `-MM-` as a 32-bit word, `day` is `-DDT`. */
function dateIndex(month: number, day: number): number {
  const monthBits = ((month >> 4) & 0x10) | ((month >> 16) & 15)
  return dateWords * ((monthBits << 6) | ((day >> 4) & 0x30) | ((day >> 16) & 15))
}

/** Keeps the parts of the text read last, except the milliseconds since midnight, which `read` returns. */
export class UsualTime {
  /** True if times without an offset, and times in UTC, fit the column. All other times are read the general way. */
  takesPlain = true
  takesUtc = true
  /** Days since 1970. */
  day = 0
  /** Midnight at the start of `day`, in ms since 1970, as the two words of a 64-bit number. */
  midnightLow = 0
  midnightHigh = 0
  /** Nanoseconds within the millisecond. */
  nanos = 0
  readonly #offset: ColumnOffset | undefined
  /**
   * The 11 characters of the last date as three words; the second and the third word share a byte. In the initial words
   * this byte differs, so they match no text.
   */
  #yearWord = 0
  #monthWord = 0
  #dayWord = 1
  /**
   * Dates seen, by index of their month and day. An empty entry matches no date. Computing the day of a date
   * takes longer than reading the rest of a cell.
   */
  #dates: Int32Array = noDates

  /** @param offset  the column's common time zone offset; undefined if time zones do not matter */
  constructor(offset?: ColumnOffset) {
    this.#offset = offset
    this.lookAtOffset()
  }

  /** Call this after other code has read a time of the column, because that time may have set the column's offset. */
  lookAtOffset(): void {
    if (this.#offset === undefined) return
    this.takesPlain = this.#offset.takesPlain
    this.takesUtc = this.#offset.takesUtc
  }

  /** Milliseconds of the day if the text is in one of the common notations, else −1. `view` is a view of `bytes`. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (end - start === fullLength && this.takesPlain) {
      // The most common notation: a date and a time with milliseconds. No other notation has this length.
      const msOfDay = secondsAt(view, start + dateBytes) * 1000
      const millis = millisAt(view, start + dateBytes + toSeconds)
      this.nanos = 0
      return msOfDay >= 0 && millis >= 0 && this.#readDate(view, start) ? msOfDay + millis : -1
    }
    const last = bytes[end - 1]
    const isUtc = last === letterZ || last === lowerZ
    if (isUtc ? !this.takesUtc : !this.takesPlain) return -1
    const msOfDay = this.readTime(view, start + dateBytes, isUtc ? end - 1 : end)
    return msOfDay >= 0 && this.#readDate(view, start) ? msOfDay : -1
  }

  /** Milliseconds of the day for `HH:MM:SS` with 0, 3, 6 or 9 more digits, else −1. Does not change the day. */
  readTime(view: DataView, start: number, end: number): number {
    const length = end - start
    let wrong = 0
    let millis = 0
    let nanos = 0
    if (length !== toSeconds) {
      if (length !== toMillis && length !== toMicros && length !== toNanos) return -1
      millis = millisAt(view, start + toSeconds)
      if (length > toMillis) {
        // Reads three new digits, and again the digit before them.
        const micros = fourDigitsAt(view, start + toMillis - 1)
        nanos = (micros % 1000) * 1000
        wrong = micros
      }
      if (length === toNanos) {
        const lastFour = fourDigitsAt(view, start + toMicros - 1)
        nanos += lastFour % 1000
        wrong |= lastFour
      }
    }
    const secondOfDay = secondsAt(view, start)
    if ((wrong | millis | secondOfDay) < 0) return -1
    this.nanos = nanos
    return secondOfDay * 1000 + millis
  }

  #readDate(view: DataView, p: number): boolean {
    const year = view.getInt32(p, true)
    const month = view.getInt32(p + 4, true)
    const day = view.getInt32(p + 7, true)
    // Rows often have the same date as the row before.
    if (year === this.#yearWord && month === this.#monthWord && day === this.#dayWord) return true
    let dates = this.#dates
    const at = dateIndex(month, day)
    if (dates[at] !== year || dates[at + 1] !== month || dates[at + 2] !== day) {
      const days = dayOf(fourDigitsAt(view, p), month, day)
      if (days !== days) return false
      if (dates === noDates) dates = this.#dates = noDates.slice()
      dates[at] = year
      dates[at + 1] = month
      dates[at + 2] = day
      dates[at + 3] = days
      storeExact(dates, at + 4, days * msPerDay)
    }
    this.#yearWord = year
    this.#monthWord = month
    this.#dayWord = day
    this.day = dates[at + 3]!
    this.midnightLow = dates[at + 4]!
    this.midnightHigh = dates[at + 5]!
    return true
  }
}

/**
 * Days since 1970; NaN if the text is not a date, or the day does not exist.
 * @param month  `-MM-` as a 32-bit word
 * @param day  `-DDT` as a 32-bit word
 */
function dayOf(year: number, month: number, day: number): number {
  const separator = month & 0xff
  const between = day >>> 24
  // Dash, point and slash have consecutive codes.
  if (separator < dash || separator > dash + 2 || month >>> 24 !== separator) return NaN
  if (year < 0 || (between !== letterT && between !== blank)) return NaN
  const months = month ^ monthPattern
  const days = day ^ monthPattern
  if (((months | (months + sixes) | days | (days + sixes)) & middleHalves) !== 0) return NaN
  return civilDays(year, twoDigitsOf(months), twoDigitsOf(days))
}

/** The number whose two digits are the middle bytes of the word. */
function twoDigitsOf(word: number): number {
  return ((word >> 8) & 15) * 10 + ((word >> 16) & 15)
}

/** Seconds of the day for `HH:MM:SS` at `p`, or −1. */
function secondsAt(view: DataView, p: number): number {
  const hour = view.getInt32(p, true) ^ hourPattern
  const minute = view.getInt32(p + 4, true) ^ minutePattern
  const wrong =
    ((hour | (hour + sixes) | minute | (minute + sixes)) & upperHalves) |
    (hour & hourMarks) |
    (minute & minuteMarks)
  const hours = (hour & 15) * 10 + ((hour >> 8) & 15)
  const minutes = (hour >>> 24) * 10 + (minute & 15)
  const seconds = ((minute >> 16) & 15) * 10 + (minute >>> 24)
  if (wrong !== 0 || hours > 23 || minutes > 59 || seconds > 59) return -1
  return (hours * 60 + minutes) * 60 + seconds
}

/** Milliseconds for `.mmm` at `p`, or −1. */
function millisAt(view: DataView, p: number): number {
  const fraction = view.getInt32(p, true) ^ fractionPattern
  const wrong = ((fraction | (fraction + sixes)) & upperHalves) | (fraction & fractionMarks)
  if (wrong !== 0) return -1
  return ((fraction >> 8) & 15) * 100 + ((fraction >> 16) & 15) * 10 + (fraction >>> 24)
}

export class DateTimeColumn extends NumberColumn {
  readonly #time: UsualTime = new UsualTime(this.type.offset)

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    const { min, max } = this.type
    const array = this.reserve(firstRow + rowCount)
    const time = this.#time
    time.lookAtOffset()
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = time.read(bytes, view, start, end)
      if (msOfDay >= 0 && msOfDay % 1000 === 0 && time.nanos === 0) {
        const seconds = time.day * secondsPerDay + msOfDay / 1000
        if (seconds >= min && seconds <= max) {
          array[firstRow + row] = seconds
          continue
        }
      }
      nulls += this.readOther(block, row, firstRow, start, end)
      time.lookAtOffset()
    }
    return nulls
  }
}

export class TimestampColumn extends WideColumn<Int32Array> {
  readonly #time: UsualTime = new UsualTime(this.type.offset)

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    const words = this.reserve(firstRow + rowCount)
    const time = this.#time
    time.lookAtOffset()
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = time.read(bytes, view, start, end)
      if (msOfDay >= 0 && time.nanos === 0) {
        const low = (time.midnightLow + msOfDay) >>> 0
        const word = 2 * (firstRow + row)
        words[word] = low
        words[word + 1] = low < msOfDay ? time.midnightHigh + 1 : time.midnightHigh
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
        time.lookAtOffset()
      }
    }
    return nulls
  }
}

export class NanotimeColumn extends WideColumn<Int32Array> {
  readonly #time: UsualTime = new UsualTime(this.type.offset)

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { view, starts, ends, fieldCount, rowCount } = block
    const words = this.reserve(firstRow + rowCount)
    const time = this.#time
    time.lookAtOffset()
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = time.takesPlain ? time.readTime(view, start, end) : -1
      if (msOfDay >= 0) {
        storeExact(words, 2 * (firstRow + row), msOfDay * nanosPerMs + time.nanos)
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
        time.lookAtOffset()
      }
    }
    return nulls
  }
}

export class NanotimestampColumn extends WideColumn<Int32Array> {
  readonly #time: UsualTime = new UsualTime(this.type.offset)

  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    const words = this.reserve(firstRow + rowCount)
    const time = this.#time
    time.lookAtOffset()
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const msOfDay = time.read(bytes, view, start, end)
      const ms = time.day * msPerDay + msOfDay
      if (msOfDay >= 0 && ms <= maxMs && ms >= -maxMs) {
        // Both products are exact: the upper half of the milliseconds has 12 bits, the lower half 32.
        const upper = Math.floor(ms / wordSize)
        const lower = (ms - upper * wordSize) * nanosPerMs + time.nanos
        const carry = Math.floor(lower / wordSize)
        const word = 2 * (firstRow + row)
        words[word] = lower - carry * wordSize
        words[word + 1] = upper * nanosPerMs + carry
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
        time.lookAtOffset()
      }
    }
    return nulls
  }
}
