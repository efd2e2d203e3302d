/*
  Checks that chunks are UTF-8 (RFC 3629), mostly by Node's own fast check. A character may be split between two chunks.
*/
import { isUtf8 } from 'node:buffer'

export class Utf8Check {
  /** The first bytes of a character that the next chunk must complete. */
  #begun: Uint8Array = new Uint8Array(0)

  /**
   * Finds the first byte that is not UTF-8; undefined if all bytes are valid. The position counts from the chunk's start, so
   * it is negative for a byte of the previous chunk. Checking starts afresh after an invalid byte.
   */
  firstBroken(chunk: Uint8Array): number | undefined {
    const begun = this.#begun
    let start = 0
    if (begun.length > 0) {
      start = Math.min(chunk.length, characterBytes(begun[0]!) - begun.length)
      const joined = Buffer.concat([begun, chunk.subarray(0, start)])
      const isWhole = joined.length === characterBytes(joined[0]!)
      this.#begun = isWhole ? new Uint8Array(0) : joined
      if (!isWhole) return undefined
      if (!isUtf8(joined)) return -begun.length
    }
    const end = wholeEnd(chunk, start)
    // Copies the bytes, because the caller overwrites the chunk; a Buffer's `slice` does not copy.
    this.#begun = Uint8Array.from(chunk.subarray(end))
    const checked = chunk.subarray(start, end)
    return isUtf8(checked) ? undefined : start + firstNotUtf8(checked)
  }

  /** How many bytes at the end of the last chunk begin an incomplete character. */
  get begunBytes(): number {
    return this.#begun.length
  }
}

/** Finds the start of an incomplete character at the end of `bytes`; if there is none, the end of `bytes`. */
function wholeEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes
  for (let at = length - 1; at >= Math.max(start, length - 3); at--) {
    const byte = bytes[at]!
    if ((byte & 0xc0) !== 0x80) return at + characterBytes(byte) > length ? at : length
  }
  return length
}

/** Byte length of a character with this first byte. */
function characterBytes(first: number): number {
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
}

/** Position of the first byte that is not UTF-8, or −1. */
export function firstNotUtf8(bytes: Uint8Array): number {
  if (isUtf8(bytes)) return -1
  let low = 0
  // Binary search for the longest start of `bytes` that is UTF-8, apart from an incomplete last character.
  for (let high = bytes.length; low + 1 < high;) {
    const middle = (low + high) >> 1
    if (isUtf8(bytes.subarray(0, wholeEnd(bytes.subarray(0, middle), 0)))) low = middle
    else high = middle
  }
  return wholeEnd(bytes.subarray(0, low), 0)
}
