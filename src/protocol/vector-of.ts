/*
  Columns from JavaScript values, one by one: for literals, small results and callers of the library. Parsers fill
  typed arrays themselves.
*/
import { ValueError } from '../errors.js'
import { parseBinary16 } from './binary16.js'
import { writeInt128 } from './decimal.js'
import type { ColumnType, DataType } from './data-type.js'
import { columnTypeText } from './data-type.js'
import { type FixedVector, isFixedType } from './elements.js'
import { emptyVector } from './column.js'
import { nullDouble, nullInt128, nullInt16, nullInt32, nullInt64, nullInt8 } from './null-value.js'
import { storedBigInt, storedFloat, storedInteger } from './scalar.js'
import { symbolVectorOf } from './symbol-vector.js'
import type { Bytes16Type, Column, Value, Vector } from './value.js'
import { explicitNull } from './value.js'

/**
 * An element: boolean for BOOL, number for the types of up to 32 bits and floats, bigint (or a safe integer) for those
 * of 64 bits and unscaled decimals, text or bytes for text and BLOB, text or 16 wire bytes for UUID and the like, two
 * numbers for COMPLEX and POINT, count and unit for DURATION, a list for a row of an array vector, a value for ANY.
 */
export type ElementValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly count: number; readonly unit: number }
  | Value
  | readonly ElementValue[]
  | null

/**
 * A column of `values`; null is the null of the type.
 * @throws {ValueError} DDB_INPUT_RANGE for a value outside the type, DDB_USAGE for one of another kind
 */
export function vectorOf(type: ColumnType, values: readonly ElementValue[]): Column {
  if (type.array) return arrayVectorOf(type, values)
  const { length } = values
  const name = type.type
  const form = 'vector'
  switch (name) {
    case 'VOID':
      return { form, type: name, length }
    case 'STRING':
      return { form, type: name, length, data: values.map(value => textOf(name, value)) }
    case 'SYMBOL':
      return symbolVectorOf(values.map(value => textOf(name, value)))
    case 'BLOB':
      return { form, type: name, length, data: values.map(blobOf) }
    case 'ANY':
      return { form, type: name, length, data: values.map(valueOf) }
    default:
      if (!isFixedType(name)) {
        throw new ValueError('DDB_USAGE', `There are no columns of type ${columnTypeText(type)}`)
      }
      return fixedVectorOf(type, values)
  }
}

function arrayVectorOf(type: ColumnType, values: readonly ElementValue[]): Column {
  const offsets = new Uint32Array(values.length + 1)
  const cells: ElementValue[] = []
  for (const [row, value] of values.entries()) {
    if (value !== null && !Array.isArray(value)) throw unsuitable(type.type, value)
    for (const cell of (value ?? [null]) as readonly ElementValue[]) cells.push(cell)
    offsets[row + 1] = cells.length
  }
  return {
    form: 'arrayVector',
    length: values.length,
    offsets,
    cells: vectorOf({ ...type, array: false }, cells) as Vector,
  }
}

function fixedVectorOf(type: ColumnType, values: readonly ElementValue[]): FixedVector {
  const vector = { ...emptyVector(type, values.length), length: values.length } as FixedVector
  for (const [index, value] of values.entries()) store(vector, index, value)
  return vector
}

function store(vector: FixedVector, index: number, value: ElementValue): void {
  const { type } = vector
  switch (vector.type) {
    case 'BOOL':
      if (value !== null && typeof value !== 'boolean') throw unsuitable(type, value)
      vector.data[index] = value === null ? nullInt8 : Number(value)
      return
    case 'CHAR':
      vector.data[index] = storedInteger(numberOf(type, value), nullInt8, type)
      return
    case 'SHORT':
      vector.data[index] = storedInteger(numberOf(type, value), nullInt16, type)
      return
    case 'LONG':
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP':
    case 'DECIMAL64':
      vector.data[index] = storedBigInt(bigintOf(type, value), nullInt64, type)
      return
    case 'FLOAT':
      vector.data[index] = storedFloat(numberOf(type, value))
      return
    case 'DOUBLE':
      vector.data[index] = numberOf(type, value) ?? nullDouble
      return
    case 'DECIMAL32':
      vector.data[index] = Number(storedBigInt(bigintOf(type, value), BigInt(nullInt32), type))
      return
    case 'DECIMAL128':
      writeInt128(vector.data, index, storedBigInt(bigintOf(type, value), nullInt128, type))
      return
    case 'UUID':
    case 'IPADDR':
    case 'INT128':
      if (value !== null) vector.data.set(bytes16Of(vector.type, value), index * 16)
      return
    case 'COMPLEX':
    case 'POINT':
      vector.data.set(pairOf(type, value), index * 2)
      return
    case 'DURATION':
      vector.data.set(durationOf(type, value), index * 2)
      return
    default:
      vector.data[index] = storedInteger(numberOf(type, value), nullInt32, type)
  }
}

function textOf(type: DataType, value: ElementValue): string {
  if (value === null) return ''
  if (typeof value === 'string') return value
  throw unsuitable(type, value)
}

function blobOf(value: ElementValue): Uint8Array {
  if (value === null) return new Uint8Array(0)
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') return new TextEncoder().encode(value)
  throw unsuitable('BLOB', value)
}

function valueOf(value: ElementValue): Value {
  if (value === null) return explicitNull
  if (typeof value === 'object' && 'form' in value) return value
  throw unsuitable('ANY', value)
}

function numberOf(type: DataType, value: ElementValue): number | null {
  if (value === null || typeof value === 'number') return value
  throw unsuitable(type, value)
}

function bigintOf(type: DataType, value: ElementValue): bigint | null {
  if (value === null || typeof value === 'bigint') return value
  if (Number.isSafeInteger(value)) return BigInt(value as number)
  throw unsuitable(type, value)
}

function bytes16Of(type: Bytes16Type, value: ElementValue): Uint8Array {
  if (value instanceof Uint8Array && value.length === 16) return value
  const bytes = typeof value === 'string' ? parseBinary16(type, value) : undefined
  if (bytes === undefined) throw unsuitable(type, value)
  return bytes
}

function pairOf(type: DataType, value: ElementValue): readonly number[] {
  if (value === null) return [nullDouble, nullDouble]
  if (Array.isArray(value) && value.length === 2) {
    const [first, second] = value as readonly ElementValue[]
    if (typeof first === 'number' && typeof second === 'number') return [first, second]
  }
  throw unsuitable(type, value)
}

function durationOf(type: DataType, value: ElementValue): readonly number[] {
  if (value === null) return [nullInt32, 0]
  if (typeof value === 'object' && 'count' in value) {
    return [storedInteger(value.count, nullInt32, type), value.unit]
  }
  throw unsuitable(type, value)
}

function unsuitable(type: DataType, value: ElementValue): ValueError {
  const kind = Array.isArray(value) ? 'list' : typeof value
  const shown = typeof value === 'object' ? kind : `${kind} ${String(value)}`
  return new ValueError('DDB_USAGE', `A ${type} column cannot take the ${shown}`)
}
