/* The 32-bit MurmurHash2, by which DolphinDB chooses HASH partitions (docs/protocol.md#routing-of-rows). */

const multiplier = 0x5bd1e995

/** The hash as an unsigned 32-bit number. The seed is the number of bytes. */
export function murmurHash(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let hash = bytes.length | 0
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) hash = mix(hash, view.getInt32(at, true))
  const left = bytes.length - at
  if (left > 0) {
    for (let byte = left - 1; byte >= 0; byte--) hash ^= bytes[at + byte]! << (byte * 8)
    hash = Math.imul(hash, multiplier)
  }
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return (hash ^ (hash >>> 15)) >>> 0
}

function mix(hash: number, word: number): number {
  let k = Math.imul(word, multiplier)
  k ^= k >>> 24
  return Math.imul(hash, multiplier) ^ Math.imul(k, multiplier)
}
