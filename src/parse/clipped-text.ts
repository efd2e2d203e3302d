/*
  What is shown of a text in messages.
*/
const maxShownBytes = 80

/** The bytes as text, at most 80 of them; what is not UTF-8 shows as U+FFFD. */
export function clippedText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= maxShownBytes) return decoder.decode(bytes.subarray(start, end))
  let last = start + maxShownBytes
  while (last > start && (bytes[last]! & 0xc0) === 0x80) last--
  return `${decoder.decode(bytes.subarray(start, last))}…`
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
