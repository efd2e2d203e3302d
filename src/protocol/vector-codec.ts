/*
  Vector and pair (docs/protocol.md#vectors-and-pairs)
    flag      uint16  type, form 1 or 2
    length    int32
    columns   int32   1; in an array vector its count of cells
    scale     int32   decimals only
    elements  of the type's size, sentinels for null
*/
import { ProtocolError, ValueError } from '../errors.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { decodeArrayBlocks } from './array-vector.js'
import type { DataType } from './data-type.js'
import { arrayTypeOffset, dataTypes, isDecimal, typeOfId } from './data-type.js'
import type { DecodeContext, SymbolBases } from './decode-context.js'
import type { FixedType } from './element-bytes.js'
import { elementBytes, isFixedType, vectorOfBytes } from './element-bytes.js'
import { encodeFlag, readCount } from './flag.js'
import { readScale } from './types/decimals.js'
import {
  decodeSymbols,
  encodeSymbolVector,
  isSymbolVector,
  symbolBaseTypeId,
} from './types/symbols.js'
import { isTuple } from './types/tuples.js'
import type { ArrayVector, FixedVector, Pair, TypedVector, VariableVector } from './value.js'

/** @param symbolBaseId  id of a SYMBOL vector's base, unique among the columns of a table */
export function encodeVector(
  writer: ByteWriter,
  vector: TypedVector,
  symbolBaseId: number = 0,
): void {
  if (isSymbolVector(vector)) {
    encodeSymbolVector(writer, vector, symbolBaseId)
    return
  }
  encodeFlag(writer, 'vector', dataTypes[vector.type].id)
  encodeShapedElements(writer, vector, vector.length, 1)
}

/** Writes a pair with its flag. @throws {ValueError} DDB_USAGE unless the pair has two elements of one type */
export function encodePair(writer: ByteWriter, pair: Pair): void {
  const { elements } = pair
  if (elements.length !== 2 || isTuple(elements)) {
    throw new ValueError('DDB_USAGE', 'A pair has two elements of one type')
  }
  encodeFlag(writer, 'pair', dataTypes[elements.type].id)
  encodeShapedElements(writer, elements, 2, 1)
}

/** Writes the numbers of rows and columns, the scale of a decimal, and the elements. Writes SYMBOL as plain strings. */
export function encodeShapedElements(
  writer: ByteWriter,
  vector: TypedVector,
  rows: number,
  columns: number,
): void {
  writer.i32(rows)
  writer.i32(columns)
  const { elements } = dataTypes[vector.type]
  if (elements !== undefined) {
    elements.encodeElements(writer, vector as VariableVector)
    return
  }
  if ('scale' in vector) writer.i32(vector.scale)
  writer.payload(elementBytes(vector as FixedVector))
}

/** Reads a vector of type number `typeId` after its flag, unless it is a tuple or compressed. */
export function* decodeVector(
  reader: ByteReader,
  context: DecodeContext,
  typeId: number,
  symbolBases?: SymbolBases,
): Generator<void, TypedVector | ArrayVector, void> {
  if (!reader.has(8)) yield* reader.need(8)
  const length = readCount(reader, 'rows')
  const columns = readCount(reader, 'columns')
  if (typeId >= arrayTypeOffset && typeId < 128) {
    return yield* decodeArray(reader, context, typeId - arrayTypeOffset, length, columns)
  }
  if (columns !== 1 && length > 0) {
    throw new ProtocolError(`A vector cannot have ${columns} columns`, reader.offsetBytes - 4)
  }
  if (typeId === symbolBaseTypeId) {
    return yield* decodeSymbols(
      reader,
      context,
      length,
      symbolBases ?? new Map<number, readonly string[]>(),
    )
  }
  return yield* decodeElements(reader, context, typeOfId(reader, typeId), length)
}

function* decodeArray(
  reader: ByteReader,
  context: DecodeContext,
  cellTypeId: number,
  length: number,
  cellCount: number,
): Generator<void, ArrayVector, void> {
  const type = typeOfId(reader, cellTypeId)
  if (!isFixedType(type)) throw noArrayOf(reader, type)
  let scale = 0
  if (isDecimal(type)) {
    if (!reader.has(4)) yield* reader.need(4)
    scale = readScale(reader, type)
  }
  return yield* decodeArrayBlocks(reader, context, type, length, cellCount, scale)
}

/** Arrays of types without a fixed size are errors, because no client sends them (docs/protocol.md#array-vectors). */
export function noArrayOf(reader: ByteReader, type: DataType): ProtocolError {
  return new ProtocolError(`There are no array vectors of ${type} on the wire`, reader.offsetBytes)
}

/** Reads a decimal's scale, unless `sentScale` provides it, and `length` elements. The caller has read the length. */
export function decodeElements(
  reader: ByteReader,
  context: DecodeContext,
  type: DataType,
  length: number,
  sentScale?: number,
): Generator<void, TypedVector, void> {
  if (isFixedType(type)) return decodeFixedElements(reader, context, type, length, sentScale)
  const { elements } = dataTypes[type]
  if (elements === undefined) {
    throw new ProtocolError(`There are no vectors of ${type} on the wire`, reader.offsetBytes)
  }
  return elements.decodeElements(reader, context, length) as Generator<void, TypedVector, void>
}

function* decodeFixedElements(
  reader: ByteReader,
  context: DecodeContext,
  type: FixedType,
  length: number,
  sentScale: number | undefined,
): Generator<void, FixedVector, void> {
  let scale = sentScale ?? 0
  if (sentScale === undefined && isDecimal(type)) {
    if (!reader.has(4)) yield* reader.need(4)
    scale = readScale(reader, type)
  }
  const byteLength = length * dataTypes[type].bytesPerValue
  context.expect(reader, byteLength)
  const bytes =
    reader.available < byteLength ? yield* reader.payload(byteLength) : reader.take(byteLength)
  return vectorOfBytes(type, length, bytes, scale)
}

/** Reads a pair after its flag. */
export function* decodePair(
  reader: ByteReader,
  context: DecodeContext,
  typeId: number,
): Generator<void, Pair, void> {
  const elements = yield* decodeVector(reader, context, typeId)
  if (elements.form !== 'vector' || elements.length !== 2) {
    throw new ProtocolError(
      `A pair of ${elements.length} elements is impossible`,
      reader.offsetBytes,
    )
  }
  return { form: 'pair', elements }
}
