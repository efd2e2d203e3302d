/*
  Reads dates and times by patterns. Exchanges write times of day as whole numbers without leading zeros: with HHmmssSSS, `93000000`
  is 09:30:00.000. Most times of a column have their fields at the same places, so a format learns where they are.
*/
import { option } from '../../errors.js'
import type { KernelRead } from '../../kernel/kernel.js'
import { timesRead } from '../../kernel/reads.js'
import type { RecordBlock } from '../record-block.js'
import { latin1, trimmedEnd, trimmedStart } from './cell-bytes.js'
import { noOffset, readOffset, type ColumnOffset } from './column-offset.js'
import {
  blank,
  comma,
  isRead,
  minus,
  noValue,
  outOfRange,
  point,
  slash,
  zero,
  type Outcome,
} from './read-cell.js'
import {
  day,
  defaults,
  dropped,
  fraction,
  hour,
  layoutOf,
  minute,
  month,
  nanosOfDigits,
  readLayout,
  second,
  year,
  type TimeLayout,
} from './time-layout.js'
import { monthNames, type PatternPart } from './time-pattern.js'
import { civilDays, noDay, type DateFormat, type TimeUnit } from './time-unit.js'
import { setMoment, type TimeZone } from './time-zone.js'

const secondsPerDay = 86_400
const nanoDigits = 9
export interface ClockRules {
  /** Time zone of the stored times; undefined to store them as written. */
  readonly zone?: TimeZone | undefined
  /** The time zone offset of the column's times if they are stored as written; undefined if offsets do not matter. */
  readonly offset?: ColumnOffset | undefined
  /** Called when an offset other than 0 is first ignored because no zone is set. */
  readonly onOffset?: (() => void) | undefined
  /** Names formats that read a refused text; undefined if there is none. */
  readonly formatHint?: DateFormat['explain']
}

export interface PatternRules extends ClockRules {
  /** False if the type has no time of day, so that it may store a day whose midnight the zone's clocks skipped. */
  readonly keepsTime?: boolean
  /** True if the type has no days either. */
  readonly isMonth?: boolean
}

/** Why a time is refused because of its offset or the zone. */
const noFault = 0
const skippedTime = 1
const withoutDate = 2
const otherOffset = 3

/** For each letter of a pattern: its field, and the least and largest number there. */
const fields: Readonly<Record<string, readonly [field: number, least: number, most: number]>> = {
  y: [year, 0, 9999],
  M: [month, 1, 12],
  d: [day, 1, 31],
  H: [hour, 0, 23],
  h: [hour, 0, 12],
  m: [minute, 0, 59],
  s: [second, 0, 59],
  S: [fraction, 0, Infinity],
  n: [fraction, 0, Infinity],
  '*': [dropped, 0, Infinity],
}

/** Longer texts have no layout. */
const maxLength = 40
/** How many layouts a column learns. Only texts whose digits stand in ever new places need many. */
const maxLearned = 200

/** Keeps the parts of the text read last. If that text was not a time, the parts are meaningless. */
export class PatternFormat implements DateFormat {
  readonly isNumber = false
  days = 0
  secondOfDay = 0
  nanos = 0
  readonly #patterns: readonly (readonly PatternPart[])[]
  readonly #rules: PatternRules
  readonly #hasDate: boolean
  #isOffsetTold = false
  #half: 'none' | 'morning' | 'afternoon' = 'none'
  /** Of each field: its value, its place in the text or −1, and its number of digits. */
  readonly #values: Int32Array = Int32Array.from(defaults)
  readonly #at: Int32Array = new Int32Array(defaults.length)
  readonly #digits: Int32Array = new Int32Array(defaults.length)
  /** The offset in the text, in seconds, or `noOffset`. */
  #offset = noOffset
  #isTooFine = false
  /** Number of leading zeros that the text lacks. The fields read next count these zeros among their digits. */
  #missing = 0
  /** True if a layout can have the fields of the text. */
  #isRegular = true
  readonly #layouts: (TimeLayout | undefined)[] = []
  #learned = 0
  #fault: number = noFault

  /** @param patterns  the first of them that fits reads a text */
  constructor(patterns: readonly (readonly PatternPart[])[], rules: PatternRules = {}) {
    this.#patterns = patterns
    this.#rules = rules
    this.#hasDate = patterns[0]!.some(part => part.letter === 'd')
  }

  read(bytes: Uint8Array, start: number, end: number): Outcome {
    this.#fault = noFault
    const layout = this.#layouts[end - start]
    if (layout !== undefined && readLayout(layout, bytes, start, this)) {
      return this.#toZone(layout.offset, layout.at[hour]! >= 0)
    }
    const first = trimmedStart(bytes, start, end)
    const last = trimmedEnd(bytes, first, end)
    this.#isRegular = true
    let i = 0
    while (!this.#follows(this.#patterns[i]!, bytes, first, last)) {
      if (++i === this.#patterns.length) return noValue
    }
    if (!this.#toWholeDay()) return noValue
    const values = this.#values
    this.days = civilDays(values[year]!, values[month]!, values[day]!)
    this.secondOfDay = (values[hour]! * 60 + values[minute]!) * 60 + values[second]!
    this.nanos = Math.imul(values[fraction]!, nanosOfDigits[this.#digits[fraction]!]!)
    if (this.days === noDay) return noValue
    if (this.#isTooFine) return outOfRange
    if (this.#rules.isMonth === true) {
      this.#isRegular &&= this.#at[day]! < 0 && this.#at[hour]! < 0
      this.days -= values[day]! - 1
      this.secondOfDay = this.nanos = 0
    }
    const outcome = this.#toZone(this.#offset, this.#at[hour]! >= 0)
    const isExact = first === start && last === end && end - start <= maxLength
    if (outcome === isRead && isExact && this.#isRegular) this.#learn(bytes, start, end)
    return outcome
  }

  kernelRead(block: RecordBlock, cell: number, unit: TimeUnit): KernelRead | undefined {
    const layout = this.#layouts[block.ends[cell]! - block.starts[cell]!]
    if (this.#rules.zone !== undefined || layout === undefined) return undefined
    return timesRead(block.kernel!, layout, unit)
  }

  /** Learns the layout of the text that was read last. */
  #learn(bytes: Uint8Array, start: number, end: number): void {
    if (this.#learned++ >= maxLearned) return
    const known = { at: this.#at, digits: this.#digits, offset: this.#offset }
    this.#layouts[end - start] = layoutOf(bytes, start, end, known)
  }

  /** Sets the fields if the text from `first` to `last` follows the pattern. */
  #follows(parts: readonly PatternPart[], bytes: Uint8Array, first: number, last: number): boolean {
    let p = first
    let separator = 0
    this.#half = 'none'
    this.#values.set(defaults)
    this.#at.fill(-1)
    this.#digits.fill(0)
    this.#offset = noOffset
    this.#isTooFine = false
    this.#missing = 0
    for (const part of parts) {
      switch (part.letter) {
        case '':
          if (p >= last || bytes[p] !== part.literal) return false
          p++
          break
        case '-':
          if (p >= last || !isDateSeparator(bytes[p]!)) return false
          if (separator !== 0 && bytes[p] !== separator) return false
          separator = bytes[p++]!
          break
        case 'T':
          if (p >= last || ((bytes[p]! | 0x20) !== 0x74 && bytes[p] !== blank)) return false
          p++
          break
        case '?':
          if (p === last) return true
          break
        case 'Z':
          if (p === last) return true
          this.#offset = readOffset(bytes, p, last)
          if (this.#offset !== noOffset) return true
          break
        case '_':
          p = trimmedStart(bytes, p, last)
          break
        default:
          if (part.runDigits > 0) this.#missing = missingZeros(bytes, p, last, part.runDigits)
          p = this.#field(part, bytes, first, p, last)
          if (p < 0) return false
      }
    }
    return p === last
  }

  /** The hour of the day: 12 AM is 0, and 12 PM is 12. Returns false for AM with an hour above 12. */
  #toWholeDay(): boolean {
    const values = this.#values
    if (this.#half === 'afternoon' && values[hour]! < 12) values[hour]! += 12
    if (this.#half !== 'morning') return true
    if (values[hour]! > 12) return false
    values[hour]! %= 12
    return true
  }

  /** Reads a field at `start`, in a text that begins at `first`. Returns the position after the field, or −1. */
  #field(part: PatternPart, bytes: Uint8Array, first: number, start: number, end: number): number {
    const { letter, minDigits, maxDigits } = part
    if (letter === 'a') return this.#halfDay(bytes, start, end)
    if (letter === 'M' && minDigits === 3) return this.#monthName(bytes, start, end)
    if (letter === '.') return this.#fraction(bytes, first, start, end)
    const zeros = Math.min(this.#missing, maxDigits)
    this.#missing -= zeros
    const most = maxDigits - zeros
    let value = 0
    let p = start
    while (p < end && p - start < most) {
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      p++
    }
    const digits = p - start + zeros
    if (zeros > 0) this.#isRegular = false
    if (digits < minDigits) return -1
    if (this.#set(letter, value, digits, start - first)) return p
    // The pattern may fit a text with other digits in the same places.
    this.#isRegular = false
    return -1
  }

  /** Stores the value of a field. Returns false if the value is out of range. */
  #set(letter: string, value: number, digits: number, place: number): boolean {
    const [field, least, most] = fields[letter]!
    const isUsual = digits === (field === year ? 4 : 2) || field >= fraction
    this.#isRegular &&= isUsual && letter !== 'h' && this.#at[field]! < 0
    this.#at[field] = place
    this.#digits[field] = digits
    if (letter === 'y' && digits === 2) this.#values[year] = value + (value < 40 ? 2000 : 1900)
    // 12 is the first hour of each half of the day.
    else this.#values[field] = letter === 'h' ? value % 12 : value
    return value >= least && value <= most && (field !== year || digits !== 3)
  }

  /** Reads a point or comma, and digits. */
  #fraction(bytes: Uint8Array, first: number, start: number, end: number): number {
    if (start >= end || (bytes[start] !== point && bytes[start] !== comma)) return -1
    let value = 0
    let p = start + 1
    for (; p < end; p++) {
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) break
      if (p - start <= nanoDigits) value = value * 10 + digit
      else if (digit !== 0) this.#isTooFine = true
    }
    const digits = p - start - 1
    this.#isRegular &&= digits <= nanoDigits
    return digits > 0 && this.#set('n', value, Math.min(digits, nanoDigits), start + 1 - first)
      ? p
      : -1
  }

  #halfDay(bytes: Uint8Array, start: number, end: number): number {
    const letter = (bytes[start] ?? 0) | 0x20
    if (start + 2 > end || (bytes[start + 1]! | 0x20) !== 0x6d) return -1
    if (letter !== 0x61 && letter !== 0x70) return -1
    this.#half = letter === 0x70 ? 'afternoon' : 'morning'
    this.#isRegular = false
    return start + 2
  }

  #monthName(bytes: Uint8Array, start: number, end: number): number {
    if (start + 3 > end) return -1
    this.#isRegular = false
    const at = monthNames.indexOf(latin1(bytes, start, start + 3).toLowerCase())
    if (at % 3 !== 0) return -1
    this.#values[month] = at / 3 + 1
    return start + 3
  }

  /** Converts a time with an offset to the zone's clocks; without a zone, only checks the offset. */
  #toZone(own: number, hasHour: boolean): Outcome {
    const { zone, offset, onOffset, keepsTime = true } = this.#rules
    if (zone === undefined) {
      // A date alone has no offset to check.
      if (!hasHour) return isRead
      if (offset?.takes(own) === false) {
        this.#fault = otherOffset
        return noValue
      }
      if (own !== noOffset && own !== 0 && onOffset !== undefined && !this.#isOffsetTold) {
        this.#isOffsetTold = true
        onOffset()
      }
      return isRead
    }
    if (own !== noOffset) {
      if (this.#hasDate) {
        setMoment(this, this.days * secondsPerDay + this.secondOfDay - own, zone)
        return isRead
      }
      // Without a date, the time cannot be converted to another time zone.
      this.#fault = withoutDate
      return noValue
    }
    if (!this.#hasDate || !keepsTime) return isRead
    if (!zone.skips(this.days * secondsPerDay + this.secondOfDay)) return isRead
    this.#fault = skippedTime
    return noValue
  }

  /** What a valid text would be, if the text read last is invalid because of its offset or the zone. */
  explain(): string | undefined {
    const { zone, offset } = this.#rules
    switch (this.#fault) {
      case withoutDate:
        return `a time of day without an offset: without a date it cannot be converted to ${zone?.name}`
      case skippedTime:
        return `a time that exists in ${zone?.name}, where clocks were put forward past this one`
      case otherOffset:
        return `a time with ${offset?.words} like the first one of the column (${option('cells.timeZone')} allows others)`
      default:
        return undefined
    }
  }
}

const isDateSeparator = (byte: number): boolean => byte >= minus && byte <= slash

/** `digits` minus the number of digits at `start`. Returns 0 if that is negative, or if no digit is at `start`. */
function missingZeros(bytes: Uint8Array, start: number, end: number, digits: number): number {
  let p = start
  while (p < end && bytes[p]! >= zero && bytes[p]! <= zero + 9) p++
  return p === start ? 0 : Math.max(0, digits - (p - start))
}
