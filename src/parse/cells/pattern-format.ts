/*
  Reads dates and times by patterns. Exchanges write times of day as whole numbers without leading zeros: with HHmmssSSS, `93000000`
  is 09:30:00.000. Most times of a column have their fields at the same places, so a format learns where they are.
*/
import { option } from '../../errors.js'
import type { KernelRead } from '../../kernel/kernel.js'
import { timesRead, type KernelLayout } from '../../kernel/reads.js'
import type { RecordBlock } from '../record-block.js'
import { latin1, trimmedEnd, trimmedStart } from './cell-bytes.js'
import { noOffset, readOffset, type ColumnOffset } from './column-offset.js'
import { isRead, noValue, outOfRange, zero, type Outcome } from './read-cell.js'
import { monthNames, type TimePattern } from './time-pattern.js'
import { civilDays, noDay, type DateFormat, type TimeUnit } from './time-unit.js'
import { setMoment, type TimeParts, type TimeZone } from './time-zone.js'

const secondsPerDay = 86_400
const nanoDigits = 9
/** For each number of digits in a fraction: how many nanoseconds one unit of the last digit is. */
const nanosOfDigits: Int32Array = Int32Array.from(
  { length: nanoDigits + 1 },
  (_, i) => 10 ** (nanoDigits - i),
)

/** Indexes of the fields of a time. */
const year = 0
const month = 1
const day = 2
const hour = 3
const minute = 4
const second = 5
const fraction = 6
/** Digits that do not count. */
const dropped = 7

/** The values of fields that a text lacks. */
const defaults: Int32Array = Int32Array.of(1970, 1, 1, 0, 0, 0, 0, 0)

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
  '.': [fraction, 0, Infinity],
  '*': [dropped, 0, Infinity],
}

/** A longer text is not a time, whatever the pattern. */
const maxTextLength = 512
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
  readonly #patterns: readonly TimePattern[]
  readonly #rules: PatternRules
  readonly #hasDate: boolean
  #isOffsetTold = false
  /** Of each field: its value and its number of digits. */
  readonly #values: Int32Array = Int32Array.from(defaults)
  readonly #digits: Int32Array = new Int32Array(defaults.length)
  /** The offset in the text, in seconds, or `noOffset`. */
  #offset = noOffset
  #isTooFine = false
  /** True if a layout can have the fields of the text. */
  #isRegular = true
  readonly #layouts: (TimeLayout | undefined)[] = []
  #learned = 0
  #fault: number = noFault

  /** @param patterns  the first of them that fits reads a text */
  constructor(patterns: readonly TimePattern[], rules: PatternRules = {}) {
    this.#patterns = patterns
    this.#rules = rules
    this.#hasDate = patterns[0]!.letters.includes('d')
  }

  read(bytes: Uint8Array, start: number, end: number): Outcome {
    this.#fault = noFault
    const layout = this.#layouts[end - start]
    if (layout !== undefined && readLayout(layout, bytes, start, this)) {
      return this.#toZone(layout.offset, layout.at[hour]! >= 0)
    }
    const first = trimmedStart(bytes, start, end)
    const last = trimmedEnd(bytes, first, end)
    if (last - first > maxTextLength) return noValue
    const text = latin1(bytes, first, last)
    this.#isRegular = true
    const pattern = this.#patterns.find(one => this.#follows(one, text))
    if (pattern === undefined) return noValue
    const values = this.#values
    this.days = civilDays(values[year]!, values[month]!, values[day]!)
    this.secondOfDay = (values[hour]! * 60 + values[minute]!) * 60 + values[second]!
    this.nanos = Math.imul(values[fraction]!, nanosOfDigits[this.#digits[fraction]!]!)
    if (this.days === noDay) return noValue
    if (this.#isTooFine) return outOfRange
    if (this.#rules.isMonth === true) {
      this.#isRegular &&= this.#digits[day] === 0 && this.#digits[hour] === 0
      this.days -= values[day]! - 1
      this.secondOfDay = this.nanos = 0
    }
    const outcome = this.#toZone(this.#offset, this.#digits[hour]! > 0)
    const isExact = first === start && last === end && end - start <= maxLength
    if (outcome === isRead && isExact && this.#isRegular) this.#learn(pattern, text, bytes, start)
    return outcome
  }

  kernelRead(block: RecordBlock, cell: number, unit: TimeUnit): KernelRead | undefined {
    const layout = this.#layouts[block.ends[cell]! - block.starts[cell]!]
    if (this.#rules.zone !== undefined || layout === undefined) return undefined
    return timesRead(block.kernel!, layout, unit)
  }

  /** Learns the layout of the text that was read last. */
  #learn({ regex, groups }: TimePattern, text: string, bytes: Uint8Array, start: number): void {
    if (this.#learned++ >= maxLearned) return
    const { indices } = new RegExp(regex, 'd').exec(text)!
    const at = new Int32Array(defaults.length).fill(-1)
    for (const [i, tokens] of groups.entries()) {
      let place = indices![i + 1]?.[0] ?? -1
      for (const token of tokens) {
        const field = fields[token[0]!]?.[0]
        if (field !== undefined) at[field] = place
        place += token.length
      }
    }
    const known = { at, digits: this.#digits, offset: this.#offset }
    this.#layouts[text.length] = layoutOf(bytes, start, start + text.length, known)
  }

  /** Sets the fields if the text follows the pattern. */
  #follows({ regex, groups }: TimePattern, text: string): boolean {
    const match = regex.exec(text)
    if (match === null) return false
    this.#values.set(defaults)
    this.#digits.fill(0)
    this.#offset = noOffset
    this.#isTooFine = false
    let half = ''
    for (let i = 0; i < groups.length; i++) {
      const tokens = groups[i]!
      const found = match[i + 1]
      if (found === undefined) continue
      const [token] = tokens
      if (token === 'aa') half = found[0]!.toLowerCase()
      else if (token === 'MMM') {
        if (!this.#monthName(found)) return false
      } else if (token === 'Z') this.#offset = readOffset(Buffer.from(found), 0, found.length)
      else if (token !== '-' && !this.#setFields(tokens, found)) {
        // The pattern may fit a text with other digits in the same places.
        this.#isRegular = false
        return false
      }
    }
    return half === '' || this.#toWholeDay(half === 'p')
  }

  /** Stores the values of fields. Returns false if one is out of range. */
  #setFields(tokens: readonly string[], found: string): boolean {
    if (tokens.length === 1) return this.#set(tokens[0]![0]!, found)
    const length = tokens.join('').length
    this.#isRegular &&= found.length === length
    const digits = found.padStart(length, '0')
    let p = 0
    return tokens.every(token => this.#set(token[0]!, digits.slice(p, (p += token.length))))
  }

  #set(letter: string, text: string): boolean {
    const [field, least, most] = fields[letter]!
    const isFraction = field === fraction
    const kept = isFraction ? text.slice(0, nanoDigits) : text
    if (isFraction) this.#isTooFine = /[1-9]/.test(text.slice(nanoDigits))
    const digits = kept.length
    const isUsual = digits === (field === year ? 4 : 2) || field >= fraction
    this.#isRegular &&= isUsual && kept === text && letter !== 'h' && this.#digits[field] === 0
    this.#digits[field] = digits
    const value = Number(kept)
    if (letter === 'y' && digits === 2) this.#values[year] = value + (value < 40 ? 2000 : 1900)
    // 12 is the first hour of each half of the day.
    else this.#values[field] = letter === 'h' ? value % 12 : value
    return value >= least && value <= most && (field !== year || digits !== 3)
  }

  /** The hour of the day: 12 AM is 0, and 12 PM is 12. Returns false for AM with an hour above 12. */
  #toWholeDay(isAfternoon: boolean): boolean {
    this.#isRegular = false
    const values = this.#values
    if (isAfternoon && values[hour]! < 12) values[hour]! += 12
    if (isAfternoon) return true
    if (values[hour]! > 12) return false
    values[hour]! %= 12
    return true
  }

  #monthName(name: string): boolean {
    this.#isRegular = false
    const at = monthNames.indexOf(name.toLowerCase())
    if (at % 3 !== 0) return false
    this.#values[month] = at / 3 + 1
    return true
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

interface TimeLayout extends KernelLayout {
  /** The offset from UTC in the texts, or `noOffset`. */
  readonly offset: number
}

/** The layout of the text from `start` to `end`, whose fields are known. */
function layoutOf(
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

/** Reads a text of this layout into `parts`; false for any other text, and for one that is not a time. */
function readLayout(
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
