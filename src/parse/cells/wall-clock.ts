/*
  Dates and times of day in DolphinDB's own spelling and in ISO 8601 (docs/server-semantics.md#text-of-values), read
  from bytes without making anything. They are wall clock: Z and an offset of zero are
  passed over, any other zone is refused.
*/
import { civilDays, fourDigits, twoDigits } from './calendar.js'
import { trimmedEnd, trimmedStart } from './cell-bytes.js'

const zero = 48
const point = 46
const colon = 58
const letterM = 77
const letterT = 84
const letterZ = 90
const lowerM = 109
const lowerZ = 122
const blank = 32
const dash = 45
const plus = 43
const slash = 47

/** Results of reading: the text is not a value, or says more than nanoseconds. */
const noValue: number = NaN
const tooFine: number = Infinity

/** A moment in parts that every temporal type can be made from. */
export interface TimeParts {
  /** Since 1970. */
  days: number
  secondOfDay: number
  /** Within the second. */
  nanos: number
}

/** Keeps the parts of the text it read last; of one that was not a value they mean nothing. */
export class WallClock implements TimeParts {
  days = 0
  secondOfDay = 0
  nanos = 0
  /** What is read: blanks around it and a `Z` behind a time are left out. */
  #start = 0
  #end = 0

  /** A date and nothing else: 0 or NaN. */
  readDate(bytes: Uint8Array, start: number, end: number): number {
    this.#trim(bytes, start, end)
    this.secondOfDay = 0
    this.nanos = 0
    return this.#date(bytes) === this.#end ? 0 : noValue
  }

  /** `HH:MM:SS[.fraction]`: 0, NaN or Infinity. */
  readTime(bytes: Uint8Array, start: number, end: number): number {
    this.#trim(bytes, start, end)
    this.#dropZone(bytes)
    return this.#end - this.#start < 8 ? noValue : this.#time(bytes, this.#start)
  }

  /** `HH:MM` or `HH:MMm`: 0 or NaN. */
  readMinute(bytes: Uint8Array, start: number, end: number): number {
    const last = trimmedEnd(bytes, start, end)
    this.#trim(bytes, start, bytes[last - 1] === lowerM ? last - 1 : last)
    return this.#end - this.#start === 5 ? this.#time(bytes, this.#start) : noValue
  }

  /** A date, alone (midnight) or with `T` or a blank and `HH:MM[:SS[.fraction]]`: 0, NaN or Infinity. */
  readDateTime(bytes: Uint8Array, start: number, end: number): number {
    this.#trim(bytes, start, end)
    const behind = this.#date(bytes)
    if (Number.isNaN(behind)) return noValue
    this.secondOfDay = 0
    this.nanos = 0
    if (behind === this.#end) return 0
    if (bytes[behind] !== letterT && bytes[behind] !== blank) return noValue
    this.#dropZone(bytes)
    return this.#time(bytes, behind + 1)
  }

  /** A date with `T` or a blank and `HH`: 0 or NaN. */
  readDateHour(bytes: Uint8Array, start: number, end: number): number {
    this.#trim(bytes, start, end)
    const behind = this.#date(bytes)
    if (bytes[behind] !== letterT && bytes[behind] !== blank) return noValue
    const hour = twoDigits(bytes, behind + 1)
    if (behind + 3 !== this.#end || hour > 23) return noValue
    this.secondOfDay = hour * 3600
    this.nanos = 0
    return 0
  }

  #trim(bytes: Uint8Array, start: number, end: number): void {
    this.#start = trimmedStart(bytes, start, end)
    this.#end = trimmedEnd(bytes, this.#start, end)
  }

  /**
   * Reads the date in front, `YYYY.MM.DD` (also with - or /) or `YYYYMMDD`; gives the position behind it, or NaN. A day
   * that does not exist is NaN, which the sums below carry on.
   */
  #date(bytes: Uint8Array): number {
    const p = this.#start
    const length = this.#end - p
    if (length < 8) return NaN
    const separator = bytes[p + 4]!
    if (separator === point || separator === dash || separator === slash) {
      if (length < 10 || bytes[p + 7] !== separator) return NaN
      this.days = civilDays(fourDigits(bytes, p), twoDigits(bytes, p + 5), twoDigits(bytes, p + 8))
      return p + 10 + 0 * this.days
    }
    this.days = civilDays(fourDigits(bytes, p), twoDigits(bytes, p + 4), twoDigits(bytes, p + 6))
    return p + 8 + 0 * this.days
  }

  #time(bytes: Uint8Array, p: number): number {
    const length = this.#end - p
    if (length < 5 || bytes[p + 2] !== colon) return noValue
    const hour = twoDigits(bytes, p)
    const minute = twoDigits(bytes, p + 3)
    if (hour > 23 || minute > 59) return noValue
    this.secondOfDay = hour * 3600 + minute * 60
    this.nanos = 0
    if (length === 5) return 0
    if (length < 8 || bytes[p + 5] !== colon) return noValue
    const second = twoDigits(bytes, p + 6)
    if (second > 59) return noValue
    this.secondOfDay += second
    return length === 8 ? 0 : this.#fraction(bytes, p + 8)
  }

  #fraction(bytes: Uint8Array, start: number): number {
    if (bytes[start] !== point || start + 1 === this.#end) return noValue
    let unit = 1_000_000_000
    let outcome = 0
    for (let p = start + 1; p < this.#end; p++) {
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) return noValue
      unit = Math.floor(unit / 10)
      if (unit > 0) this.nanos += digit * unit
      else if (digit !== 0) outcome = tooFine
    }
    return outcome
  }

  /** Leaves out a `Z` or an offset of zero: it says the same as no zone to a type that has none. */
  #dropZone(bytes: Uint8Array): void {
    const last = bytes[this.#end - 1]
    if (last === letterZ || last === lowerZ) {
      this.#end--
      return
    }
    const offset = zoneOffset(bytes, this.#start, this.#end)
    if (offset < 0) return
    for (let p = offset + 1; p < this.#end; p++) {
      if (bytes[p] !== zero && bytes[p] !== colon) return
    }
    this.#end = offset
  }
}

/** Position of the sign of `+HH:MM`, `+HHMM` or `+HH` at the end of a time, or −1. */
function zoneOffset(bytes: Uint8Array, start: number, end: number): number {
  for (const length of [6, 5, 3]) {
    const p = end - length
    // A time of day stands before it: the dashes of a date are not meant.
    if (p < start + 5 || (bytes[p] !== plus && bytes[p] !== dash)) continue
    if (bytes.subarray(start, p).includes(colon)) return p
  }
  return -1
}

/** Year × 12 + month − 1, from `2012.06M`, `2012.06`, `2012-06`. */
export function readMonth(bytes: Uint8Array, start: number, end: number): number {
  const first = trimmedStart(bytes, start, end)
  let last = trimmedEnd(bytes, first, end)
  if (bytes[last - 1] === letterM) last--
  const separator = bytes[first + 4]
  if (last - first !== 7 || (separator !== point && separator !== dash)) return NaN
  const year = fourDigits(bytes, first)
  const month = twoDigits(bytes, first + 5)
  return year > 9999 || month < 1 || month > 12 ? NaN : year * 12 + month - 1
}

/** Why a text with a time in it is refused, when that is its zone. */
export function explainZone(bytes: Uint8Array, start: number, end: number): string | undefined {
  const last = trimmedEnd(bytes, start, end)
  if (zoneOffset(bytes, trimmedStart(bytes, start, end), last) < 0) return undefined
  return 'a time without an offset, because DolphinDB keeps wall-clock time (Z and +00:00 are taken as they are)'
}
