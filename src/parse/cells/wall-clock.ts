/*
  Reads dates and times of day from bytes, in DolphinDB's own notation and in ISO 8601 (docs/server-semantics.md#text-of-values),
  without allocating anything. The results are wall-clock times. A column cannot store an offset, so without a time zone all times of a
  column must have the same offset. With a time zone, times with an offset are converted to the zone's clocks.
*/
import { option } from '../../errors.js'
import { civilDays, fourDigits, twoDigits } from './calendar.js'
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import type { ColumnOffset } from './column-offset.js'
import type { TimeZone } from './time-zone.js'
import { UtcOffset } from './utc-offset.js'

const zero = 48
const point = 46
const comma = 44
const colon = 58
const letterM = 77
const letterT = 84
const lowerM = 109
const lowerT = 116
const blank = 32
const dash = 45
const slash = 47

const secondsPerDay = 86_400
const nanoDigits = 9
/** For each number of digits in a fraction: how many nanoseconds one unit of the last digit is. */
const nanosOfDigits = Int32Array.from({ length: nanoDigits + 1 }, (_, i) => 10 ** (nanoDigits - i))

/** The readers return this if the text is not a value; 0 means success. */
const noValue: number = NaN
/** The readers return this if a digit beyond nanoseconds is not zero. */
const tooFine: number = Infinity

/** The parts of a moment, from which every temporal type can be made. */
export interface TimeParts {
  /** Days since 1970. */
  days: number
  secondOfDay: number
  /** Nanoseconds within the second. */
  nanos: number
}

/** Reads texts of one format. `read` returns 0 and sets the parts; NaN: no time; Infinity: too fine or out of range. */
export interface DateFormat extends TimeParts {
  /** True if the texts are numbers. They may then have the number style of the column (`NumberStyle`). */
  readonly isNumber: boolean
  /** Months since year 0, for MONTH. */
  readonly months: number
  read(bytes: Uint8Array, start: number, end: number): number
  /** For a text that the column refuses: what it may be instead; undefined if there is nothing to say. */
  explain?(bytes: Uint8Array, start: number, end: number): string | undefined
}

export interface ClockRules {
  /** Time zone of the stored times; undefined to store them as written. */
  readonly zone?: TimeZone | undefined
  /** The time zone offset of the column's times if they are stored as written; undefined if offsets do not matter. */
  readonly offset?: ColumnOffset | undefined
  /** Called when an offset other than 0 is ignored because no zone is set. Returns true to be called again. */
  readonly onOffset?: (() => boolean | void) | undefined
}

/** Keeps the parts of the text read last. If that text was not a value, the parts are meaningless. */
export class WallClock implements TimeParts {
  days = 0
  secondOfDay = 0
  nanos = 0
  /** Bounds of the text, without blanks around it and without a time zone offset. */
  #start = 0
  #end = 0
  /** True if the text read last has no separators between its digits. */
  #isBasic = false
  #zoneFault: 'none' | 'skipped' | 'dateless' | 'other' = 'none'
  readonly #offset: UtcOffset = new UtcOffset()
  readonly #zone: TimeZone | undefined
  readonly #columnOffset: ColumnOffset | undefined
  #onOffset: (() => boolean | void) | undefined

  constructor({ zone, offset, onOffset }: ClockRules = {}) {
    this.#zone = zone
    this.#columnOffset = offset
    this.#onOffset = onOffset
  }

  /** Reads a date into `days`; a time may follow. Returns 0, or else `noValue` or `tooFine`. */
  readDate(bytes: Uint8Array, start: number, end: number): number {
    this.#trim(bytes, start, end)
    const after = this.#date(bytes)
    this.secondOfDay = 0
    this.nanos = 0
    if (after === this.#end) return 0
    const outcome = this.#timeAfter(bytes, after)
    // A DATE has no time of day, so it may be stored even if the zone's clocks skipped its midnight.
    const matters = this.#zone === undefined || this.#offset.isGiven
    return outcome === 0 && matters ? this.#toZone() : outcome
  }

  /** Reads `HH:MM:SS[.fraction]` into `secondOfDay` and `nanos`. Returns 0, or else `noValue` or `tooFine`. */
  readTime(bytes: Uint8Array, start: number, end: number): number {
    this.#trim(bytes, start, end)
    this.#isBasic = false
    this.#end = this.#offset.takeFrom(bytes, this.#start, this.#end)
    const outcome = this.#end - this.#start < 8 ? noValue : this.#time(bytes, this.#start)
    if (outcome !== 0) return outcome
    if (this.#zone === undefined) return this.#keepAsWritten()
    if (!this.#offset.isGiven) return 0
    // Without a date, the time cannot be converted to another time zone.
    this.#zoneFault = 'dateless'
    return noValue
  }

  /** Reads `HH:MM` or `HH:MMm` into `secondOfDay`, and returns 0. Returns `noValue` for any other text. */
  readMinute(bytes: Uint8Array, start: number, end: number): number {
    const last = trimmedEnd(bytes, start, end)
    this.#trim(bytes, start, bytes[last - 1] === lowerM ? last - 1 : last)
    this.#isBasic = false
    return this.#end - this.#start === 5 ? this.#time(bytes, this.#start) : noValue
  }

  /** Reads a date, and `HH:MM[:SS[.fraction]]` after `T` or a blank; default midnight. Returns as `readDate` does. */
  readDateTime(bytes: Uint8Array, start: number, end: number): number {
    this.#trim(bytes, start, end)
    const after = this.#date(bytes)
    this.secondOfDay = 0
    this.nanos = 0
    if (after === this.#end) {
      this.#offset.isGiven = false
      // A date alone has no offset to check.
      return this.#zone === undefined ? 0 : this.#toZone()
    }
    const outcome = this.#timeAfter(bytes, after)
    return outcome === 0 ? this.#toZone() : outcome
  }

  /** Like `readDateTime`, but the time may be just `HH`, and must not be missing. */
  readDateHour(bytes: Uint8Array, start: number, end: number): number {
    this.#trim(bytes, start, end)
    const after = this.#date(bytes)
    if (after + 3 !== this.#end) {
      // A date alone means a day, not the day's first hour.
      return after === this.#end ? noValue : this.readDateTime(bytes, start, end)
    }
    if (!isSeparator(bytes[after]!)) return noValue
    const hour = twoDigits(bytes, after + 1)
    if (hour > 23) return noValue
    this.secondOfDay = hour * 3600
    this.nanos = 0
    this.#offset.isGiven = false
    return this.#toZone()
  }

  /** What a valid text would be, if the text read last is invalid because of its offset or the zone; otherwise undefined. */
  get zoneFault(): string | undefined {
    const name = this.#zone?.name
    switch (this.#zoneFault) {
      case 'none':
        return undefined
      case 'dateless':
        return `a time of day without an offset: without a date it cannot be converted to ${name}`
      case 'skipped':
        return `a time that exists in ${name}, where clocks were put forward past this one`
      case 'other':
        return `a time with ${this.#columnOffset?.words} like the first one of the column (${option('cells.timeZone')} allows others)`
    }
  }

  #trim(bytes: Uint8Array, start: number, end: number): void {
    this.#start = trimmedStart(bytes, start, end)
    this.#end = trimmedEnd(bytes, this.#start, end)
    this.#zoneFault = 'none'
  }

  /**
   * Reads the leading date, `YYYY.MM.DD` (also with - or /) or `YYYYMMDD`, into `days`. Returns the position after the
   * date; NaN if there is none, or the day does not exist.
   */
  #date(bytes: Uint8Array): number {
    const p = this.#start
    const length = this.#end - p
    if (length < 8) return NaN
    const separator = bytes[p + 4]!
    this.#isBasic = separator !== point && separator !== dash && separator !== slash
    if (!this.#isBasic) {
      if (length < 10 || bytes[p + 7] !== separator) return NaN
      this.days = civilDays(fourDigits(bytes, p), twoDigits(bytes, p + 5), twoDigits(bytes, p + 8))
      return p + 10 + 0 * this.days
    }
    this.days = civilDays(fourDigits(bytes, p), twoDigits(bytes, p + 4), twoDigits(bytes, p + 6))
    return p + 8 + 0 * this.days
  }

  /** Reads the separator at `p`, then a time and its time zone offset. Returns `noValue` also if `p` is NaN. */
  #timeAfter(bytes: Uint8Array, p: number): number {
    if (p !== p || !isSeparator(bytes[p]!)) return noValue
    this.#end = this.#offset.takeFrom(bytes, p + 1, this.#end)
    return this.#time(bytes, p + 1)
  }

  /** Reads `HH:MM[:SS[.fraction]]`; after a date without separators also `HHMM[SS[.fraction]]`. */
  #time(bytes: Uint8Array, p: number): number {
    const width = bytes[p + 2] === colon ? 1 : 0
    const minuteAt = p + 2 + width
    const secondAt = minuteAt + 2 + width
    const end = this.#end
    if (end < minuteAt + 2 || (width === 0 && !this.#isBasic)) return noValue
    const hour = twoDigits(bytes, p)
    const minute = twoDigits(bytes, minuteAt)
    if (hour > 23 || minute > 59) return noValue
    this.secondOfDay = hour * 3600 + minute * 60
    this.nanos = 0
    if (end === minuteAt + 2) return 0
    if (end < secondAt + 2 || (width === 1 && bytes[secondAt - 1] !== colon)) return noValue
    const second = twoDigits(bytes, secondAt)
    if (second > 59) return noValue
    this.secondOfDay += second
    return end === secondAt + 2 ? 0 : this.#fraction(bytes, secondAt + 2)
  }

  #fraction(bytes: Uint8Array, start: number): number {
    const sign = bytes[start]
    if ((sign !== point && sign !== comma) || start + 1 === this.#end) return noValue
    let nanos = 0
    let digits = 0
    let outcome = 0
    for (let p = start + 1; p < this.#end; p++) {
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) return noValue
      if (digits < nanoDigits) {
        nanos = nanos * 10 + digit
        digits++
      } else if (digit !== 0) outcome = tooFine
    }
    this.nanos = nanos * nanosOfDigits[digits]!
    return outcome
  }

  /** Converts the moment to the zone's clocks; without a zone, only checks the offset. Returns 0 or `noValue`. */
  #toZone(): number {
    const zone = this.#zone
    const offset = this.#offset
    if (zone === undefined) return this.#keepAsWritten()
    const wall = this.days * secondsPerDay + this.secondOfDay
    if (offset.isGiven) {
      setMoment(this, wall - offset.seconds, zone)
      return 0
    }
    if (!zone.skips(wall)) return 0
    this.#zoneFault = 'skipped'
    return noValue
  }

  #keepAsWritten(): number {
    const { isGiven, seconds } = this.#offset
    if (this.#columnOffset?.takes(isGiven, seconds) === false) {
      this.#zoneFault = 'other'
      return noValue
    }
    if (this.#onOffset !== undefined && isGiven && seconds !== 0) {
      if (this.#onOffset() !== true) this.#onOffset = undefined
    }
    return 0
  }
}

/** Sets `days` and `secondOfDay` to the zone's wall-clock time at `utcSeconds`, counted since 1970. */
export function setMoment(parts: TimeParts, utcSeconds: number, zone: TimeZone): void {
  const wall = utcSeconds + zone.offsetAt(utcSeconds)
  parts.days = Math.floor(wall / secondsPerDay)
  parts.secondOfDay = wall - parts.days * secondsPerDay
}

/** True for characters allowed between a date and a time. */
function isSeparator(byte: number): boolean {
  return byte === letterT || byte === blank || byte === lowerT
}

/** Reads `2012.06M`, `2012.06` or `2012-06`. Returns year × 12 + month − 1. */
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
