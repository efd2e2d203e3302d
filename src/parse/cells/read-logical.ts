/*
  Reads BOOL and CHAR.
*/
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import { readInteger } from './read-whole.js'

const zero = 48
const one = 49
const apostrophe = 39

/** Reads `true` or `false` in any case, 1 or 0. */
export function readBool(bytes: Uint8Array, start: number, end: number): number {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  if (last - first === 1) {
    if (bytes[first] === one) return 1
    return bytes[first] === zero ? 0 : NaN
  }
  if (isWord(bytes, first, last, 'true')) return 1
  return isWord(bytes, first, last, 'false') ? 0 : NaN
}

/** Compares the bytes with a word in lower case, ignoring case. */
function isWord(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (end - start !== word.length) return false
  for (let i = 0; i < word.length; i++) {
    if ((bytes[start + i]! | 0x20) !== word.charCodeAt(i)) return false
  }
  return true
}

/** Reads a whole number, one quoted ASCII character `'a'`, or one ASCII character that is not a digit. */
export function readChar(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length === 3 && bytes[start] === apostrophe && bytes[start + 2] === apostrophe) {
    return asciiCharacter(bytes[start + 1]!)
  }
  const value = readInteger(bytes, start, end)
  return value !== value && length === 1 ? asciiCharacter(bytes[start]!) : value
}

function asciiCharacter(byte: number): number {
  return byte > 0 && byte < 0x80 ? byte : NaN
}
