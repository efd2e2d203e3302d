/*
  Layouts of dates and times: texts of one length that have the same fields at the same places, learned from a text that was read.
  Such texts are read without following a pattern.
*/
import type { KernelLayout } from '../../kernel/reads.js'
import { zero } from './read-cell.js'
import { civilDays, noDay } from './time-unit.js'
import type { TimeParts } from './time-zone.js'

const nanoDigits = 9
/** For each number of digits in a fraction: how many nanoseconds one unit of the last digit is. */
export const nanosOfDigits: Int32Array = Int32Array.from(
  { length: nanoDigits + 1 },
  (_, i) => 10 ** (nanoDigits - i),
)

/** Indexes of the fields of a time. */
export const year = 0
export const month = 1
export const day = 2
export const hour = 3
export const minute = 4
export const second = 5
export const fraction = 6
/** Digits that do not count. */
export const dropped = 7

/** The values of fields that a text lacks. */
export const defaults: Int32Array = Int32Array.of(1970, 1, 1, 0, 0, 0, 0, 0)

export interface TimeLayout extends KernelLayout {
  /** The offset from UTC in the texts, or `noOffset`. */
  readonly offset: number
}

/** The layout of the text from `start` to `end`, whose fields are known. */
export function layoutOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  { at, digits, offset }: Omit<TimeLayout, 'others' | 'length'>,
): TimeLayout {
  const others: number[] = []
  for (let p = 0; p < end - start; p++) {
    const isDigit = at.some((place, i) => place >= 0 && p >= place && p < place + digits[i]!)
    if (!isDigit) others.push(p, bytes[start + p]!)
  }
  const places = { at: at.slice(), digits: digits.slice(), others: Int32Array.from(others) }
  return { ...places, length: end - start, offset }
}

/** Reads a text of this layout into `parts`; false for any other text, and for one that is no time. */
export function readLayout(
  { at, digits, others }: TimeLayout,
  bytes: Uint8Array,
  start: number,
  parts: TimeParts,
): boolean {
  for (let i = 0; i < others.length; i += 2) {
    if (bytes[start + others[i]!] !== others[i + 1]) return false
  }
  const yearAt = start + at[year]!
  const y = at[year]! < 0 ? 1970 : 100 * pairAt(bytes, yearAt) + pairAt(bytes, yearAt + 2)
  const mo = at[month]! < 0 ? 1 : pairAt(bytes, start + at[month]!)
  const days = civilDays(y, mo, at[day]! < 0 ? 1 : pairAt(bytes, start + at[day]!))
  const h = at[hour]! < 0 ? 0 : pairAt(bytes, start + at[hour]!)
  const m = at[minute]! < 0 ? 0 : pairAt(bytes, start + at[minute]!)
  const s = at[second]! < 0 ? 0 : pairAt(bytes, start + at[second]!)
  if (days === noDay || h > 23 || m > 59 || s > 59) return false
  const nanos = digitsAt(bytes, start + at[fraction]!, digits[fraction]!)
  if (nanos < 0 || digitsAt(bytes, start + at[dropped]!, digits[dropped]!) < 0) return false
  parts.days = days
  parts.secondOfDay = (h * 60 + m) * 60 + s
  parts.nanos = Math.imul(nanos, nanosOfDigits[digits[fraction]!]!)
  return true
}

/** The number of two digits; more than any year if a byte is not a digit. */
function pairAt(bytes: Uint8Array, p: number): number {
  const tens = bytes[p]! - zero
  const ones = bytes[p + 1]! - zero
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? 10_000 : tens * 10 + ones
}

/** The number of so many digits; −1 if a byte is not a digit. */
function digitsAt(bytes: Uint8Array, start: number, count: number): number {
  let value = 0
  for (let p = start; p < start + count; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}
