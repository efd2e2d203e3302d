/*
  Elements of fixed size. A column's typed array is sent as it is in memory, which works only on little-endian hosts.
*/
import { DdbError, ValueError } from '../errors.js'
import type { DataType } from './data-type.js'
import { dataTypes } from './data-type.js'
import type { FixedVector } from './value.js'

export type { FixedVector } from './value.js'

if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
  throw new DdbError('DDB_INTERNAL', 'ddb-ingest runs on little-endian machines only')
}

/** Types whose elements have a fixed size, except SYMBOL, whose codes `types/symbols.ts` handles. */
export type FixedType = FixedVector['type']

/** True for types whose columns are one typed array. SYMBOL is not: its codes mean nothing without their base. */
export function isFixedType(type: DataType): type is FixedType {
  return dataTypes[type].fixed !== undefined
}

/** The elements of `vector` as they are sent: the first `length`, or those from `start` to `end`. */
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

/** A vector that shares memory with received bytes, which the reader has aligned for it. */
export function vectorOfBytes(
  type: FixedType,
  length: number,
  bytes: Uint8Array,
  scale: number = 0,
): FixedVector {
  return dataTypes[type].fixed!.vectorOver(type, length, bytes, scale)
}

/** The bytes of the type's null in a vector. Callers must not change them. */
export function nullElement(type: FixedType): Uint8Array {
  return dataTypes[type].fixed!.nullElement
}
