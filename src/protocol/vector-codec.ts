/*
  Scalar (docs/protocol.md#objects)
    flag     uint16  type, form 0
    scale    int32   decimals only
    kind     uint8   FUNCTIONDEF and VOID only; VOID has no value after it
    value    of the type's size; text as UTF-8 ended by 00; BLOB as int32 length and bytes

  Vector and pair (docs/protocol.md#vectors-and-pairs)
    flag      uint16  type, form 1 or 2
    length    int32
    columns   int32   1; in an array vector its count of cells
    scale     int32   decimals only
    elements  of the type's size, sentinels for null
*/
import { ValueError } from '../errors.js'
import type { Decoding } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { decodeArrayBlocks } from './array-vector.js'
import { arrayTypeOffset, dataTypes, typeOfId, type DataType } from './data-type.js'
import { type DecodeContext, encodeFlag, readCount, type SymbolBases } from './decode-context.js'
import {
  decodeSymbols,
  encodeSymbolVector,
  isSymbolVector,
  symbolBaseTypeId,
} from './types/symbols.js'
import { isTuple } from './types/tuples.js'
import type { ArrayVector, Pair, Scalar, TypedVector } from './value.js'

/** @throws {ValueError} DDB_INPUT_RANGE for a number too large, DDB_USAGE for bytes of wrong length, DDB_STRING_HAS_NUL */
export function encodeScalar(writer: ByteWriter, scalar: Scalar): void {
  const { id, scalars } = dataTypes[scalar.type]
  encodeFlag(writer, 'scalar', id)
  scalars!.encodeScalar(writer, scalar)
}

export function decodeScalar(context: DecodeContext, type: DataType): Decoding<Scalar> {
  const { scalars } = dataTypes[type]
  if (scalars === undefined) throw context.reader.fault(`A scalar cannot be of type ${type}`)
  return scalars.decodeScalar(context, type as Scalar['type'])
}

/** @param symbolBaseId  id of a SYMBOL vector's base, unique among the columns of a table */
export function encodeVector(writer: ByteWriter, vector: TypedVector, symbolBaseId: number): void {
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
  dataTypes[vector.type].elements!.encodeElements(writer, vector)
}

/** Reads a vector of type number `typeId` after its flag, unless it is a tuple or compressed. */
export function* decodeVector(
  context: DecodeContext,
  typeId: number,
  symbolBases?: SymbolBases,
): Decoding<TypedVector | ArrayVector> {
  const { reader } = context
  if (!reader.has(8)) yield* reader.need(8)
  const length = readCount(reader, 'rows')
  const columns = readCount(reader, 'columns')
  if (typeId >= arrayTypeOffset && typeId < 128) {
    const type = typeOfId(reader, typeId - arrayTypeOffset)
    return yield* decodeArrayBlocks(context, type, length, columns)
  }
  if (columns !== 1 && length > 0) throw reader.fault(`A vector cannot have ${columns} columns`, 4)
  return yield* decodeElements(context, typeId, length, symbolBases)
}

/** Reads `length` elements of type number `typeId`. The caller has read the counts. */
export function decodeElements(
  context: DecodeContext,
  typeId: number,
  length: number,
  symbolBases: SymbolBases = new Map(),
): Decoding<TypedVector> {
  if (typeId === symbolBaseTypeId) return decodeSymbols(context, length, symbolBases)
  return decodeTyped(context, typeOfId(context.reader, typeId), length)
}

/** @param sentScale  a decimal's scale, if it does not come before the elements */
export function decodeTyped(
  context: DecodeContext,
  type: DataType,
  length: number,
  sentScale?: number,
): Decoding<TypedVector> {
  const { elements } = dataTypes[type]
  if (elements === undefined)
    throw context.reader.fault(`There are no vectors of ${type} on the wire`)
  const decoding = elements.decodeElements(context, length, type as TypedVector['type'], sentScale)
  return decoding as Decoding<TypedVector>
}

export function* decodePair(context: DecodeContext, typeId: number): Decoding<Pair> {
  const elements = yield* decodeVector(context, typeId)
  if (elements.form === 'vector' && elements.length === 2) return { form: 'pair', elements }
  throw context.reader.fault(`A pair of ${elements.length} elements is impossible`)
}
