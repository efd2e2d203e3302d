/*
  How the elements of fixed-width types lie in their arrays.
*/
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt8 } from '../../protocol/null-value.js'
import type { Int32Type, Int64Type, Int8Type } from '../../protocol/value.js'
import type { FixedType, NumberArray } from './number-columns.js'
import type { Int64Kind, ReadInt64 } from './int64-columns.js'

/** BOOL and CHAR. */
export function int8Type(
  type: Int8Type,
  min: number,
  max: number,
  expected: string,
): FixedType<NumberArray> {
  return {
    bytesPerRow: 1,
    view: buffer => new Int8Array(buffer),
    nullValue: nullInt8,
    min,
    max,
    expected,
    column: (data, length) => ({ form: 'vector', type, length, data: data as Int8Array }),
  }
}

export const shortType: FixedType<Int16Array | Int32Array> = {
  bytesPerRow: 2,
  view: buffer => new Int16Array(buffer),
  nullValue: nullInt16,
  min: -32_767,
  max: 32_767,
  expected: 'a whole number from -32767 to 32767',
  column: (data, length) => ({ form: 'vector', type: 'SHORT', length, data: data as Int16Array }),
}

/** INT, and temporal types of 32 bits; the full range but the null. */
export function int32Type<A extends NumberArray>(type: Int32Type, expected: string): FixedType<A> {
  return {
    bytesPerRow: 4,
    view: buffer => new Int32Array(buffer) as A,
    nullValue: nullInt32,
    min: -2_147_483_647,
    max: 2_147_483_647,
    expected,
    column: (data, length) => ({ form: 'vector', type, length, data: data as Int32Array }),
  }
}

export const floatType: FixedType<Float32Array | Float64Array> = {
  bytesPerRow: 4,
  view: buffer => new Float32Array(buffer),
  nullValue: nullFloat,
  // Short texts beyond these take the way that looks at the range.
  min: -1e38,
  max: 1e38,
  expected: 'a number in the range of single precision',
  column: (data, length) => ({ form: 'vector', type: 'FLOAT', length, data: data as Float32Array }),
}

export const doubleType: FixedType<Float32Array | Float64Array> = {
  bytesPerRow: 8,
  view: buffer => new Float64Array(buffer),
  nullValue: nullDouble,
  min: -1e308,
  max: 1e308,
  expected: 'a number',
  column: (data, length) => ({
    form: 'vector',
    type: 'DOUBLE',
    length,
    data: data as Float64Array,
  }),
}

/** LONG, and temporal types of 64 bits. */
export function int64Kind(type: Int64Type, expected: string, readCell: ReadInt64): Int64Kind {
  return { expected, readCell, column: (data, length) => ({ form: 'vector', type, length, data }) }
}
