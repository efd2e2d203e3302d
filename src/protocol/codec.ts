/*
  Encodes and decodes all values. The flag at the start gives type and form (docs/protocol.md#objects). Most forms have
  their own file. This file handles the forms that contain values of any kind:
    tuple       flag (ANY, form 1), length int32, columns int32 = 1, length × object
    set         flag (type, form 4), vector with flag
    dictionary  flag (type of the values, form 5), key vector with flag, value vector with flag
*/
import { ProtocolError, ValueError } from '../errors.js'
import type { ByteReader } from '../wire/byte-reader.js'
import type { ByteWriter } from '../wire/byte-writer.js'
import { encodeArrayVector } from './array-vector.js'
import { encodeCompressed } from './compression/compress-column.js'
import { decodeCompressed } from './compression/compression.js'
import { compressedTypeId, dataTypes, typeOfId } from './data-type.js'
import type { DecodeLimits, SymbolBases } from './decode-context.js'
import { DecodeContext } from './decode-context.js'
import { encodeFlag, readCount } from './flag.js'
import { decodeMatrix, encodeMatrix } from './matrix-codec.js'
import { decodeScalar, encodeScalar } from './scalar-codec.js'
import { decodeTable, encodeTable } from './table-codec.js'
import { isTuple, tupleOf } from './types/tuples.js'
import type { AnyVector, Column, Dictionary, SetValue, Value, Vector } from './value.js'
import { dataForms } from './value.js'
import {
  decodePair,
  decodeVector,
  encodePair,
  encodeShapedElements,
  encodeVector,
} from './vector-codec.js'

export type { DecodeLimits } from './decode-context.js'
export { defaultDecodeLimits } from './decode-context.js'

/**
 * Writes `value` with its flag. Does not copy columns of 16 KiB and more, so their arrays must not change until the
 * writer's buffers have been sent.
 * @throws {ValueError} if the value cannot be sent; part of it is then written (see `ByteWriter.rollback`)
 */
export function encodeValue(writer: ByteWriter, value: Value): void {
  switch (value.form) {
    case 'scalar':
      encodeScalar(writer, value)
      return
    case 'vector':
    case 'arrayVector':
      encodeColumn(writer, value, 0)
      return
    case 'pair':
      encodePair(writer, value)
      return
    case 'matrix':
      encodeMatrix(writer, value, encodeLabels)
      return
    case 'set':
      encodeSet(writer, value)
      return
    case 'dictionary':
      encodeDictionary(writer, value)
      return
    case 'table':
      encodeTable(writer, value, encodeColumn)
  }
}

/** Like `encodeValue`, but compresses the columns of a table, each only if compression makes it smaller. */
export function encodeCompressedValue(writer: ByteWriter, value: Value): void {
  if (value.form === 'table') encodeTable(writer, value, encodeCompressedColumn, true)
  else encodeValue(writer, value)
}

function encodeCompressedColumn(writer: ByteWriter, column: Column, symbolBaseId: number): void {
  if (!encodeCompressed(writer, column)) encodeColumn(writer, column, symbolBaseId)
}

function encodeColumn(writer: ByteWriter, column: Column, symbolBaseId: number): void {
  if (column.form === 'arrayVector') encodeArrayVector(writer, column)
  else if (isTuple(column)) encodeTuple(writer, column)
  else encodeVector(writer, column, symbolBaseId)
}

function encodeLabels(writer: ByteWriter, labels: Vector): void {
  encodeColumn(writer, labels, 0)
}

function encodeTuple(writer: ByteWriter, tuple: AnyVector): void {
  if (tuple.data.length < tuple.length) {
    throw new ValueError(
      'DDB_USAGE',
      `A tuple of length ${tuple.length} has ${tuple.data.length} values`,
    )
  }
  encodeFlag(writer, 'vector', dataTypes.ANY.id)
  writer.i32(tuple.length)
  writer.i32(1)
  for (let index = 0; index < tuple.length; index++) encodeValue(writer, tuple.data[index]!)
}

function encodeSet(writer: ByteWriter, set: SetValue): void {
  const { elements } = set
  if (isTuple(elements)) throw new ValueError('DDB_USAGE', 'A set has elements of one type')
  encodeFlag(writer, 'set', dataTypes[elements.type].id)
  // Sends a SYMBOL set as texts without a base, because the JavaScript client reads the elements by the set's type.
  encodeFlag(writer, 'vector', dataTypes[elements.type].id)
  encodeShapedElements(writer, elements, elements.length, 1)
}

function encodeDictionary(writer: ByteWriter, dictionary: Dictionary): void {
  const { keys, values } = dictionary
  if (keys.length !== values.length) {
    throw new ValueError(
      'DDB_USAGE',
      `A dictionary cannot have ${keys.length} keys and ${values.length} values`,
    )
  }
  encodeFlag(writer, 'dictionary', dataTypes[values.type].id)
  encodeColumn(writer, keys, 0)
  encodeColumn(writer, values, 0)
}

/**
 * Reads one value, flag first. The generator yields while it needs bytes that have not arrived.
 * @throws {ProtocolError} DDB_PROTOCOL for bytes that are not a value, DDB_LIMIT for a value beyond `limits`
 */
export function* decodeValue(
  reader: ByteReader,
  limits?: DecodeLimits,
): Generator<void, Value, void> {
  return yield* decodeObject(reader, new DecodeContext(reader, limits))
}

/** Reads one value within the limits of `context`, which all values of a request share. */
export function* decodeObject(
  reader: ByteReader,
  context: DecodeContext,
  symbolBases?: SymbolBases,
): Generator<void, Value, void> {
  context.expect(reader, 2)
  if (!reader.has(2)) yield* reader.need(2)
  const typeId = reader.u8()
  const form = reader.u8()
  switch (form) {
    case dataForms.scalar:
      return yield* decodeScalar(reader, context, typeOfId(reader, typeId))
    case dataForms.vector:
      if (typeId === dataTypes.ANY.id) return yield* decodeTuple(reader, context)
      if (typeId === compressedTypeId) return yield* decodeCompressed(reader, context)
      return yield* decodeVector(reader, context, typeId, symbolBases)
    case dataForms.pair:
      return yield* decodePair(reader, context, typeId)
    case dataForms.matrix:
      return yield* decodeMatrix(reader, context, decodeInnerVector)
    case dataForms.set:
      return yield* decodeSet(reader, context)
    case dataForms.dictionary:
      return yield* decodeDictionary(reader, context)
    case dataForms.table: {
      context.descend(reader)
      const table = yield* decodeTable(reader, context, decodeObject)
      context.ascend()
      return table
    }
    default:
      throw new ProtocolError(`Form ${form} is not one this end can read`, reader.offsetBytes - 1)
  }
}

function* decodeTuple(
  reader: ByteReader,
  context: DecodeContext,
): Generator<void, AnyVector, void> {
  if (!reader.has(8)) yield* reader.need(8)
  const length = readCount(reader, 'elements') * readCount(reader, 'columns')
  // The smallest object is a VOID scalar, with three bytes.
  context.expect(reader, length * 3)
  context.descend(reader)
  const data: Value[] = []
  while (data.length < length) data.push(yield* decodeObject(reader, context))
  context.ascend()
  return tupleOf(data)
}

function* decodeSet(reader: ByteReader, context: DecodeContext): Generator<void, SetValue, void> {
  const elements = yield* decodeInnerVector(reader, context)
  if (!isTuple(elements)) return { form: 'set', elements }
  throw new ProtocolError('A set cannot hold a tuple', reader.offsetBytes)
}

function* decodeDictionary(
  reader: ByteReader,
  context: DecodeContext,
): Generator<void, Dictionary, void> {
  const keys = yield* decodeInnerVector(reader, context)
  const values = yield* decodeInnerVector(reader, context)
  if (keys.length !== values.length) {
    throw new ProtocolError(
      `A dictionary has ${keys.length} keys but ${values.length} values`,
      reader.offsetBytes,
    )
  }
  return { form: 'dictionary', keys, values }
}

function* decodeInnerVector(
  reader: ByteReader,
  context: DecodeContext,
): Generator<void, Vector, void> {
  context.descend(reader)
  const value = yield* decodeObject(reader, context)
  context.ascend()
  if (value.form === 'vector') return value
  throw new ProtocolError(`Expected a vector, got a ${value.form}`, reader.offsetBytes)
}
