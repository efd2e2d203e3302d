/*
  Decimals from text, exactly: digits behind the scale must be zeros. NaN: no number; ±Infinity: lost digits, or more
  than the type holds.
*/
import { parseDecimal } from '../../protocol/types/decimals.js'
import { latin1, trimmedEnd, trimmedStart } from './cell-bytes.js'
import type { Int64Parts } from './int64-parts.js'

const zero = 48
const minus = 45
const plus = 43
const point = 46
const letterE = 0x65

const billion = 1_000_000_000
const limbDigits = 9
/** 45 digits: more than the widest decimal has. */
const limbCount = 5
const maxDigits = limbCount * limbDigits

/** The unscaled number read last, most significant limb last, in base 10^9. */
const limbs = new Float64Array(limbCount)
let negative = false

/** Reads the digits into `limbs`: 0, NaN or Infinity. */
function readDigits(bytes: Uint8Array, start: number, end: number, scale: number): number {
  let first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  negative = bytes[first] === minus
  if (negative || bytes[first] === plus) first++
  let pointAt = last
  let digits = 0
  for (let p = first; p < last; p++) {
    const digit = bytes[p]! - zero
    if (digit >= 0 && digit <= 9) digits++
    else if (bytes[p] === point && pointAt === last) pointAt = p
    else if ((bytes[p]! | 0x20) === letterE) return readExponent(bytes, first, last, scale)
    else return NaN
  }
  if (digits === 0) return NaN
  while (first < pointAt && bytes[first] === zero) first++
  const wholeDigits = pointAt - first
  const count = wholeDigits + scale
  if (count > maxDigits) return Infinity
  limbs.fill(0)
  for (let i = 0; i < count; i++) {
    const p = i < wholeDigits ? first + i : pointAt + 1 + i - wholeDigits
    addDigit(count - 1 - i, p < last ? bytes[p]! - zero : 0)
  }
  for (let p = pointAt + 1 + scale; p < last; p++) if (bytes[p] !== zero) return Infinity
  return 0
}

/** Digits come from the most significant on; `position` counts from the least significant. */
function addDigit(position: number, digit: number): void {
  const limb = Math.floor(position / limbDigits)
  limbs[limb] = limbs[limb]! * 10 + digit
}

/** `1.5e-3` and the like are rare enough to take the long way. */
function readExponent(bytes: Uint8Array, start: number, end: number, scale: number): number {
  const text = latin1(bytes, start, end)
  if (!/^(?:\d+\.?\d*|\.\d+)[eE][+-]?\d+$/.test(text)) return NaN
  const unscaled = parseDecimal(text, scale)
  if (unscaled === undefined) return Infinity
  const digits = String(unscaled)
  if (digits.length > maxDigits) return Infinity
  limbs.fill(0)
  for (let i = 0; i < digits.length; i++) {
    addDigit(digits.length - 1 - i, digits.charCodeAt(i) - zero)
  }
  return 0
}

/** DECIMAL32: the unscaled number itself. */
export function readDecimal32(
  scale: number,
): (bytes: Uint8Array, start: number, end: number) => number {
  return (bytes, start, end) => {
    const outcome = readDigits(bytes, start, end, scale)
    if (outcome !== 0) return outcome
    const value = limbs[0]! + limbs[1]! * billion
    if (limbs[2] !== 0 || limbs[3] !== 0 || limbs[4] !== 0) return Infinity
    return negative ? -value : value
  }
}

/** DECIMAL64: 0, NaN or Infinity. */
export function readDecimal64(
  scale: number,
): (bytes: Uint8Array, start: number, end: number, into: Int64Parts) => number {
  return (bytes, start, end, into) => {
    const outcome = readDigits(bytes, start, end, scale)
    if (outcome !== 0) return outcome
    if (limbs[2]! > 9 || limbs[3] !== 0 || limbs[4] !== 0) return Infinity
    const upper = limbs[2]! * billion + limbs[1]!
    return into.setBillions(negative, upper, limbs[0]!) ? 0 : Infinity
  }
}

/** Eight 16-bit words, least significant first: products with 10^9 stay exact. */
const words = new Float64Array(8)

/** DECIMAL128, 16 bytes little-endian two's complement: 0, NaN or Infinity. */
export function readDecimal128(
  scale: number,
): (bytes: Uint8Array, start: number, end: number, into: Uint8Array, at: number) => number {
  return (bytes, start, end, into, at) => {
    const outcome = readDigits(bytes, start, end, scale)
    if (outcome !== 0) return outcome
    words.fill(0)
    for (let limb = limbCount - 1; limb >= 0; limb--) {
      let carry = limbs[limb]!
      for (let i = 0; i < words.length; i++) {
        const product = words[i]! * billion + carry
        carry = Math.floor(product / 65_536)
        words[i] = product - carry * 65_536
      }
      if (carry !== 0) return Infinity
    }
    // The most negative number is the null.
    if (words[7]! >= 32_768) return Infinity
    let borrow = 1
    for (let i = 0; i < words.length; i++) {
      let word = words[i]!
      if (negative) {
        word = 65_535 - word + borrow
        borrow = word > 65_535 ? 1 : 0
        word %= 65_536
      }
      into[at + 2 * i] = word % 256
      into[at + 2 * i + 1] = Math.floor(word / 256)
    }
    return 0
  }
}
