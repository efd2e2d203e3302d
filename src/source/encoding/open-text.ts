/* Opens an input's text as UTF-8. The user's choice, the byte order mark or the first bytes determine the encoding. UTF-8 itself (RFC 3629)
   is checked mostly by Node's own fast check. Readers get the text unchanged, and the positions of invalid bytes. */
import { isUtf8 } from 'node:buffer'
import { attempt, InputError, option } from '../../errors.js'
import type { BrokenBytes, BrokenText, ByteSource, Chunks } from '../byte-source.js'
import type { CountedChunks } from '../file-chunks.js'
import { DecodedText } from './decoded-text.js'
import type { Encoding } from './encodings.js'

/** How many bytes to examine before the first row, if they are available without waiting. */
const sampleBytes = 1024 * 1024

/** How many bytes of text are enough to guess the format. */
const headBytes = 4096

export type OpenedText = Pick<
  ByteSource,
  'text' | 'startOffsetBytes' | 'head' | 'chunks' | 'skipTo'
>

/**
 * @param mayWait  true for a file: then waits until the sample is complete @throws {UsageError} DDB_USAGE if this Node lacks the encoding
 * @throws {InputError} DDB_INPUT_ENCODING if the encoding must be detected and the sample is not UTF-8
 */
export async function openText(
  content: CountedChunks,
  name: string,
  asked: 'auto' | Encoding,
  mayWait: boolean,
): Promise<OpenedText> {
  await content.peek(asked === 'auto' && mayWait ? sampleBytes : markBytes)
  const found = markOf(content.head, asked, name)
  const encoding = asked === 'auto' ? (found?.encoding ?? 'utf-8') : asked
  const mark = found?.mark ?? new Uint8Array(0)
  const how = asked === 'auto' ? 'found' : 'given'
  const start = mark.length
  const known = { encoding, how, mark } as const
  if (encoding === 'utf-8') {
    const head = content.head.slice(start, start + headBytes)
    const isStrict = how === 'found'
    if (isStrict) refuseOthers(content, start, name)
    const refuse: OnBroken = (chunk, at, offset) => {
      throw notUtf8(chunk, false, at, offset, name, offset)
    }
    const utf8 = new Utf8Text(start, isStrict ? refuse : undefined)
    return {
      text: { ...known, broken: isStrict ? undefined : utf8, origin: undefined },
      startOffsetBytes: start,
      head,
      chunks: () => textChunks(content, start, utf8),
      skipTo(fromBytes, toBytes) {
        if (!content.skipTo(fromBytes, toBytes)) return false
        utf8.skipTo(toBytes)
        return true
      },
    }
  }
  const decoded = new DecodedText(encoding, start)
  const head = new DecodedText(encoding, start)
    .append(content.head.subarray(start, start + headBytes))
    .slice()
  return {
    text: { ...known, broken: decoded, origin: decoded },
    startOffsetBytes: start,
    head,
    chunks: () => textChunks(content, start, decoded),
  }
}

/** Byte order marks: first bytes that identify the encoding of a text. */
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

function markOf(head: Uint8Array, asked: 'auto' | Encoding, file: string) {
  const found = byteOrderMark(head)
  if (found === undefined) return undefined
  const { encoding, mark } = found
  if (encoding === 'utf-32') {
    throw new InputError(
      'DDB_INPUT_ENCODING',
      `"${file}" is UTF-32: convert it first, for example with iconv -f UTF-32 -t UTF-8`,
      { file, offsetBytes: 0 },
    )
  }
  if (asked === 'auto' || asked === encoding) return { encoding, mark }
  // Only the byte order mark of GB18030 causes no error, because its bytes are ordinary characters in most encodings.
  if (encoding === 'gb18030') return undefined
  throw new InputError(
    'DDB_INPUT_ENCODING',
    `"${file}" begins with the byte order mark of ${encoding}, not with text in ${asked}: give auto for ${option('input.encoding')}`,
    { file, offsetBytes: 0 },
  )
}

function refuseOthers({ head, isWhole }: CountedChunks, start: number, name: string): void {
  const sample = head.subarray(start)
  // A NUL among the first two bytes means UTF-16 without a mark, because no supported format starts with a NUL.
  const isUtf16 = start === 0 && (sample[0] === 0 || sample[1] === 0)
  const broken = isUtf16 ? 0 : firstNotUtf8(isWhole ? sample : sample.subarray(0, wholeEnd(sample)))
  if (broken >= 0) throw notUtf8(sample, isWhole, broken, start, name, undefined)
}

async function* textChunks(
  content: CountedChunks,
  start: number,
  text: Utf8Text | DecodedText,
): Chunks {
  for await (const chunk of content.rest(start)) {
    const piece = text.append(chunk)
    if (piece.length > 0) yield piece
  }
  const rest = text.end()
  if (rest.length > 0) yield rest
}

/**
 * @param sample  a part of the input that holds the invalid byte @param isWhole  false if it begins or ends inside the input
 * @param brokenAt  position of the invalid byte in the sample; negative if the byte precedes it @param startBytes  position of the sample
 * @param readBefore  position up to which the input was read as UTF-8; undefined if no text was delivered
 */
function notUtf8(
  sample: Uint8Array,
  isWhole: boolean,
  brokenAt: number,
  startBytes: number,
  file: string,
  readBefore: number | undefined,
): InputError {
  const offsetBytes = startBytes + brokenAt
  const guess = guessedEncoding(sample, isWhole, brokenAt)
  const place = `"${file}" is not UTF-8: byte ${offsetBytes} belongs to no character`
  const others =
    guess === undefined
      ? `Name its encoding with ${option('input.encoding')}, or convert it first, for example with iconv.`
      : `It may be ${guess.encoding} (${guess.example}): name the right one with ${option('input.encoding')}.`
  const before =
    readBefore === undefined ? '' : ` The text before byte ${readBefore} was read as UTF-8.`
  const encoding = guess?.encoding ?? (isMostlyUtf8(sample) ? 'utf-8' : undefined)
  const single = ` With utf-8 for ${option('input.encoding')}, only rows with such bytes are rejected.`
  const message = `${place}. ${others}${before}${single}`
  const fix = encoding === undefined ? undefined : { options: { 'input.encoding': encoding } }
  return new InputError('DDB_INPUT_ENCODING', message, { file, offsetBytes }, { fix })
}

/** One line in so many may be damaged in a text that is UTF-8 otherwise. */
const damagedShare = 20

/** True for a text whose first line, perhaps a header, and most other lines are UTF-8. */
function isMostlyUtf8(sample: Uint8Array): boolean {
  const lines = Buffer.from(sample).toString('latin1').trimEnd().split('\n')
  const damaged = lines.map(line => !isUtf8(Buffer.from(line, 'latin1')))
  const count = damaged.filter(Boolean).length
  return !sample.includes(0) && !damaged[0] && (count === 1 || count * damagedShare <= lines.length)
}

/** Every byte of a character of several bytes is at least this. */
const lowestInside = 0x30
const lineFeed = 10
const shownCharacters = 16

/**
 * Guesses the encoding of a text that is not UTF-8, and shows how it reads the text: GB18030, UTF-16, or neither.
 * @param isWhole  false if the sample may begin or end inside a character; then only whole lines count
 * @param brokenAt  position of a byte that is not UTF-8; the text around it counts if no whole line goes beyond ASCII
 * @returns with the first words beyond ASCII, as the encoding reads them
 */
export function guessedEncoding(sample: Uint8Array, isWhole: boolean, brokenAt = 0) {
  const lines = lookedAt(sample, isWhole, brokenAt)
  const encoding = utf16Of(lines) ?? 'gb18030'
  // In Western texts, nearly all letters beyond ASCII stand alone. In Chinese ones, few characters end with an ASCII byte.
  const runs =
    Buffer.from(lines)
      .toString('latin1')
      .match(/[\x80-\xff]+/g) ?? []
  const isWestern = runs.filter(run => run.length === 1).length * 2 > runs.length
  if (encoding === 'gb18030' && isWestern) return undefined
  const text = attempt(() => new TextDecoder(encoding, { fatal: true }).decode(lines))
  // eslint-disable-next-line no-control-regex -- a control character means that the file is not text
  if (text === undefined || /[\0-\x08\x0b\x0c\x0e-\x1f]/.test(text)) return undefined
  const [words = ''] = /[^\0-\x7f][^\r\n]*/u.exec(text) ?? [/^[^\r\n]*/.exec(text)![0]]
  return { encoding, example: [...words].slice(0, shownCharacters).join('') }
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

/** Finds the start of an incomplete character at the end of `bytes`; if there is none, the end of `bytes`. */
function wholeEnd(bytes: Uint8Array, start = 0): number {
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
