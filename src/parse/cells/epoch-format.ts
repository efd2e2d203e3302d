/*
  Reads counts since 1970-01-01: seconds, milli-, micro- or nanoseconds, with or without a fraction.
*/
import { isTextDay, monthsAt } from './calendar.js'
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

/**
 * The unit in which a count would be a usual time: `epoch:us would be 2023-11-14`.
 * @param seconds  since 1970, of the count in the unit with `unitDigits`
 * @returns undefined if the time is usual already, lies before 1970, or no unit makes it usual
 */
function unitHint(seconds: number, unitDigits: number): string | undefined {
  if (isPlausible(seconds)) return undefined
  for (const [unit, digits] of epochUnits) {
    const moment = seconds * 10 ** (unitDigits - digits)
    if (!isPlausible(moment)) continue
    return `epoch:${unit} would be ${new Date(moment * 1000).toISOString().slice(0, 10)}`
  }
  return undefined
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
    return excess || !isTextDay(this.days) ? Infinity : 0
  }

  /** For a number that is no plausible count of this unit: the unit that it may have, and the day that this would be. */
  explain(bytes: Uint8Array, start: number, end: number): string | undefined {
    const text = Buffer.from(bytes.subarray(start, end)).toString('latin1').trim()
    if (!/^[+-]?\d+(?:\.\d*)?$/.test(text)) return undefined
    return unitHint(Number(text) / 10 ** this.unitDigits, this.unitDigits)
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
