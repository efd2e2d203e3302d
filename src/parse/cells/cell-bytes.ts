/* What the readers of cells have in common: arrays and outcomes, blanks around the text of a cell, hexadecimal digits, UTF-8. */
import * as ascii from '../ascii.js'
import { isUtf8 as isWholeUtf8 } from 'node:buffer'

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
