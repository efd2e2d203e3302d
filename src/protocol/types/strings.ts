/* STRING: UTF-8 text ended by 00, both as a scalar and as an element. '' is the null. Objects of the server (FUNCTIONDEF, HANDLE, CODE,
   DATASOURCE and RESOURCE) are sent as text and only as scalars. */
import { Buffer } from 'node:buffer'
import { ValueError } from '../../errors.js'
import type { Decoding } from '../../wire/byte-reader.js'
import { EncodedStrings, StringCollector, type StringSink } from '../../wire/string-collector.js'
import type { DecodeContext } from '../decode-context.js'
import type { EncodedShape, ScalarShape, VectorShape } from '../value.js'
import {
  checkRows,
  type ElementCodec,
  listColumns,
  type ScalarCodec,
  textOf,
  type TypeFacts,
  typeFacts,
} from './type-facts.js'
import type { SymbolScalar } from './symbols.js'

export type StringScalar = ScalarShape<'STRING', string>

type ObjectScalar = ScalarShape<'HANDLE' | 'CODE' | 'DATASOURCE' | 'RESOURCE', string>
/** `functionKind`: 0 system, 3 user, 4 partial, … (docs/protocol.md#data-types). Default: 0. */
type FunctionScalar = ScalarShape<'FUNCTIONDEF', string> & { functionKind?: number }
export type ServerObjectScalar = ObjectScalar | FunctionScalar

export type StringVector = VectorShape<'STRING', readonly string[]>

/** Each value is UTF-8, followed by a byte 00. */
export type EncodedStringVector = EncodedShape<'STRING'>

/** The codec for scalars that are a single text, such as STRING and FUNCTIONDEF. */
export const textScalars: ScalarCodec<StringScalar | SymbolScalar | ObjectScalar> = {
  encodeScalar(writer, { value }) {
    writer.str0(value)
  },
  *decodeScalar(context, type) {
    return { form: 'scalar', type, value: yield* decodeText(context) }
  },
}

type AnyStringVector = StringVector | EncodedStringVector

const columns = listColumns<StringScalar, string, AnyStringVector>({
  vector: stringVector,
  dataOf: stringsOf,
  valueOf: value => textOf('STRING', value),
  scalar: stringScalar,
  isNull: text => text === '',
  after(encoded, start, count) {
    let at = start
    for (let row = 0; row < count; row++) at = encoded.indexOf(0, at) + 1
    return at
  },
})

const elements: ElementCodec<AnyStringVector> = {
  /** Large texts in wire form are not copied. @throws {ValueError} DDB_STRING_HAS_NUL; DDB_USAGE if texts are missing or do not end in 00 */
  encodeElements(writer, vector) {
    if ('encoded' in vector) {
      // Checks only the last byte, because counting the texts would read the whole buffer again.
      if (vector.length > 0 && vector.encoded.at(-1) !== 0) {
        throw new ValueError('DDB_USAGE', 'Encoded strings must each end with a 00 byte')
      }
      writer.payload(vector.encoded)
      return
    }
    const { data, length } = vector
    checkRows(vector.type, length, data)
    for (let index = 0; index < length; index++) writer.str0(data[index]!)
  },
  *decodeElements(context, length) {
    if (context.limits.keepsEncoded !== true) {
      return stringVector(yield* decodeStrings(context, length))
    }
    const strings = new EncodedStrings(context.reader.available)
    yield* collect(context, length, strings)
    return { form: 'vector', type: 'STRING', length, encoded: strings.finish() }
  },
}

export const stringTypes: Readonly<Record<StringScalar['type'], TypeFacts>> = {
  STRING: typeFacts(18, 'literal', { scalars: textScalars, columns, elements }, String),
}

export function stringScalar(value: string): StringScalar {
  return { form: 'scalar', type: 'STRING', value }
}

function stringVector(data: readonly string[]): StringVector {
  return { form: 'vector', type: 'STRING', length: data.length, data }
}

function decodeText(context: DecodeContext): Decoding<string> {
  context.expect(0)
  return context.reader.str0(context.maxTextBytes)
}

/** Reads `length` texts. Invalid UTF-8 becomes U+FFFD. @throws {ProtocolError} DDB_LIMIT */
export function* decodeStrings(context: DecodeContext, length: number): Decoding<string[]> {
  const collector = new StringCollector(length, context.reader.available)
  yield* collect(context, length, collector)
  return collector.texts
}

function* collect(context: DecodeContext, length: number, sink: StringSink): Decoding<void> {
  const { reader } = context
  context.expect(length)
  while (sink.length < length) {
    if (reader.strings(length - sink.length, sink)) context.expect(0)
    else sink.add(yield* reader.str0(context.maxTextBytes))
  }
}

/** The texts of a STRING column. Each call decodes texts in wire form again. */
export function stringsOf(vector: AnyStringVector): readonly string[] {
  if ('data' in vector) return vector.data
  const { buffer, byteOffset, byteLength } = vector.encoded
  const texts = Buffer.from(buffer, byteOffset, byteLength).toString('utf8').split('\0')
  texts.length = vector.length
  return texts
}

const functions: ScalarCodec<FunctionScalar> = {
  encodeScalar(writer, { functionKind, value }) {
    writer.u8(functionKind ?? 0)
    writer.str0(value)
  },
  *decodeScalar(context, type) {
    const { reader } = context
    context.expect(1)
    if (!reader.has(1)) yield* reader.need(1)
    const functionKind = reader.u8()
    return { form: 'scalar', type, functionKind, value: yield* decodeText(context) }
  },
}

export const serverObjectTypes: Readonly<Record<ServerObjectScalar['type'], TypeFacts>> = {
  FUNCTIONDEF: typeFacts(20, 'system', { scalars: functions }, String),
  HANDLE: typeFacts(21, 'system', { scalars: textScalars }, String),
  CODE: typeFacts(22, 'system', { scalars: textScalars }, String),
  DATASOURCE: typeFacts(23, 'system', { scalars: textScalars }, String),
  RESOURCE: typeFacts(24, 'system', { scalars: textScalars }, String),
}
