/*
  Shows texts in messages, and describes bytes that are invalid in their encoding.
*/
import type { SourceText } from '../source/encoding/text-origin.js'

const mostBrokenBytes = 8

/**
 * The message about the first invalid bytes, with their place in the input; undefined if all bytes are valid.
 * @param text  how the input was decoded; undefined if unknown
 * @param bytes  a piece of the text, at `textStart`
 */
export function brokenTextMessage(
  text: SourceText | undefined,
  bytes: Uint8Array,
  textStart: number,
): string | undefined {
  const { encoding, broken } = text ?? {}
  if (encoding === undefined || broken?.mayBeBroken(textStart) !== true) return undefined
  const found = broken.brokenBytes(bytes, textStart)
  if (found === undefined) return undefined
  const shown = Buffer.from(found.bytes.subarray(0, mostBrokenBytes)).toString('hex').toUpperCase()
  const listed = shown.match(/../g)?.join(' ') ?? ''
  return `no text in ${encoding}: ${listed} at byte ${found.offsetBytes} of the input`
}

const maxShownBytes = 80

/** One buffer for all texts, because making a view of each text's bytes would take longer than decoding them. */
const shown = Buffer.alloc(maxShownBytes)

/** At most 80 of the bytes, as text. Invalid UTF-8 becomes U+FFFD. */
export function clippedText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= maxShownBytes) return shortText(bytes, start, end)
  let last = start + maxShownBytes
  while (last > start && (bytes[last]! & 0xc0) === 0x80) last--
  return `${shortText(bytes, start, last)}…`
}

function shortText(bytes: Uint8Array, start: number, end: number): string {
  for (let at = start; at < end; at++) shown[at - start] = bytes[at]!
  return shown.toString('utf8', 0, end - start)
}
