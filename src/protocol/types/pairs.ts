/*
  COMPLEX and POINT: two doubles (real and imaginary part, or x and y), null if either double is null. DURATION: an int32
  count, whose smallest value is the null, and an int32 unit, which is a number on the wire (docs/protocol.md#data-types)
  and one or more letters in text.
*/
import { nullDouble, nullInt32 } from '../null-value.js'
import type { Scalar, ScalarShape, VectorShape } from '../value.js'
import { type ElementValue, storedInteger, unsuitableValue } from './element-value.js'
import { fixedElements, type FixedStorage } from './fixed-elements.js'
import { formatNumber } from './floats.js'
import { fixedType, type TypeFacts } from './type-facts.js'

type DoublePair = readonly [number, number]
interface Duration {
  count: number
  unit: number
}
type DoublePairType = 'COMPLEX' | 'POINT'
export type PairScalar =
  ScalarShape<DoublePairType, DoublePair | null> | ScalarShape<'DURATION', Duration | null>
/** `data` has two numbers per value. */
export type PairVector =
  VectorShape<DoublePairType, Float64Array> | VectorShape<'DURATION', Int32Array>

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

export const pairTypes: Readonly<Record<PairScalar['type'], TypeFacts>> = {
  COMPLEX: fixedType(34, 'binary', fixedElements(doublePairs), complexText),
  POINT: fixedType(35, 'binary', fixedElements(doublePairs), (value: DoublePair) => {
    return `(${value.map(formatNumber).join(', ')})`
  }),
  DURATION: fixedType(36, 'system', fixedElements(durations), ({ count, unit }: Duration) => {
    return `${count}${durationUnitText(unit)}`
  }),
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

/** Text of a unit. A number beyond the list is an exchange's code of four letters, the first in the highest byte. */
function durationUnitText(unit: number): string {
  const known = letters[unit]
  if (known !== undefined) return known
  return String.fromCharCode(unit >>> 24, (unit >> 16) & 255, (unit >> 8) & 255, unit & 255)
}
