/*
  Whole numbers in any spelling of decimal numbers: `7`, `7.0`, `7e2`. What stands behind the point must be zeros: nothing
  is rounded. No string and no BigInt is made.
*/
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import { powersOfTen } from './read-number.js'
import type { Int64Parts } from './int64-parts.js'

const zero = 48
const plus = 43
const minus = 45
const point = 46
const letterE = 0x65

/** The lower part of a number has so many digits: `Int64Parts` takes billions and the rest. */
const lowerDigits = 9
/** More digits than any 64-bit integer has. */
const maxDigits = 19
/** Larger exponents leave nothing that a type could hold. */
const maxExponent = 1_000_000_000

/** The number read last without its sign: billions, then the rest. An array, because its numbers are not objects. */
export const wholeParts: Float64Array = new Float64Array(2)

const tooLarge = 2

/**
 * Reads a decimal number that is a whole one into `wholeParts`.
 *
 * @returns 1 or −1, its sign; NaN when the text is not a whole number; ±Infinity when it has more than 19 digits
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

/** `e-12` from `start` to `end`, or NaN; a billion either way stands for whatever is more. */
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
 * Adds the digits from `start` to `end` up; a point between them is passed over.
 *
 * @param wholeDigits  how many of them stand before the point where the exponent has moved it
 * @returns 1, NaN or `tooLarge`
 */
function setParts(bytes: Uint8Array, start: number, end: number, wholeDigits: number): number {
  // Of an exponent that is not one.
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

/** A whole number: exact up to 2^53, ±Infinity from there on, NaN when it is not one. Blanks around it are allowed. */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  const sign = readWhole(bytes, start, end)
  if (sign !== 1 && sign !== -1) return sign
  const size = wholeParts[0]! * 1_000_000_000 + wholeParts[1]!
  return sign * (size <= Number.MAX_SAFE_INTEGER ? size : Infinity)
}

/** A LONG: 0 when `into` holds it, NaN when the text is not a whole number, Infinity when it does not fit. */
export function readInt64(bytes: Uint8Array, start: number, end: number, into: Int64Parts): number {
  const sign = readWhole(bytes, start, end)
  if (sign !== sign) return NaN
  if (sign !== 1 && sign !== -1) return Infinity
  return into.setBillions(sign < 0, wholeParts[0]!, wholeParts[1]!) ? 0 : Infinity
}
