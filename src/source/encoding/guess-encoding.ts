/*
  Guesses the encoding of a text that is not UTF-8, and shows how it reads the text: GB18030, UTF-16, or neither.
*/
import type { Encoding } from './encodings.js'

export interface GuessedEncoding {
  readonly encoding: Encoding
  /** The first words beyond ASCII, as this encoding reads them. */
  readonly example: string
}

/** Every byte of a character of several bytes is at least this. */
const lowestInside = 0x30
const lineFeed = 10
const shownCharacters = 16

/**
 * @param isWhole  false if the sample may begin or end inside a character; then only whole lines count
 * @param brokenAt  position of a byte that is not UTF-8; the text around it counts if no whole line goes beyond ASCII
 */
export function guessedEncoding(
  sample: Uint8Array,
  isWhole: boolean,
  brokenAt = 0,
): GuessedEncoding | undefined {
  const lines = lookedAt(sample, isWhole, brokenAt)
  const encoding = utf16Of(lines) ?? 'gb18030'
  // In Western texts, nearly all letters beyond ASCII stand alone. In Chinese ones, few characters end with an ASCII byte.
  const runs =
    Buffer.from(lines)
      .toString('latin1')
      .match(/[\x80-\xff]+/g) ?? []
  const isWestern = runs.filter(run => run.length === 1).length * 2 > runs.length
  if (encoding === 'gb18030' && isWestern) return undefined
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(lines)
    // eslint-disable-next-line no-control-regex -- a control character means that the file is not text
    if (/[\0-\x08\x0b\x0c\x0e-\x1f]/.test(text)) return undefined
    const [words = ''] = /[^\0-\x7f][^\r\n]*/u.exec(text) ?? [/^[^\r\n]*/.exec(text)![0]]
    return { encoding, example: [...words].slice(0, shownCharacters).join('') }
  } catch {
    return undefined
  }
}

/** Almost any bytes are valid UTF-16, so this looks for the zero bytes of ASCII characters. */
function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const zeros = [0, 0]
  for (let p = 0; p < bytes.length; p++) if (bytes[p] === 0) zeros[p & 1]!++
  const [even = 0, odd = 0] = zeros
  if (Math.max(even, odd) * 20 <= bytes.length) return undefined
  return odd > even ? 'utf-16le' : 'utf-16be'
}

/** The part of the sample to examine, without partial characters at its ends. */
function lookedAt(sample: Uint8Array, isWhole: boolean, brokenAt: number): Uint8Array {
  if (isWhole) return sample
  const lines = sample.subarray(sample.indexOf(lineFeed) + 1, sample.lastIndexOf(lineFeed) + 1)
  if (lines.some(byte => byte >= 0x80)) return lines
  let start = Math.max(0, brokenAt)
  while (start > 0 && sample[start - 1]! >= lowestInside) start--
  let end = Math.min(sample.length, start + 1024)
  while (end > start && sample[end - 1]! >= lowestInside) end--
  return sample.subarray(start, end)
}
