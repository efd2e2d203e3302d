/* Reads times that are numbers: counts since 1970-01-01 in seconds, milli-, micro- or nanoseconds, and day numbers of spreadsheets. In
   Excel, 45325.4375 is 2024-02-03 10:30, day 1 is 1900-01-01, and day 60 is 29 February 1900. In those of old Macs, day 0 is 1904-01-01. */
import type { KernelRead } from '../../kernel/kernel.js'
import { counts, type KernelUnit } from '../../kernel/reads.js'
import type { RecordBlock } from '../record-block.js'
import { isRead, noValue, outOfRange, type Outcome } from '../cells/cell-bytes.js'
import {
  numberRead,
  powersOfTen,
  readNumber,
  readScaled,
  readShort,
  scaledRead,
  trimmedText,
} from '../cells/read-number.js'
import { nanoDigits } from './time-pattern.js'
import { isTextDay, type TimeReader } from './time-reader.js'
import { msPerDay, nanosPerSecond, secondsPerDay, setMoment, TimeParts } from './time-zone.js'
import type { TimeZone } from './time-zone.js'

/** For each format of counts: how many decimals of a second its unit has. */
export const epochUnits: ReadonlyMap<string, number> = new Map([
  ['epoch:s', 0],
  ['epoch:ms', 3],
  ['epoch:us', 6],
  ['epoch:ns', 9],
])

/** 1970-04-01 and 2200-01-01 in seconds. Any usual time in a wrong unit lies outside. */
const plausibleFrom = 7_776_000
const plausibleTo = 7_258_118_400

/** The unit in which a count is a usual time, and its day; undefined for a count that no unit makes usual. */
export function likelyUnit(count: number): { format: string; day: string } | undefined {
  for (const [format, digits] of epochUnits) {
    const seconds = count / 10 ** digits
    if (seconds < plausibleFrom || seconds >= plausibleTo) continue
    return { format, day: new Date(seconds * 1000).toISOString().slice(0, 10) }
  }
  return undefined
}

/** `epoch:us would be 2023-11-14`, for a count that is unusual in its unit; undefined before 1970, and if no unit makes it usual. */
function unitHint(seconds: number, unitDigits: number): string | undefined {
  if (seconds >= plausibleFrom && seconds < plausibleTo) return undefined
  const found = likelyUnit(seconds * 10 ** unitDigits)
  return found && `${found.format} would be ${found.day}`
}

/** Asks whether the unit is right if all times, in seconds since 1970, lie in the first months of 1970 or after 2199. */
export function unusualTimes(format: string, first: number, last: number): string | undefined {
  const isEarly = first >= 0 && last < plausibleFrom
  if (!isEarly && first < plausibleTo) return undefined
  const hint = unitHint(first, epochUnits.get(format) ?? 0)
  const where = isEarly ? 'in the first months of 1970' : 'after the year 2199'
  return `all times lie ${where}: is \`${format}\` the right unit?${hint === undefined ? '' : ` ${hint}`}`
}

/** Reads counts since 1970. They are moments; with a zone, they become times of its clocks. */
export class CountReader extends TimeParts implements TimeReader {
  readonly isNumber = true
  /** How many decimals of a second the unit has: 0 for seconds, 3 for milli-, 6 for micro-, 9 for nanoseconds. */
  readonly #unitDigits: number
  readonly #zone: TimeZone | undefined
  #read: KernelRead | undefined

  constructor(unitDigits: number, zone?: TimeZone) {
    super()
    this.#unitDigits = unitDigits
    this.#zone = zone
  }

  /** Reads a count of any length, maybe with a fraction or a power of ten. */
  read(bytes: Uint8Array, start: number, end: number): Outcome {
    const size = powersOfTen[this.#unitDigits]!
    if (readShort(bytes, start, end) === 0) {
      const count = numberRead[0]!
      const seconds = Math.floor(count / size)
      return this.#set(seconds, (count - seconds * size) * (nanosPerSecond / size))
    }
    if (!/^[+-]?\d/.test(trimmedText(bytes, start, end))) return noValue
    const outcome = readScaled(bytes, start, end, nanoDigits - this.#unitDigits, outOfRange)
    if (outcome !== isRead) return outcome
    const nanos = scaledRead()
    const perSecond = BigInt(nanosPerSecond)
    // Nanoseconds count forward from the start of the second, even before 1970.
    const ofSecond = ((nanos % perSecond) + perSecond) % perSecond
    return this.#set(Number((nanos - ofSecond) / perSecond), Number(ofSecond))
  }

  kernelRead(_block: RecordBlock, _cell: number, unit: KernelUnit): KernelRead | undefined {
    if (this.#zone !== undefined) return undefined
    return (this.#read ??= counts(this.#unitDigits, unit))
  }

  /** @param seconds  since 1970, in UTC */
  #set(seconds: number, nanos: number): Outcome {
    this.nanos = nanos
    this.days = Math.floor(seconds / secondsPerDay)
    this.secondOfDay = seconds - this.days * secondsPerDay
    if (!isTextDay(this.days)) return outOfRange
    if (this.#zone !== undefined) setMoment(this, seconds, this.#zone)
    return isTextDay(this.days) ? isRead : outOfRange
  }

  /** For a number that is no plausible count of this unit: the unit that it may have, and the day that this would be. */
  explain(bytes: Uint8Array, start: number, end: number): string | undefined {
    const text = trimmedText(bytes, start, end)
    if (!/^[+-]?\d+(?:\.\d*)?$/.test(text)) return undefined
    return unitHint(Number(text) / 10 ** this.#unitDigits, this.#unitDigits)
  }
}

/** Day number of 1970-01-01. */
const day1970In1900 = 25_569
const day1970In1904 = 24_107
/** Excel's day that the calendar lacks; the code shifts lower numbers by one. */
const noDay = 60

export class DayNumberReader extends TimeParts implements TimeReader {
  readonly isNumber = true
  readonly #daysOf: (day: number) => number
  readonly #zone: TimeZone | undefined

  /** @param isTimeOfDay  true to accept only fractions of a day: 0.5 is noon @param zone  refuses times that its clocks skipped */
  constructor(is1904: boolean, isTimeOfDay: boolean, zone?: TimeZone) {
    super()
    this.#daysOf = isTimeOfDay ? day => (day === 0 ? 0 : NaN) : is1904 ? daysOf1904 : daysOf1900
    this.#zone = zone
  }

  /** Rounds to the millisecond, because day numbers are not more precise. */
  read(bytes: Uint8Array, start: number, end: number): Outcome {
    const outcome = readNumber(bytes, start, end)
    if (outcome !== isRead) return outcome === noValue ? noValue : outOfRange
    const ms = Math.round(numberRead[0]! * msPerDay)
    const day = Math.floor(ms / msPerDay)
    const msOfDay = ms - day * msPerDay
    this.days = numberRead[0]! < 0 ? NaN : this.#daysOf(day)
    this.secondOfDay = Math.floor(msOfDay / 1000)
    this.nanos = (msOfDay % 1000) * 1_000_000
    if (!isTextDay(this.days)) return outOfRange
    return this.#zone?.skips(this.days * secondsPerDay + this.secondOfDay) === true
      ? noValue
      : isRead
  }
}

/** Days from 1970-01-01 to a day of a spreadsheet; NaN for a day that does not exist. */
function daysOf1900(day: number): number {
  return day === noDay || day < 1 ? NaN : day - day1970In1900 + (day < noDay ? 1 : 0)
}

const daysOf1904 = (day: number): number => day - day1970In1904
