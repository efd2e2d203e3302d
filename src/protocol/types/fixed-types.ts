/* Numbers, pairs and durations: how each is stored in a typed array, what its null is, and how it is printed. The null is the smallest
   integer, or the most negative finite number; so NaN and the infinities are ordinary values. */
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt64, nullInt8 } from '../null-value.js'
import type { Scalar, ScalarShape, VectorShape } from '../value.js'
import {
  type ElementValue,
  numberOf,
  rangeError,
  storedBigInt,
  storedInteger,
  unsuitableValue,
} from './element-value.js'
import { type FixedData, type FixedParts, fixedParts, type FixedStorage } from './fixed-parts.js'
import { type TypeFacts, typeFacts } from './type-facts.js'

export type NumberScalar =
  | ScalarShape<'BOOL', boolean | null>
  | ScalarShape<'CHAR' | 'SHORT' | 'INT' | 'FLOAT' | 'DOUBLE', number | null>
  | ScalarShape<'LONG', bigint | null>
export type NumberVector =
  | VectorShape<'BOOL' | 'CHAR', Int8Array>
  | VectorShape<'SHORT', Int16Array>
  | VectorShape<'INT', Int32Array>
  | VectorShape<'LONG', BigInt64Array>
  | VectorShape<'FLOAT', Float32Array>
  | VectorShape<'DOUBLE', Float64Array>

type DoublePair = readonly [number, number]
interface Duration {
  count: number
  unit: number
}
type DoublePairType = 'COMPLEX' | 'POINT'
/** COMPLEX and POINT: real and imaginary part, or x and y. DURATION: a count, and a unit as a number. */
export type PairScalar =
  ScalarShape<DoublePairType, DoublePair | null> | ScalarShape<'DURATION', Duration | null>
/** `data` has two numbers per value. */
export type PairVector =
  VectorShape<DoublePairType, Float64Array> | VectorShape<'DURATION', Int32Array>

type Stored<T> = (value: ElementValue, sentinel: T, type: Scalar['type']) => T

/** Values that are elements of the array, with a sentinel for null. */
function numbersIn<T, D extends FixedData & Record<number, T>>(
  array: FixedStorage<D, T>['array'],
  sentinel: T,
  stored: Stored<T>,
): FixedStorage<D, T> {
  return {
    array,
    get: (data, index) => (data[index] === sentinel ? null : data[index]!),
    set: (data, index, value, type) => {
      const target: Record<number, T> = data
      target[index] = stored(value, sentinel, type)
    },
  }
}

/** The typed array rounds. NaN and infinities are values. @throws {ValueError} DDB_INPUT_RANGE for numbers beyond single precision */
const storedSingle: Stored<number> = (value, sentinel, type) => {
  const number = numberOf(type, value) ?? sentinel
  if (Number.isFinite(number) && Math.abs(number) > -sentinel) {
    throw rangeError(number, -sentinel, type)
  }
  return number
}

const storedDouble: Stored<number> = (value, sentinel, type) => numberOf(type, value) ?? sentinel

const booleans: FixedStorage<Int8Array, boolean> = {
  array: Int8Array,
  get: (data, index) => (data[index] === nullInt8 ? null : data[index] !== 0),
  set(data, index, value, type) {
    if (value !== null && typeof value !== 'boolean') throw unsuitableValue(type, value)
    data[index] = value === null ? nullInt8 : Number(value)
  },
}

const int8Storage = numbersIn<number, Int8Array>(Int8Array, nullInt8, storedInteger)
const int16Storage = numbersIn<number, Int16Array>(Int16Array, nullInt16, storedInteger)
const int32Storage = numbersIn<number, Int32Array>(Int32Array, nullInt32, storedInteger)
export const int64Storage: FixedStorage<BigInt64Array, bigint> = numbersIn<bigint, BigInt64Array>(
  BigInt64Array,
  nullInt64,
  storedBigInt,
)
const singles = numbersIn<number, Float32Array>(Float32Array, nullFloat, storedSingle)
const doubles = numbersIn<number, Float64Array>(Float64Array, nullDouble, storedDouble)

/** Null if either double is null. */
const doublePairs: FixedStorage<Float64Array, DoublePair> = {
  array: Float64Array,
  perValue: 2,
  get(data, index) {
    const first = data[index * 2]!
    const second = data[index * 2 + 1]!
    return first === nullDouble || second === nullDouble ? null : [first, second]
  },
  set(data, index, value, type) {
    if (value === null) data.fill(nullDouble, index * 2, index * 2 + 2)
    else if (isDoublePair(value)) data.set(value, index * 2)
    else throw unsuitableValue(type, value)
  },
}

function isDoublePair(value: ElementValue): value is DoublePair {
  return Array.isArray(value) && value.length === 2 && value.every(one => typeof one === 'number')
}

const durations: FixedStorage<Int32Array, Duration> = {
  array: Int32Array,
  perValue: 2,
  get(data, index) {
    const count = data[index * 2]!
    return count === nullInt32 ? null : { count, unit: data[index * 2 + 1]! }
  },
  set(data, index, value, type) {
    const { count, unit } = value === null ? { count: null, unit: 0 } : durationOf(type, value)
    data[index * 2] = storedInteger(count, nullInt32, type)
    data[index * 2 + 1] = unit
  },
}

function durationOf(type: Scalar['type'], value: ElementValue): Duration {
  if (typeof value === 'object' && value !== null && 'count' in value) return value
  throw unsuitableValue(type, value)
}

export const int32Parts: FixedParts = fixedParts(int32Storage)
export const int64Parts: FixedParts = fixedParts(int64Storage)
const pairParts = fixedParts(doublePairs)

export const numberTypes: Readonly<Record<(NumberScalar | PairScalar)['type'], TypeFacts>> = {
  BOOL: typeFacts(1, 'logical', fixedParts(booleans), String),
  CHAR: typeFacts(2, 'integral', fixedParts(int8Storage), charText),
  SHORT: typeFacts(3, 'integral', fixedParts(int16Storage), String),
  INT: typeFacts(4, 'integral', int32Parts, String),
  LONG: typeFacts(5, 'integral', int64Parts, String),
  FLOAT: typeFacts(15, 'floating', fixedParts(singles), (value: number) =>
    formatNumber(Number.isFinite(value) ? shortestFloat(value) : value),
  ),
  DOUBLE: typeFacts(16, 'floating', fixedParts(doubles), formatNumber),
  COMPLEX: typeFacts(34, 'binary', pairParts, complexText),
  POINT: typeFacts(35, 'binary', pairParts, pointText),
  DURATION: typeFacts(36, 'system', fixedParts(durations), durationText),
}

/** The text of a CHAR. A printable character is in quotes, as in DolphinDB's output. */
function charText(value: number): string {
  return value > 31 && value < 127 ? `'${String.fromCharCode(value)}'` : String(value)
}

/** The shortest text from which the same double can be read; `inf` for infinity. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'
}

/** The double with the fewest digits that rounds to the same single: 0.1, not 0.10000000149011612. @param value  finite */
export function shortestFloat(value: number): number {
  if (value === 0) return value
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return Number(value.toPrecision(9))
}

function pointText(value: DoublePair): string {
  return `(${value.map(formatNumber).join(', ')})`
}

function complexText([real, imaginary]: DoublePair): string {
  const sign = imaginary < 0 || Object.is(imaginary, -0) ? '' : '+'
  return `${formatNumber(real)}${sign}${formatNumber(imaginary)}i`
}

const letters = ['ns', 'us', 'ms', 's', 'm', 'H', 'd', 'w', 'M', 'y', 'B'] as const

/** The letters of a unit → its number. Does not list the units of exchange calendars. */
export const durationUnits: ReadonlyMap<string, number> = new Map(
  letters.map((unit, number) => [unit, number]),
)

/** A unit beyond the list is an exchange's code of four letters, the first in the highest byte. */
function durationText({ count, unit }: Duration): string {
  const codes = [unit >>> 24, (unit >> 16) & 255, (unit >> 8) & 255, unit & 255]
  return `${count}${letters[unit] ?? String.fromCharCode(...codes)}`
}
