/*
  Parts of dates and times straight from bytes. Each gives NaN for what is no such part, so that results can be
  added up and checked once.
*/
const zero = 48

/** Larger than any part of a date: fails every range check. */
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

const daysInMonth = Uint8Array.of(0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

/** Days from 1970-01-01 to a date of years 0 to 9999, proleptic Gregorian; NaN when there is no such day. */
export function civilDays(year: number, month: number, day: number): number {
  if (year > 9999 || month < 1 || month > 12 || day < 1) return NaN
  if (day > daysInMonth[month]! && !(month === 2 && day === 29 && isLeapYear(year))) return NaN
  // Years begin in March here, so the leap day is the last of its year.
  const shifted = month > 2 ? year : year - 1
  const century = Math.floor(shifted / 100)
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const leapDays = Math.floor(shifted / 4) - century + Math.floor(century / 4)
  return shifted * 365 + leapDays + dayOfYear - 719_468
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Milliseconds of the day of `HH:MM:SS` at `p`, or NaN. */
export function clockMs(bytes: Uint8Array, p: number): number {
  const hour = twoDigits(bytes, p)
  const minute = twoDigits(bytes, p + 3)
  const second = twoDigits(bytes, p + 6)
  if (hour > 23 || minute > 59 || second > 59) return NaN
  if (bytes[p + 2] !== colon || bytes[p + 5] !== colon) return NaN
  return ((hour * 60 + minute) * 60 + second) * 1000
}

const colon = 58
