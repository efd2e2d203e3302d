/*
  Converts between temporal types, exactly, also before 1970. Computes in milliseconds, as doubles. To avoid BigInts, it
  splits nanoseconds into whole milliseconds and a remainder.
*/
import { columnTypeOf } from '../../protocol/element.js'
import type { DataType } from '../../protocol/data-type.js'
import { civilFromDays, daysFromCivil } from '../../protocol/civil-date.js'
import type { FixedVector } from '../../protocol/element-bytes.js'
import { nullInt32 } from '../../protocol/null-value.js'
import {
  columnOfNumbers,
  fillInt64,
  numbersOf,
  sameColumnType,
  wordsOfInt64,
  zeroColumn,
} from './column-layout.js'

const msPerDay = 86_400_000
const nanosPerMs = 1_000_000
const twoTo32 = 2 ** 32

/** Milliseconds per unit of the types that count from 1970, except MONTH. */
const msPerUnitFromEpoch: Partial<Record<DataType, number>> = {
  DATE: msPerDay,
  DATEHOUR: 3_600_000,
  DATEMINUTE: 60_000,
  DATETIME: 1000,
  TIMESTAMP: 1,
}

/** Milliseconds per unit of the types that count from midnight. */
const msPerUnitOfDay: Partial<Record<DataType, number>> = { MINUTE: 60_000, SECOND: 1000, TIME: 1 }

function isOfDay(type: DataType): boolean {
  return type === 'NANOTIME' || msPerUnitOfDay[type] !== undefined
}

/**
 * Whether an insert converts `from` into `to` (docs/server-semantics.md#conversions-on-insert). A time of day converts
 * only into times of day, MONTH into no other type. The other types contain a date and convert into all types with a
 * date, including MONTH. DATETIME, TIMESTAMP and NANOTIMESTAMP also convert into times of day.
 */
export function isInsertable(from: DataType, to: DataType): boolean {
  if (from === to) return true
  if (isOfDay(from)) return isOfDay(to)
  if (from === 'MONTH') return false
  if (isOfDay(to)) return from === 'DATETIME' || from === 'TIMESTAMP' || from === 'NANOTIMESTAMP'
  return true
}

/**
 * Converts a temporal column to another temporal type. Nulls stay null; values out of range become null. A date becomes
 * midnight of that day, a month its first day. A conversion to a time of day drops the date.
 */
export function convertTemporal(column: FixedVector, to: DataType): FixedVector {
  if (sameColumnType(columnTypeOf(column), { type: to })) return column
  if (to === 'NANOTIME' || to === 'NANOTIMESTAMP') return nanosOf(column, to)
  const ms = msOf(column)
  if (to === 'MONTH') return columnOfNumbers({ type: to }, ms.map(monthOf))
  const perUnit = isOfDay(to) ? msPerUnitOfDay[to]! : msPerUnitFromEpoch[to]!
  const numbers = new Float64Array(ms.length)
  const cutsDay = isOfDay(to) && !isOfDay(column.type)
  for (let row = 0; row < numbers.length; row++) {
    const value = cutsDay ? timeOfDay(ms[row]!) : ms[row]!
    numbers[row] = Math.floor(value / perUnit)
  }
  return columnOfNumbers({ type: to }, numbers)
}

function timeOfDay(ms: number): number {
  return ms - Math.floor(ms / msPerDay) * msPerDay
}

function monthOf(ms: number): number {
  if (!Number.isFinite(ms)) return NaN
  const { year, month } = civilFromDays(Math.floor(ms / msPerDay))
  return year * 12 + month - 1
}

/** Whole milliseconds since 1970 or since midnight, rounded down. NaN for nulls and for results beyond 2^53. */
function msOf(column: FixedVector): Float64Array {
  if (column.type === 'NANOTIME' || column.type === 'NANOTIMESTAMP')
    return splitNanos(column.data, column.length).ms
  const ms = numbersOf(column)
  const perUnit = msPerUnitFromEpoch[column.type] ?? msPerUnitOfDay[column.type]
  for (let row = 0; row < ms.length; row++) {
    const value = ms[row]!
    const scaled = perUnit === undefined ? firstDayOf(value) * msPerDay : value * perUnit
    ms[row] = Number.isSafeInteger(scaled) ? scaled : NaN
  }
  return ms
}

function firstDayOf(month: number): number {
  if (Number.isNaN(month)) return NaN
  const year = Math.floor(month / 12)
  return daysFromCivil(year, month - year * 12 + 1, 1)
}

/** Splits nanoseconds into whole milliseconds and a remainder (0 to 999,999), both exact. NaN for null. */
function splitNanos(data: BigInt64Array, length: number): { ms: Float64Array; rest: Float64Array } {
  const words = wordsOfInt64(data)
  const ms = new Float64Array(length)
  const rest = new Float64Array(length)
  for (let row = 0; row < length; row++) {
    const high = words[row * 2 + 1]!
    const low = words[row * 2]! >>> 0
    if (high === nullInt32 && low === 0) {
      ms[row] = NaN
      continue
    }
    // A value is high × 2^32 + low = (quotient × 10^6 + remainder) × 2^32 + low; remainder × 2^32 + low is below 2^53.
    const quotient = Math.floor(high / nanosPerMs)
    const remainder = (high - quotient * nanosPerMs) * twoTo32 + low
    const ofRemainder = Math.floor(remainder / nanosPerMs)
    ms[row] = quotient * twoTo32 + ofRemainder
    rest[row] = remainder - ofRemainder * nanosPerMs
  }
  return { ms, rest }
}

function nanosOf(column: FixedVector, to: 'NANOTIME' | 'NANOTIMESTAMP'): FixedVector {
  const isNanos = column.type === 'NANOTIME' || column.type === 'NANOTIMESTAMP'
  const { ms, rest } = isNanos
    ? splitNanos(column.data, column.length)
    : { ms: msOf(column), rest: undefined }
  const result = zeroColumn({ type: to }, column.length) as FixedVector
  const cutsDay = isOfDay(to) && !isOfDay(column.type)
  if (cutsDay) for (let row = 0; row < ms.length; row++) ms[row] = timeOfDay(ms[row]!)
  joinNanos(result.data as BigInt64Array, ms, rest)
  return result
}

/** Writes ms × 10^6 + rest as int64; null if the sum is out of range. */
function joinNanos(target: BigInt64Array, ms: Float64Array, rest: Float64Array | undefined): void {
  fillInt64(target, new Float64Array(ms.length))
  const words = wordsOfInt64(target)
  for (let row = 0; row < ms.length; row++) {
    // Multiplies 22 bits at a time, so that every product and sum stays below 2^53.
    const upper = Math.floor(ms[row]! / 2 ** 22)
    const lower = ms[row]! - upper * 2 ** 22
    const middle = upper * nanosPerMs
    const middleHigh = Math.floor(middle / 2 ** 10)
    const low = (middle - middleHigh * 2 ** 10) * 2 ** 22 + lower * nanosPerMs + (rest?.[row] ?? 0)
    const high = middleHigh + Math.floor(low / twoTo32)
    const fits = high >= -(2 ** 31) && high < 2 ** 31
    words[row * 2] = fits ? low >>> 0 : 0
    words[row * 2 + 1] = fits ? high : nullInt32
  }
}
