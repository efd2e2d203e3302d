/*
  FLOAT and DOUBLE: IEEE 754 single and double precision. The most negative finite number is the null, so NaN and the
  infinities are ordinary values.
*/
import { nullDouble, nullFloat } from '../null-value.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { numberOf, rangeError } from './element-value.js'
import { fixedElements, type FixedStorage } from './fixed-elements.js'
import { fixedType, type TypeFacts } from './type-facts.js'

export type FloatScalar = ScalarShape<'FLOAT' | 'DOUBLE', number | null>
export type FloatVector = VectorShape<'FLOAT', Float32Array> | VectorShape<'DOUBLE', Float64Array>

const singles: FixedStorage<Float32Array, number> = {
  array: Float32Array,
  get: (data, index) => (data[index] === nullFloat ? null : data[index]!),
  set(data, index, value, type) {
    data[index] = storedSingle(numberOf(type, value))
  },
}

const doubles: FixedStorage<Float64Array, number> = {
  array: Float64Array,
  get: (data, index) => (data[index] === nullDouble ? null : data[index]!),
  set(data, index, value, type) {
    data[index] = numberOf(type, value) ?? nullDouble
  },
}

export const floatTypes: Readonly<Record<FloatScalar['type'], TypeFacts>> = {
  FLOAT: fixedType(15, 'floating', fixedElements(singles), (value: number) =>
    formatNumber(Number.isFinite(value) ? shortestFloat(value) : value),
  ),
  DOUBLE: fixedType(16, 'floating', fixedElements(doubles), formatNumber),
}

/**
 * Checks the range but does not round, because the typed array rounds later. Accepts NaN and infinities.
 * @throws {ValueError} DDB_INPUT_RANGE for a finite number that single precision cannot hold
 */
function storedSingle(value: number | null): number {
  if (value === null) return nullFloat
  if (Number.isFinite(value) && Math.abs(value) > -nullFloat) {
    throw rangeError(value, -nullFloat, 'FLOAT')
  }
  return value
}

/** The shortest text from which the same double can be read; `inf` for infinity. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'
}

/**
 * The double with the fewest digits that rounds to the same single: 0.1, not 0.10000000149011612.
 * @param value  finite
 */
export function shortestFloat(value: number): number {
  if (value === 0) return value
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return Number(value.toPrecision(9))
}
