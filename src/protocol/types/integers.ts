/*
  BOOL, CHAR, SHORT, INT and LONG, and the arrays of integers that temporal types share. A BOOL is 0 or 1. The smallest
  integer is the null, so code that does not check a BOOL for null would read a null as true.
*/
import { nullInt16, nullInt32, nullInt64, nullInt8 } from '../null-value.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { storedBigInt, storedInteger, unsuitableValue } from './element-value.js'
import { fixedElements, type FixedStorage } from './fixed-elements.js'
import { fixedType, type TypeFacts } from './type-facts.js'

export type BooleanScalar = ScalarShape<'BOOL', boolean | null>
export type IntegerScalar =
  ScalarShape<'CHAR' | 'SHORT' | 'INT', number | null> | ScalarShape<'LONG', bigint | null>
export type IntegerVector =
  | VectorShape<'BOOL' | 'CHAR', Int8Array>
  | VectorShape<'SHORT', Int16Array>
  | VectorShape<'INT', Int32Array>
  | VectorShape<'LONG', BigInt64Array>

function integersIn<D extends Int8Array | Int16Array | Int32Array>(
  array: FixedStorage<D, number>['array'],
  sentinel: number,
): FixedStorage<D, number> {
  return {
    array,
    get: (data, index) => (data[index] === sentinel ? null : data[index]!),
    set: (data, index, value, type) => {
      data[index] = storedInteger(value, sentinel, type)
    },
  }
}

const booleans: FixedStorage<Int8Array, boolean> = {
  array: Int8Array,
  get: (data, index) => (data[index] === nullInt8 ? null : data[index] !== 0),
  set(data, index, value, type) {
    if (value !== null && typeof value !== 'boolean') throw unsuitableValue(type, value)
    data[index] = value === null ? nullInt8 : Number(value)
  },
}

/** Also DECIMAL32, with a scale. */
export const int32Storage: FixedStorage<Int32Array, number> = integersIn<Int32Array>(
  Int32Array,
  nullInt32,
)

/** Also DECIMAL64, with a scale. */
export const int64Storage: FixedStorage<BigInt64Array, bigint> = {
  array: BigInt64Array,
  get: (data, index) => (data[index] === nullInt64 ? null : data[index]!),
  set(data, index, value, type) {
    data[index] = storedBigInt(value, nullInt64, type)
  },
}

export const integerTypes: Readonly<Record<'BOOL' | IntegerScalar['type'], TypeFacts>> = {
  BOOL: fixedType(1, 'logical', fixedElements(booleans), String),
  CHAR: fixedType(2, 'integral', fixedElements(integersIn(Int8Array, nullInt8)), charText),
  SHORT: fixedType(3, 'integral', fixedElements(integersIn(Int16Array, nullInt16)), String),
  INT: fixedType(4, 'integral', fixedElements(int32Storage), String),
  LONG: fixedType(5, 'integral', fixedElements(int64Storage), String),
}

/** The text of a CHAR. A printable character is in quotes, as in DolphinDB's output. */
function charText(value: number): string {
  return value > 31 && value < 127 ? `'${String.fromCharCode(value)}'` : String(value)
}
