/*
  Reads numbers from bytes, correctly rounded and without a string where that is certain.
*/
import { nullDouble, nullFloat, nullInt32 } from '../../protocol/null-value.js'
import { latin1, trimmedEnd, trimmedStart } from './cell-bytes.js'
import {
  isRead,
  letterE,
  minus,
  notFinite,
  noValue,
  outOfRange,
  plus,
  point,
  zero,
  type NumberArray,
  type Outcome,
} from './read-cell.js'
import { isBetweenSingles, singleOf } from './single-precision.js'

/** XOR with `zeros` gives the values of four digits. A value is below ten if adding 6 leaves its upper half zero. */
const zeros = 0x30303030
const sixes = 0x06060606
const upperHalves = 0xf0f0f0f0 | 0

/** Any whole number with this many digits has 32 bits. */
const smallDigits = 9

/** A double is exact for every whole number of up to this many digits. */
export const exactDigits = 15

/** 1 to 10^22, which doubles hold exactly. */
export const powersOfTen: Float64Array = Float64Array.from({ length: 23 }, (_, i) =>
  Number(`1e${i}`),
)
const maxPower = 22

/** The number of four digits at `p`; negative if a byte is not a digit. Combines digits into pairs, then the pairs. */
function fourDigitsAt(view: DataView, p: number): number {
  const digits = view.getInt32(p, true) ^ zeros
  if (((digits | (digits + sixes)) & upperHalves) !== 0) return -1
  const pairs = Math.imul(digits, 10) + (digits >>> 8)
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff)
}

/** Reads a whole number of at most nine digits. Returns the null of INT for any other text. */
export function readSmall(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let p = start
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  if (p === end || end - p > smallDigits) return nullInt32
  let value = 0
  for (; end - p >= 4; p += 4) {
    const four = fourDigitsAt(view, p)
    if (four < 0) return nullInt32
    value = value * 10_000 + four
  }
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) return nullInt32
    value = value * 10 + digit
  }
  return sign === minus ? -value : value
}

/** The number read last. It is in an array, because V8 would allocate a returned number of more than 31 bits. */
export const numberRead: Float64Array = new Float64Array(1)

/**
 * Reads a number of at most 15 characters after the sign, without exponent. Sets `numberRead` to its digits as a whole number.
 * @returns the number of digits after the point; −1 for any other text
 */
export function readShort(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let p = start
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  const first = p
  if (end - first > exactDigits) return -1
  let value = 0
  let decimals = 0
  for (; end - p >= 4; p += 4) {
    const four = fourDigitsAt(view, p)
    if (four < 0) break
    value = value * 10_000 + four
  }
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  if (p < end) {
    if (bytes[p] !== point || end - first === 1) return -1
    decimals = end - ++p
    for (; end - p >= 4; p += 4) {
      const four = fourDigitsAt(view, p)
      if (four < 0) return -1
      value = value * 10_000 + four
    }
    for (; p < end; p++) {
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) return -1
      value = value * 10 + digit
    }
  } else if (p === first) return -1
  numberRead[0] = sign === minus ? -value : value
  return decimals
}

/** How many digits `scan.upper` and `scan.lower` have at most. */
export const upperDigits = 10
export const lowerDigits = 9
const keptDigits = upperDigits + lowerDigits

/** The number scanned last: its digits, from the first that is not 0, times 10^`tens`. */
export const scan = {
  isNegative: false,
  /** Place of the first digit or point, and where they end. */
  first: 0,
  end: 0,
  digits: 0,
  tens: 0,
  /** The first ten digits, and the nine after them. Both are exact. */
  upper: 0.5,
  lower: 0,
}

/** Scans a number in any decimal notation, maybe with blanks around. False for any other text. */
export function scanNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let p = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, p, end)
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  const first = p
  let pointAt = -1
  let digits = 0
  let upper = 0
  let lower = 0
  for (; p < last; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) {
      if (digit !== point - zero || pointAt >= 0) break
      pointAt = p
    } else if (digits < upperDigits) {
      upper = upper * 10 + digit
      // Zeros before the first other digit do not count.
      if (upper !== 0) digits++
    } else {
      if (digits < keptDigits) lower = lower * 10 + digit
      digits++
    }
  }
  if (p - first === (pointAt < 0 ? 0 : 1)) return false
  const exponent = p === last ? 0 : readExponent(bytes, p, last)
  if (exponent !== exponent) return false
  scan.isNegative = sign === minus
  scan.first = first
  scan.end = p
  scan.digits = digits
  scan.tens = exponent - (pointAt < 0 ? 0 : p - pointAt - 1)
  scan.upper = upper
  scan.lower = lower
  return true
}

/** How many of the scanned digits are zeros after the last other digit. */
export function zerosBehind(bytes: Uint8Array): number {
  let zeros = 0
  for (let p = scan.end - 1; zeros < scan.digits; p--) {
    if (bytes[p] === zero) zeros++
    else if (bytes[p] !== point) break
  }
  return zeros
}

/** A larger exponent counts as this one, because no type can hold such a number. */
const maxExponent = 1_000_000_000

/** Reads an exponent such as `e-12`; NaN for other texts. Returns at most a billion, positive or negative. */
function readExponent(bytes: Uint8Array, start: number, end: number): number {
  if ((bytes[start]! | 0x20) !== letterE) return NaN
  let p = start + 1
  const isNegative = bytes[p] === minus
  if (isNegative || bytes[p] === plus) p++
  if (p >= end) return NaN
  let value = 0
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) return NaN
    value = Math.min(value * 10 + digit, maxExponent)
  }
  return isNegative ? -value : value
}

/** A number with more digits may lie too near the middle between two doubles for `setDouble`. */
const maxDoubleDigits = 17

/** Factor that splits a double into halves whose products are exact (Veltkamp, Dekker). */
const splitter = 134_217_729

/** A generous upper limit for the relative error of the computed remainder. */
const maxError = 2 ** -40

/**
 * Sets `numberRead` to the scanned number, without its sign, correctly rounded. Computes with about twice the precision
 * of a double. Returns false if that does not decide the rounding.
 */
function setDouble(bytes: Uint8Array): boolean {
  const { digits, upper } = scan
  let { tens, lower } = scan
  if (digits > maxDoubleDigits && digits - zerosBehind(bytes) > maxDoubleDigits) return false
  let kept = Math.min(digits, keptDigits)
  tens += digits - kept
  if (kept > maxDoubleDigits) {
    lower /= powersOfTen[kept - maxDoubleDigits]!
    tens += kept - maxDoubleDigits
    kept = maxDoubleDigits
  }
  if (tens > maxPower || tens < -maxPower) return false
  // Exact, because 10^7 is 5^7 times a power of two, and ten digits times 5^7 fit in a double.
  const high = kept > upperDigits ? upper * powersOfTen[kept - upperDigits]! : upper
  const sum = high + lower
  const power = powersOfTen[tens < 0 ? -tens : tens]!
  if (kept <= exactDigits) {
    // Both numbers are exact, so the result is rounded only once.
    numberRead[0] = tens < 0 ? sum / power : sum * power
    return true
  }
  const lost = lower - (sum - high)
  if (tens < 0) {
    const quotient = sum / power
    const product = quotient * power
    const remainder = sum - product - productError(quotient, power, product) + lost
    return setSum(quotient, remainder / power)
  }
  const product = sum * power
  return setSum(product, productError(sum, power, product) + lost * power)
}

/** Sets `numberRead` to the sum. Returns false if the error of `second` could change the rounding. */
function setSum(first: number, second: number): boolean {
  numberRead[0] = first + second
  return first + second * (1 + maxError) === first + second * (1 - maxError)
}

/** The rounding error of `product`: `a × b` minus `product`. */
function productError(a: number, b: number, product: number): number {
  const aScaled = splitter * a
  const aHigh = aScaled - (aScaled - a)
  const aLow = a - aHigh
  const bScaled = splitter * b
  const bHigh = bScaled - (bScaled - b)
  const bLow = b - bHigh
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
}

/** Reads a number of any length into `numberRead`, correctly rounded. */
export function readNumber(bytes: Uint8Array, view: DataView, start: number, end: number): Outcome {
  const decimals = readShort(bytes, view, start, end)
  if (decimals >= 0) {
    // Dividend and divisor are exact, so the quotient is rounded only once.
    if (decimals > 0) numberRead[0] = numberRead[0]! / powersOfTen[decimals]!
    return isRead
  }
  return readLongNumber(bytes, start, end)
}

function readLongNumber(bytes: Uint8Array, start: number, end: number): Outcome {
  if (!scanNumber(bytes, start, end)) {
    return isNotFinite.test(trimmedText(bytes, start, end)) ? notFinite : noValue
  }
  if (setDouble(bytes)) {
    if (scan.isNegative) numberRead[0] = -numberRead[0]!
    return isRead
  }
  numberRead[0] = Number(trimmedText(bytes, start, end))
  return Number.isFinite(numberRead[0]) ? isRead : outOfRange
}

const isNotFinite = /^[+-]?(?:nan|inf|infinity)$/i

function trimmedText(bytes: Uint8Array, start: number, end: number): string {
  const first = trimmedStart(bytes, start, end)
  return latin1(bytes, first, trimmedEnd(bytes, first, end))
}

/** Reads a DOUBLE. */
export function readDouble(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  into: NumberArray,
  at: number,
): Outcome {
  const decimals = readShort(bytes, view, start, end)
  if (decimals >= 0) {
    into[at] = numberRead[0]! / powersOfTen[decimals]!
    return isRead
  }
  const outcome = readLongNumber(bytes, start, end)
  if (outcome !== isRead) return outcome
  const value = numberRead[0]!
  if (value === nullDouble) return outOfRange
  into[at] = value
  return isRead
}

/** Beyond this size, the text decides whether a single is large enough for a number. */
const largeSingle = 1e38

/** Reads a FLOAT: the nearest single, ties to even. */
export function readFloat(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  into: NumberArray,
  at: number,
): Outcome {
  const outcome = readNumber(bytes, view, start, end)
  if (outcome !== isRead) return outcome
  const value = numberRead[0]!
  if (value > largeSingle || value < -largeSingle || isBetweenSingles(value)) {
    const single = singleOf(trimmedText(bytes, start, end), value)
    if (!Number.isFinite(single) || single === nullFloat) return outOfRange
    into[at] = single
  } else into[at] = value
  return isRead
}
