/*
  Remembers a key of an earlier record, to compare it with keys of the next records four bytes at a time.
*/
import type { JsonEntry, JsonLevel } from './json-levels.js'

/** A key and its quotes, as 32-bit words. Only some bytes of the last word count. */
export interface RememberedKey {
  readonly length: number
  readonly words: Int32Array
  readonly lastMask: number
  /** The object that contained the key, and the key's meaning in that object. */
  readonly level: JsonLevel
  readonly entry: JsonEntry
}

/** @param quoted  the key with its quotes */
export function rememberedKey(
  quoted: Uint8Array,
  level: JsonLevel,
  entry: JsonEntry,
): RememberedKey {
  const { length } = quoted
  const padded = new Uint8Array(Math.ceil(length / 4) * 4)
  padded.set(quoted)
  const lastBytes = length % 4
  const lastMask = lastBytes === 0 ? -1 : 2 ** (8 * lastBytes) - 1
  return { length, words: new Int32Array(padded.buffer), lastMask, level, entry }
}

/** True if this key is at `open`. At least three bytes after the key must be readable. */
export function isKeyAt({ words, lastMask }: RememberedKey, view: DataView, open: number): boolean {
  const last = words.length - 1
  for (let i = 0; i < last; i++) {
    if (view.getInt32(open + 4 * i, true) !== words[i]) return false
  }
  return ((view.getInt32(open + 4 * last, true) ^ words[last]!) & lastMask) === 0
}
