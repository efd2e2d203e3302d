/*
  Reads day numbers of spreadsheets: 45325.4375 is 2024-02-03 10:30. In Excel, day 1 is 1900-01-01, and day 60 is 29 February
  1900, which never existed. In files from old Macs, day 0 is 1904-01-01.
*/
import { isTextDay, monthsAt } from './calendar.js'
import type { DateFormat } from './wall-clock.js'
import { readLongDouble } from './read-long-double.js'
import { numberRead, readDouble } from './read-number.js'

/** Day number of 1970-01-01. */
const day1970In1900 = 25_569
const day1970In1904 = 24_107
/** Excel's day that the calendar lacks; the code shifts lower numbers by one. */
const noDay = 60
const msPerDay = 86_400_000

export class ExcelFormat implements DateFormat {
  readonly isNumber = true
  days = 0
  secondOfDay = 0
  nanos = 0
  readonly #is1904: boolean
  readonly #isTimeOfDay: boolean

  /** @param isTimeOfDay  true to accept only fractions of a day: 0.5 is noon */
  constructor(is1904: boolean, isTimeOfDay: boolean) {
    this.#is1904 = is1904
    this.#isTimeOfDay = isTimeOfDay
  }

  get months(): number {
    return monthsAt(this.days, this.secondOfDay, this.nanos)
  }

  /** Rounds to the millisecond, because day numbers are not more precise. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const isRead = readLongDouble(bytes, start, end)
    const value = isRead ? numberRead[0]! : readDouble(bytes, start, end)
    if (typeof value !== 'number') return value === 'cell' ? NaN : Infinity
    const ms = Math.round(value * msPerDay)
    const day = Math.floor(ms / msPerDay)
    const days = this.#daysOf(day)
    if (value < 0 || !isTextDay(days)) return Infinity
    this.days = days
    const msOfDay = ms - day * msPerDay
    this.secondOfDay = Math.floor(msOfDay / 1000)
    this.nanos = (msOfDay % 1000) * 1_000_000
    return 0
  }

  /** Days from 1970-01-01 to this day; NaN for an invalid day number. */
  #daysOf(day: number): number {
    if (this.#isTimeOfDay) return day === 0 ? 0 : NaN
    if (this.#is1904) return day - day1970In1904
    if (day === noDay || day < 1) return NaN
    return day - day1970In1900 + (day < noDay ? 1 : 0)
  }
}
