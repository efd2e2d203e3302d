/*
  Reads parts of dates directly from bytes.
*/
import { civilFromDays, daysFromCivil, daysInMonth } from '../../protocol/civil-date.js'

const zero = 48

/** Larger than any part of a date, so it fails every range check. */
const noDigits = 65_536

/** Two digits at `p`, or more than 65,535. */
export function twoDigits(bytes: Uint8Array, p: number): number {
  const a = bytes[p]! - zero
  const b = bytes[p + 1]! - zero
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : noDigits
}

/** Four digits at `p`, or more than 65,535. */
export function fourDigits(bytes: Uint8Array, p: number): number {
  return twoDigits(bytes, p) * 100 + twoDigits(bytes, p + 2)
}

const maxYear = 9999
const daysBefore1970 = 719_528

/**
 * For each month of the years 0 to 9999: days from 0000-01-01 to its first day, times 32, plus its length; 0 if not computed
 * yet. Computing the day of a date would take longer than the rest of a cell.
 */
const monthStarts = new Int32Array((maxYear + 1) * 12)

function monthStart(year: number, month: number): number {
  const start = daysFromCivil(year, month, 1) + daysBefore1970
  return (start << 5) | daysInMonth(year, month)
}

/** Days from 1970-01-01 to a date of years 0 to 9999, proleptic Gregorian; NaN for an invalid date. */
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

/** Year of a day, without a Date object for each cell. */
export function yearAt(days: number): number {
  let year = Math.floor((days + daysBefore1970) / daysPerYear)
  // Leap days are not evenly spaced: it may be the year before or after.
  if (daysFromCivil(year, 1, 1) > days) year--
  else if (daysFromCivil(year + 1, 1, 1) <= days) year++
  return year
}

/** Months since year 0 of a moment that is the first midnight of a month; Infinity for all others. */
export function monthsAt(days: number, secondOfDay: number, nanos: number): number {
  const { year, month, day } = civilFromDays(days)
  return day === 1 && secondOfDay === 0 && nanos === 0 ? year * 12 + month - 1 : Infinity
}
