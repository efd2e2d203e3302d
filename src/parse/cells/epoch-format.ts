/*
  Reads counts since 1970-01-01: seconds, milli-, micro- or nanoseconds, with or without a fraction.
*/
import { isTextDay } from './calendar.js'
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import { isRead, minus, noValue, outOfRange, plus, point, zero, type Outcome } from './read-cell.js'
import { numberRead, powersOfTen, readShort } from './read-number.js'
import type { DateFormat } from './time-unit.js'
import { setMoment, type TimeZone } from './time-zone.js'

const nanoDigits = 9
const nanosPerSecond = 1_000_000_000
const secondsPerDay = 86_400
/** The most digits of whole seconds. 14 digits are three million years, and doubles are exact for such numbers. */
const maxSecondDigits = 14

/** For each unit of `epoch:`: how many decimals of a second the unit has, for example 3 for milliseconds. */
export const epochUnits: ReadonlyMap<string, number> = new Map([
  ['s', 0],
  ['ms', 3],
  ['us', 6],
  ['ns', 9],
])

/** 1970-04-01 and 2200-01-01 in seconds. Any usual time in a wrong unit lies outside. */
const plausibleFrom = 7_776_000
const plausibleTo = 7_258_118_400

/** True for a time that is usual in data read with the right unit. */
function isPlausible(seconds: number): boolean {
  return seconds >= plausibleFrom && seconds < plausibleTo
}

/** The unit in which a count is a usual time, and its day; undefined for a count that no unit makes usual. */
export function likelyUnit(count: number): { format: string; day: string } | undefined {
  for (const [unit, digits] of epochUnits) {
    const moment = count / 10 ** digits
    if (!isPlausible(moment)) continue
    return { format: `epoch:${unit}`, day: new Date(moment * 1000).toISOString().slice(0, 10) }
  }
  return undefined
}

/**
 * The unit in which a count would be a usual time: `epoch:us would be 2023-11-14`.
 * @param seconds  since 1970, of the count in the unit with `unitDigits`
 * @returns undefined if the time is usual already, lies before 1970, or no unit makes it usual
 */
function unitHint(seconds: number, unitDigits: number): string | undefined {
  if (isPlausible(seconds)) return undefined
  const found = likelyUnit(seconds * 10 ** unitDigits)
  return found && `${found.format} would be ${found.day}`
}

/**
 * Asks whether the unit is right if all times lie in the first months of 1970, or after 2199.
 * @param format  such as `epoch:ms`
 * @param first  earliest time, in seconds since 1970
 */
export function unusualTimes(format: string, first: number, last: number): string | undefined {
  const isEarly = first >= 0 && last < plausibleFrom
  if (!isEarly && first < plausibleTo) return undefined
  const digits = epochUnits.get(format.slice('epoch:'.length)) ?? 0
  const hint = unitHint(first, digits)
  const where = isEarly ? 'in the first months of 1970' : 'after the year 2199'
  return `all times lie ${where}: is \`${format}\` the right unit?${hint === undefined ? '' : ` ${hint}`}`
}

const numberWithPower = /^([+-]?)(\d+)(?:\.(\d*))?e([+-]?\d{1,2})$/i

/** Counts are moments; with a zone, they become times of its clocks. */
export class EpochFormat implements DateFormat {
  readonly isNumber = true
  days = 0
  secondOfDay = 0
  nanos = 0
  /** How many decimals of a second the unit has: 0 for seconds, 3 for milli-, 6 for micro-, 9 for nanoseconds. */
  readonly #unitDigits: number
  readonly #zone: TimeZone | undefined

  constructor(unitDigits: number, zone?: TimeZone) {
    this.#unitDigits = unitDigits
    this.#zone = zone
  }

  read(bytes: Uint8Array, view: DataView, start: number, end: number): Outcome {
    if (readShort(bytes, view, start, end) === 0) {
      const count = numberRead[0]!
      const seconds = Math.floor(count / powersOfTen[this.#unitDigits]!)
      const rest = count - seconds * powersOfTen[this.#unitDigits]!
      return this.#set(seconds, rest * powersOfTen[nanoDigits - this.#unitDigits]!)
    }
    return this.#readLong(bytes, start, end)
  }

  /** Reads a count of any length, also with a fraction. */
  #readLong(bytes: Uint8Array, start: number, end: number): Outcome {
    let first = trimmedStart(bytes, start, end)
    const last = trimmedEnd(bytes, first, end)
    const isNegative = bytes[first] === minus
    if (isNegative || bytes[first] === plus) first++
    let pointAt = first
    while (pointAt < last && bytes[pointAt]! >= zero && bytes[pointAt]! <= zero + 9) pointAt++
    if (pointAt === first) return noValue
    if (pointAt < last && bytes[pointAt] !== point) return this.#readPower(bytes, start, last)
    const secondDigits = pointAt - first - this.#unitDigits
    if (secondDigits > maxSecondDigits) return outOfRange
    let p = first
    let seconds = 0
    for (; p - first < secondDigits; p++) seconds = seconds * 10 + bytes[p]! - zero
    let nanos = 0
    let left = secondDigits < 0 ? nanoDigits + secondDigits : nanoDigits
    let isTooFine = false
    for (; p < last; p++) {
      if (p === pointAt) continue
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) return this.#readPower(bytes, start, last)
      if (left > 0) {
        nanos = nanos * 10 + digit
        left--
      } else if (digit !== 0) isTooFine = true
    }
    if (isTooFine) return outOfRange
    nanos *= powersOfTen[left]!
    if (!isNegative) return this.#set(seconds, nanos)
    // Nanoseconds count forward from the start of the second, even before 1970.
    return nanos > 0 ? this.#set(-seconds - 1, nanosPerSecond - nanos) : this.#set(-seconds, 0)
  }

  /** Reads a count with a power of ten, such as `1.7e9`, as a plain number. */
  #readPower(bytes: Uint8Array, start: number, end: number): Outcome {
    const text = Buffer.from(bytes.subarray(start, end)).toString('latin1').trim()
    const [, sign, whole, fraction = '', power] = numberWithPower.exec(text) ?? []
    if (whole === undefined) return noValue
    const point = whole.length + Number(power)
    const digits = '0'.repeat(Math.max(0, 1 - point)) + (whole + fraction).padEnd(point, '0')
    const at = Math.max(1, point)
    const plain = Buffer.from(`${sign}${digits.slice(0, at)}.${digits.slice(at)}`)
    return this.#readLong(plain, 0, plain.length)
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
    const text = Buffer.from(bytes.subarray(start, end)).toString('latin1').trim()
    if (!/^[+-]?\d+(?:\.\d*)?$/.test(text)) return undefined
    return unitHint(Number(text) / 10 ** this.#unitDigits, this.#unitDigits)
  }
}
