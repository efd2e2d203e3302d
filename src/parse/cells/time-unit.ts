/*
  What formats of dates and times read, in the years 0000 to 9999, and the raw numbers that columns store
  (docs/protocol.md#data-types).
*/
import type { KernelRead } from '../../kernel/kernel.js'
import type { RecordBlock } from '../record-block.js'
import { civilFromDays, daysFromCivil, daysInMonth } from '../../protocol/civil-date.js'
import type { TimeParts } from './time-zone.js'
import { isRead, outOfRange, type NumberArray, type Outcome } from './read-cell.js'
import { storeExact, storeLong } from './read-exact.js'

const secondsPerDay = 86_400
const msPerDay = 86_400_000
const nanosPerSecond = 1_000_000_000
const nanosPerMs = 1_000_000
const maxInt32 = 2_147_483_647
const firstDay = daysFromCivil(0, 1, 1)
const lastDay = daysFromCivil(9999, 12, 31)

/** First and last millisecond of the years 0000 to 9999. */
export const firstTextMs: number = firstDay * msPerDay
export const lastTextMs: number = (lastDay + 1) * msPerDay - 1

/** True for days, counted from 1970-01-01, of the years 0000 to 9999, the years that texts can express. */
export function isTextDay(days: number): boolean {
  return days >= firstDay && days <= lastDay
}

/** What `civilDays` returns for a day that does not exist. */
export const noDay = 1_000_000_000

/** Days from 1970-01-01 to a date of the years 0 to 9999 (proleptic Gregorian). */
export function civilDays(year: number, month: number, day: number): number {
  if (year < 0 || year > 9999 || day < 1 || day > daysInMonth(year, month)) return noDay
  return daysFromCivil(year, month, day)
}

/** Reads texts of one format. */
export interface DateFormat extends TimeParts {
  /** True if the texts are numbers. They may then have the number style of the column (`NumberStyle`). */
  readonly isNumber: boolean
  /** Sets the parts if the text is a time. */
  read(bytes: Uint8Array, start: number, end: number): Outcome
  /** The kernel's reader for the cell, whose times are stored in this unit; undefined if it has none. */
  kernelRead?(block: RecordBlock, cell: number, unit: TimeUnit): KernelRead | undefined
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

/** Months since year 0 for midnight of a month's first day; Infinity for any other moment. */
function monthsAt(days: number, secondOfDay: number, nanos: number): number {
  const { year, month, day } = civilFromDays(days)
  return day === 1 && secondOfDay === 0 && nanos === 0 ? year * 12 + month - 1 : Infinity
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
      const since = BigInt(days * secondsPerDay + secondOfDay)
      const fits = storeLong(into, at, since * BigInt(nanosPerSecond) + BigInt(nanos))
      return fits ? isRead : outOfRange
    }
    storeExact(into, at, secondOfDay * nanosPerSecond + nanos)
    return isRead
  }
  let units: number
  if (kind === 'months') units = monthsAt(days, secondOfDay, nanos)
  else if (nanos !== 0) return outOfRange
  else if (secondOfDay % seconds !== 0) return outOfRange
  else units = (hasDate ? days * (secondsPerDay / seconds) : 0) + secondOfDay / seconds
  if (units > maxInt32 || units < -maxInt32) return outOfRange
  into[at] = units
  return isRead
}
