/*
  What is shown of a text in messages.
*/
import { utf8Text } from './cells/cell-bytes.js'

const maxShownBytes = 80

/** The bytes as text, at most 80 of them; what is not UTF-8 shows as U+FFFD. */
export function clippedText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= maxShownBytes) return utf8Text(bytes.subarray(start, end))
  let last = start + maxShownBytes
  while (last > start && (bytes[last]! & 0xc0) === 0x80) last--
  return `${utf8Text(bytes.subarray(start, last))}…`
}
