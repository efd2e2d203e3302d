/*
  Single elements of columns. Loops over whole columns read the typed arrays instead.
*/
import { readInt128 } from './decimal.js'
import type { ColumnType } from './data-type.js'
import {
  nullDouble,
  nullFloat,
  nullInt128,
  nullInt16,
  nullInt32,
  nullInt64,
  nullInt8,
} from './null-value.js'
import { stringsOf } from './string-vector.js'
import type { Column, Scalar, TypedVector, Value, Vector } from './value.js'
import { explicitNull } from './value.js'
import { sliceColumn } from './column.js'

export { concatColumns, emptyVector, sliceColumn, takeRows } from './column.js'
export { vectorOf } from './vector-of.js'
export type { ElementValue } from './vector-of.js'

/** Type of a column as `schema()` would name it. */
export function columnTypeOf(column: Column): ColumnType {
  if (column.form === 'arrayVector') return { ...columnTypeOf(column.cells), array: true }
  return 'scale' in column ? { type: column.type, scale: column.scale } : { type: column.type }
}

/** Element `index`, from 0: a scalar, a row's cells as a vector, or whatever a tuple holds. */
export function elementAt(column: Column, index: number): Value {
  if (column.form === 'arrayVector') return rowCells(column.cells, column.offsets, index)
  return column.type === 'ANY' ? column.data[index]! : scalarAt(column, index)
}

function rowCells(cells: Vector, offsets: Uint32Array, row: number): Vector {
  return sliceColumn(cells, offsets[row]!, offsets[row + 1]!) as Vector
}

/** Element `index`, from 0, as a scalar of its own: bytes are copied, sentinels become null. */
export function scalarAt(vector: TypedVector, index: number): Scalar {
  const form = 'scalar'
  switch (vector.type) {
    case 'VOID':
      return explicitNull
    case 'BOOL': {
      const stored = vector.data[index]!
      return { form, type: vector.type, value: stored === nullInt8 ? null : stored !== 0 }
    }
    case 'CHAR': {
      const stored = vector.data[index]!
      return { form, type: vector.type, value: stored === nullInt8 ? null : stored }
    }
    case 'SHORT': {
      const stored = vector.data[index]!
      return { form, type: vector.type, value: stored === nullInt16 ? null : stored }
    }
    case 'LONG':
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP': {
      const stored = vector.data[index]!
      return { form, type: vector.type, value: stored === nullInt64 ? null : stored }
    }
    case 'FLOAT': {
      const stored = vector.data[index]!
      return { form, type: vector.type, value: stored === nullFloat ? null : stored }
    }
    case 'DOUBLE': {
      const stored = vector.data[index]!
      return { form, type: vector.type, value: stored === nullDouble ? null : stored }
    }
    case 'SYMBOL':
      // There are no SYMBOL scalars in DolphinDB: an element of the vector is a STRING.
      return { form, type: 'STRING', value: vector.base[vector.codes[index]!]! }
    case 'STRING':
      return { form, type: vector.type, value: stringsOf(vector)[index]! }
    case 'BLOB':
      return { form, type: vector.type, value: vector.data[index]! }
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128':
      return {
        form,
        type: vector.type,
        scale: vector.scale,
        value: isNullAt(vector, index) ? null : unscaledAt(vector, index),
      }
    default:
      return wideScalarAt(vector, index)
  }
}

type DecimalVector = Extract<TypedVector, { scale: number }>
type WideVector = Extract<
  TypedVector,
  { type: 'UUID' | 'IPADDR' | 'INT128' | 'COMPLEX' | 'POINT' | 'DURATION' }
>
type Int32Vector = Exclude<Extract<TypedVector, { data: Int32Array }>, WideVector | DecimalVector>

function wideScalarAt(vector: WideVector | Int32Vector, index: number): Scalar {
  const form = 'scalar'
  const isNull = isNullAt(vector, index)
  switch (vector.type) {
    case 'UUID':
    case 'IPADDR':
    case 'INT128': {
      // Not slice(): the data may be a Buffer, whose slices share memory.
      const value = new Uint8Array(vector.data.subarray(index * 16, index * 16 + 16))
      return { form, type: vector.type, value: isNull ? null : value }
    }
    case 'COMPLEX':
    case 'POINT': {
      const value = [vector.data[index * 2]!, vector.data[index * 2 + 1]!] as const
      return { form, type: vector.type, value: isNull ? null : value }
    }
    case 'DURATION': {
      const value = { count: vector.data[index * 2]!, unit: vector.data[index * 2 + 1]! }
      return { form, type: vector.type, value: isNull ? null : value }
    }
    default:
      return { form, type: vector.type, value: isNull ? null : vector.data[index]! }
  }
}

/** The stored integer of a decimal, its null sentinel included. */
function unscaledAt(vector: DecimalVector, index: number): bigint {
  switch (vector.type) {
    case 'DECIMAL32':
      return BigInt(vector.data[index]!)
    case 'DECIMAL64':
      return vector.data[index]!
    case 'DECIMAL128':
      return readInt128(vector.data, index)
  }
}

/** True for a null element; a row of an array vector is null when it has no cell that is not. */
export function isNullAt(column: Column, index: number): boolean {
  if (column.form === 'arrayVector') {
    const end = column.offsets[index + 1]!
    for (let cell = column.offsets[index]!; cell < end; cell++) {
      if (!isNullAt(column.cells, cell)) return false
    }
    return true
  }
  switch (column.type) {
    case 'VOID':
      return true
    case 'BOOL':
    case 'CHAR':
      return column.data[index] === nullInt8
    case 'SHORT':
      return column.data[index] === nullInt16
    case 'LONG':
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP':
    case 'DECIMAL64':
      return column.data[index] === nullInt64
    case 'FLOAT':
      return column.data[index] === nullFloat
    case 'DOUBLE':
      return column.data[index] === nullDouble
    case 'SYMBOL':
      return column.codes[index] === 0
    case 'STRING':
      return stringsOf(column)[index] === ''
    case 'BLOB':
      return column.data[index]!.length === 0
    case 'UUID':
    case 'IPADDR':
    case 'INT128':
      return column.data.subarray(index * 16, index * 16 + 16).every(byte => byte === 0)
    case 'COMPLEX':
    case 'POINT':
      return column.data[index * 2] === nullDouble || column.data[index * 2 + 1] === nullDouble
    case 'DURATION':
      return column.data[index * 2] === nullInt32
    case 'DECIMAL128':
      return readInt128(column.data, index) === nullInt128
    case 'ANY':
      return isNullValue(column.data[index]!)
    default:
      return column.data[index] === nullInt32
  }
}

function isNullValue(value: Value): boolean {
  if (value.form !== 'scalar') return false
  if (value.type === 'BLOB') return value.value.length === 0
  return value.value === null || value.value === ''
}
