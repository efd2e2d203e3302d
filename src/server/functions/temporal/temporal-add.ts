/*
  temporalAdd: moving dates and times by calendar units (DolphinDB manual, page temporalAdd).
*/
import { durationUnits } from '../../../protocol/types/durations.js'
import { elementAt, vectorOf } from '../../../protocol/element.js'
import { civilFromDays, daysFromCivil, daysInMonth } from '../../../protocol/civil-date.js'
import { isTemporal, type TemporalType } from '../../../protocol/types/temporals.js'
import type { Scalar, Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { operandOf } from '../../operators/operands/pairing.js'
import type { ServerValue } from '../../values/server-value.js'
import { integerArgument, textArgument } from '../arguments.js'

const nanosPerDay = 86_400_000_000_000n

/** Nanoseconds in one unit of each type; MONTH counts months. */
const nanosPerUnit: Readonly<Record<Exclude<TemporalType, 'MONTH'>, bigint>> = {
  DATE: nanosPerDay,
  DATEHOUR: 3_600_000_000_000n,
  DATEMINUTE: 60_000_000_000n,
  DATETIME: 1_000_000_000n,
  TIMESTAMP: 1_000_000n,
  NANOTIMESTAMP: 1n,
  MINUTE: 60_000_000_000n,
  SECOND: 1_000_000_000n,
  TIME: 1_000_000n,
  NANOTIME: 1n,
}

/** Nanoseconds in the fixed units of a duration, by unit number. */
const nanosPerDurationUnit: readonly bigint[] = [
  1n,
  1_000n,
  1_000_000n,
  1_000_000_000n,
  60_000_000_000n,
  3_600_000_000_000n,
  nanosPerDay,
  7n * nanosPerDay,
]
const months = durationUnits.get('M')
const years = durationUnits.get('y')
const businessDays = durationUnits.get('B')

/** temporalAdd(date, duration, [unit]): a duration (`1M`), or a number and its unit ("M"). */
const temporalAdd: Builtin = {
  name: 'temporalAdd',
  parameters: ['date', 'duration', 'unit'],
  minArguments: 2,
  maxArguments: 3,
  call: (_, [value, distance, unitArgument]) => {
    if (distance?.form === 'vector') return addEach(value!, distance, unitArgument)
    const { vector, rebuild } = operandOf(value!, 'temporalAdd')
    const { type } = vector
    if (!isTemporal(type)) throw new ScriptError('temporalAdd(date, …). date must be temporal.')
    const { count, unit } = distanceOf(distance, unitArgument)
    const moved = Array.from({ length: vector.length }, (__, row) => {
      const { value: raw } = elementAt(vector, row) as Scalar
      if (raw === null) return null
      const result = move(type, BigInt(raw as number | bigint), count, unit)
      return typeof raw === 'bigint' ? result : Number(result)
    })
    return rebuild(vectorOf({ type }, moved) as Vector)
  },
}

/** One step for each date, or several for one. */
function addEach(
  value: ServerValue,
  steps: Vector,
  unitArgument: ServerValue | undefined,
): ServerValue {
  const { vector } = operandOf(value, 'temporalAdd')
  const { type } = vector
  if (!isTemporal(type)) throw new ScriptError('temporalAdd(date, …). date must be temporal.')
  if (vector.length !== 1 && vector.length !== steps.length) {
    throw new ScriptError('temporalAdd: date and duration must have the same length.')
  }
  const moved = Array.from({ length: steps.length }, (_, row) => {
    const { value: raw } = elementAt(vector, vector.length === 1 ? 0 : row) as Scalar
    const step = elementAt(steps, row) as Scalar
    if (raw === null || step.value === null) return null
    const { count, unit } = distanceOf(step, unitArgument)
    const result = move(type, BigInt(raw as number | bigint), count, unit)
    return typeof raw === 'bigint' ? result : Number(result)
  })
  return vectorOf({ type }, moved)
}

export const temporalAddFunctions: readonly Builtin[] = [temporalAdd]

function distanceOf(
  distance: ServerValue | undefined,
  unitArgument: ServerValue | undefined,
): { count: number; unit: number } {
  if (distance?.form === 'scalar' && distance.type === 'DURATION' && distance.value !== null) {
    return distance.value
  }
  const unit = durationUnits.get(textArgument(unitArgument, 'unit'))
  if (unit === undefined) throw new ScriptError('The argument [unit] is not a unit of time.')
  return { count: integerArgument(distance, 'duration'), unit }
}

function move(type: TemporalType, raw: bigint, count: number, unit: number): bigint {
  if (type === 'MONTH') return raw + BigInt(count * monthsOf(unit))
  const perUnit = nanosPerUnit[type]
  if (unit === months || unit === years || unit === businessDays) {
    if (isOfDay(type)) throw new ScriptError(`A ${type} can't be moved by days or months.`)
    const perDay = nanosPerDay / perUnit
    const days = floorDivide(raw, perDay)
    const moved =
      unit === businessDays
        ? addBusinessDays(Number(days), count)
        : addMonths(Number(days), count * monthsOf(unit))
    return BigInt(moved) * perDay + (raw - days * perDay)
  }
  const distance = BigInt(count) * nanosPerDurationUnit[unit]!
  if (distance % perUnit !== 0n) {
    throw new ScriptError(`A ${type} can't be moved by a unit finer than its own.`)
  }
  const moved = raw + distance / perUnit
  const perDay = nanosPerDay / perUnit
  // Times of day start again at midnight.
  return isOfDay(type) ? moved - floorDivide(moved, perDay) * perDay : moved
}

function monthsOf(unit: number): number {
  if (unit === months) return 1
  if (unit === years) return 12
  throw new ScriptError('A MONTH can only be moved by months or years.')
}

function isOfDay(type: TemporalType): boolean {
  return type === 'TIME' || type === 'MINUTE' || type === 'SECOND' || type === 'NANOTIME'
}

/** A day that the new month does not have becomes its last one. */
function addMonths(days: number, count: number): number {
  const { year, month, day } = civilFromDays(days)
  const moved = year * 12 + month - 1 + count
  const newYear = Math.floor(moved / 12)
  const newMonth = moved - newYear * 12 + 1
  return daysFromCivil(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)))
}

/** Saturdays and Sundays do not count. */
function addBusinessDays(days: number, count: number): number {
  if (count === 0) return days
  const step = Math.sign(count)
  let moved = days
  // From a weekend one counts as from the business day before it in the direction of the count.
  while (dayOfWeek(moved) >= 5) moved -= step
  const weeks = Math.floor(Math.abs(count) / 5)
  moved += step * weeks * 7
  for (let left = Math.abs(count) % 5; left > 0;) {
    moved += step
    if (dayOfWeek(moved) < 5) left--
  }
  return moved
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}

/** 0 is Monday; 1970-01-01, day 0, was a Thursday. */
function dayOfWeek(days: number): number {
  return (((days + 3) % 7) + 7) % 7
}
