/* Decoding of bytes that are all there, and all bytes that an encoder writes. */
import { ByteReader, type Decoding } from '../../src/wire/byte-reader.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'

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

/** The bytes that `write` writes. */
export function bytesBy(write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter()
  write(writer)
  return Buffer.concat(writer.take())
}
