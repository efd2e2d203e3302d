/*
  Checks that chunks are UTF-8 (RFC 3629), including characters across chunk borders, mostly by Node's own fast check.
*/
import { isUtf8 } from 'node:buffer'

export class Utf8Check {
  /** The beginning of a character that the next chunk must complete. */
  #begun: Uint8Array = new Uint8Array(0)

  /**
   * Position in the chunk of the first byte that is not UTF-8, negative if it is in the previous one; undefined if there is
   * none. After a chunk with one, checking starts afresh.
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
    // A copy, which `slice` of a Buffer is not.
    this.#begun = Uint8Array.from(chunk.subarray(end))
    const checked = chunk.subarray(start, end)
    return isUtf8(checked) ? undefined : start + firstNotUtf8(checked)
  }

  /** Bytes at the end of the last chunk that begin a character. */
  get begunBytes(): number {
    return this.#begun.length
  }
}

/** Where the last character of `bytes` begins if it is incomplete, else their end. */
function wholeEnd(bytes: Uint8Array, start: number): number {
  const { length } = bytes
  for (let at = length - 1; at >= Math.max(start, length - 3); at--) {
    const byte = bytes[at]!
    if ((byte & 0xc0) !== 0x80) return at + characterBytes(byte) > length ? at : length
  }
  return length
}

/** According to its first byte. */
function characterBytes(first: number): number {
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1
}

/** Position of the first byte that is not UTF-8, or −1. */
export function firstNotUtf8(bytes: Uint8Array): number {
  if (isUtf8(bytes)) return -1
  let low = 0
  // The longest start that is UTF-8 apart from an incomplete last character.
  for (let high = bytes.length; low + 1 < high;) {
    const middle = (low + high) >> 1
    if (isUtf8(bytes.subarray(0, wholeEnd(bytes.subarray(0, middle), 0)))) low = middle
    else high = middle
  }
  return wholeEnd(bytes.subarray(0, low), 0)
}
