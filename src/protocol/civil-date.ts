/* Converts between dates of the proleptic Gregorian calendar and days since 1970 (docs/protocol.md#data-types). */

/** Year 0 is 1 BC. */
export interface CivilDate {
  year: number
  /** 1 to 12. */
  month: number
  /** Day of the month, from 1. */
  day: number
}

const daysPerEra = 146_097
/** Days from 0000-03-01 to 1970-01-01. */
const epochDays = 719_468

/** The number of days from 1970-01-01 to a date; 19724 for 2024-01-02. Does not check that the date exists. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Years that begin in March end with the leap day (Hinnant, "chrono-compatible low-level date algorithms").
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * daysPerEra + dayOfEra - epochDays
}

/** The date `days` days after 1970-01-01; exact for every day that a temporal type can hold. */
export function civilFromDays(days: number): CivilDate {
  const shifted = days + epochDays
  const era = Math.floor(shifted / daysPerEra)
  const dayOfEra = shifted - era * daysPerEra
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  }
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** The number of days in a month; 0 if the month does not exist. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29
  return monthLengths[month - 1] ?? 0
}
