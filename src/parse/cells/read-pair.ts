/*
  Reads COMPLEX, POINT and DURATION: two values in one text.
*/
import { nullDouble } from '../../protocol/null-value.js'
import { durationUnits } from '../../protocol/types/pairs.js'
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import { readLongDouble } from './read-long-double.js'
import { numberRead, readDouble, readDoubleAt } from './read-number.js'

const blank = 32
const zero = 48
const nine = 57
const plus = 43
const minus = 45
const point = 46
const comma = 44
const open = 40
const close = 41
const letterE = 0x65
const letterI = 0x69

const largestCount = 2_147_483_647

/** Reads `2.3+4.0i`. Returns the same as `WideType.readCell`. */
export function readComplex(
  bytes: Uint8Array,
  _view: DataView,
  start: number,
  end: number,
  into: Float64Array,
  at: number,
): number {
  const signAt = readDoubleAt(bytes, start, end)
  if (signAt > 0 && (bytes[signAt] === plus || bytes[signAt] === minus)) {
    const real = numberRead[0]!
    if (readDoubleAt(bytes, signAt, end) === end - 1 && bytes[end - 1] === letterI) {
      into[at] = real
      into[at + 1] = numberRead[0]!
      return 0
    }
  }
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end) - 1
  const firstEnd = numberEnd(bytes, first, last)
  const sign = firstEnd < last ? bytes[firstEnd] : 0
  if (bytes[last] !== letterI || (sign !== plus && sign !== minus)) return NaN
  if (numberEnd(bytes, firstEnd, last) !== last) return NaN
  return store(bytes, first, firstEnd, firstEnd, last, into, at)
}

/** Reads `(1.5, 2.5)`. Returns the same as `WideType.readCell`. */
export function readPoint(
  bytes: Uint8Array,
  _view: DataView,
  start: number,
  end: number,
  into: Float64Array,
  at: number,
): number {
  const commaAt = bytes[start] === open ? readDoubleAt(bytes, start + 1, end) : -1
  if (commaAt > 0 && bytes[commaAt] === comma) {
    const x = numberRead[0]!
    const second = bytes[commaAt + 1] === blank ? commaAt + 2 : commaAt + 1
    if (readDoubleAt(bytes, second, end) === end - 1 && bytes[end - 1] === close) {
      into[at] = x
      into[at + 1] = numberRead[0]!
      return 0
    }
  }
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end) - 1
  if (bytes[first] !== open || last <= first || bytes[last] !== close) return NaN
  const x = trimmedStart(bytes, first + 1, last)
  const xEnd = numberEnd(bytes, x, last)
  const between = xEnd < 0 ? last : trimmedStart(bytes, xEnd, last)
  if (between === last || bytes[between] !== comma) return NaN
  const y = trimmedStart(bytes, between + 1, last)
  const yEnd = numberEnd(bytes, y, last)
  if (yEnd < 0 || trimmedStart(bytes, yEnd, last) !== last) return NaN
  return store(bytes, x, xEnd, y, yEnd, into, at)
}

/** Position after the decimal number at `start`; −1 without one. */
function numberEnd(bytes: Uint8Array, start: number, end: number): number {
  const first = afterSign(bytes, start)
  let p = afterDigits(bytes, first, end)
  let digits = p - first
  if (p < end && bytes[p] === point) {
    const after = afterDigits(bytes, p + 1, end)
    digits += after - p - 1
    p = after
  }
  if (digits <= 0) return -1
  if (p >= end || (bytes[p]! | 0x20) !== letterE) return p
  const exponent = afterSign(bytes, p + 1)
  const after = afterDigits(bytes, exponent, end)
  return after > exponent ? after : p
}

function afterSign(bytes: Uint8Array, p: number): number {
  return bytes[p] === minus || bytes[p] === plus ? p + 1 : p
}

function afterDigits(bytes: Uint8Array, start: number, end: number): number {
  let p = start
  while (p < end && bytes[p]! >= zero && bytes[p]! <= nine) p++
  return p
}

/** Stores both numbers. Returns 0, or Infinity if one of them does not fit. */
function store(
  bytes: Uint8Array,
  start: number,
  end: number,
  secondStart: number,
  secondEnd: number,
  into: Float64Array,
  at: number,
): number {
  if (!setNumber(bytes, start, end)) return Infinity
  const first = numberRead[0]!
  if (!setNumber(bytes, secondStart, secondEnd)) return Infinity
  into[at] = first
  into[at + 1] = numberRead[0]!
  return 0
}

/** Sets `numberRead` to the number in a text. Returns false if the number does not fit. */
function setNumber(bytes: Uint8Array, start: number, end: number): boolean {
  if (!readLongDouble(bytes, start, end)) {
    const value = readDouble(bytes, start, end)
    if (typeof value !== 'number') return false
    numberRead[0] = value
  }
  return numberRead[0] !== nullDouble
}

/** The number of each unit. The key is the unit's letters, read as digits in base 256. */
const unitsByLetters: ReadonlyMap<number, number> = new Map(
  Array.from(durationUnits, ([letters, unit]) => [lettersOf(letters), unit]),
)

function lettersOf(text: string): number {
  return [...Buffer.from(text)].reduce((sum, letter) => sum * 256 + letter, 0)
}

const exchangeLetters = 4

/** Reads `3M`, `200ms`, or `5XNYS` with the code of an exchange's calendar. Returns the same as `WideType.readCell`. */
export function readDuration(
  bytes: Uint8Array,
  _view: DataView,
  start: number,
  end: number,
  into: Int32Array,
  at: number,
): number {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  const digits = afterSign(bytes, first)
  const unitAt = afterDigits(bytes, digits, last)
  if (unitAt === digits) return NaN
  const unit = unitOf(bytes, unitAt, last)
  if (unit < 0) return NaN
  let count = 0
  for (let p = digits; p < unitAt && count <= largestCount; p++) {
    count = count * 10 + bytes[p]! - zero
  }
  if (count > largestCount) return Infinity
  into[at] = bytes[first] === minus ? -count : count
  into[at + 1] = unit
  return 0
}

/** The number that stores a time unit (`ms`) or an exchange (`XNYS`); −1 for other letters. */
function unitOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length < 1 || length > exchangeLetters) return -1
  let letters = 0
  let areUpper = true
  for (let p = start; p < end; p++) {
    const letter = bytes[p]!
    areUpper &&= letter >= 0x41 && letter <= 0x5a
    letters = letters * 256 + letter
  }
  if (length === exchangeLetters) return areUpper ? letters : -1
  return unitsByLetters.get(letters) ?? -1
}
