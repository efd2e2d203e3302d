/*
  Days since 1970 and the calendar of years 0000 to 9999, the years that texts can express.
*/
import { daysFromCivil, daysInMonth } from '../../protocol/civil-date.js'

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

/** @param index  months since year 0 */
function monthStart(index: number): number {
  const year = Math.floor(index / 12)
  const month = (index % 12) + 1
  const start = daysFromCivil(year, month, 1) + daysBefore1970
  return (monthStarts[index] = (start << 5) | daysInMonth(year, month))
}

/** Days from 0000-01-01 to a month's first day. */
const startOf = (index: number): number => (monthStarts[index]! || monthStart(index)) >> 5

/** What `civilDays` returns for a day that does not exist. */
export const noDay = 1_000_000_000

/** Days from 1970-01-01 to a date of the years 0 to 9999 (proleptic Gregorian). */
export function civilDays(year: number, month: number, day: number): number {
  if (year > maxYear || month < 1 || month > 12 || day < 1) return noDay
  const index = year * 12 + month - 1
  const start = monthStarts[index]! || monthStart(index)
  return day > (start & 31) ? noDay : (start >> 5) - daysBefore1970 + day - 1
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

const daysPerMonth = daysPerYear / 12

/** Months since year 0 for midnight of a month's first day; Infinity for any other moment. */
export function monthsAt(days: number, secondOfDay: number, nanos: number): number {
  const day = days + daysBefore1970
  // Months are not equally long, so the computed month may be one too early.
  let month = Math.floor(day / daysPerMonth)
  if (startOf(month) < day && month + 1 < monthStarts.length) month++
  return startOf(month) === day && secondOfDay === 0 && nanos === 0 ? month : Infinity
}
