/*
  Reads decimals exactly: digits beyond the scale must be zeros. Makes no string and no BigInt. Readers return NaN for a text that
  is not a number, and ±Infinity if digits would be lost or the type is too small.
*/
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import { Int64Parts } from './int64-parts.js'
import { powersOfTen } from './read-number.js'
import { readExponent } from './read-whole.js'

const zero = 48
const minus = 45
const plus = 43
const point = 46

const billion = 1_000_000_000
const limbDigits = 9
/** Limbs for 45 digits, more than the widest decimal has. */
const limbCount = 5
const maxDigits = limbCount * limbDigits
/** Most texts have at most this many digits, and a 64-bit integer holds all such numbers. */
const shortDigits = 18
/** Every number with at most this many digits is exact as a double. */
const exactDigits = 15

/** The unscaled number read last, in base 10^9, with the least significant limb first. */
const limbs = new Float64Array(limbCount)
let negative = false

/** Reads the digits into `limbs`. Returns 0; NaN for other texts; Infinity if digits would be lost. */
function readDigits(bytes: Uint8Array, start: number, end: number, scale: number): number {
  let first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  negative = bytes[first] === minus
  if (negative || bytes[first] === plus) first++
  let pointAt = -1
  let p = first
  for (; p < last; p++) {
    const digit = bytes[p]! - zero
    if (digit >= 0 && digit <= 9) continue
    if (digit !== point - zero || pointAt >= 0) break
    pointAt = p
  }
  if (p - first === (pointAt < 0 ? 0 : 1)) return NaN
  const exponent = p === last ? 0 : readExponent(bytes, p, last)
  if (exponent !== exponent) return NaN
  const wholeDigits = (pointAt < 0 ? p : pointAt) - first
  return setLimbs(bytes, first, p, wholeDigits + exponent + scale)
}

/**
 * Sets `limbs` to the digits from `start` to `end`, skipping a point.
 * @param digits  length of the unscaled number; zeros follow if the text has fewer digits
 * @returns 0; Infinity if the number is too long, or if a digit beyond `digits` is not 0
 */
function setLimbs(bytes: Uint8Array, start: number, end: number, digits: number): number {
  for (let i = 0; i < limbCount; i++) limbs[i] = 0
  let place = digits
  let p = start
  for (; p < end && bytes[p]! <= zero; p++) if (bytes[p] === zero) place--
  // All digits are zeros.
  if (p === end) return 0
  if (place > maxDigits) return Infinity
  let limb = Math.floor((place - 1) / limbDigits)
  let left = place - limb * limbDigits
  let sum = 0
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0) continue
    if (limb < 0) {
      if (digit !== 0) return Infinity
      continue
    }
    sum = sum * 10 + digit
    left--
    if (left === 0) {
      limbs[limb--] = sum
      left = limbDigits
      sum = 0
    }
  }
  if (limb >= 0) limbs[limb] = sum * powersOfTen[left]!
  return 0
}

/** The unscaled number of a short text, without sign: `short[0] × 10^shortLowerDigits + short[1]`. */
const short = new Float64Array(2)
let shortLowerDigits = 0

/** Reads a text whose unscaled number has up to 18 digits (leading zeros count) into `short`. Else returns false. */
function readShort(bytes: Uint8Array, start: number, end: number, scale: number): boolean {
  const sign = bytes[start]
  negative = sign === minus
  const first = negative || sign === plus ? start + 1 : start
  const middle = Math.min(end, first + exactDigits)
  let upper = 0
  let lower = 0
  let pointAt = -1
  let p = first
  for (; p < middle; p++) {
    const digit = bytes[p]! - zero
    if (digit >= 0 && digit <= 9) upper = upper * 10 + digit
    else if (digit === point - zero && pointAt < 0) pointAt = p
    else break
  }
  const upperDigits = p - first - (pointAt < 0 ? 0 : 1)
  if (p === middle) {
    for (; p < end; p++) {
      const digit = bytes[p]! - zero
      if (digit >= 0 && digit <= 9) lower = lower * 10 + digit
      else if (digit === point - zero && pointAt < 0) pointAt = p
      else break
    }
  }
  const digits = p - first - (pointAt < 0 ? 0 : 1)
  const exponent = p === end ? 0 : readExponent(bytes, p, end)
  let missing = scale - (pointAt < 0 ? 0 : p - pointAt - 1) + exponent
  if (digits < 1 || !(missing >= 0 && digits + missing <= shortDigits)) return false
  if (digits === upperDigits) {
    const filled = Math.min(missing, exactDigits - digits)
    upper *= powersOfTen[filled]!
    missing -= filled
  }
  short[0] = upper
  short[1] = lower * powersOfTen[missing]!
  shortLowerDigits = digits - upperDigits + missing
  return true
}

const parts = new Int64Parts()

function setShort(): void {
  const upper = short[0]!
  if (shortLowerDigits === 0) {
    parts.setExact(negative ? -upper : upper)
    return
  }
  const lower = short[1]!
  const factor = powersOfTen[shortLowerDigits]!
  // −(upper × factor + lower) is (−upper − 1) × factor + (factor − lower), whose addend is positive.
  if (negative) parts.setProduct(-upper - 1, factor, factor - lower)
  else parts.setProduct(upper, factor, lower)
}

/** Reads a DECIMAL32 and returns the unscaled number. */
export function readDecimal32(
  scale: number,
): (bytes: Uint8Array, start: number, end: number) => number {
  return (bytes, start, end) => {
    if (readShort(bytes, start, end, scale)) {
      const unscaled = short[0]! * powersOfTen[shortLowerDigits]! + short[1]!
      return negative ? -unscaled : unscaled
    }
    const outcome = readDigits(bytes, start, end, scale)
    if (outcome !== 0) return outcome
    const value = limbs[0]! + limbs[1]! * billion
    if (limbs[2] !== 0 || limbs[3] !== 0 || limbs[4] !== 0) return Infinity
    return negative ? -value : value
  }
}

type ReadWords = (
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  into: Int32Array,
  at: number,
) => number

/** Reads a DECIMAL64 into two words, the low word first. Returns 0; NaN or ±Infinity mean a fault. */
export function readDecimal64(scale: number): ReadWords {
  return (bytes, _view, start, end, into, at) => {
    if (readShort(bytes, start, end, scale)) {
      setShort()
      return parts.store(into, at)
    }
    const outcome = readDigits(bytes, start, end, scale)
    if (outcome !== 0) return outcome
    if (limbs[2]! > 9 || limbs[3] !== 0 || limbs[4] !== 0) return Infinity
    const upper = limbs[2]! * billion + limbs[1]!
    return parts.setBillions(negative, upper, limbs[0]!) ? parts.store(into, at) : Infinity
  }
}

/** True if the limbs certainly fit in a 64-bit integer. */
const isLong = (): boolean => limbs[2]! < 9 && limbs[3] === 0 && limbs[4] === 0

/** Stores a 64-bit integer as a 128-bit one. */
function storeLong(high: number, low: number, into: Int32Array, at: number): void {
  const sign = high >> 31
  into[at] = low
  into[at + 1] = high
  into[at + 2] = sign
  into[at + 3] = sign
}

/** A number in words of 16 bits, least significant first. The product of a word and 10^9 is exact. */
const words = new Int32Array(8)

/** Reads a DECIMAL128 as four words in two's complement, lowest first. Returns 0; NaN or ±Infinity mean a fault. */
export function readDecimal128(scale: number): ReadWords {
  return (bytes, _view, start, end, into, at) => {
    if (readShort(bytes, start, end, scale)) {
      setShort()
      storeLong(parts.high | 0, parts.low | 0, into, at)
      return 0
    }
    const outcome = readDigits(bytes, start, end, scale)
    if (outcome !== 0) return outcome
    if (isLong()) {
      parts.setBillions(negative, limbs[2]! * billion + limbs[1]!, limbs[0]!)
      storeLong(parts.high | 0, parts.low | 0, into, at)
      return 0
    }
    for (let i = 0; i < words.length; i++) words[i] = 0
    let limb = limbCount - 1
    while (limb > 0 && limbs[limb] === 0) limb--
    /** Number of 16-bit words in use. Each limb (nine digits, less than 2^30) adds at most two words. */
    let used = 0
    for (; limb >= 0; limb--) {
      let carry = limbs[limb]!
      used = Math.min(used + 2, words.length)
      for (let i = 0; i < used; i++) {
        const product = words[i]! * billion + carry
        carry = Math.floor(product / 65_536)
        words[i] = product - carry * 65_536
      }
      if (carry !== 0) return Infinity
    }
    // The most negative number means null.
    if (words[7]! >= 32_768) return Infinity
    let borrow = 1
    for (let i = 0; i < words.length; i++) {
      let word = words[i]!
      if (negative) {
        word = 65_535 - word + borrow
        borrow = word >> 16
        word &= 65_535
      }
      if (i % 2 === 0) into[at + i / 2] = word
      else into[at + (i - 1) / 2]! |= word << 16
    }
    return 0
  }
}
