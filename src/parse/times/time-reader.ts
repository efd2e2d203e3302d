/* Reads dates and times by patterns, in the years 0000 to 9999. It remembers where the fields of a column's times are. */
import * as ascii from '../ascii.js'
import { option } from '../../errors.js'
import type { KernelRead } from '../../kernel/kernel.js'
import { timesRead, type KernelLayout, type KernelUnit } from '../../kernel/reads.js'
import { daysFromCivil, daysInMonth } from '../../protocol/types/temporals.js'
import type { RecordBlock } from '../record-block.js'
import { isRead, noValue, outOfRange, trimmedEnd, trimmedStart } from '../cells/cell-bytes.js'
import type { Outcome } from '../cells/cell-bytes.js'
import { noOffset, type ColumnOffset } from '../cell-rules.js'
import * as fields from './time-pattern.js'
import { nanoDigits, TimePlaces, type TimePattern } from './time-pattern.js'
import { secondsPerDay, setMoment, TimeParts, type TimeZone } from './time-zone.js'

/** Reads texts of one format. Keeps the parts of the text read last; if that was not a time, they mean nothing. */
export interface TimeReader extends TimeParts {
  /** True if the texts are numbers. They may then have the number style of the column (`NumberStyle`). */
  readonly isNumber: boolean
  read(bytes: Uint8Array, start: number, end: number): Outcome
  /** The kernel's reader for the cell, whose times are stored in this unit; undefined if it has none. */
  kernelRead?(block: RecordBlock, cell: number, unit: KernelUnit): KernelRead | undefined
  /** For the text read last, if it was refused: what it may be instead; undefined if there is nothing to say. */
  explain?(bytes: Uint8Array, start: number, end: number): string | undefined
}

const firstDay = daysFromCivil(0, 1, 1)
const lastDay = daysFromCivil(9999, 12, 31)

/** True for days, counted from 1970-01-01, of the years that texts can express. */
export function isTextDay(days: number): boolean {
  return days >= firstDay && days <= lastDay
}

export interface PatternRules {
  /** Time zone of the stored times; undefined to store them as written. */
  readonly zone?: TimeZone | undefined
  /** The time zone offset of the column's times if they are stored as written; undefined if offsets do not matter. */
  readonly offset?: ColumnOffset | undefined
  /** Called when an offset other than 0 is first ignored because no zone is set. */
  readonly onOffset?: (() => void) | undefined
  /** False if the type has no time of day, so that it may store a day whose midnight the zone's clocks skipped. */
  readonly keepsTime?: boolean
  /** True if the type has no days either. */
  readonly isMonth?: boolean
}

/** A longer text is not a time, whatever the pattern. */
const maxTextLength = 512
/** Limit of the layouts that a column remembers. Only texts whose digits stand in ever new places need many. */
const mostLayouts = 200

/** Texts of one length with their fields at the same places. */
interface TimeLayout extends KernelLayout {
  readonly offset: number
}

type Places = Pick<TimePlaces, 'at' | 'digits' | 'offset'> &
  Partial<Pick<TimePlaces, 'namedMonth' | 'half' | 'isTwelveHours' | 'fractionDigits'>>

export class PatternReader extends TimeParts implements TimeReader {
  readonly isNumber = false
  readonly #patterns: readonly TimePattern[]
  readonly #rules: PatternRules
  readonly #hasDate: boolean
  readonly #places = new TimePlaces()
  /** For each length of texts. */
  readonly #layouts: (TimeLayout | undefined)[] = []
  #layoutCount = 0
  #isOffsetTold = false
  /** Why the time is refused because of its offset or the zone. */
  #fault: 'skipped' | 'noDate' | 'otherOffset' | undefined

  /** @param patterns  the first of them that fits reads a text */
  constructor(patterns: readonly TimePattern[], rules: PatternRules = {}) {
    super()
    this.#patterns = patterns
    this.#rules = rules
    this.#hasDate = patterns[0]!.letters.includes('d')
  }

  read(bytes: Uint8Array, start: number, end: number): Outcome {
    this.#fault = undefined
    const known = this.#layouts[end - start]
    if (known !== undefined && hasOthers(known, bytes, start)) {
      if (this.#setParts(known, bytes, start) && isTextDay(this.days)) return this.#toZone(known)
    }
    const first = trimmedStart(bytes, start, end)
    const last = trimmedEnd(bytes, first, end)
    if (last - first > maxTextLength) return noValue
    const places = this.#places
    let isFirst = true
    const pattern = this.#patterns.find(one => {
      if (!places.find(one, bytes, first, last)) return false
      const isInRange = this.#setParts(places, bytes, first)
      isFirst &&= isInRange
      return isInRange
    })
    if (pattern === undefined || !isTextDay(this.days)) return noValue
    if (places.isTooFine) return outOfRange
    const outcome = this.#toZone(places)
    const isLearned = outcome === isRead && isFirst && first === start && last === end
    if (isLearned && places.isRegular && this.#layoutCount++ < mostLayouts) {
      this.#layouts[end - start] = layoutOf(places, bytes, start, end)
    }
    return outcome
  }

  /** Sets the parts. Returns false if a field is out of range. A day that does not exist is NaN. */
  #setParts(places: Places, bytes: Uint8Array, start: number): boolean {
    const { digits, namedMonth = 0, isTwelveHours = false, half = '' } = places
    const { fractionDigits = digits[fields.fraction]! } = places
    const y = valueAt(places, fields.year, 1970, bytes, start)
    const m = namedMonth || valueAt(places, fields.month, 1, bytes, start)
    const d = valueAt(places, fields.day, 1, bytes, start)
    let hours = valueAt(places, fields.hour, 0, bytes, start)
    const minutes = valueAt(places, fields.minute, 0, bytes, start)
    const seconds = valueAt(places, fields.second, 0, bytes, start)
    const part = valueAt(places, fields.fraction, 0, bytes, start)
    const rest = valueAt(places, fields.dropped, 0, bytes, start)
    if (isTwelveHours || half === 'a') hours = hours > 12 ? NaN : hours % 12
    if (half === 'p' && hours < 12) hours += 12
    const isDate = y >= 0 && digits[fields.year] !== 3 && m >= 1 && m <= 12 && d >= 1 && d <= 31
    if (!isDate || !(hours <= 23 && minutes <= 59 && seconds <= 59 && part + rest >= 0))
      return false
    const fullYear = digits[fields.year] === 2 ? y + (y < 40 ? 2000 : 1900) : y
    const { isMonth = false } = this.#rules
    const exists = d <= daysInMonth(fullYear, m)
    this.days = exists ? daysFromCivil(fullYear, m, isMonth ? 1 : d) : NaN
    this.secondOfDay = isMonth ? 0 : (hours * 60 + minutes) * 60 + seconds
    this.nanos = isMonth ? 0 : part * nanosOfDigits[fractionDigits]!
    return true
  }

  kernelRead(block: RecordBlock, cell: number, unit: KernelUnit): KernelRead | undefined {
    const layout = this.#layouts[block.ends[cell]! - block.starts[cell]!]
    if (this.#rules.zone !== undefined || layout === undefined) return undefined
    // For a time of day, the kernel would take a day that does not exist.
    if (!unit.hasDate && layout.at[fields.day]! >= 0) return undefined
    return timesRead(block.kernel!, layout, unit)
  }

  /** Converts a time with an offset to the zone's clocks; without a zone, only checks the offset. */
  #toZone({ offset: own, at }: Places): Outcome {
    const { zone, offset, onOffset, keepsTime = true } = this.#rules
    const seconds = this.days * secondsPerDay + this.secondOfDay
    if (zone !== undefined) {
      if (own !== noOffset && this.#hasDate) setMoment(this, seconds - own, zone)
      // Without a date, the time cannot be converted to another time zone.
      else if (own !== noOffset) this.#fault = 'noDate'
      else if (this.#hasDate && keepsTime && zone.skips(seconds)) this.#fault = 'skipped'
      // A date alone has no offset to check.
    } else if (at[fields.hour]! >= 0) {
      if (offset?.takes(own) === false) this.#fault = 'otherOffset'
      else if (own !== noOffset && own !== 0 && !this.#isOffsetTold) {
        this.#isOffsetTold = true
        onOffset?.()
      }
    }
    return this.#fault === undefined ? isRead : noValue
  }

  /** What a valid text would be, if the text read last is invalid because of its offset or the zone. */
  explain(): string | undefined {
    const { zone, offset } = this.#rules
    switch (this.#fault) {
      case 'noDate':
        return `a time of day without an offset: without a date it cannot be converted to ${zone?.name}`
      case 'skipped':
        return `a time that exists in ${zone?.name}, where clocks were put forward past this one`
      case 'otherOffset':
        return `a time with ${offset?.words} like the first one of the column (${option('cells.timeZone')} allows others)`
      default:
        return undefined
    }
  }
}

/** For each number of digits in a fraction: how many nanoseconds one unit of the last digit is. */
const nanosOfDigits: readonly number[] = Array.from(
  { length: nanoDigits + 1 },
  (_, i) => 10 ** (nanoDigits - i),
)

/** The number in a field; `none` if the text lacks the field, NaN if a byte of the field is not a digit. */
function valueAt(
  { at, digits }: Places,
  field: number,
  none: number,
  bytes: Uint8Array,
  start: number,
): number {
  if (at[field]! < 0) return none
  const first = start + at[field]!
  const last = first + digits[field]!
  let value = 0
  for (let p = first; p < last; p++) {
    const digit = bytes[p]! - ascii.zero
    value = digit >= 0 && digit <= 9 ? value * 10 + digit : NaN
  }
  return value
}

/** True if the text has the same bytes as the layout, except digits. */
function hasOthers({ others }: TimeLayout, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < others.length; i += 2) {
    if (bytes[start + others[i]!] !== others[i + 1]) return false
  }
  return true
}

/** The layout of the text from `start` to `end`, whose fields are known. */
function layoutOf(
  { at, digits, offset }: TimePlaces,
  bytes: Uint8Array,
  start: number,
  end: number,
): TimeLayout {
  const others: number[] = []
  for (let p = 0; p < end - start; p++) {
    const isDigit = at.some((place, i) => place >= 0 && p >= place && p < place + digits[i]!)
    if (!isDigit) others.push(p, bytes[start + p]!)
  }
  const places = { at: at.slice(), digits: digits.slice(), others: Int32Array.from(others) }
  return { ...places, length: end - start, offset }
}
