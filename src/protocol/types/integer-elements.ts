/*
  Elements of 8, 16, 32 and 64 bits that are integers, in integer types and temporal types.
*/
import type { ByteReader } from '../../wire/byte-reader.js'
import type { ByteWriter } from '../../wire/byte-writer.js'
import { nullInt16, nullInt32, nullInt64, nullInt8 } from '../null-value.js'
import type { Int32Type, Int64Type, ScalarShape, VectorShape } from '../value.js'
import { bigintOf, numberOf } from './element-value.js'
import type { Int16Type, IntegerOf8Bits } from './integers.js'
import { storedBigInt, storedInteger } from './stored-number.js'
import type { FixedElements } from './type-facts.js'

export const int8Elements: FixedElements<
  ScalarShape<IntegerOf8Bits, number | null>,
  VectorShape<IntegerOf8Bits, Int8Array>
> = {
  bytesPerValue: 1,
  scalarBytes: 1,
  nullElement: new Uint8Array(Int8Array.of(nullInt8).buffer),
  encodeScalar(writer: ByteWriter, { type, value }) {
    writer.i8(storedInteger(value, nullInt8, type))
  },
  readScalar(reader: ByteReader, type) {
    const value = reader.i8()
    return { form: 'scalar', type, value: value === nullInt8 ? null : value }
  },
  vectorOver: (type, length, { buffer, byteOffset }) => ({
    form: 'vector',
    type,
    length,
    data: new Int8Array(buffer, byteOffset, length),
  }),
  scalarAt({ type, data }, index) {
    const value = data[index]!
    return { form: 'scalar', type, value: value === nullInt8 ? null : value }
  },
  isNullAt: ({ data }, index) => data[index] === nullInt8,
  store({ type, data }, index, value) {
    data[index] = storedInteger(numberOf(type, value), nullInt8, type)
  },
}

export const int16Elements: FixedElements<
  ScalarShape<Int16Type, number | null>,
  VectorShape<Int16Type, Int16Array>
> = {
  bytesPerValue: 2,
  scalarBytes: 2,
  nullElement: new Uint8Array(Int16Array.of(nullInt16).buffer),
  encodeScalar(writer: ByteWriter, { type, value }) {
    writer.i16(storedInteger(value, nullInt16, type))
  },
  readScalar(reader: ByteReader, type) {
    const value = reader.i16()
    return { form: 'scalar', type, value: value === nullInt16 ? null : value }
  },
  vectorOver: (type, length, { buffer, byteOffset }) => ({
    form: 'vector',
    type,
    length,
    data: new Int16Array(buffer, byteOffset, length),
  }),
  scalarAt({ type, data }, index) {
    const value = data[index]!
    return { form: 'scalar', type, value: value === nullInt16 ? null : value }
  },
  isNullAt: ({ data }, index) => data[index] === nullInt16,
  store({ type, data }, index, value) {
    data[index] = storedInteger(numberOf(type, value), nullInt16, type)
  },
}

export const int32Elements: FixedElements<
  ScalarShape<Int32Type, number | null>,
  VectorShape<Int32Type, Int32Array>
> = {
  bytesPerValue: 4,
  scalarBytes: 4,
  nullElement: new Uint8Array(Int32Array.of(nullInt32).buffer),
  encodeScalar(writer: ByteWriter, { type, value }) {
    writer.i32(storedInteger(value, nullInt32, type))
  },
  readScalar(reader: ByteReader, type) {
    const value = reader.i32()
    return { form: 'scalar', type, value: value === nullInt32 ? null : value }
  },
  vectorOver: (type, length, { buffer, byteOffset }) => ({
    form: 'vector',
    type,
    length,
    data: new Int32Array(buffer, byteOffset, length),
  }),
  scalarAt({ type, data }, index) {
    const value = data[index]!
    return { form: 'scalar', type, value: value === nullInt32 ? null : value }
  },
  isNullAt: ({ data }, index) => data[index] === nullInt32,
  store({ type, data }, index, value) {
    data[index] = storedInteger(numberOf(type, value), nullInt32, type)
  },
}

export const int64Elements: FixedElements<
  ScalarShape<Int64Type, bigint | null>,
  VectorShape<Int64Type, BigInt64Array>
> = {
  bytesPerValue: 8,
  scalarBytes: 8,
  nullElement: new Uint8Array(BigInt64Array.of(nullInt64).buffer),
  encodeScalar(writer: ByteWriter, { type, value }) {
    writer.i64(storedBigInt(value, nullInt64, type))
  },
  readScalar(reader: ByteReader, type) {
    const value = reader.i64()
    return { form: 'scalar', type, value: value === nullInt64 ? null : value }
  },
  vectorOver: (type, length, { buffer, byteOffset }) => ({
    form: 'vector',
    type,
    length,
    data: new BigInt64Array(buffer, byteOffset, length),
  }),
  scalarAt({ type, data }, index) {
    const value = data[index]!
    return { form: 'scalar', type, value: value === nullInt64 ? null : value }
  },
  isNullAt: ({ data }, index) => data[index] === nullInt64,
  store({ type, data }, index, value) {
    data[index] = storedBigInt(bigintOf(type, value), nullInt64, type)
  },
}
