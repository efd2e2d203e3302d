/*
  Elements of STRING and BLOB vectors (protocol notes §5.2)
    STRING   length × text in UTF-8 ended by 00
    BLOB     length × (int32 byte count, bytes)
*/
import { Buffer } from 'node:buffer'
import { ValueError } from '../errors.js'
import type { ByteReader } from '../wire/reader.js'
import { StringCollector } from '../wire/string-collector.js'
import type { ByteWriter } from '../wire/writer.js'
import type { DecodeContext } from './decode-context.js'
import { encodeBytes } from './elements.js'
import { readCount } from './flag.js'
import type { EncodedStringVector, StringVector, TypedVector } from './value.js'

type BlobVector = Extract<TypedVector, { type: 'BLOB' }>

/**
 * Writes the elements without flag and length. Text in wire form goes by reference when it is large.
 * @throws {ValueError} DDB_STRING_HAS_NUL; DDB_USAGE when the texts are too few or do not end in 00
 */
export function encodeStrings(
  writer: ByteWriter,
  vector: StringVector | EncodedStringVector,
): void {
  if ('encoded' in vector) {
    // One look at the end catches a wrong buffer; counting the marks would read all of it again.
    if (vector.length > 0 && vector.encoded.at(-1) !== 0) {
      throw new ValueError('DDB_USAGE', 'Encoded strings must each end with a 00 byte')
    }
    encodeBytes(writer, vector.encoded)
    return
  }
  const { data, length } = vector
  checkLength(data, length, 'STRING')
  for (let index = 0; index < length; index++) writer.str0(data[index]!)
}

/**
 * Reads `length` texts; invalid UTF-8 becomes U+FFFD.
 * @throws {ProtocolError} DDB_LIMIT
 */
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

/**
 * Writes the elements without flag and length, large ones by reference.
 * @throws {ValueError} DDB_USAGE when there are too few
 */
export function encodeBlobs(writer: ByteWriter, vector: BlobVector): void {
  const { data, length } = vector
  checkLength(data, length, 'BLOB')
  for (let index = 0; index < length; index++) {
    const blob = data[index]!
    writer.i32(blob.length)
    encodeBytes(writer, blob)
  }
}

/**
 * Reads `length` blobs, each copied out of the stream.
 * @throws {ProtocolError} for a negative byte count; DDB_LIMIT
 */
export function* decodeBlobs(
  reader: ByteReader,
  context: DecodeContext,
  length: number,
): Generator<void, Uint8Array[], void> {
  context.expect(reader, length * 4)
  const data: Uint8Array[] = []
  while (data.length < length) {
    if (!reader.has(4)) yield* reader.need(4)
    const byteLength = readCount(reader, 'bytes')
    context.expect(reader, byteLength)
    data.push(
      reader.available < byteLength ? yield* reader.payload(byteLength) : reader.take(byteLength),
    )
  }
  return data
}

/** The texts of a STRING column; those in wire form are decoded anew each time. */
export function stringsOf(vector: StringVector | EncodedStringVector): readonly string[] {
  if ('data' in vector) return vector.data
  const { buffer, byteOffset, byteLength } = vector.encoded
  const texts = Buffer.from(buffer, byteOffset, byteLength).toString('utf8').split('\0')
  texts.length = vector.length
  return texts
}

/** Rows `start` to `end` (exclusive) of strings in wire form, sharing memory. */
export function encodedSlice(
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

function checkLength(data: readonly unknown[], length: number, type: string): void {
  if (data.length < length) {
    throw new ValueError(
      'DDB_USAGE',
      `A ${type} vector of length ${length} has only ${data.length} values`,
    )
  }
}
