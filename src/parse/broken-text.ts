/*
  What is said of bytes that are not a character of their input's encoding.
*/
import type { SourceText } from '../source/encoding/text-origin.js'

const maxShownBytes = 8

/**
 * The sentence, with the place of the first such byte in the input; undefined when there is none.
 *
 * @param text  undefined where that is not known
 * @param bytes  a piece of the text, which stands at `textStart`
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
  const shown = Buffer.from(found.bytes.subarray(0, maxShownBytes)).toString('hex').toUpperCase()
  const listed = shown.match(/../g)?.join(' ') ?? ''
  return `no text in ${encoding}: ${listed} at byte ${found.offsetBytes} of the input`
}
