/*
  Whole numbers of up to 64 bits from bytes, without rounding and without BigInt.
*/
import { isInteger } from './read-number.js'
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import type { Int64Parts } from './int64-parts.js'

const zero = 48
const minus = 45
const plus = 43
/** Digits behind the first ones: `Int64Parts` takes billions and the rest. */
const lowerDigits = 9
/** More digits than any 64-bit integer has. */
const maxDigits = 19

/** A LONG: 0 when `into` holds it, NaN when the text is not a whole number, Infinity when it does not fit. */
export function readInt64(bytes: Uint8Array, start: number, end: number, into: Int64Parts): number {
  let first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  if (!isInteger(bytes, first, last)) return NaN
  const negative = bytes[first] === minus
  if (negative || bytes[first] === plus) first++
  return setDigits(bytes, first, last, negative, into)
}

/** The digits from `start` to `end` as a number: 0, or Infinity when it does not fit. */
function setDigits(
  bytes: Uint8Array,
  start: number,
  end: number,
  negative: boolean,
  into: Int64Parts,
): number {
  let first = start
  while (first < end && bytes[first] === zero) first++
  if (end - first > maxDigits) return Infinity
  let upper = 0
  let lower = 0
  const middle = Math.max(first, end - lowerDigits)
  for (let p = first; p < middle; p++) upper = upper * 10 + bytes[p]! - zero
  for (let p = middle; p < end; p++) lower = lower * 10 + bytes[p]! - zero
  return into.setBillions(negative, upper, lower) ? 0 : Infinity
}
