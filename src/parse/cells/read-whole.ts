/*
  Reads whole numbers in any decimal notation: `7`, `7.0`, `7e2`. Digits after the point must be zeros, because nothing is
  rounded. Makes no string and no BigInt.
*/
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import { powersOfTen } from './read-number.js'
import { Int64Parts } from './int64-parts.js'

const zero = 48
const plus = 43
const minus = 45
const point = 46
const letterE = 0x65

/** Number of digits below the billions. `Int64Parts` takes the billions and the rest as two numbers. */
const lowerDigits = 9
/** No 64-bit integer has more digits. */
const maxDigits = 19
/** A larger exponent counts as this one, because no type can hold such a number. */
const maxExponent = 1_000_000_000

/** The number read last, without its sign: billions, then the rest. An array, so that V8 allocates no numbers. */
export const wholeParts: Float64Array = new Float64Array(2)

const tooLarge = 2

/**
 * Reads a whole number, in any decimal notation, into `wholeParts`.
 * @returns the sign, 1 or −1; NaN if the text is not a whole number; ±Infinity if the number has more than 19 digits
 */
export function readWhole(bytes: Uint8Array, start: number, end: number): number {
  let first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  const negative = bytes[first] === minus
  if (negative || bytes[first] === plus) first++
  let pointAt = -1
  let p = first
  for (; p < last; p++) {
    const digit = bytes[p]! - zero
    if (digit >= 0 && digit <= 9) continue
    if (digit !== point - zero || pointAt >= 0) break
    pointAt = p
  }
  const digits = p - first - (pointAt < 0 ? 0 : 1)
  if (digits === 0) return NaN
  const exponent = p === last ? 0 : readExponent(bytes, p, last)
  const digitsBehind = pointAt < 0 ? 0 : p - pointAt - 1
  const outcome = setParts(bytes, first, p, digits - digitsBehind + exponent)
  if (outcome === tooLarge) return negative ? -Infinity : Infinity
  return negative ? -outcome : outcome
}

/** Reads an exponent such as `e-12`; NaN for other texts. Returns at most a billion, positive or negative. */
export function readExponent(bytes: Uint8Array, start: number, end: number): number {
  if ((bytes[start]! | 0x20) !== letterE) return NaN
  let p = start + 1
  const negative = bytes[p] === minus
  if (negative || bytes[p] === plus) p++
  if (p >= end) return NaN
  let value = 0
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) return NaN
    value = Math.min(value * 10 + digit, maxExponent)
  }
  return negative ? -value : value
}

/**
 * Sets `wholeParts` to the number that the digits from `start` to `end` form, skipping a point.
 * @param wholeDigits  how many digits precede the point, after the exponent has moved the point
 * @returns 1; NaN if the number is not whole, or its exponent is invalid; `tooLarge` for too many digits
 */
function setParts(bytes: Uint8Array, start: number, end: number, wholeDigits: number): number {
  // An invalid exponent makes `wholeDigits` NaN.
  if (wholeDigits !== wholeDigits) return NaN
  let upper = 0
  let lower = 0
  let outcome = 1
  let place = wholeDigits
  for (let p = start; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0) continue
    place--
    if (digit === 0) continue
    if (place < 0) return NaN
    if (place >= maxDigits) outcome = tooLarge
    else if (place >= lowerDigits) upper += digit * powersOfTen[place - lowerDigits]!
    else lower += digit * powersOfTen[place]!
  }
  wholeParts[0] = upper
  wholeParts[1] = lower
  return outcome
}

/** Reads a whole number, with or without blanks around: exact up to 2^53, ±Infinity beyond. NaN for other texts. */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  const sign = readWhole(bytes, start, end)
  if (sign !== 1 && sign !== -1) return sign
  const size = wholeParts[0]! * 1_000_000_000 + wholeParts[1]!
  return sign * (size <= Number.MAX_SAFE_INTEGER ? size : Infinity)
}

const parts = new Int64Parts()

/** Reads a LONG into two words. Returns 0; NaN if the text is not a whole number; Infinity if the number does not fit. */
export function readInt64(
  bytes: Uint8Array,
  _view: DataView,
  start: number,
  end: number,
  into: Int32Array,
  at: number,
): number {
  const sign = readWhole(bytes, start, end)
  if (sign !== sign) return NaN
  if (sign !== 1 && sign !== -1) return Infinity
  const fits = parts.setBillions(sign < 0, wholeParts[0]!, wholeParts[1]!)
  return fits ? parts.store(into, at) : Infinity
}
