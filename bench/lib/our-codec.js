/*
  Our codec as bench/types.js measures it. Numeric columns travel as views; so that something is done at all, every
  encoding here ends with its bytes in one buffer.
*/
import {
  ByteWriter,
  decodeValue,
  drive,
  encodeValue,
  readerOf,
  symbolVectorOf,
} from './internals.js'

/** Numbers what has only texts, which is part of the work. */
function numbered(value) {
  if (value.form === 'table') return { ...value, columns: value.columns.map(numbered) }
  return 'texts' in value ? symbolVectorOf(value.texts) : value
}

function chunksOf(value) {
  const writer = new ByteWriter()
  encodeValue(writer, numbered(value))
  return writer.take()
}

/** Bytes in a buffer made for them. */
export function encode(value) {
  return Buffer.concat(chunksOf(value))
}

function encodeInto(target, value) {
  let offset = 0
  for (const chunk of chunksOf(value)) {
    target.set(chunk, offset)
    offset += chunk.length
  }
}

/**
 * What can be timed with a value of `typeValues`; `copy` is Buffer.copy of its bytes. Processors copy between some
 * addresses more slowly than between others, so elements in one array are copied from where the encoder reads them to
 * where it writes them.
 */
function worksOf(value) {
  const bytes = encode(value)
  const target = Buffer.alloc(bytes.length)
  const { data } = value
  const source = ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    : bytes
  return {
    encode: () => encode(value),
    encodeInto: () => encodeInto(target, value),
    copy: () => source.copy(target, target.length - source.length),
    decode: () => drive(decodeValue(readerOf(bytes))),
  }
}

/** Resolves to `worksOf`. */
export async function loadCodec() {
  return worksOf
}
