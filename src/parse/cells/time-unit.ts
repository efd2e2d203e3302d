/*
  What formats of dates and times read, and the raw numbers that columns store (docs/protocol.md#data-types).
*/
import { monthsAt } from './calendar.js'
import type { TimeParts } from './time-zone.js'
import { isRead, outOfRange, type NumberArray, type Outcome } from './read-cell.js'
import { storeExact, storeProduct } from './read-exact.js'

const secondsPerDay = 86_400
const msPerDay = 86_400_000
const nanosPerSecond = 1_000_000_000
const nanosPerMs = 1_000_000
const maxInt32 = 2_147_483_647

/** Reads texts of one format. */
export interface DateFormat extends TimeParts {
  /** True if the texts are numbers. They may then have the number style of the column (`NumberStyle`). */
  readonly isNumber: boolean
  /** Sets the parts if the text is a time. @param view  of `bytes`; at least three readable bytes follow the text */
  read(bytes: Uint8Array, view: DataView, start: number, end: number): Outcome
  /** For the text read last, if it was refused: what it may be instead; undefined if there is nothing to say. */
  explain?(bytes: Uint8Array, start: number, end: number): string | undefined
}

/** What a type of dates or times counts. */
export interface TimeUnit {
  readonly kind: 'months' | 'seconds' | 'ms' | 'nanos'
  /** Seconds of one unit, if `kind` is `seconds`. */
  readonly seconds: number
  /** False for a type that counts from midnight. */
  readonly hasDate: boolean
  readonly isLong: boolean
}

/** Stores the raw number of a time; `outOfRange` if the type cannot hold it exactly. @param days  since 1970 */
export function storeTime(
  { kind, seconds, hasDate, isLong }: TimeUnit,
  days: number,
  secondOfDay: number,
  nanos: number,
  into: NumberArray,
  at: number,
): Outcome {
  if (kind === 'ms') {
    if (nanos % nanosPerMs !== 0) return outOfRange
    const ms = secondOfDay * 1000 + nanos / nanosPerMs
    if (isLong) storeExact(into, at, days * msPerDay + ms)
    else into[at] = ms
    return isRead
  }
  if (kind === 'nanos') {
    if (hasDate) {
      const since = days * secondsPerDay + secondOfDay
      return storeProduct(into, at, since, nanosPerSecond, nanos) ? isRead : outOfRange
    }
    storeExact(into, at, secondOfDay * nanosPerSecond + nanos)
    return isRead
  }
  let units: number
  if (kind === 'months') units = monthsAt(days, secondOfDay, nanos)
  else if (nanos !== 0) return outOfRange
  else if (seconds === 1) units = hasDate ? days * secondsPerDay + secondOfDay : secondOfDay
  else if (secondOfDay % seconds !== 0) return outOfRange
  else units = (hasDate ? days * (secondsPerDay / seconds) : 0) + secondOfDay / seconds
  if (units > maxInt32 || units < -maxInt32) return outOfRange
  into[at] = units
  return isRead
}
