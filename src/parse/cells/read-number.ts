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

/** Reads a FLOAT: the nearest single, ties to even. */
export const readFloat: ReadCell = (bytes, start, end, into, at) => {
  const outcome = readNumber(bytes, start, end)
  if (outcome !== isRead) return outcome
  const value = numberRead[0]!
  const single = isHalfway(value) ? singleOf(trimmedText(bytes, start, end)) : Math.fround(value)
  if (!Number.isFinite(single) || single === nullFloat) return outOfRange
  into[at] = single
  return isRead
}

const largestSingle = 2 ** 128 - 2 ** 104
/** Halfway between the largest single and the next one, if there were a next one. */
const halfwayToInfinity = 2 ** 128 - 2 ** 103

/** True if a double lies exactly between two singles, so that only its text shows which one is nearer. */
function isHalfway(value: number): boolean {
  const single = Math.fround(value)
  if (!Number.isFinite(single)) return Math.abs(value) === halfwayToInfinity
  // `other` is exact, because it is a multiple of the last bit of `value`, and near `value`.
  const other = 2 * value - single
  return other !== single && Math.fround(other) === other
}

/** The single nearest to the number in the text, whose nearest double is halfway between two singles. */
function singleOf(text: string): number {
  const value = Number(text)
  const single = Math.fround(value)
  const sign = Math.sign(value)
  const other = Number.isFinite(single) ? 2 * value - single : sign * largestSingle
  const difference = compare(text, value)
  const isOtherLarger = Math.abs(other) > Math.abs(single)
  return difference !== 0 && difference > 0 === isOtherLarger ? other : single
}

/** A number halfway between two singles has fewer digits than this. Later digits matter only if one is not zero. */
const maxDigits = 200

/** Compares the absolute values of a decimal text and a double exactly; returns the sign of their difference. */
function compare(text: string, value: number): number {
  const match = /^[+-]?(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text)
  const [, whole = '', fraction = '', exponent = '0'] = match ?? []
  const all = `${whole}${fraction}`.replace(/^0+/, '')
  const kept = all.slice(0, maxDigits)
  const isCut = /[1-9]/.test(all.slice(maxDigits))
  // One more digit replaces all digits that were cut.
  const digits = BigInt(`${kept}${isCut ? '1' : '0'}`)
  const tens = Number(exponent) - fraction.length + (all.length - kept.length) - 1
  let size = Math.abs(value)
  let twos = 0
  while (!Number.isInteger(size)) {
    size *= 2
    twos--
  }
  const decimal = digits * 10n ** BigInt(Math.max(tens, 0)) * 2n ** BigInt(-twos)
  const double = BigInt(size) * 10n ** BigInt(Math.max(-tens, 0))
  return decimal < double ? -1 : Number(decimal > double)
}
