/*
  The null of each type of fixed size as it stands in a vector.
*/
import type { FixedType } from './elements.js'
import {
  nullDouble,
  nullFloat,
  nullInt128,
  nullInt16,
  nullInt32,
  nullInt64,
  nullInt8,
} from './null-value.js'

const int32Null: Uint8Array = new Uint8Array(Int32Array.of(nullInt32).buffer)
const int64Null: Uint8Array = new Uint8Array(BigInt64Array.of(nullInt64).buffer)

/** Bytes of the null of `type`; not to be changed. */
export function nullElement(type: FixedType): Uint8Array {
  switch (type) {
    case 'BOOL':
    case 'CHAR':
      return int8Null
    case 'SHORT':
      return int16Null
    case 'LONG':
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP':
    case 'DECIMAL64':
      return int64Null
    case 'FLOAT':
      return floatNull
    case 'DOUBLE':
      return doubleNull
    case 'UUID':
    case 'IPADDR':
    case 'INT128':
      return zeroNull
    case 'COMPLEX':
    case 'POINT':
      return doublePairNull
    case 'DURATION':
      return durationNull
    case 'DECIMAL128':
      return int128Null
    default:
      return int32Null
  }
}

const int8Null: Uint8Array = new Uint8Array(Int8Array.of(nullInt8).buffer)
const int16Null: Uint8Array = new Uint8Array(Int16Array.of(nullInt16).buffer)
const floatNull: Uint8Array = new Uint8Array(Float32Array.of(nullFloat).buffer)
const doubleNull: Uint8Array = new Uint8Array(Float64Array.of(nullDouble).buffer)
const zeroNull: Uint8Array = new Uint8Array(16)
const doublePairNull: Uint8Array = new Uint8Array(Float64Array.of(nullDouble, nullDouble).buffer)
const durationNull: Uint8Array = new Uint8Array(Int32Array.of(nullInt32, 0).buffer)
const int128Null: Uint8Array = new Uint8Array(
  BigInt64Array.of(BigInt.asIntN(64, nullInt128), nullInt128 >> 64n).buffer,
)
