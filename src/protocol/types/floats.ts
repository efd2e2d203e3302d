/*
  FLOAT and DOUBLE: IEEE 754 single and double precision. The most negative finite number is the null, so NaN and the
  infinities are ordinary values.
*/
import { nullDouble, nullFloat } from '../null-value.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { numberOf } from './element-value.js'
import { rangeError } from './stored-number.js'
import { type FixedElements, fixedType, type TypeFacts } from './type-facts.js'

export type FloatScalar = ScalarShape<'FLOAT' | 'DOUBLE', number | null>
type SingleVector = VectorShape<'FLOAT', Float32Array>
type DoubleVector = VectorShape<'DOUBLE', Float64Array>
export type FloatVector = SingleVector | DoubleVector

const singleElements: FixedElements<FloatScalar, SingleVector> = {
  bytesPerValue: 4,
  scalarBytes: 4,
  nullElement: new Uint8Array(Float32Array.of(nullFloat).buffer),
  encodeScalar(writer, { value }) {
    writer.f32(storedSingle(value))
  },
  readScalar(reader, type) {
    const value = reader.f32()
    return { form: 'scalar', type, value: value === nullFloat ? null : value }
  },
  vectorOver: (type, length, { buffer, byteOffset }) => ({
    form: 'vector',
    type,
    length,
    data: new Float32Array(buffer, byteOffset, length),
  }),
  scalarAt({ type, data }, index) {
    const value = data[index]!
    return { form: 'scalar', type, value: value === nullFloat ? null : value }
  },
  isNullAt: ({ data }, index) => data[index] === nullFloat,
  store({ type, data }, index, value) {
    data[index] = storedSingle(numberOf(type, value))
  },
}

const doubleElements: FixedElements<FloatScalar, DoubleVector> = {
  bytesPerValue: 8,
  scalarBytes: 8,
  nullElement: new Uint8Array(Float64Array.of(nullDouble).buffer),
  encodeScalar(writer, { value }) {
    writer.f64(value ?? nullDouble)
  },
  readScalar(reader, type) {
    const value = reader.f64()
    return { form: 'scalar', type, value: value === nullDouble ? null : value }
  },
  vectorOver: (type, length, { buffer, byteOffset }) => ({
    form: 'vector',
    type,
    length,
    data: new Float64Array(buffer, byteOffset, length),
  }),
  scalarAt({ type, data }, index) {
    const value = data[index]!
    return { form: 'scalar', type, value: value === nullDouble ? null : value }
  },
  isNullAt: ({ data }, index) => data[index] === nullDouble,
  store({ type, data }, index, value) {
    data[index] = numberOf(type, value) ?? nullDouble
  },
}

export const floatTypes: Readonly<Record<FloatScalar['type'], TypeFacts>> = {
  FLOAT: fixedType(15, 'floating', singleElements, (value: number) =>
    formatNumber(Number.isFinite(value) ? shortestFloat(value) : value),
  ),
  DOUBLE: fixedType(16, 'floating', doubleElements, formatNumber),
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
