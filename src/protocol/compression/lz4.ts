/*
  Raw LZ4 blocks, without a frame: a series of sequences
    token     uint8   high half literal count, low half match length − 4; 15 means more bytes follow
    more      uint8s  added to the literal count; the first below 255 is the last
    literals
    offset    uint16  distance back in the output; the last sequence ends after its literals
    more      uint8s  added to the match length in the same way
  Compression takes the first match that a hash table of four-byte sequences finds. The format requires at least five
  literals at the end of a block, and no match that begins in its last twelve bytes.
*/
import { ProtocolError } from '../../errors.js'

/** Largest block before compression. Its positions fit into the table, and its distances into two bytes. */
export const maxBlockBytes = 65_536

const minMatch = 4
const lastLiterals = 5
const lastMatchStart = 12
const hashBits = 13
/** An exponent: after 2^6 attempts without a match, only every second byte is tried; after 2^6 more, every third. */
const triesPerStep = 6

const positions = new Uint16Array(1 << hashBits)

export function lz4Bound(byteLength: number): number {
  return byteLength + Math.floor(byteLength / 255) + 16
}

/** @param source  at most 65,536 bytes @param target  has room for `lz4Bound` @returns the position in `target` after the block */
export function compressLz4(source: Uint8Array, target: Uint8Array, targetStart: number): number {
  const end = source.length
  const matchEnd = end - lastLiterals
  const lastStart = end - lastMatchStart
  positions.fill(0)
  let at = targetStart
  let literalStart = 0
  let position = 1
  let tries = 1 << triesPerStep
  while (position <= lastStart) {
    const word =
      source[position]! |
      (source[position + 1]! << 8) |
      (source[position + 2]! << 16) |
      (source[position + 3]! << 24)
    const hash = Math.imul(word, 0x9e37_79b1) >>> (32 - hashBits)
    const found = positions[hash]!
    positions[hash] = position
    if (
      found >= position ||
      word !==
        (source[found]! |
          (source[found + 1]! << 8) |
          (source[found + 2]! << 16) |
          (source[found + 3]! << 24))
    ) {
      position += tries++ >> triesPerStep
      continue
    }
    tries = 1 << triesPerStep
    let length = minMatch
    while (position + length < matchEnd && source[position + length] === source[found + length]) {
      length++
    }
    at = putSequence(source, literalStart, position, target, at)
    at = putMatch(target, at, position - found, length - minMatch)
    position += length
    literalStart = position
  }
  return putSequence(source, literalStart, end, target, at)
}

let tokenAt = 0

function putSequence(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  targetStart: number,
): number {
  const count = end - start
  let at = targetStart
  tokenAt = at++
  if (count < 15) {
    target[tokenAt] = count << 4
    for (let from = start; from < end; from++) target[at++] = source[from]!
    return at
  }
  target[tokenAt] = 15 << 4
  at = putLength(target, at, count - 15)
  target.set(source.subarray(start, end), at)
  return at + count
}

function putMatch(target: Uint8Array, start: number, distance: number, more: number): number {
  let at = start
  target[at++] = distance & 255
  target[at++] = distance >> 8
  if (more < 15) {
    target[tokenAt]! |= more
    return at
  }
  target[tokenAt]! |= 15
  return putLength(target, at, more - 15)
}

function putLength(target: Uint8Array, start: number, length: number): number {
  let at = start
  let rest = length
  for (; rest >= 255; rest -= 255) target[at++] = 255
  target[at++] = rest
  return at
}

/** @param maxBytes  limit of the decompressed size @param offsetBytes  the block's position in its stream, for errors */
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
  const lengthFrom = (half: number): number => {
    let length = half
    for (let more = half === 15 ? 255 : 0; more === 255; length += more) {
      if (input >= inputEnd) fail('ends inside a length')
      more = block[input++]!
    }
    return length
  }
  while (input < inputEnd) {
    const token = block[input++]!
    const literals = lengthFrom(token >> 4)
    if (literals > inputEnd - input) fail('ends inside its literals')
    if (literals > output.length - written) fail(`holds more than ${maxBytes} bytes`)
    output.set(block.subarray(input, input + literals), written)
    input += literals
    written += literals
    if (input === inputEnd) return output.subarray(0, written)
    if (inputEnd - input < 2) fail('ends inside an offset')
    const distance = block[input]! | (block[input + 1]! << 8)
    input += 2
    const length = lengthFrom(token & 15) + minMatch
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
