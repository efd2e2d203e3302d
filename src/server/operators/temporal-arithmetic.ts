/*
  Arithmetic with dates and times: adds a number to a time, and subtracts a number or a time from a time.
*/
import { dataTypes, type DataType } from '../../protocol/data-type.js'
import { nullInt64 } from '../../protocol/null-value.js'
import { isTemporal } from '../../protocol/types/temporals.js'
import type { Vector } from '../../protocol/value.js'
import { convertColumn } from '../columns/convert-column.js'
import {
  computeInt32,
  computeInt64,
  numericArithmetic,
  refused,
  type ArithmeticOperator,
} from './numeric-arithmetic.js'
import { int64Of, numberKindOf, type Pairing } from './operands.js'

/** Units per day. Arithmetic with times of day wraps at midnight (manual, "Manipulation of temporal objects"). */
const unitsPerDay: Partial<Record<DataType, number>> = {
  MINUTE: 1440,
  SECOND: 86_400,
  TIME: 86_400_000,
  NANOTIME: 86_400_000_000_000,
}

/** Types from coarse to fine. An operation with two different types converts both operands to the finer type. */
const fineness: readonly DataType[] = [
  'MONTH',
  'DATE',
  'DATEHOUR',
  'DATEMINUTE',
  'DATETIME',
  'TIMESTAMP',
  'NANOTIMESTAMP',
  'MINUTE',
  'SECOND',
  'TIME',
  'NANOTIME',
]

function commonTemporalType(a: DataType, b: DataType): DataType {
  return fineness.indexOf(a) > fineness.indexOf(b) ? a : b
}

function alignTemporal(pairing: Pairing): Pairing {
  const { left, right } = pairing
  if (left.type === right.type || left.type === 'VOID' || right.type === 'VOID') return pairing
  const type = commonTemporalType(left.type, right.type)
  return {
    ...pairing,
    left: convertColumn(left, { type }) as Vector,
    right: convertColumn(right, { type }) as Vector,
  }
}

/** Converts both operands to one type. This works even for times that only one of the two types can represent. */
export function comparableTemporal(pairing: Pairing): Pairing {
  const { left, right } = pairing
  if (left.type === right.type || left.type === 'VOID' || right.type === 'VOID') return pairing
  const type = commonTemporalType(left.type, right.type)
  if (type === 'NANOTIMESTAMP') {
    return { ...pairing, left: boundedNanos(left), right: boundedNanos(right) }
  }
  // A DATE may be millions of years away, which is too far for 32-bit counts of hours, minutes or seconds.
  const isNarrow = type === 'DATEHOUR' || type === 'DATEMINUTE' || type === 'DATETIME'
  const wide = isNarrow ? 'TIMESTAMP' : type
  return {
    ...pairing,
    left: convertColumn(left, { type: wide }) as Vector,
    right: convertColumn(right, { type: wide }) as Vector,
  }
}

/** Nanoseconds since 1970; a moment out of range becomes the first or last in range. */
function boundedNanos(vector: Vector): Vector {
  if (vector.type === 'NANOTIMESTAMP') return vector
  const made = convertColumn(vector, { type: 'NANOTIMESTAMP' }) as Vector
  const nanos = int64Of(made)
  const ms = int64Of(convertColumn(vector, { type: 'TIMESTAMP' }) as Vector)
  for (let row = 0; row < made.length; row++) {
    if (nanos[row] !== nullInt64 || ms[row] === nullInt64) continue
    nanos[row] = ms[row]! < 0n ? -largestInt64 : largestInt64
  }
  return made
}

const largestInt64 = 2n ** 63n - 1n

/**
 * Adds a number to a time, or subtracts it, in the unit of the time. The only operation on two times is subtraction.
 * @throws {ScriptError} for other operators and operands
 */
export function temporalArithmetic(operator: ArithmeticOperator, pairing: Pairing): Vector {
  const { left, right } = pairing
  if (isTemporal(left.type) && isTemporal(right.type)) {
    if (operator !== '-') throw refused(operator, 'temporal')
    return numericArithmetic('-', alignTemporal(pairing))
  }
  if (operator !== '+' && operator !== '-') return numericArithmetic(operator, pairing)
  const temporal = isTemporal(left.type) ? left : right
  const other = temporal === left ? right : left
  const isMovable = other.type === 'VOID' || dataTypes[other.type].category === 'integral'
  if (!isMovable) throw refused(operator, other.type.toLowerCase())
  if (operator === '-' && temporal === right) throw refused(operator, 'temporal')
  return move(temporal.type, operator, pairing)
}

function move(type: DataType, operator: '+' | '-', pairing: Pairing): Vector {
  const { length } = pairing
  const day = unitsPerDay[type]
  if (numberKindOf(type) === 'int64') {
    const wide = day === undefined ? undefined : BigInt(day)
    const data = computeInt64((a, b) => {
      const sum = operator === '+' ? a + b : a - b
      if (wide === undefined) return BigInt.asIntN(64, sum)
      return sum === nullInt64 ? sum : ((sum % wide) + wide) % wide
    }, pairing)
    return { form: 'vector', type, length, data } as Vector
  }
  const data = computeInt32((a, b) => {
    const sum = operator === '+' ? a + b : a - b
    return day === undefined ? sum | 0 : ((sum % day) + day) % day
  }, narrowed(pairing))
  return { form: 'vector', type, length, data } as Vector
}

/** Converts LONG operands to INT, because `date + 1l` must keep the 32-bit type of the date. */
function narrowed(pairing: Pairing): Pairing {
  const narrow = (vector: Vector): Vector =>
    vector.type === 'LONG' ? (convertColumn(vector, { type: 'INT' }) as Vector) : vector
  return { ...pairing, left: narrow(pairing.left), right: narrow(pairing.right) }
}
