/*
  STRING: UTF-8 text ended by 00, both as a scalar and as an element. '' is the null. Objects of the server
  (FUNCTIONDEF, HANDLE, CODE, DATASOURCE and RESOURCE) are sent as text and only as scalars.
*/
import { Buffer } from 'node:buffer'
import { ValueError } from '../../errors.js'
import type { ByteReader } from '../../wire/byte-reader.js'
import { StringCollector } from '../../wire/string-collector.js'
import type { ByteWriter } from '../../wire/byte-writer.js'
import type { DecodeContext } from '../decode-context.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { textOf } from './element-value.js'
import type { SymbolScalar } from './symbols.js'
import {
  type ColumnAccess,
  type ElementCodec,
  type ScalarCodec,
  type TypeFacts,
  variableType,
  firstOf,
  picked,
} from './type-facts.js'

export type StringScalar = ScalarShape<'STRING', string>

type ObjectType = 'HANDLE' | 'CODE' | 'DATASOURCE' | 'RESOURCE'
type ObjectScalar = ScalarShape<ObjectType, string>
/** `functionKind`: 0 system, 3 user, 4 partial, … (docs/protocol.md#data-types). Default: 0. */
interface FunctionScalar {
  form: 'scalar'
  type: 'FUNCTIONDEF'
  functionKind?: number
  value: string
}
export type ServerObjectScalar = ObjectScalar | FunctionScalar

/** The texts; '' is the null. */
export type StringVector = VectorShape<'STRING', readonly string[]>

/** Texts in wire form: `length` UTF-8 strings, each followed by a byte 00. Parsers make such vectors to send them. */
export interface EncodedStringVector {
  form: 'vector'
  type: 'STRING'
  length: number
  encoded: Uint8Array
}

/** The codec for scalars that are a single text, such as STRING and FUNCTIONDEF. */
export const textScalars: ScalarCodec<StringScalar | SymbolScalar | ObjectScalar> = {
  encodeScalar(writer, { value }) {
    writer.str0(value)
  },
  *decodeScalar(reader, context, type) {
    const value =
      textAtHand(reader, context) ?? (yield* reader.str0(context.remainingBytes(reader)))
    return { form: 'scalar', type, value }
  },
}

const columns: ColumnAccess<StringScalar, StringVector | EncodedStringVector> = {
  emptyVector: () => stringVector([]),
  slice: (vector, start, end) =>
    'encoded' in vector
      ? encodedSlice(vector, start, end)
      : { ...vector, length: end - start, data: vector.data.slice(start, end) },
  concat: (first, second) =>
    stringVector([
      ...firstOf(stringsOf(first), first.length),
      ...firstOf(stringsOf(second), second.length),
    ]),
  take: (vector, indexes) => stringVector(picked(stringsOf(vector), indexes)),
  vectorOf: values => stringVector(values.map(value => textOf('STRING', value))),
  scalarAt: (vector, index) => stringScalar(stringsOf(vector)[index]!),
  isNullAt: (vector, index) => stringsOf(vector)[index] === '',
}

const elements: ElementCodec<StringVector | EncodedStringVector> = {
  encodeElements: encodeStrings,
  *decodeElements(reader, context, length) {
    return stringVector(yield* decodeStrings(reader, context, length), length)
  },
}

export const stringTypes: Readonly<Record<StringScalar['type'], TypeFacts>> = {
  STRING: variableType(18, 'literal', { scalars: textScalars, columns, elements }, String),
}

export function stringScalar(value: string): StringScalar {
  return { form: 'scalar', type: 'STRING', value }
}

function stringVector(data: readonly string[], length: number = data.length): StringVector {
  return { form: 'vector', type: 'STRING', length, data }
}

/** The next text if the current chunk contains all of it; otherwise returns undefined and consumes nothing. */
function textAtHand(reader: ByteReader, context: DecodeContext): string | undefined {
  context.expect(reader, 0)
  return reader.tryStr0(context.remainingBytes(reader))
}

/**
 * Writes the elements without flag and length. Does not copy large texts that are already in wire form.
 * @throws {ValueError} DDB_STRING_HAS_NUL; DDB_USAGE if texts are missing, or encoded texts do not end in 00
 */
function encodeStrings(writer: ByteWriter, vector: StringVector | EncodedStringVector): void {
  if ('encoded' in vector) {
    // Checks only the last byte, because counting the texts would read the whole buffer again.
    if (vector.length > 0 && vector.encoded.at(-1) !== 0) {
      throw new ValueError('DDB_USAGE', 'Encoded strings must each end with a 00 byte')
    }
    writer.payload(vector.encoded)
    return
  }
  const { data, length } = vector
  if (data.length < length) {
    throw new ValueError(
      'DDB_USAGE',
      `A STRING vector of length ${length} has only ${data.length} values`,
    )
  }
  for (let index = 0; index < length; index++) writer.str0(data[index]!)
}

/** Reads `length` texts. Invalid UTF-8 becomes U+FFFD. @throws {ProtocolError} DDB_LIMIT */
export function* decodeStrings(
  reader: ByteReader,
  context: DecodeContext,
  length: number,
): Generator<void, string[], void> {
  context.expect(reader, length)
  const collector = new StringCollector(length, reader.available)
  while (collector.length < length) {
    if (reader.strings(length - collector.length, collector)) context.expect(reader, 0)
    else collector.add(yield* reader.str0(context.remainingBytes(reader)))
  }
  return collector.texts
}

/** The texts of a STRING column. Each call decodes texts in wire form again. */
export function stringsOf(vector: StringVector | EncodedStringVector): readonly string[] {
  if ('data' in vector) return vector.data
  const { buffer, byteOffset, byteLength } = vector.encoded
  const texts = Buffer.from(buffer, byteOffset, byteLength).toString('utf8').split('\0')
  texts.length = vector.length
  return texts
}

function encodedSlice(
  vector: EncodedStringVector,
  start: number,
  end: number,
): EncodedStringVector {
  const { encoded } = vector
  let at = 0
  for (let row = 0; row < start; row++) at = encoded.indexOf(0, at) + 1
  const from = at
  for (let row = start; row < end; row++) at = encoded.indexOf(0, at) + 1
  return { ...vector, length: end - start, encoded: encoded.subarray(from, at) }
}

const functions: ScalarCodec<FunctionScalar> = {
  encodeScalar(writer, { functionKind, value }) {
    writer.u8(functionKind ?? 0)
    writer.str0(value)
  },
  *decodeScalar(reader, context, type) {
    context.expect(reader, 1)
    if (!reader.has(1)) yield* reader.need(1)
    const functionKind = reader.u8()
    const value =
      textAtHand(reader, context) ?? (yield* reader.str0(context.remainingBytes(reader)))
    return { form: 'scalar', type, functionKind, value }
  },
}

export const serverObjectTypes: Readonly<Record<ServerObjectScalar['type'], TypeFacts>> = {
  FUNCTIONDEF: variableType(20, 'system', { scalars: functions }, String),
  HANDLE: variableType(21, 'system', { scalars: textScalars }, String),
  CODE: variableType(22, 'system', { scalars: textScalars }, String),
  DATASOURCE: variableType(23, 'system', { scalars: textScalars }, String),
  RESOURCE: variableType(24, 'system', { scalars: textScalars }, String),
}
