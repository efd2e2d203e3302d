/*
  Reads numbers from bytes: fast readers for short numbers, and slower ones for any number.
*/
import { latin1, trimmedEnd, trimmedStart } from './cell-bytes.js'
import { singleOf } from './single-precision.js'

const zero = 48
const plus = 43
const minus = 45
const point = 46

/** XOR with `zeros` gives the values of four digits. A value is below ten if adding 6 leaves its upper half zero. */
const zeros = 0x30303030
const sixes = 0x06060606
const upperHalves = 0xf0f0f0f0 | 0

/** A double is exact for every whole number of up to this many digits. */
const exactDigits = 15

/** 1 to 10^22, which doubles hold exactly. */
export const powersOfTen: Float64Array = Float64Array.from({ length: 23 }, (_, i) =>
  Number(`1e${i}`),
)

/** The number of four digits at `p`; negative if a byte is not a digit. Combines digits into pairs, then the pairs. */
export function fourDigitsAt(view: DataView, p: number): number {
  const digits = view.getInt32(p, true) ^ zeros
  if (((digits | (digits + sixes)) & upperHalves) !== 0) return -1
  const pairs = Math.imul(digits, 10) + (digits >>> 8)
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff)
}

/** The number read last. It is in an array, because V8 would allocate a returned number of more than 31 bits. */
export const numberRead: Float64Array = new Float64Array(1)

/** Appends the digits from `start` to `end` to `numberRead`. Returns true if all bytes are digits. */
function addDigits(bytes: Uint8Array, view: DataView, start: number, end: number): boolean {
  let p = start
  let sum = numberRead[0]!
  for (; end - p >= 4; p += 4) {
    const four = fourDigitsAt(view, p)
    if (four < 0) return false
    sum = sum * 10_000 + four
  }
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) return false
    sum = sum * 10 + digit
  }
  numberRead[0] = sum
  return true
}

/** Reads a whole number of at most 15 digits for SHORT and INT columns; NaN for other texts. `view` is over `bytes`. */
export function readShortInteger(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
): number {
  let p = start
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  // An empty cell has no sign: `sign` is then the byte after the cell, and `p` may be greater than `end`.
  if (p >= end || end - p > exactDigits) return NaN
  let value = 0
  for (; end - p >= 4; p += 4) {
    const four = fourDigitsAt(view, p)
    if (four < 0) return NaN
    value = value * 10_000 + four
  }
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return sign === minus ? -value : value
}

/** Reads a whole number of at most 15 digits into `numberRead`. False for other texts. `view` is over `bytes`. */
export function readShortLong(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
): boolean {
  let p = start
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  // An empty cell has no sign: `sign` is then the byte after the cell, and `p` may be greater than `end`.
  if (p >= end || end - p > exactDigits) return false
  numberRead[0] = 0
  if (!addDigits(bytes, view, p, end)) return false
  if (sign === minus) numberRead[0] = -numberRead[0]
  return true
}

/** Like `readShortLong`, for numbers with or without a point, correctly rounded. Returns false for an exponent. */
export function readShortDouble(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
): boolean {
  let p = start
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  if (end - p > exactDigits) return false
  const first = p
  let value = 0
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  numberRead[0] = value
  if (p < end) {
    if (bytes[p] !== point || end - first === 1) return false
    const afterPoint = ++p
    if (!addDigits(bytes, view, p, end)) return false
    // Dividend and divisor are exact, so the quotient is rounded only once.
    numberRead[0] = numberRead[0] / powersOfTen[end - afterPoint]!
  } else if (p === first) {
    return false
  }
  if (sign === minus) numberRead[0] = -numberRead[0]
  return true
}

/** Reads a number of up to 15 digits, without exponent, into `numberRead`, correctly rounded. Returns its end or −1. */
export function readDoubleAt(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  const first = p
  let value = 0
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  let digits = p - first
  if (p < end && bytes[p] === point) {
    const afterPoint = ++p
    for (; p < end; p++) {
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    digits += p - afterPoint
    // Dividend and divisor are exact, so the quotient is rounded only once.
    if (digits <= exactDigits) value /= powersOfTen[p - afterPoint]!
  }
  if (digits < 1 || digits > exactDigits) return -1
  numberRead[0] = sign === minus ? -value : value
  return p
}

const decimalNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const notFinite = /^[+-]?(?:nan|inf|infinity)$/i

/** Why a text is not a number of its type: not a number at all, too large, or NaN or an infinity. */
export type NumberFault = 'cell' | 'range' | 'notFinite'

/** Reads a number of any length, correctly rounded, or returns the reason why the text is not a number. */
export function readDouble(bytes: Uint8Array, start: number, end: number): number | NumberFault {
  const text = trimmedText(bytes, start, end)
  if (decimalNumber.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : 'range'
  }
  return notFinite.test(text) ? 'notFinite' : 'cell'
}

function trimmedText(bytes: Uint8Array, start: number, end: number): string {
  const first = trimmedStart(bytes, start, end)
  return latin1(bytes, first, trimmedEnd(bytes, first, end))
}

/** Like `readDouble`, but returns the nearest single, or 'range' for a number too large for a single. */
export function readFloat(bytes: Uint8Array, start: number, end: number): number | NumberFault {
  const value = readDouble(bytes, start, end)
  if (typeof value !== 'number') return value
  const single = singleOf(trimmedText(bytes, start, end), value)
  return Number.isFinite(single) ? single : 'range'
}
