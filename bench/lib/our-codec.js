/*
  Our codec as bench/types.js measures it. Our encoder does not copy numeric columns but passes views, so every encoding here ends
  with a copy of all bytes into one buffer. Without the copy, there would be nothing to measure.
*/
import {
  ByteWriter,
  decodeValue,
  runDecoder,
  encodeValue,
  readerOf,
  symbolVectorOf,
} from './internals.js'

/** Gives codes to the texts of a SYMBOL column, which is part of the measured work. */
function numbered(value) {
  if (value.form === 'table') return { ...value, columns: value.columns.map(numbered) }
  return 'texts' in value ? symbolVectorOf(value.texts) : value
}

function chunksOf(value) {
  const writer = new ByteWriter()
  encodeValue(writer, numbered(value))
  return writer.take()
}

/** The encoded bytes, in a new buffer. */
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
 * The works that can be timed with a value of `typeValues`. `copy` is Buffer.copy of the bytes. If the elements are one array,
 * `copy` reads that array, like the encoder, because the speed of copying depends on the addresses.
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
    decode: () => runDecoder(decodeValue(readerOf(bytes))),
  }
}

export async function loadCodec() {
  return worksOf
}
