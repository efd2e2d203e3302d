/*
  Numbers from bytes. What is no number at all gives NaN; a number that does not fit gives ±Infinity.
*/
import { trimmedEnd, trimmedStart } from './cell-text.js'

const zero = 48
const plus = 43
const minus = 45
const point = 46

/** So many digits a double holds exactly, whatever they are. */
const exactDigits = 15

const powersOfTen: Float64Array = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`))

/** A whole number of at most 15 digits, or NaN. */
export function readShortInteger(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  if (p === end || end - p > exactDigits) return NaN
  let value = 0
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit < 0 || digit > 9) return NaN
    value = value * 10 + digit
  }
  return sign === minus ? -value : value
}

/** A whole number: exact up to 2^53, ±Infinity from there on, NaN when it is none. Blanks around it are allowed. */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  const value = readShortInteger(bytes, start, end)
  if (value === value) return value
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  if (!isInteger(bytes, first, last)) return NaN
  const rounded = Number(latin1(bytes, first, last))
  return Number.isSafeInteger(rounded) ? rounded : rounded < 0 ? -Infinity : Infinity
}

/** Whether the text is a sign or none, then digits. */
export function isInteger(bytes: Uint8Array, start: number, end: number): boolean {
  let p = start
  if (bytes[p] === minus || bytes[p] === plus) p++
  if (p >= end) return false
  for (; p < end; p++) if (bytes[p]! < zero || bytes[p]! > zero + 9) return false
  return true
}

/** A decimal number of at most 15 digits without exponent, correctly rounded, or NaN. */
export function readShortDouble(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  const first = p
  let value = 0
  let behindPoint = end
  for (; p < end; p++) {
    const digit = bytes[p]! - zero
    if (digit >= 0 && digit <= 9) value = value * 10 + digit
    else if (bytes[p] === point && behindPoint === end) behindPoint = p + 1
    else return NaN
  }
  const digits = end - first - (behindPoint === end && bytes[end - 1] !== point ? 0 : 1)
  if (digits === 0 || digits > exactDigits) return NaN
  // Both are exact, so the quotient is rounded once, as it must be.
  if (behindPoint < end) value /= powersOfTen[end - behindPoint]!
  return sign === minus ? -value : value
}

const decimalNumber = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/
const names: ReadonlyMap<string, number> = new Map([
  ['nan', NaN],
  ['inf', Infinity],
  ['+inf', Infinity],
  ['-inf', -Infinity],
  ['infinity', Infinity],
  ['+infinity', Infinity],
  ['-infinity', -Infinity],
])

/**
 * Any floating-point number: digits, point, exponent, or `NaN`, `inf`, `Infinity` in any case.
 *
 * @returns the nearest double; 'cell' when it is no number, 'range' when it is too large for a double
 */
export function readDouble(
  bytes: Uint8Array,
  start: number,
  end: number,
): number | 'cell' | 'range' {
  const first = trimmedStart(bytes, start, end)
  const text = latin1(bytes, first, trimmedEnd(bytes, first, end))
  if (decimalNumber.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : 'range'
  }
  return names.get(text.toLowerCase()) ?? 'cell'
}

/** As `readDouble`, rounded to single precision; 'range' when it is too large for that. */
export function readFloat(
  bytes: Uint8Array,
  start: number,
  end: number,
): number | 'cell' | 'range' {
  const short = readShortDouble(bytes, start, end)
  const value = short === short ? short : readDouble(bytes, start, end)
  if (typeof value !== 'number' || !Number.isFinite(value)) return value
  const single = Math.fround(value)
  return Number.isFinite(single) ? single : 'range'
}

/** The bytes as characters of the same code; for texts that should be ASCII. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let p = start; p < end; p++) text += String.fromCharCode(bytes[p]!)
  return text
}
