/*
  Numbers that count from 1970-01-01: seconds, or milli-, micro-, nanoseconds, with or without a fraction.
*/
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import type { DateFormat } from './date-format.js'

const zero = 48
const minus = 45
const plus = 43
const point = 46
const nanoDigits = 9
const secondsPerDay = 86_400
/** Seconds of more digits are out of every type's range, and of a double's exactness. */
const maxSecondDigits = 14

/** The format of `epoch:s`, `epoch:ms`, `epoch:us` and `epoch:ns`. */
export class EpochFormat implements DateFormat {
  days = 0
  secondOfDay = 0
  nanos = 0
  readonly #unitDigits: number

  /** @param unitDigits  0 for seconds, 3 for milliseconds, 6, 9 */
  constructor(unitDigits: number) {
    this.#unitDigits = unitDigits
  }

  /** Of a moment that is the first midnight of a month; Infinity for all others. */
  get months(): number {
    const date = new Date(this.days * secondsPerDay * 1000)
    if (date.getUTCDate() !== 1 || this.secondOfDay !== 0 || this.nanos !== 0) return Infinity
    return date.getUTCFullYear() * 12 + date.getUTCMonth()
  }

  read(bytes: Uint8Array, start: number, end: number): number {
    let first = trimmedStart(bytes, start, end)
    const last = trimmedEnd(bytes, first, end)
    const negative = bytes[first] === minus
    if (negative || bytes[first] === plus) first++
    let pointAt = first
    while (pointAt < last && bytes[pointAt]! >= zero && bytes[pointAt]! <= zero + 9) pointAt++
    if (pointAt === first || (pointAt < last && bytes[pointAt] !== point)) return NaN
    const secondDigits = pointAt - first - this.#unitDigits
    if (secondDigits > maxSecondDigits) return Infinity
    let seconds = 0
    let nanos = 0
    let place = secondDigits - 1
    let excess = false
    for (let p = first; p < last; p++) {
      if (p === pointAt) continue
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) return NaN
      if (place >= 0) seconds = seconds * 10 + digit
      else if (place >= -nanoDigits) nanos += digit * 10 ** (nanoDigits + place)
      else if (digit !== 0) excess = true
      place--
    }
    this.#set(negative, seconds, nanos)
    return excess ? Infinity : 0
  }

  #set(negative: boolean, seconds: number, nanos: number): void {
    // Before 1970 the fraction still counts forward from the whole second below.
    const below = negative && nanos > 0
    const signed = negative ? -seconds - (below ? 1 : 0) : seconds
    this.days = Math.floor(signed / secondsPerDay)
    this.secondOfDay = signed - this.days * secondsPerDay
    this.nanos = below ? 1_000_000_000 - nanos : nanos
  }
}
