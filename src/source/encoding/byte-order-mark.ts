/*
  Recognizes byte order marks: first bytes that identify the encoding of a text.
*/
import type { Encoding } from './encodings.js'

const marks: readonly (readonly [Encoding | 'utf-32', readonly number[]])[] = [
  ['utf-8', [0xef, 0xbb, 0xbf]],
  // UTF-32LE comes first, because its mark begins with the mark of UTF-16LE.
  ['utf-32', [0xff, 0xfe, 0, 0]],
  ['utf-32', [0, 0, 0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
  ['gb18030', [0x84, 0x31, 0x95, 0x33]],
]

export const markBytes = 4

export function byteOrderMark(
  head: Uint8Array,
): { readonly encoding: Encoding | 'utf-32'; readonly mark: Uint8Array } | undefined {
  for (const [encoding, bytes] of marks) {
    if (head.length >= bytes.length && bytes.every((byte, i) => head[i] === byte)) {
      return { encoding, mark: Uint8Array.from(bytes) }
    }
  }
  return undefined
}
