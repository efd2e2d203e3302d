/*
  Functions that convert to temporal types and take temporal values apart (DolphinDB manual, pages date, month, hour,
  dayOfMonth and so on).
*/
import type { FixedVector } from '../../protocol/element-bytes.js'
import { civilFromDays, daysFromCivil } from '../../protocol/civil-date.js'
import { isTemporal } from '../../protocol/types/temporals.js'
import type { Vector } from '../../protocol/value.js'
import type { Builtin } from '../script/builtin.js'
import { ScriptError } from '../script/builtin.js'
import { castVector } from '../script/cast.js'
import { operandOf } from '../script/operators/shape.js'
import type { ServerValue } from '../script/values.js'
import { isFixedVector } from '../tables/column-layout.js'
import { convertTemporal } from '../tables/convert-temporal.js'
import { columnOfNumbers, numbersOf } from '../tables/numbers.js'
import { booleanArgument } from './arguments.js'
import { conversion } from './conversion.js'

const msPerDay = 86_400_000

/** name(X): INT, worked out from whole days since 1970. */
function dayPart(name: string, part: (days: number) => number): Builtin {
  return {
    name,
    parameters: ['X'],
    minArguments: 1,
    maxArguments: 1,
    call: (_, [value]) => partsOf(name, value!, 'DATE', part),
  }
}

/** name(X): INT, worked out from nanoseconds since midnight. */
function timePart(name: string, part: (nanoseconds: number) => number): Builtin {
  return { ...dayPart(name, part), call: (_, [value]) => partsOf(name, value!, 'NANOTIME', part) }
}

/** weekday(X, [startFromSunday=true]): 0 is Sunday, or Monday. */
const weekday: Builtin = {
  name: 'weekday',
  parameters: ['X', 'startFromSunday'],
  minArguments: 1,
  maxArguments: 2,
  call: (_, [value, startFromSunday]) => {
    const sunday = booleanArgument(startFromSunday, 'startFromSunday', true)
    return partsOf('weekday', value!, 'DATE', days => dayOfWeek(sunday ? days + 1 : days))
  },
}

/** now([nanoSecond=false]): the node's wall clock, in its own time zone. */
const now: Builtin = {
  name: 'now',
  parameters: ['nanoSecond'],
  minArguments: 0,
  maxArguments: 1,
  call: ({ node }, [nanoSecond]) => {
    const ms = BigInt(Math.floor(wallClockMs(node.now())))
    return booleanArgument(nanoSecond, 'nanoSecond', false)
      ? { form: 'scalar', type: 'NANOTIMESTAMP', value: ms * 1_000_000n }
      : { form: 'scalar', type: 'TIMESTAMP', value: ms }
  },
}

/** today(): the date of now(). */
const today: Builtin = {
  name: 'today',
  parameters: [],
  minArguments: 0,
  maxArguments: 0,
  call: ({ node }) => ({
    form: 'scalar',
    type: 'DATE',
    value: Math.floor(wallClockMs(node.now()) / msPerDay),
  }),
}

const hour = timePart('hour', nanoseconds => Math.floor(nanoseconds / 3.6e12))

export const temporalFunctions: readonly Builtin[] = [
  conversion('date', 'DATE'),
  conversion('month', 'MONTH'),
  conversion('time', 'TIME'),
  conversion('minute', 'MINUTE'),
  conversion('second', 'SECOND'),
  conversion('datetime', 'DATETIME'),
  conversion('timestamp', 'TIMESTAMP'),
  conversion('nanotime', 'NANOTIME'),
  conversion('nanotimestamp', 'NANOTIMESTAMP'),
  conversion('datehour', 'DATEHOUR'),
  dayPart('year', days => civilFromDays(days).year),
  dayPart('monthOfYear', days => civilFromDays(days).month),
  dayPart('quarterOfYear', days => Math.ceil(civilFromDays(days).month / 3)),
  dayPart('dayOfMonth', days => civilFromDays(days).day),
  dayPart('dayOfYear', days => days - daysFromCivil(civilFromDays(days).year, 1, 1) + 1),
  dayPart('dayOfWeek', dayOfWeek),
  weekday,
  hour,
  { ...hour, name: 'hourOfDay' },
  timePart('minuteOfHour', nanoseconds => Math.floor(nanoseconds / 6e10) % 60),
  timePart('secondOfMinute', nanoseconds => Math.floor(nanoseconds / 1e9) % 60),
  timePart('millisecond', nanoseconds => Math.floor(nanoseconds / 1e6) % 1000),
  timePart('microsecond', nanoseconds => Math.floor(nanoseconds / 1e3) % 1e6),
  timePart('nanosecond', nanoseconds => nanoseconds % 1e9),
  now,
  today,
]

/** 0 is Monday; 1970-01-01, day 0, was a Thursday. */
export function dayOfWeek(days: number): number {
  return (((days + 3) % 7) + 7) % 7
}

function partsOf(
  name: string,
  value: ServerValue,
  type: 'DATE' | 'NANOTIME',
  part: (unit: number) => number,
): ServerValue {
  const { vector, rebuild } = operandOf(value, name)
  const numbers = numbersOf(temporalVector(name, vector, type))
  const parts = numbers.map(unit => (Number.isNaN(unit) ? NaN : part(unit)))
  return rebuild(columnOfNumbers({ type: 'INT' }, parts))
}

function temporalVector(name: string, vector: Vector, type: 'DATE' | 'NANOTIME'): FixedVector {
  if (isTemporal(vector.type) && isFixedVector(vector)) return convertTemporal(vector, type)
  const converted = vector.type === 'VOID' ? castVector(vector, { type }) : vector
  if (converted.type === type) return converted
  throw new ScriptError(`${name}(X). X must be a temporal scalar or vector.`)
}

/** Milliseconds since 1970 as the clock on the wall shows them. */
function wallClockMs(epochMs: number): number {
  return epochMs - new Date(epochMs).getTimezoneOffset() * 60_000
}
