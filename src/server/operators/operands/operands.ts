/*
  Operands as operators compute with them: numbers, unscaled decimals and texts.
*/
import { type DataType, isDecimal } from '../../../protocol/data-type.js'
import {
  nullDouble,
  nullFloat,
  nullInt16,
  nullInt32,
  nullInt64,
  nullInt8,
} from '../../../protocol/null-value.js'
import type { Vector, Scalar } from '../../../protocol/value.js'
import { ScriptError } from '../../script-error.js'
import { elementAt, vectorOf } from '../../../protocol/element.js'
import { stringsOf } from '../../../protocol/types/strings.js'
import { formatElement } from '../../../protocol/value-text.js'

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

/** Decimals as integers: the values are so many units of 10^−scale. */
export interface Unscaled {
  readonly values: readonly (bigint | null)[]
  readonly scale: number
}

/** A decimal or integral vector as unscaled integers; undefined for other types. */
export function unscaledOf(vector: Vector): Unscaled | undefined {
  if (isDecimal(vector.type)) {
    const values = Array.from(
      { length: vector.length },
      (_, row) => (elementAt(vector, row) as Scalar).value as bigint | null,
    )
    return { values, scale: (vector as { scale: number }).scale }
  }
  if (vector.type !== 'VOID' && numberKindOf(vector.type) === undefined) return undefined
  if (numberKindOf(vector.type) === 'double') return undefined
  const wide = int64Of(vector)
  const values = Array.from(wide.subarray(0, vector.length), value =>
    value === nullInt64 ? null : value,
  )
  return { values, scale: 0 }
}

/** A decimal vector as the doubles nearest to its values; other vectors as they are. */
export function decimalAsDouble(vector: Vector): Vector {
  const unscaled = isDecimal(vector.type) ? unscaledOf(vector) : undefined
  if (unscaled === undefined) return vector
  const { values, scale } = unscaled
  // By its text: a division by a power of ten that no double is would round twice.
  return vectorOf(
    { type: 'DOUBLE' },
    values.map(value => (value === null ? null : Number(`${value}e-${scale}`))),
  ) as Vector
}

/** Digits that a smaller scale does not hold are cut off, towards zero. */
export function rescale(value: bigint, from: number, to: number): bigint {
  return to >= from ? value * 10n ** BigInt(to - from) : value / 10n ** BigInt(from - to)
}

/** True for types that hold text. */
export function isLiteral(type: DataType): boolean {
  return type === 'STRING' || type === 'SYMBOL' || type === 'BLOB'
}

/** Every element as text, as string(x) gives it; nulls are ''. */
export function textsOfVector(vector: Vector): readonly string[] {
  if (vector.type === 'STRING') {
    const texts = stringsOf(vector)
    return texts.length === vector.length ? texts : texts.slice(0, vector.length)
  }
  if (vector.type === 'CHAR') {
    return Array.from(vector.data.subarray(0, vector.length), charText)
  }
  const texts = new Array<string>(vector.length)
  if (vector.type === 'SYMBOL') {
    for (let i = 0; i < vector.length; i++) texts[i] = vector.base[vector.codes[i]!] ?? ''
    return texts
  }
  for (let i = 0; i < vector.length; i++) texts[i] = formatElement(vector, i)
  return texts
}

/** A CHAR prints in quotes, but as text it is its character; codes that cannot be printed are their number. */
function charText(code: number): string {
  if (code === nullInt8) return ''
  return code > 31 && code < 127 ? String.fromCharCode(code) : String(code)
}
