/*
  Writes raw LZ4 blocks (see `lz4.ts`). Takes the first match that a hash table of four-byte sequences finds. The format
  requires at least five literals at the end of a block, and no match that begins in its last twelve bytes.
*/

/** Largest block before compression. Its positions fit into the table, and its distances into two bytes. */
export const maxBlockBytes = 65_536

const minMatch = 4
const lastLiterals = 5
const lastMatchStart = 12
const hashBits = 13
/** An exponent: after 2^6 attempts without a match, only every second byte is tried; after 2^6 more, every third. */
const triesPerStep = 6

const positions = new Uint16Array(1 << hashBits)

/** The largest size that a compressed block can have. */
export function lz4Bound(byteLength: number): number {
  return byteLength + Math.floor(byteLength / 255) + 16
}

/**
 * @param source  at most 65,536 bytes
 * @param target  has room for `lz4Bound`
 * @returns the position in `target` after the block
 */
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
