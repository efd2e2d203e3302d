/*
  Reads COMPLEX, POINT and DURATION: two values in one text.
*/
import { nullDouble } from '../../protocol/null-value.js'
import { durationUnits } from '../../protocol/types/fixed-types.js'
import { latin1, trimmedEnd, trimmedStart } from './cell-bytes.js'
import {
  blank,
  closeParenthesis,
  comma,
  isRead,
  letterE,
  letterI,
  minus,
  nine,
  notFinite,
  noValue,
  openParenthesis,
  outOfRange,
  plus,
  tab,
  zero,
  type NumberArray,
  type Outcome,
  type ReadCell,
} from './read-cell.js'
import { numberRead, readNumber } from './read-number.js'

const largestCount = 2_147_483_647

/** Reads `2.3+4.0i`. */
export const readComplex: ReadCell = (bytes, start, end, into, at) => {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end) - 1
  let sign = last - 1
  while (sign > first && !isSignOfNumber(bytes, sign)) sign--
  if (bytes[last] !== letterI || sign <= first) return noValue
  if (isBlank(bytes[sign - 1]!) || isBlank(bytes[last - 1]!)) return noValue
  return readPair(bytes, first, sign, sign, last, into, at)
}

/** True for a sign that does not belong to an exponent. */
function isSignOfNumber(bytes: Uint8Array, p: number): boolean {
  return (bytes[p] === plus || bytes[p] === minus) && (bytes[p - 1]! | 0x20) !== letterE
}

const isBlank = (byte: number): boolean => byte === blank || byte === tab

/** Reads `(1.5, 2.5)`. */
export const readPoint: ReadCell = (bytes, start, end, into, at) => {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end) - 1
  if (bytes[first] !== openParenthesis || bytes[last] !== closeParenthesis) return noValue
  let between = first + 1
  while (between < last && bytes[between] !== comma) between++
  if (between >= last) return noValue
  const second = trimmedStart(bytes, between + 1, last)
  return readPair(bytes, first + 1, between, second, last, into, at)
}

/** Reads two numbers, maybe with blanks around. */
function readPair(
  bytes: Uint8Array,
  start: number,
  end: number,
  secondStart: number,
  secondEnd: number,
  into: NumberArray,
  at: number,
): Outcome {
  const outcome = readNumber(bytes, start, end)
  const first = numberRead[0]!
  const other = readNumber(bytes, secondStart, secondEnd)
  const second = numberRead[0]!
  if (outcome === noValue || outcome === notFinite) return noValue
  if (other === noValue || other === notFinite) return noValue
  if (outcome !== isRead || other !== isRead) return outOfRange
  if (first === nullDouble || second === nullDouble) return outOfRange
  into[at] = first
  into[at + 1] = second
  return isRead
}

/** The longest code of an exchange, such as `XNYS`. */
const exchangeLetters = 4

/** Reads `3M`, `200ms`, or `5XNYS` with the code of an exchange's calendar. */
export const readDuration: ReadCell = (bytes, start, end, into, at) => {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  const digits = bytes[first] === minus || bytes[first] === plus ? first + 1 : first
  let p = digits
  let count = 0
  for (; p < last && bytes[p]! >= zero && bytes[p]! <= nine; p++)
    count = count * 10 + bytes[p]! - zero
  const unit = last - p > exchangeLetters ? undefined : unitOf(latin1(bytes, p, last))
  if (p === digits || unit === undefined) return noValue
  if (count > largestCount) return outOfRange
  into[at] = bytes[first] === minus ? -count : count
  into[at + 1] = unit
  return isRead
}

/** The number that stores a time unit (`ms`) or an exchange (`XNYS`), whose letters are digits in base 256. */
function unitOf(letters: string): number | undefined {
  if (letters.length < exchangeLetters) return durationUnits.get(letters)
  return /^[A-Z]+$/.test(letters) ? Buffer.from(letters).readInt32BE() : undefined
}
