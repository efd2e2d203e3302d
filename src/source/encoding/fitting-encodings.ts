/*
  Finds the encodings in which a sample is valid text. Shows how each of them reads the sample, for users who have to choose.
*/
import { brokenMark, bytesOfLength, decoderSlackBytes } from './character-decoder.js'
import { isMultiByte, isUtf16, type Encoding } from './encodings.js'
import { openDecoder } from './open-decoder.js'

/** Likely encodings of files that are not UTF-8; in this order unless the bytes suggest one of them. */
const candidates = [
  'gb18030',
  'big5',
  'shift_jis',
  'euc-kr',
  'euc-jp',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'windows-1251',
] as const satisfies readonly Encoding[]

/** At most this percentage of the non-ASCII bytes may be invalid, so that damaged files are recognized, too. */
const mostBrokenPercent = 2

const maxSampleBytes = 1024 * 1024
/** Every byte of a multi-byte character is at least this. */
const lowestInside = 0x30
const tab = 9
const lineFeed = 10
const carriageReturn = 13
const shownCharacters = 16

/** An encoding, and the first non-ASCII words of the sample as this encoding reads them. */
export interface FittingEncoding {
  readonly encoding: Encoding
  readonly example: string
  /** How many bytes of the sample are not a character in this encoding. */
  readonly brokenBytes: number
}

/**
 * Lists the encodings in which all of `sample` is text. If this list has no multi-byte encoding, adds the multi-byte
 * encodings in which nearly all of `sample` is text. The most likely encoding comes first: UTF-8 if nearly all of
 * `sample` is UTF-8.
 * @param isWhole  false if the sample may begin or end inside a character; then only whole lines count
 * @param brokenAt  position of a byte that is not UTF-8; the text around this position counts even outside whole lines
 */
export function fittingEncodings(
  sample: Uint8Array,
  isWhole: boolean,
  brokenAt = 0,
): FittingEncoding[] {
  const lines = lookedAt(sample, isWhole, brokenAt)
  const input = bytesOfLength(lines.length + decoderSlackBytes)
  input.bytes.set(lines)
  const fitting = candidates.flatMap((encoding): FittingEncoding[] => {
    if (isUtf16(encoding) && !looksLikeUtf16(lines, encoding)) return []
    const text = bytesOfLength(3 * lines.length + decoderSlackBytes)
    const decoder = openDecoder(encoding)
    decoder.decode(input, 0, lines.length, lines.length, true, text, 0, 2 ** 30)
    const decoded = text.bytes.subarray(0, decoder.textAt)
    let brokenBytes = 0
    let otherBytes = 0
    for (const byte of decoded) {
      if (isControl(byte)) return []
      if (byte === brokenMark) brokenBytes++
      else if (byte >= 0x80) otherBytes++
    }
    const allowed = isMultiByte(encoding) ? (otherBytes * mostBrokenPercent) / 100 : 0
    return brokenBytes > allowed ? [] : [{ encoding, example: exampleOf(decoded), brokenBytes }]
  })
  const fitsWhole = fitting.some(
    ({ encoding, brokenBytes }) => isMultiByte(encoding) && brokenBytes === 0,
  )
  const found = fitsWhole ? fitting.filter(({ brokenBytes }) => brokenBytes === 0) : fitting
  const likely = likelyEncoding(lines)
  return [
    ...nearlyUtf8(lines),
    ...found.toSorted((a, b) => Number(b.encoding === likely) - Number(a.encoding === likely)),
  ]
}

/** UTF-8, if few bytes are broken. Chinese text in UTF-8 is mostly valid gb18030, too, but meaningless there. */
function nearlyUtf8(lines: Uint8Array): FittingEncoding[] {
  const text = Buffer.from(new TextDecoder().decode(lines).replaceAll('\ufffd', ''))
  const brokenBytes = lines.length - text.length
  const otherBytes = text.reduce((count, byte) => count + Number(byte >= 0x80), 0)
  const isMostly = otherBytes > 0 && brokenBytes <= (otherBytes * mostBrokenPercent) / 100
  if (!isMostly || text.some(isControl)) return []
  return [{ encoding: 'utf-8', example: exampleOf(text), brokenBytes }]
}

/** The encoding that the non-ASCII bytes suggest; undefined if they suggest none, as in Chinese text in gb18030. */
function likelyEncoding(bytes: Uint8Array): (typeof candidates)[number] | undefined {
  let high = 0
  let letters = 0
  let kana = 0
  let runs = 0
  let alone = 0
  let odd = 0
  for (let p = 0; p < bytes.length; p++) {
    const start = p
    for (; p < bytes.length && bytes[p]! >= 0x80; p++) {
      if (bytes[p]! >= 0xc0) letters++
      if (bytes[p]! >= 0x81 && bytes[p]! <= 0x83) kana++
    }
    const length = p - start
    high += length
    if (length > 0) runs++
    if (length === 1) alone++
    if (length % 2 === 1) odd++
  }
  if (high > 0 && kana * 4 >= high) return 'shift_jis'
  const areLetters = letters * 10 >= high * 9
  // In windows-1252, most accented letters and signs stand alone among ASCII letters.
  if (alone * 5 >= runs * 4 || (areLetters && alone * 2 >= runs)) return 'windows-1252'
  if (areLetters && odd * 4 >= runs) return 'windows-1251'
  return odd * 5 >= runs ? 'big5' : undefined
}

/** The part of the sample to examine, without partial characters at its ends. */
function lookedAt(sample: Uint8Array, isWhole: boolean, brokenAt: number): Uint8Array {
  const from = brokenAt < maxSampleBytes ? 0 : brokenAt - maxSampleBytes / 2
  const looked = sample.subarray(from, from + maxSampleBytes)
  const first = isWhole && from === 0 ? 0 : looked.indexOf(lineFeed) + 1
  const isEnd = isWhole && from + looked.length === sample.length
  const lines = looked.subarray(first, isEnd ? undefined : looked.lastIndexOf(lineFeed) + 1)
  if (lines.some(byte => byte >= 0x80)) return lines
  let start = Math.max(0, brokenAt - from)
  while (start > 0 && looked[start - 1]! >= lowestInside) start--
  let end = looked.length
  while (end > start && looked[end - 1]! >= lowestInside) end--
  return looked.subarray(start, end)
}

/** A control character means that a file is not text, or has a different encoding. */
function isControl(byte: number): boolean {
  return byte < 0x20 && byte !== tab && byte !== lineFeed && byte !== carriageReturn
}

/** Almost any bytes are valid UTF-16, so this function checks for the zero bytes next to delimiters and line ends. */
function looksLikeUtf16(bytes: Uint8Array, encoding: 'utf-16le' | 'utf-16be'): boolean {
  const zeroAt = encoding === 'utf-16le' ? 1 : 0
  let zeros = 0
  for (let p = 0; p < bytes.length; p++) if (bytes[p] === 0 && p % 2 === zeroAt) zeros++
  return zeros * 20 > bytes.length
}

/** The text from its first non-ASCII character to the end of the line, shortened. */
function exampleOf(text: Uint8Array): string {
  const at = Math.max(
    0,
    text.findIndex(byte => byte >= 0x80),
  )
  const piece = Buffer.from(text.subarray(at, at + 4 * shownCharacters)).toString('utf8')
  return [...(piece.split(/[\r\n]/, 1)[0] ?? '')].slice(0, shownCharacters).join('')
}
