/*
  Reads numbers from bytes, correctly rounded: DOUBLE, FLOAT, and the numbers in other notations.
*/
import { nullDouble, nullFloat } from '../../protocol/null-value.js'
import { latin1, trimmedEnd, trimmedStart } from './cell-bytes.js'
import {
  isRead,
  letterE,
  minus,
  nine,
  notFinite,
  noValue,
  outOfRange,
  plus,
  point,
  zero,
  type Outcome,
  type ReadCell,
} from './read-cell.js'

/** A double is exact for every whole number of up to this many digits. */
const exactDigits = 15

/** 1 to 10^22, which doubles hold exactly. */
export const powersOfTen: Float64Array = Float64Array.from({ length: 23 }, (_, i) =>
  Number(`1e${i}`),
)

/** The number read last. It is in an array, because V8 would allocate a returned number of more than 31 bits. */
export const numberRead: Float64Array = new Float64Array(1)

/**
 * Reads a number of at most 15 characters after the sign, without exponent. Sets `numberRead` to its digits as a whole number.
 * @returns the number of digits after the point; −1 for any other text
 */
export function readShort(bytes: Uint8Array, start: number, end: number): number {
  const sign = bytes[start]
  const first = sign === minus || sign === plus ? start + 1 : start
  if (end <= first || end - first > exactDigits) return -1
  let value = 0
  let pointAt = end
  for (let p = first; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit >= 0 && digit <= 9) value = value * 10 + digit
    else if (digit === point - zero && pointAt === end) pointAt = p
    else return -1
  }
  if (pointAt === first && end === first + 1) return -1
  numberRead[0] = sign === minus ? -value : value
  return pointAt === end ? 0 : end - pointAt - 1
}

/** Reads a number of any length into `numberRead`, correctly rounded. */
export function readNumber(bytes: Uint8Array, start: number, end: number): Outcome {
  const decimals = readShort(bytes, start, end)
  if (decimals < 0) return readNumberText(trimmedText(bytes, start, end))
  // Dividend and divisor are exact, so the quotient is rounded only once.
  numberRead[0] = numberRead[0]! / powersOfTen[decimals]!
  return isRead
}

/** Like `readNumber`, for a text without blanks around it. */
export function readNumberText(text: string): Outcome {
  numberRead[0] = isOfNumber(text) ? Number(text) : NaN
  const value = numberRead[0]
  if (value !== value) return isNotFinite.test(text) ? notFinite : noValue
  return Number.isFinite(value) ? isRead : outOfRange
}

const isNotFinite = /^[+-]?(?:nan|inf|infinity)$/i

/** True if `Number` makes nothing of the text but a decimal number or NaN. */
function isOfNumber(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    const isSign = c === minus || c === plus || c === point
    if ((c < zero || c > nine) && !isSign && (c | 0x20) !== letterE) return false
  }
  return text !== ''
}

export function trimmedText(bytes: Uint8Array, start: number, end: number): string {
  const first = trimmedStart(bytes, start, end)
  return latin1(bytes, first, trimmedEnd(bytes, first, end))
}

export const readDouble: ReadCell = (bytes, start, end, into, at) => {
  const outcome = readNumber(bytes, start, end)
  if (outcome !== isRead) return outcome
  if (numberRead[0] === nullDouble) return outOfRange
  into[at] = numberRead[0]!
  return isRead
}

/** Reads a FLOAT: the single nearest to the double that the text means. */
export const readFloat: ReadCell = (bytes, start, end, into, at) => {
  const outcome = readNumber(bytes, start, end)
  if (outcome !== isRead) return outcome
  const single = Math.fround(numberRead[0]!)
  if (!Number.isFinite(single) || single === nullFloat) return outOfRange
  into[at] = single
  return isRead
}
