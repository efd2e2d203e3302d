/*
  Reads day numbers of spreadsheets: 45325.4375 is 2024-02-03 10:30. In Excel, day 1 is 1900-01-01, and day 60 is 29 February
  1900, which never existed. In files from old Macs, day 0 is 1904-01-01.
*/
import { isTextDay } from './calendar.js'
import { isRead, noValue, outOfRange, type Outcome } from './read-cell.js'
import { numberRead, readNumber } from './read-number.js'
import type { DateFormat } from './time-unit.js'
import type { TimeZone } from './time-zone.js'

/** Day number of 1970-01-01. */
const day1970In1900 = 25_569
const day1970In1904 = 24_107
/** Excel's day that the calendar lacks; the code shifts lower numbers by one. */
const noDay = 60
const msPerDay = 86_400_000
const secondsPerDay = 86_400

export class ExcelFormat implements DateFormat {
  readonly isNumber = true
  days = 0
  secondOfDay = 0
  nanos = 0
  readonly #is1904: boolean
  readonly #isTimeOfDay: boolean
  readonly #zone: TimeZone | undefined

  /**
   * @param isTimeOfDay  true to accept only fractions of a day: 0.5 is noon
   * @param zone  refuses times that its clocks skipped
   */
  constructor(is1904: boolean, isTimeOfDay: boolean, zone?: TimeZone) {
    this.#is1904 = is1904
    this.#isTimeOfDay = isTimeOfDay
    this.#zone = zone
  }

  /** Rounds to the millisecond, because day numbers are not more precise. */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): Outcome {
    const outcome = readNumber(bytes, view, start, end)
    if (outcome !== isRead) return outcome === noValue ? noValue : outOfRange
    const value = numberRead[0]!
    const ms = Math.round(value * msPerDay)
    const day = Math.floor(ms / msPerDay)
    const days = this.#daysOf(day)
    if (value < 0 || !isTextDay(days)) return outOfRange
    this.days = days
    const msOfDay = ms - day * msPerDay
    this.secondOfDay = Math.floor(msOfDay / 1000)
    this.nanos = (msOfDay % 1000) * 1_000_000
    const isSkipped = this.#zone?.skips(days * secondsPerDay + this.secondOfDay) === true
    return isSkipped ? noValue : isRead
  }

  /** Days from 1970-01-01 to this day; NaN for an invalid day number. */
  #daysOf(day: number): number {
    if (this.#isTimeOfDay) return day === 0 ? 0 : NaN
    if (this.#is1904) return day - day1970In1904
    if (day === noDay || day < 1) return NaN
    return day - day1970In1900 + (day < noDay ? 1 : 0)
  }
}
