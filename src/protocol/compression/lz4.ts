/*
  Raw LZ4 blocks, without a frame: a series of sequences
    token     uint8   high half literal count, low half match length − 4; 15 means more bytes follow
    more      uint8s  added to the literal count; the first below 255 is the last
    literals
    offset    uint16  distance back in the output; the last sequence ends after its literals
    more      uint8s  added to the match length in the same way
*/
import { ProtocolError } from '../../errors.js'

const minMatch = 4

/**
 * Decompresses one block.
 * @param maxBytes  limit of the decompressed size
 * @param offsetBytes  the block's position in its stream, for errors
 */
export function decompressLz4(
  block: Uint8Array,
  maxBytes: number,
  offsetBytes: number,
): Uint8Array<ArrayBuffer> {
  const fail = (problem: string): never => {
    throw new ProtocolError(`An LZ4 block ${problem}`, offsetBytes)
  }
  // One byte of input gives at most 255 bytes of output, so a small block gets only a small buffer.
  const output = new Uint8Array(Math.min(maxBytes, block.length * 255))
  const inputEnd = block.length
  let input = 0
  let written = 0
  while (input < inputEnd) {
    const token = block[input++]!
    let literals = token >> 4
    if (literals === 15) {
      let more: number
      do {
        if (input >= inputEnd) fail('ends inside a length')
        more = block[input++]!
        literals += more
      } while (more === 255)
    }
    if (literals > inputEnd - input) fail('ends inside its literals')
    if (literals > output.length - written) fail(`holds more than ${maxBytes} bytes`)
    output.set(block.subarray(input, input + literals), written)
    input += literals
    written += literals
    if (input === inputEnd) return output.subarray(0, written)
    if (inputEnd - input < 2) fail('ends inside an offset')
    const distance = block[input]! | (block[input + 1]! << 8)
    input += 2
    let length = (token & 15) + minMatch
    if (length === 15 + minMatch) {
      let more: number
      do {
        if (input >= inputEnd) fail('ends inside a length')
        more = block[input++]!
        length += more
      } while (more === 255)
    }
    if (distance === 0 || distance > written) fail('refers to bytes before its start')
    if (length > output.length - written) fail(`holds more than ${maxBytes} bytes`)
    copyMatch(output, written, distance, length)
    written += length
  }
  return fail('ends without its last literals')
}

/** Copies byte by byte if the match overlaps its own output; such a match repeats itself. */
function copyMatch(output: Uint8Array, at: number, distance: number, length: number): void {
  if (distance >= length) output.copyWithin(at, at - distance, at - distance + length)
  else for (let end = at + length; at < end; at++) output[at] = output[at - distance]!
}
