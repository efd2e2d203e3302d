/*
  Takes the characters of encodings from Node's decoders, as tables. The decoders themselves do not read inputs, because they
  skip invalid bytes in different ways and never report their positions.
*/
import { usageError } from '../../errors.js'

const separator = 0x0a
const replacement = 0xfffd

/**
 * Returns the code point of each byte sequence; 0 for a sequence that is not exactly one character.
 * @param label  as in the Encoding Standard
 * @param sequences  all sequences, one after the other, without line feeds
 * @param sequenceBytes  length of each sequence
 * @throws {UsageError} DDB_USAGE if this Node was built without the decoder
 */
export function codePointsOf(
  label: string,
  sequences: Uint8Array,
  sequenceBytes: number,
): Uint32Array {
  const count = sequences.length / sequenceBytes
  const lines = new Uint8Array(count * (sequenceBytes + 1)).fill(separator)
  for (let i = 0; i < count; i++) {
    const from = i * sequenceBytes
    lines.set(sequences.subarray(from, from + sequenceBytes), i * (sequenceBytes + 1))
  }
  const codePoints = new Uint32Array(count)
  let i = 0
  for (const line of decoderOf(label).decode(lines).split('\n')) {
    const codePoint = line.codePointAt(0) ?? 0
    const isOne = line.length === (codePoint > 0xffff ? 2 : 1)
    if (i < count) codePoints[i] = isOne && codePoint !== replacement ? codePoint : 0
    i++
  }
  return codePoints
}

function decoderOf(label: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(label, { ignoreBOM: true })
  } catch (cause) {
    throw usageError(
      `this Node.js was built without the encoding ${label}: use an official build, or turn the file into UTF-8 with iconv`,
      { cause },
    )
  }
}
