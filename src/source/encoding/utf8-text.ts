/* Text in UTF-8 (RFC 3629), checked mostly by Node's own fast check. Readers get the text unchanged, and the positions of invalid bytes. */
import { isUtf8 } from 'node:buffer'
import type { BrokenBytes, BrokenText } from '../byte-source.js'

/** Finds the start of an incomplete character at the end of `bytes`; if there is none, the end of `bytes`. */
export function wholeEnd(bytes: Uint8Array, start = 0): number {
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
    if (isUtf8(bytes.subarray(0, wholeEnd(bytes.subarray(0, middle))))) low = middle
    else high = middle
  }
  return wholeEnd(bytes.subarray(0, low))
}

/** Gets a chunk with bytes that are not UTF-8, and may throw. @param brokenAt  counts from the chunk's start; negative for a byte before it */
export type OnBroken = (chunk: Uint8Array, brokenAt: number, chunkStart: number) => void

const nothing = new Uint8Array(0)

/** Keeps no bytes, because text and input have the same bytes, which readers already hold. */
export class Utf8Text implements BrokenText {
  /** The first bytes of a character that the next chunk must complete. */
  #begun: Uint8Array = nothing
  #textEnd: number
  #brokenBefore = -1
  readonly #onBroken: OnBroken | undefined

  constructor(startOffsetBytes: number, onBroken?: OnBroken) {
    this.#textEnd = startOffsetBytes
    this.#onBroken = onBroken
  }

  /** Checks a further chunk. Returns it, because it is the text. */
  append(chunk: Uint8Array): Uint8Array {
    const at = this.#firstBroken(chunk)
    if (at !== undefined) this.#onBroken?.(chunk, at, this.#textEnd)
    this.#textEnd += chunk.length
    if (at !== undefined) this.#brokenBefore = this.#textEnd
    return chunk
  }

  /** Skips to `textOffset`, where a character and the next chunk begin. Do not request earlier text afterwards. */
  skipTo(textOffset: number): void {
    this.#begun = nothing
    this.#textEnd = textOffset
  }

  /** Counts an incomplete last character as broken bytes. */
  end(): Uint8Array {
    const { length } = this.#begun
    if (length === 0) return nothing
    this.#onBroken?.(nothing, -length, this.#textEnd)
    this.#brokenBefore = this.#textEnd
    return nothing
  }

  mayBeBroken(textStart: number): boolean {
    return textStart < this.#brokenBefore
  }

  brokenBytes(text: Uint8Array, textStart: number): BrokenBytes | undefined {
    const at = firstNotUtf8(text)
    return at < 0 ? undefined : { offsetBytes: textStart + at, bytes: Uint8Array.of(text[at]!) }
  }

  /** Finds the first byte that is not UTF-8; undefined if all are valid. Checking starts afresh after an invalid byte. */
  #firstBroken(chunk: Uint8Array): number | undefined {
    const begun = this.#begun
    let start = 0
    if (begun.length > 0) {
      start = Math.min(chunk.length, characterBytes(begun[0]!) - begun.length)
      const joined = Buffer.concat([begun, chunk.subarray(0, start)])
      const isWhole = joined.length === characterBytes(joined[0]!)
      this.#begun = isWhole ? nothing : joined
      if (!isWhole) return undefined
      if (!isUtf8(joined)) return -begun.length
    }
    const end = wholeEnd(chunk, start)
    // Copies the bytes, because the caller overwrites the chunk; a Buffer's `slice` does not copy.
    this.#begun = Uint8Array.from(chunk.subarray(end))
    const checked = chunk.subarray(start, end)
    return isUtf8(checked) ? undefined : start + firstNotUtf8(checked)
  }
}
