/*
  Elements of fixed size. Sends the memory of a typed array unchanged, which requires a little-endian host.
*/
import { DdbError, ValueError } from '../errors.js'
import type { DataType } from './data-type.js'
import { dataTypes } from './data-type.js'
import type { FixedVector } from './value.js'

export type { FixedVector } from './value.js'

if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
  throw new DdbError('DDB_INTERNAL', 'ddb-ingest runs on little-endian machines only')
}

/** Types whose elements have a fixed size. SYMBOL is excluded; `types/symbols.ts` handles its codes. */
export type FixedType = FixedVector['type']

/** True for types whose columns are one typed array. Excludes SYMBOL, whose codes mean nothing without their base. */
export function isFixedType(type: DataType): type is FixedType {
  return dataTypes[type].fixed !== undefined
}

/** The bytes in which the elements are sent: the first `length`, or those from `start` to `end` (exclusive). */
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

/** A vector that shares the memory of received bytes. The bytes must be aligned for its typed array. */
export function vectorOfBytes(
  type: FixedType,
  length: number,
  bytes: Uint8Array,
  scale: number = 0,
): FixedVector {
  return dataTypes[type].fixed!.vectorOver(type, length, bytes, scale)
}

const nullElements = new Map<FixedType, Uint8Array>()

/** The bytes of the type's null in a vector. The caller must not change them. */
export function nullElement(type: FixedType): Uint8Array {
  let bytes = nullElements.get(type)
  if (bytes === undefined) {
    bytes = new Uint8Array(dataTypes[type].bytesPerValue)
    dataTypes[type].fixed!.store(vectorOfBytes(type, 1, bytes), 0, null)
    nullElements.set(type, bytes)
  }
  return bytes
}
