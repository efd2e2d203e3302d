/*
  Vectors of numbers widened to one of three kinds: int32, int64, double. Nulls stay nulls: each kind's own sentinel.
*/
import type { DataType } from '../../../protocol/data-type.js'
import {
  nullDouble,
  nullFloat,
  nullInt16,
  nullInt32,
  nullInt64,
  nullInt8,
} from '../../../protocol/null-value.js'
import type { Vector } from '../../../protocol/value.js'
import { ScriptError } from '../../script-error.js'

/** How a type computes; undefined for types that are not numbers. */
export type NumberKind = 'int32' | 'int64' | 'double'

/** Temporal types compute as the integers they are. */
export function numberKindOf(type: DataType): NumberKind | undefined {
  switch (type) {
    case 'BOOL':
    case 'CHAR':
    case 'SHORT':
    case 'INT':
    case 'DATE':
    case 'MONTH':
    case 'TIME':
    case 'MINUTE':
    case 'SECOND':
    case 'DATETIME':
    case 'DATEHOUR':
    case 'DATEMINUTE':
      return 'int32'
    case 'LONG':
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP':
      return 'int64'
    case 'FLOAT':
    case 'DOUBLE':
      return 'double'
    default:
      return undefined
  }
}

/**
 * The vector's elements as int32; of INT and the other 32-bit types this is the array itself. VOID is all null.
 * @throws {ScriptError} for a vector that holds no numbers
 */
export function int32Of(vector: Vector): Int32Array {
  if (vector.type === 'VOID') return new Int32Array(vector.length).fill(nullInt32)
  if (numberKindOf(vector.type) !== 'int32') {
    throw new ScriptError(`A vector of numbers is expected, but the actual type is ${vector.type}.`)
  }
  const { data, length } = vector as { data: ArrayLike<number>; length: number }
  if (data instanceof Int32Array) return data
  const nullValue = data instanceof Int8Array ? nullInt8 : nullInt16
  const result = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const value = data[i]!
    result[i] = value === nullValue ? nullInt32 : value
  }
  return result
}

/**
 * As `int32Of`, for whole numbers of any width.
 * @throws {ScriptError} for a vector that holds no whole numbers
 */
export function int64Of(vector: Vector): BigInt64Array {
  if (vector.type === 'VOID') return new BigInt64Array(vector.length).fill(nullInt64)
  if (numberKindOf(vector.type) === 'int64') return (vector as { data: BigInt64Array }).data
  const narrow = int32Of(vector)
  const result = new BigInt64Array(vector.length)
  for (let i = 0; i < vector.length; i++) {
    const value = narrow[i]!
    result[i] = value === nullInt32 ? nullInt64 : BigInt(value)
  }
  return result
}

/**
 * As `int32Of`, for numbers of every kind but decimals; int64 beyond 2^53 is rounded.
 * @throws {ScriptError}
 */
export function doubleOf(vector: Vector): Float64Array {
  const { length } = vector
  if (vector.type === 'DOUBLE') return vector.data
  const result = new Float64Array(length)
  if (vector.type === 'VOID') return result.fill(nullDouble)
  if (vector.type === 'FLOAT') {
    for (let i = 0; i < length; i++) {
      const value = vector.data[i]!
      result[i] = value === nullFloat ? nullDouble : value
    }
    return result
  }
  if (numberKindOf(vector.type) === 'int64') {
    const wide = int64Of(vector)
    for (let i = 0; i < length; i++) {
      const value = wide[i]!
      result[i] = value === nullInt64 ? nullDouble : Number(value)
    }
    return result
  }
  const narrow = int32Of(vector)
  for (let i = 0; i < length; i++) {
    const value = narrow[i]!
    result[i] = value === nullInt32 ? nullDouble : value
  }
  return result
}

/** A FLOAT vector of doubles; what is too large for FLOAT is null. */
export function floatVector(values: Float64Array): Vector {
  const data = new Float32Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const fits = Number.isFinite(Math.fround(value)) || !Number.isFinite(value)
    data[i] = value === nullDouble || !fits ? nullFloat : value
  }
  return { form: 'vector', type: 'FLOAT', length: values.length, data }
}
