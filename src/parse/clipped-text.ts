/*
  What is shown of a text in messages.
*/
const maxShownBytes = 80

/** A view for each text would be most of what it takes. */
const shown = Buffer.alloc(maxShownBytes)

/** The bytes as text, at most 80 of them; what is not UTF-8 shows as U+FFFD. */
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
