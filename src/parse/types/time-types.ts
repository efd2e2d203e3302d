/* The types of dates and times, read from DolphinDB's notation, ISO 8601 or `cells.dateFormats` (docs/protocol.md#data-types). */
import type { KernelUnit } from '../../kernel/reads.js'
import { civilFromDays, type TemporalType, temporalTypes } from '../../protocol/types/temporals.js'
import { isRead, outOfRange, type NumberArray, type Outcome } from '../cells/cell-bytes.js'
import { storeExact, storeWords } from '../cells/read-number.js'
import type { ElementReader } from '../columns/fixed-column.js'
import { jsonKinds } from '../json/json-kinds.js'
import { ColumnOffset, type CellRules } from '../cell-rules.js'
import { dateFormatFor, dateFormatText, formatHint, type DatedPlace } from '../times/date-format.js'
import { usualPatterns, type TimePattern } from '../times/time-pattern.js'
import { isTextDay, PatternReader } from '../times/time-reader.js'
import { msPerDay, nanosPerSecond, secondsPerDay } from '../times/time-zone.js'
import type { TimeParts, TimeZone } from '../times/time-zone.js'
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
function storeTime(
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
 * Reads a column's texts in its format, or else in the usual notations, into elements of the type.
 * @returns also whether the texts are numbers, which have the number style of the column
 * @throws {UsageError} DDB_USAGE for a format that does not fit the type
 */
export function timeReader(
  columnName: string,
  type: TimeType,
  zone: TimeZone | undefined,
  { dateFormats = {}, onOffset, timeZone, columnOffsets }: CellRules,
): { reader: ElementReader; isNumber: boolean } {
  const { patterns, keepsTime } = type
  const offset =
    timeZone === undefined ? (columnOffsets?.of(columnName) ?? new ColumnOffset()) : undefined
  const clock = { zone, offset, onOffset: onOffset && (() => onOffset(columnName)), keepsTime }
  const own = dateFormatFor({ ...placeOf(columnName, type), zone }, dateFormats)
  const expected =
    own === undefined ? type.expected : `${type.name} as ${dateFormatText(columnName, dateFormats)}`
  /** A month or minute has no offset. */
  const hasOffset = patterns !== month && patterns !== minute
  const format =
    own ?? new PatternReader(patterns, hasOffset ? clock : { isMonth: patterns === month })
  const reader: ElementReader = {
    Cells: Int32Array,
    expected,
    read(bytes, start, end, into, at) {
      const outcome = format.read(bytes, start, end)
      return outcome === isRead ? storeTime(type, format, into, at) : outcome
    },
    explain(...text) {
      const why = format.explain?.(...text)
      if (own === undefined && why !== undefined) return why
      const hint = own === undefined ? timeHint(columnName, type, zone, ...text) : why
      return hint && `${expected} (${hint})`
    },
    kernelRead: format.kernelRead && ((block, cell) => format.kernelRead!(block, cell, type)),
    take: type.takesValues ? takeDates(type, offset) : undefined,
  }
  return { reader, isNumber: format.isNumber }
}

/** Names the formats of `cells.dateFormats` that read what a column without a format refuses; undefined if there is none. */
export function timeHint(
  columnName: string,
  type: TimeType,
  zone: TimeZone | undefined,
  ...text: Parameters<NonNullable<ElementReader['explain']>>
): string | undefined {
  const holds = (time: TimeParts): boolean => storeTime(type, time, new Int32Array(2), 0) === isRead
  return formatHint({ ...placeOf(columnName, type), zone }, holds, ...text)
}

export function placeOf(columnName: string, { name, needs, keepsTime }: TimeType): DatedPlace {
  return { columnName, typeName: name, needs, keepsTime }
}

/** Takes a `Date` as a time in UTC, the offset of a column that has none. @param offset  undefined if the column takes no `Date` */
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
