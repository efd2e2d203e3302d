/*
  Reads counts since 1970-01-01: seconds, milli-, micro- or nanoseconds, with or without a fraction.
*/
import { monthsAt } from './calendar.js'
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import type { DateFormat } from './wall-clock.js'
import { powersOfTen } from './read-number.js'

const zero = 48
const minus = 45
const plus = 43
const point = 46
const nanoDigits = 9
const nanosPerSecond = 1_000_000_000
const secondsPerDay = 86_400
/** The most digits of whole seconds. 14 digits are three million years, and doubles are exact for such numbers. */
const maxSecondDigits = 14

export class EpochFormat implements DateFormat {
  readonly isNumber = true
  days = 0
  secondOfDay = 0
  nanos = 0
  /** How many decimals of a second the unit has: 0 for seconds, 3 for milli-, 6 for micro-, 9 for nanoseconds. */
  readonly unitDigits: number

  constructor(unitDigits: number) {
    this.unitDigits = unitDigits
  }

  get months(): number {
    return monthsAt(this.days, this.secondOfDay, this.nanos)
  }

  read(bytes: Uint8Array, start: number, end: number): number {
    let first = trimmedStart(bytes, start, end)
    const last = trimmedEnd(bytes, first, end)
    const negative = bytes[first] === minus
    if (negative || bytes[first] === plus) first++
    let pointAt = first
    while (pointAt < last && bytes[pointAt]! >= zero && bytes[pointAt]! <= zero + 9) pointAt++
    if (pointAt === first || (pointAt < last && bytes[pointAt] !== point)) return NaN
    const secondDigits = pointAt - first - this.unitDigits
    if (secondDigits > maxSecondDigits) return Infinity
    let p = first
    let seconds = 0
    for (; p - first < secondDigits; p++) seconds = seconds * 10 + bytes[p]! - zero
    let nanos = 0
    let left = secondDigits < 0 ? nanoDigits + secondDigits : nanoDigits
    let excess = false
    for (; p < last; p++) {
      if (p === pointAt) continue
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) return NaN
      if (left > 0) {
        nanos = nanos * 10 + digit
        left--
      } else if (digit !== 0) excess = true
    }
    this.#set(negative, seconds, nanos * powersOfTen[left]!)
    return excess ? Infinity : 0
  }

  #set(negative: boolean, seconds: number, nanos: number): void {
    // Nanoseconds count forward from the start of the second, even before 1970.
    const below = negative && nanos > 0
    const signed = negative ? -seconds - (below ? 1 : 0) : seconds
    this.days = Math.floor(signed / secondsPerDay)
    this.secondOfDay = signed - this.days * secondsPerDay
    this.nanos = below ? nanosPerSecond - nanos : nanos
  }
}
