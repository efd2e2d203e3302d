/*
  Elements of fixed size: a column's typed array and the bytes of the wire are the same memory, which holds on
  little-endian hosts only.
*/
import { DdbError, ValueError } from '../errors.js'
import type { ByteWriter } from '../wire/writer.js'
import type { DataType } from './data-type.js'
import { dataTypes } from './data-type.js'
import type { TypedVector } from './value.js'

if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
  throw new DdbError('DDB_INTERNAL', 'ddb-ingest runs on little-endian machines only')
}

/** From here on a buffer of its own in writev costs less than copying it into the slab. */
const minViewBytes = 16_384

/** Types whose elements have a size of their own; SYMBOL counts by its codes elsewhere. */
export type FixedType = Exclude<FixedVector['type'], 'SYMBOL'>

/** A vector whose `data` is a typed array. */
export type FixedVector = Exclude<TypedVector, { type: 'VOID' | 'SYMBOL' | 'STRING' | 'BLOB' }>

/** True for types whose columns are one typed array; SYMBOL is not, for its codes mean nothing without their base. */
export function isFixedType(type: DataType): type is FixedType {
  return dataTypes[type].bytesPerValue > 0 && type !== 'SYMBOL'
}

/** The first `length` elements of `vector`, or those from `start` to `end`, as they travel. */
export function elementBytes(
  vector: FixedVector,
  start: number = 0,
  end: number = vector.length,
): Uint8Array {
  const { bytesPerValue } = dataTypes[vector.type]
  const { data } = vector
  if (data.byteLength < end * bytesPerValue) {
    throw new ValueError(
      'DDB_USAGE',
      `A ${vector.type} vector of length ${end} needs ${end * bytesPerValue} bytes of data, but has ${data.byteLength}`,
    )
  }
  return new Uint8Array(
    data.buffer,
    data.byteOffset + start * bytesPerValue,
    (end - start) * bytesPerValue,
  )
}

/** Writes elements: large ones by reference, so they must not change until they are on their way. */
export function encodeBytes(writer: ByteWriter, bytes: Uint8Array): void {
  if (bytes.length < minViewBytes) writer.bytes(bytes)
  else writer.view(bytes)
}

/**
 * A vector over bytes as they travel, sharing their memory. They must start where an element may stand in memory, as
 * everything the reader hands out does.
 */
export function vectorOfBytes(
  type: FixedType,
  length: number,
  bytes: Uint8Array,
  scale: number = 0,
): FixedVector {
  const { buffer, byteOffset } = bytes
  switch (type) {
    case 'BOOL':
    case 'CHAR':
      return { form: 'vector', type, length, data: new Int8Array(buffer, byteOffset, length) }
    case 'SHORT':
      return { form: 'vector', type, length, data: new Int16Array(buffer, byteOffset, length) }
    case 'INT':
    case 'DATE':
    case 'MONTH':
    case 'TIME':
    case 'MINUTE':
    case 'SECOND':
    case 'DATETIME':
    case 'DATEHOUR':
    case 'DATEMINUTE':
      return { form: 'vector', type, length, data: new Int32Array(buffer, byteOffset, length) }
    case 'LONG':
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP':
      return { form: 'vector', type, length, data: new BigInt64Array(buffer, byteOffset, length) }
    case 'FLOAT':
      return { form: 'vector', type, length, data: new Float32Array(buffer, byteOffset, length) }
    case 'DOUBLE':
      return { form: 'vector', type, length, data: new Float64Array(buffer, byteOffset, length) }
    case 'UUID':
    case 'IPADDR':
    case 'INT128':
      return { form: 'vector', type, length, data: bytes.subarray(0, length * 16) }
    case 'COMPLEX':
    case 'POINT':
      return {
        form: 'vector',
        type,
        length,
        data: new Float64Array(buffer, byteOffset, length * 2),
      }
    case 'DURATION':
      return { form: 'vector', type, length, data: new Int32Array(buffer, byteOffset, length * 2) }
    case 'DECIMAL32':
      return {
        form: 'vector',
        type,
        length,
        scale,
        data: new Int32Array(buffer, byteOffset, length),
      }
    case 'DECIMAL64':
      return {
        form: 'vector',
        type,
        length,
        scale,
        data: new BigInt64Array(buffer, byteOffset, length),
      }
    case 'DECIMAL128':
      return { form: 'vector', type, length, scale, data: bytes.subarray(0, length * 16) }
  }
}
