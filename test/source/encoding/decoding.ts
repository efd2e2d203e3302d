/* Shared by the tests of decoders: decodes bytes into text and marks invalid characters. */
import {
  bytesOfLength,
  decoderSlackBytes,
  openDecoder,
  type CharacterDecoder,
} from '../../../src/source/encoding/character-decoder.js'
import type { Encoding } from '../../../src/source/encoding/encodings.js'

/** The output of a decoder for all the bytes: UTF-8, with FF for invalid characters. */
export function decodedBytes(decoder: CharacterDecoder, bytes: Uint8Array): Buffer {
  const input = bytesOfLength(bytes.length + decoderSlackBytes)
  input.bytes.set(bytes)
  const text = bytesOfLength(3 * bytes.length + decoderSlackBytes)
  decoder.input = input
  decoder.end = bytes.length
  decoder.ended = true
  decoder.decode(0, bytes.length, text, 0, 3 * bytes.length)
  return Buffer.from(text.bytes.subarray(0, decoder.textAt))
}

/** The text of the bytes; undefined if some bytes are not a character. */
export function textOf(encoding: Exclude<Encoding, 'utf-8'>, bytes: Uint8Array) {
  const text = decodedBytes(openDecoder(encoding), bytes)
  return text.includes(0xff) ? undefined : text.toString('utf8')
}

/** Lends one chunk at a time. */
export async function* pieces(bytes: Uint8Array, size: number) {
  await Promise.resolve()
  for (let at = 0; at < bytes.length; at += size) {
    const piece = Uint8Array.from(bytes.subarray(at, at + size))
    yield piece
    piece.fill(0x23)
  }
}
