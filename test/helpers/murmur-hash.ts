/* MurmurHash2 with unsigned BigInts, as in textbooks, for tests of hashing. */

/** @returns a hash of 32 bits, seeded with the number of bytes */
export function murmurHash2(bytes: Uint8Array): bigint {
  const m = 0x5bd1e995n
  const word = (value: bigint): bigint => BigInt.asUintN(32, value)
  let h = BigInt(bytes.length)
  let at = 0
  for (; at + 4 <= bytes.length; at += 4) {
    let k = 0n
    for (let byte = 3; byte >= 0; byte--) k = (k << 8n) | BigInt(bytes[at + byte]!)
    k = word(k * m)
    k ^= k >> 24n
    h = word(h * m) ^ word(k * m)
  }
  if (at < bytes.length) {
    for (let byte = bytes.length - at - 1; byte >= 0; byte--) {
      h ^= BigInt(bytes[at + byte]!) << BigInt(byte * 8)
    }
    h = word(h * m)
  }
  h ^= h >> 13n
  h = word(h * m)
  return h ^ (h >> 15n)
}
