/* What the readers of cells have in common: arrays and outcomes, blanks around the text of a cell, hexadecimal digits, UTF-8. Shows
   texts in messages, and describes bytes that are invalid in their encoding. */
import { isUtf8 as isWholeUtf8 } from 'node:buffer'
import * as ascii from '../ascii.js'
import { option } from '../../errors.js'
import type { SourceText } from '../../source/byte-source.js'

/** Arrays whose elements are JavaScript numbers. A value of 64 or 128 bits takes several, the lowest word first. */
export type NumberArray = Int8Array | Int16Array | Int32Array | Float32Array | Float64Array

/** The text is a value of the type. */
export const isRead = 0
/** The text is not a value. */
export const noValue = 1
/** The type cannot hold the value, or not without rounding. */
export const outOfRange = 2
/** The text is NaN or an infinity. */
export const notFinite = 3

export type Outcome = typeof isRead | typeof noValue | typeof outOfRange | typeof notFinite

/** Reads a cell into `into`, from element `at` on. If the outcome is not `isRead`, these elements mean nothing. */
export type ReadCell = (
  bytes: Uint8Array,
  start: number,
  end: number,
  into: NumberArray,
  at: number,
) => Outcome

/** Position of the first byte that is not a blank or tab; `end` if every byte is one. */
export function trimmedStart(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  while (p < end && (bytes[p] === ascii.blank || bytes[p] === ascii.tab)) p++
  return p
}

/** Position after the last byte that is not a blank or tab. */
export function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let p = end
  while (p > start && (bytes[p - 1] === ascii.blank || bytes[p - 1] === ascii.tab)) p--
  return p
}

/** True if the bytes at `p` begin with `text`. */
export function isAt(text: Uint8Array, bytes: Uint8Array, p: number): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[p + i] !== text[i]) return false
  return true
}

/** Index of the text from `start` to `end` among some texts; −1 if it is none of them. */
export function indexOfText(
  texts: readonly Uint8Array[],
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  for (let i = 0; i < texts.length; i++) {
    if (texts[i]!.length === end - start && isAt(texts[i]!, bytes, start)) return i
  }
  return -1
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Decodes UTF-8. Keeps a byte order mark as a character, and replaces invalid bytes by U+FFFD. */
export function utf8Text(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** True if the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
export function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start
  while (p < end && bytes[p]! < 0x80) p++
  return p === end || isWholeUtf8(bytes.subarray(p, end))
}

/** The value of one hexadecimal digit in either case, −1 for any other byte. */
export function hexDigit(byte: number): number {
  if (byte >= ascii.zero && byte <= ascii.nine) return byte - ascii.zero
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** Makes one character of each byte, for texts that should be ASCII. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let p = start; p < end; p++) text += String.fromCharCode(bytes[p]!)
  return text
}

const mostBrokenBytes = 8

/**
 * The message about the first invalid bytes, with their place in the input; undefined if all bytes are valid.
 * @param text  how the input was decoded; undefined if unknown @param bytes  a piece of the text, at `textStart`
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

/** Three figures: `1.23M`, `45.6k`, `789`. */
export function shortCount(amount: number): string {
  for (const [unit, factor] of [
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const) {
    const number = amount / factor
    if (number >= 1) return `${number.toFixed(number >= 100 ? 0 : number >= 10 ? 1 : 2)}${unit}`
  }
  return String(Math.round(amount))
}

/** Decimal units, as disks and networks are sold: `53.1 MB`. */
export function bytesText(bytes: number): string {
  return `${shortCount(bytes).replace(/[kMG]?$/, ' $&')}B`
}

const maxShownBytes = 80

/** At most 80 of the bytes, as text. Invalid UTF-8 becomes U+FFFD. */
export function clippedText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= maxShownBytes) return utf8Text(bytes.subarray(start, end))
  let last = start + maxShownBytes
  while (last > start && (bytes[last]! & 0xc0) === 0x80) last--
  return `${utf8Text(bytes.subarray(start, last))}…`
}

/** `` `cells.thousands` "," `` for `{ thousands: ',' }` in the group `cells`; lists and records give a text for each entry. */
export function optionTexts(group: string, options: object): string[] {
  return Object.entries(options).flatMap(([name, value]: [string, unknown]) =>
    valueTexts(value).map(text => `${option(`${group}.${name}`)}${text && ' '}${text}`),
  )
}

function valueTexts(value: unknown): string[] {
  if (value === undefined || value === false) return []
  if (value === true) return ['']
  if (Array.isArray(value)) return value.map(String)
  if (typeof value === 'string') return [/^\w+$/.test(value) ? value : `"${value}"`]
  if (typeof value !== 'object') return [JSON.stringify(value)]
  return Object.entries(value!).map(([name, text]) => shellValue(`${name}=${text}`))
}

/** The value of an option, in quotes if a shell would change it. */
export function shellValue(value: string): string {
  return /[\s*?'|[\]]/.test(value) ? `"${value}"` : value
}
