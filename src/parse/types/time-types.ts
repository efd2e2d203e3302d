/*
  The types of dates and times, and their raw numbers (docs/protocol.md#data-types). Texts are in DolphinDB's notation, in ISO 8601,
  or in a format of `cells.dateFormats`.
*/
import type { KernelUnit } from '../../kernel/reads.js'
import { civilFromDays } from '../../protocol/civil-date.js'
import { temporalTypes, type TemporalType } from '../../protocol/types/temporals.js'
import { isRead, outOfRange, type NumberArray, type Outcome } from '../cells/cell-bytes.js'
import { storeExact, storeWords } from '../cells/read-number.js'
import type { ElementReader } from '../columns/fixed-column.js'
import { jsonKinds } from '../json/json-kinds.js'
import type { ColumnOffset } from '../times/column-offset.js'
import { usualPatterns, type TimePattern } from '../times/time-pattern.js'
import { isTextDay, PatternReader, type ClockRules, type TimeReader } from '../times/time-reader.js'
import { msPerDay, nanosPerSecond, secondsPerDay, type TimeParts } from '../times/time-zone.js'
import type { CellType } from './cell-types.js'

const nanosPerMs = 1_000_000
const maxInt32 = 2_147_483_647

export interface TimeType extends CellType, KernelUnit {
  readonly name: TemporalType
  /** The letters that every format for the type must have: `yMd` for a DATE. */
  readonly needs: string
  /** The usual notations. */
  readonly patterns: readonly TimePattern[]
  /** False if the type has no time of day. */
  readonly keepsTime: boolean
  /** Describes values of the type in messages. */
  readonly expected: string
}

const { dateTime, dateHour, month, time, minute } = usualPatterns

function timeType(
  name: TemporalType,
  needs: string,
  patterns: readonly TimePattern[],
  expected: string,
): TimeType {
  const { bytesPerValue, isDated: hasDate, perDay } = temporalTypes[name]
  const isLong = bytesPerValue === 8
  const unitNanos = name === 'MONTH' ? 0 : (secondsPerDay * nanosPerSecond) / perDay
  const keepsTime = name !== 'MONTH' && name !== 'DATE'
  // Only a format can read a JSON number as a time.
  const facts = { name, jsonKinds: jsonKinds.string, takesValues: hasDate && unitNanos > 0 }
  return { ...facts, needs, patterns, unitNanos, hasDate, isLong, keepsTime, expected }
}

export const timeTypes: readonly TimeType[] = [
  timeType('DATE', 'yMd', dateTime, 'a date such as 2024-01-31'),
  timeType('MONTH', 'yM', month, 'YYYY.MMM, such as 2012.06M'),
  timeType('TIME', 'H', time, 'HH:MM:SS.mmm'),
  timeType('MINUTE', 'H', minute, 'HH:MM'),
  timeType('SECOND', 'H', time, 'HH:MM:SS'),
  timeType(
    ...(['DATETIME', 'yMd', dateTime] as const),
    'a time such as 2024-01-31T09:30:00, of the years 1901 to 2038',
  ),
  timeType('DATEHOUR', 'yMdH', dateHour, 'an hour such as 2024-01-31T09'),
  timeType('DATEMINUTE', 'yMdH', dateTime, 'a minute such as 2024-01-31T09:30'),
  timeType('TIMESTAMP', 'yMd', dateTime, 'a time such as 2024-01-31T09:30:00.125'),
  timeType('NANOTIME', 'H', time, 'HH:MM:SS.nnnnnnnnn'),
  timeType(
    ...(['NANOTIMESTAMP', 'yMd', dateTime] as const),
    'a time such as 2024-01-31T09:30:00.123456789, of the years 1677 to 2262',
  ),
]

/** Months since year 0 for midnight of a month's first day; NaN for any other moment. */
function monthsAt({ days, secondOfDay, nanos }: TimeParts): number {
  const { year, month, day } = civilFromDays(days)
  return day === 1 && secondOfDay === 0 && nanos === 0 ? year * 12 + month - 1 : NaN
}

/** Stores the raw number of a time; `outOfRange` if the type cannot hold it exactly. */
export function storeTime(
  { unitNanos, hasDate, isLong }: TimeType,
  parts: TimeParts,
  into: NumberArray,
  at: number,
): Outcome {
  const { nanos } = parts
  const seconds = (hasDate ? parts.days * secondsPerDay : 0) + parts.secondOfDay
  let units = NaN
  if (unitNanos === 0) units = monthsAt(parts)
  else if (unitNanos < nanosPerSecond) {
    if (nanos % unitNanos === 0) units = seconds * (nanosPerSecond / unitNanos) + nanos / unitNanos
  } else if (nanos === 0) units = seconds / (unitNanos / nanosPerSecond)
  if (Number.isNaN(units)) return outOfRange
  if (!isLong || Number.isSafeInteger(units)) return storeUnits(isLong, units, into, at)
  const exact = BigInt(seconds) * BigInt(nanosPerSecond) + BigInt(nanos)
  return storeWords(into, at, 2, exact) ? isRead : outOfRange
}

/** Stores a number that a double holds exactly; `outOfRange` if it is not whole, or too large for 32 bits. */
function storeUnits(isLong: boolean, units: number, into: NumberArray, at: number): Outcome {
  if (Math.floor(units) !== units) return outOfRange
  if (isLong) storeExact(into, at, units)
  else into[at] = units
  return isLong || (units <= maxInt32 && units >= -maxInt32) ? isRead : outOfRange
}

/**
 * Reads the texts of a format into elements of the type.
 * @param expected  describes values of the type in messages
 * @param explain  as in `ElementReader`
 */
export function timeReader(
  type: TimeType,
  format: TimeReader,
  offset: ColumnOffset | undefined,
  expected: string,
  explain: ElementReader['explain'],
): ElementReader {
  return {
    Cells: Int32Array,
    read(bytes, start, end, into, at) {
      const outcome = format.read(bytes, start, end)
      return outcome === isRead ? storeTime(type, format, into, at) : outcome
    },
    expected,
    explain,
    kernelRead: format.kernelRead && ((block, cell) => format.kernelRead!(block, cell, type)),
    take: type.takesValues ? takeDates(type, offset) : undefined,
  }
}

/**
 * Takes a program's `Date` as a time in UTC. If the column has no offset yet, UTC becomes its offset.
 * @param offset  undefined if the column takes no `Date`
 */
function takeDates(
  { unitNanos, isLong }: TimeType,
  offset: ColumnOffset | undefined,
): ElementReader['take'] {
  const unitMs = unitNanos / nanosPerMs
  return (value, into, at) => {
    if (!(value instanceof Date)) return false
    const ms = value.getTime()
    if (!isTextDay(Math.floor(ms / msPerDay)) || offset?.takes(0) !== true) return false
    if (unitNanos === 1) return storeWords(into, at, 2, BigInt(ms) * BigInt(nanosPerMs))
    return storeUnits(isLong, ms / unitMs, into, at) === isRead
  }
}

/** The reader for the type's usual notations. @param clock  `formatHint` names formats that read a refused text */
export function usualTimeReader(type: TimeType, clock: ClockRules): ElementReader {
  const { patterns, expected, keepsTime } = type
  /** A month or minute has no offset. */
  const hasOffset = patterns !== month && patterns !== minute
  const rules = hasOffset ? { ...clock, keepsTime } : { isMonth: patterns === month }
  const format = new PatternReader(patterns, rules)
  return timeReader(type, format, clock.offset, expected, (...text) => {
    const why = format.explain()
    const hint = why === undefined ? clock.formatHint?.(...text) : undefined
    return hint === undefined ? why : `${expected} (${hint})`
  })
}
