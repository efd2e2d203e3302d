/* Reads values that are neither numbers nor times: UUIDs and hexadecimal digits into 16 bytes (docs/protocol.md#sixteen-byte-values), as
   four words of which the text's first four bytes become the last, the first byte highest; COMPLEX, POINT, DURATION and CHAR. */
import * as ascii from '../ascii.js'
import { nullDouble } from '../../protocol/null-value.js'
import { durationUnits } from '../../protocol/types/fixed-types.js'
import {
  hexDigit,
  isRead,
  notFinite,
  noValue,
  outOfRange,
  trimmedEnd,
  trimmedStart,
} from './cell-bytes.js'
import type { NumberArray, Outcome, ReadCell } from './cell-bytes.js'
import { exactReader, numberRead, readNumberText, trimmedText } from './read-number.js'

/** Reads 32 hexadecimal digits, with a hyphen wherever the bit of that place is set: `length` bytes. */
export const hexReader =
  (length: number, hyphens: number): ReadCell =>
  (bytes, start, end, into, at) => {
    const first = trimmedStart(bytes, start, end)
    if (trimmedEnd(bytes, first, end) - first !== length) return noValue
    let p = first
    for (let word = 3; word >= 0; word--) {
      let value = 0
      for (let left = 8; left > 0; left--) {
        if (((hyphens >> (p - first)) & 1) === 1 && bytes[p++] !== ascii.minus) return noValue
        const digit = hexDigit(bytes[p++]!)
        if (digit < 0) return noValue
        value = (value << 4) | digit
      }
      into[at + word] = value
    }
    return isRead
  }

/** Reads what `parse` makes 16 bytes of. */
export function bytesReader(parse: (text: string) => Uint8Array | undefined): ReadCell {
  return (bytes, start, end, into, at) => {
    const found = parse(trimmedText(bytes, start, end))
    if (found === undefined) return noValue
    into.set(new Int32Array(found.buffer), at)
    return isRead
  }
}

/** The sign between the two numbers is the last one that does not belong to an exponent. */
const complex = /^(\S*[^\seE])([+-]\S*)i$/
const point = /^\(([^,]*),(.*)\)$/

/** Reads `2.3+4.0i`. */
export const readComplex: ReadCell = (bytes, start, end, into, at) =>
  readPair(complex.exec(trimmedText(bytes, start, end)), into, at)

/** Reads `(1.5, 2.5)`. */
export const readPoint: ReadCell = (bytes, start, end, into, at) =>
  readPair(point.exec(trimmedText(bytes, start, end)), into, at)

function readPair(match: RegExpExecArray | null, into: NumberArray, at: number): Outcome {
  const outcomes = [1, 2].map(part => {
    const outcome = readNumberText(match?.[part]?.replace(/^[ \t]+|[ \t]+$/g, '') ?? '')
    into[at + part - 1] = numberRead[0]!
    return outcome === isRead && numberRead[0] === nullDouble ? outOfRange : outcome
  })
  if (outcomes.includes(noValue) || outcomes.includes(notFinite)) return noValue
  return outcomes.includes(outOfRange) ? outOfRange : isRead
}

const duration = /^([+-]?\d+)([^]{0,4})$/
const largestCount = 2_147_483_647
/** The longest code of an exchange, such as `XNYS`. */
const exchangeLetters = 4

/** Reads `3M`, `200ms`, or `5XNYS` with the code of an exchange's calendar. */
export const readDuration: ReadCell = (bytes, start, end, into, at) => {
  const [, count, letters = ''] = duration.exec(trimmedText(bytes, start, end)) ?? []
  const unit = unitOf(letters)
  if (count === undefined || unit === undefined) return noValue
  if (Math.abs(Number(count)) > largestCount) return outOfRange
  into[at] = Number(count)
  into[at + 1] = unit
  return isRead
}

/** The number that stores a time unit (`ms`) or an exchange (`XNYS`), whose letters are digits in base 256. */
function unitOf(letters: string): number | undefined {
  if (letters.length < exchangeLetters) return durationUnits.get(letters)
  return /^[A-Z]+$/.test(letters) ? Buffer.from(letters).readInt32BE() : undefined
}

const readByte = exactReader(1, 0, noValue)

/** Reads a CHAR: a whole number, one quoted ASCII character `'a'`, or one ASCII character that is not a digit. */
export const readChar: ReadCell = (bytes, start, end, into, at) => {
  const length = end - start
  if (length === 3 && bytes[start] === ascii.apostrophe && bytes[start + 2] === ascii.apostrophe) {
    return storeCharacter(bytes[start + 1]!, into, at)
  }
  const outcome = readByte(bytes, start, end, into, at)
  return outcome === noValue && length === 1 ? storeCharacter(bytes[start]!, into, at) : outcome
}

function storeCharacter(byte: number, into: NumberArray, at: number): Outcome {
  if (byte === 0 || byte > 0x7f) return noValue
  into[at] = byte
  return isRead
}
