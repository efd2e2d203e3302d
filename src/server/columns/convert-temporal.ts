/*
  Converts between temporal types, exactly, also before 1970: by the nanoseconds since 1970 or since midnight.
*/
import { civilFromDays, daysFromCivil } from '../../protocol/civil-date.js'
import type { ColumnType, DataType } from '../../protocol/data-type.js'
import type { FixedVector } from '../../protocol/element.js'
import type { TemporalType } from '../../protocol/types/temporals.js'
import type { Vector } from '../../protocol/value.js'
import { cellsOf, columnOfCells } from './column-layout.js'

const nanosPerDay = 86_400_000_000_000n

interface Unit {
  readonly nanos: bigint
  /** True for types that count from midnight; the others count from 1970. */
  readonly ofDay?: true
}

/** MONTH has no fixed length; it is converted through its first day. */
const units: Readonly<Record<TemporalType, Unit>> = {
  MONTH: { nanos: nanosPerDay },
  DATE: { nanos: nanosPerDay },
  DATEHOUR: { nanos: 3_600_000_000_000n },
  DATEMINUTE: { nanos: 60_000_000_000n },
  DATETIME: { nanos: 1_000_000_000n },
  TIMESTAMP: { nanos: 1_000_000n },
  NANOTIMESTAMP: { nanos: 1n },
  MINUTE: { nanos: 60_000_000_000n, ofDay: true },
  SECOND: { nanos: 1_000_000_000n, ofDay: true },
  TIME: { nanos: 1_000_000n, ofDay: true },
  NANOTIME: { nanos: 1n, ofDay: true },
}

function unitOf(type: DataType): Unit {
  return units[type as TemporalType]
}

/**
 * Whether an insert converts `from` into `to` (docs/server-semantics.md#conversions-on-insert). A time of day converts
 * only into times of day, MONTH into no other type. The other types contain a date and convert into all types with a
 * date, including MONTH. DATETIME, TIMESTAMP and NANOTIMESTAMP also convert into times of day.
 */
export function isInsertable(from: DataType, to: DataType): boolean {
  if (from === to) return true
  if (unitOf(from).ofDay) return unitOf(to).ofDay === true
  if (from === 'MONTH') return false
  if (unitOf(to).ofDay) return ['DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP'].includes(from)
  return true
}

/**
 * Converts a temporal column to another temporal type. Nulls stay null; values out of range become null. A date becomes
 * midnight of that day, a month its first day. A conversion to a time of day drops the date.
 */
export function convertTemporal(column: Vector, { type }: ColumnType): FixedVector {
  const { nanos: perUnit } = unitOf(type)
  const cells = nanosOf(column, type).map(nanos => {
    const count = nanos === null ? null : floorDivide(nanos, perUnit)
    return type === 'MONTH' && count !== null ? monthOf(Number(count)) : count
  })
  return columnOfCells({ type }, cells)
}

/**
 * The elements as nanoseconds since 1970 or, for times of day, since midnight.
 * @param to  the type to convert to or to compare with; a time of day has no date
 */
export function nanosOf(column: Vector, to: DataType): (bigint | null)[] {
  const { nanos, ofDay } = unitOf(column.type)
  const cutsDay = unitOf(to).ofDay && !ofDay
  const isMonth = column.type === 'MONTH'
  return cellsOf(column).map(cell => {
    if (cell === null) return null
    const exact = BigInt(isMonth ? firstDayOf(Number(cell)) : cell) * nanos
    return cutsDay ? floorModulo(exact, nanosPerDay) : exact
  })
}

/** Rounds down, unlike the division of bigints. */
export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** The rest of `floorDivide`, which has the sign of `b`. */
export function floorModulo(a: bigint, b: bigint): bigint {
  const rest = a % b
  return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest
}

function monthOf(day: number): number {
  const { year, month } = civilFromDays(day)
  return year * 12 + month - 1
}

function firstDayOf(month: number): number {
  const year = Math.floor(month / 12)
  return daysFromCivil(year, month - year * 12 + 1, 1)
}
