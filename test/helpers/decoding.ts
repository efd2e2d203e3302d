/* Decoding of bytes that are all there. */
import { ByteReader, type Decoding } from '../../src/wire/byte-reader.js'

/** A reader that contains all these bytes and has ended. */
export function readerOf(...chunks: readonly Uint8Array[]): ByteReader {
  const reader = new ByteReader()
  for (const chunk of chunks) reader.push(chunk)
  reader.end()
  return reader
}

/** Runs a decoder whose reader already has all bytes, so that it never waits. */
export function runDecoder<T>(decode: Decoding<T>): T {
  for (;;) {
    const step = decode.next()
    if (step.done) return step.value
  }
}
