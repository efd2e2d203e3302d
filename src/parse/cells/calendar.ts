/*
  Reads parts of dates directly from bytes.
*/
import { civilFromDays, daysFromCivil, daysInMonth } from '../../protocol/civil-date.js'

const zero = 48

/** The value of bytes that are not all digits: larger than any part of a date, so that every range check fails. */
const noDigits = 65_536

/** The number of two digits at `p`, or more than 65,535 if a byte is not a digit. */
export function twoDigits(bytes: Uint8Array, p: number): number {
  const a = bytes[p]! - zero
  const b = bytes[p + 1]! - zero
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : noDigits
}

/** The number of four digits at `p`, or more than 65,535 if a byte is not a digit. */
export function fourDigits(bytes: Uint8Array, p: number): number {
  return twoDigits(bytes, p) * 100 + twoDigits(bytes, p + 2)
}

const maxYear = 9999
const daysBefore1970 = 719_528
const lastDay = 2_932_896

/** First and last millisecond of the years 0000 to 9999. */
export const firstTextMs: number = -daysBefore1970 * 86_400_000
export const lastTextMs: number = (lastDay + 1) * 86_400_000 - 1

/** True for days, counted from 1970-01-01, of the years 0000 to 9999, the years that texts can express. */
export function isTextDay(days: number): boolean {
  return days >= -daysBefore1970 && days <= lastDay
}

/**
 * For each month of the years 0 to 9999: its length, plus 32 times the days from 0000-01-01 to the month's first day;
 * 0 until computed. Computing the days for every cell would take longer than reading the rest of the cell.
 */
const monthStarts = new Int32Array((maxYear + 1) * 12)

function monthStart(year: number, month: number): number {
  const start = daysFromCivil(year, month, 1) + daysBefore1970
  return (start << 5) | daysInMonth(year, month)
}

/** Days from 1970-01-01 to a date of the years 0 to 9999 (proleptic Gregorian); NaN for an invalid date. */
export function civilDays(year: number, month: number, day: number): number {
  if (year > maxYear || month < 1 || month > 12 || day < 1) return NaN
  const index = year * 12 + month - 1
  let start = monthStarts[index]!
  if (start === 0) {
    start = monthStart(year, month)
    monthStarts[index] = start
  }
  return day > (start & 31) ? NaN : (start >> 5) - daysBefore1970 + day - 1
}

const daysPerYear = 365.2425

/** The year of a day, given in days since 1970. Makes no Date object, because that would cost too much per cell. */
export function yearAt(days: number): number {
  let year = Math.floor((days + daysBefore1970) / daysPerYear)
  // Leap days are not evenly spaced, so the computed year may be wrong by one.
  if (daysFromCivil(year, 1, 1) > days) year--
  else if (daysFromCivil(year + 1, 1, 1) <= days) year++
  return year
}

/** Months since year 0 for midnight of a month's first day; Infinity for any other moment. */
export function monthsAt(days: number, secondOfDay: number, nanos: number): number {
  const { year, month, day } = civilFromDays(days)
  return day === 1 && secondOfDay === 0 && nanos === 0 ? year * 12 + month - 1 : Infinity
}
