/*
  Reads whole numbers and decimals exactly, in any decimal notation (`7`, `7.0`, `7e2`): nothing is rounded. Makes no string and
  no BigInt.
*/
import {
  exactDigits,
  lowerDigits,
  numberRead,
  powersOfTen,
  readShort,
  readSmall,
  scan,
  scanNumber,
  upperDigits,
  zerosBehind,
} from './read-number.js'
import {
  apostrophe,
  isRead,
  noValue,
  outOfRange,
  point,
  zero,
  type NumberArray,
  type Outcome,
  type ReadCell,
} from './read-cell.js'

const halfWord = 65_536

// V8 divides quickly by literal powers of two, and slowly by variables.

/** Stores a whole number that a double holds exactly, as two words. */
export function storeExact(words: NumberArray, at: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296)
  words[at] = value - high * 4_294_967_296
  words[at + 1] = high
}

/**
 * Stores `a × b + c` as two words.
 * @param a  whole; `a × b` is between −2^68 and 2^68
 * @param b  whole, 0 to 2^30
 * @param c  whole, 0 to 2^30
 * @returns false if a signed 64-bit integer cannot hold the result, and for the number that means null
 */
export function storeProduct(
  words: NumberArray,
  at: number,
  a: number,
  b: number,
  c: number,
): boolean {
  const aHigh = Math.floor(a / 65_536)
  const aLow = a - aHigh * 65_536
  // Doubles hold both products exactly. `aHigh` is `a` without its 16 low bits and `a × b` is within ±2^68, so `aHigh * b` is within
  // ±2^53. `aLow * b` is below 2^46.
  const upper = aHigh * b
  const upperHigh = Math.floor(upper / 65_536)
  const sum = aLow * b + c + (upper - upperHigh * 65_536) * 65_536
  const carry = Math.floor(sum / 4_294_967_296)
  const high = upperHigh + carry
  const low = sum - carry * 4_294_967_296
  words[at] = low
  words[at + 1] = high
  if (high > 2_147_483_647 || high < -2_147_483_648) return false
  return high !== -2_147_483_648 || low !== 0
}

/** No 64-bit integer has more digits. */
const maxDigits = upperDigits + lowerDigits

/** A number of more than 15 digits, without its sign, is `product[0] × product[1] + product[2]`. */
const product = new Float64Array(3)
let isShort = true

/**
 * Reads a number times 10^`scale`, a whole number of at most 19 digits: up to 15 digits into `numberRead` (`isShort` is then
 * true), more into `product`, and the sign into `scan`.
 * @param lossy  outcome for a number that is not whole
 */
function readScaled(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  scale: number,
  lossy: Outcome,
): Outcome {
  isShort = true
  const decimals = readShort(bytes, view, start, end)
  if (decimals >= 0 && decimals <= scale) {
    if (decimals < scale) numberRead[0] = numberRead[0]! * powersOfTen[scale - decimals]!
    const value = numberRead[0]!
    if (value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER) return isRead
  }
  if (!scanNumber(bytes, start, end)) return noValue
  const { digits, isNegative } = scan
  let { upper, lower } = scan
  const tens = scan.tens + scale
  if (digits === 0) {
    numberRead[0] = 0
    return isRead
  }
  if (tens < 0 && zerosBehind(bytes) + tens < 0) return lossy
  if (digits + tens > maxDigits) return outOfRange
  const kept = Math.min(digits, maxDigits)
  let inUpper = Math.min(kept, upperDigits)
  let inLower = kept - inUpper
  let missing = tens + digits - kept
  // Digits beyond the whole number are zeros.
  for (; missing < 0; missing++) {
    if (inLower > 0) {
      lower /= 10
      inLower--
    } else {
      upper /= 10
      inUpper--
    }
  }
  for (; missing > 0 && inUpper < upperDigits; missing--) {
    upper *= 10
    inUpper++
  }
  const factor = powersOfTen[inLower + missing]!
  const rest = lower * powersOfTen[missing]!
  isShort = digits + tens <= exactDigits
  if (isShort) {
    const value = upper * factor + rest
    numberRead[0] = isNegative ? -value : value
  } else {
    product[0] = upper
    product[1] = factor
    product[2] = rest
  }
  return isRead
}

/** Stores what `readScaled` has read as two words. */
function storeScaled(into: NumberArray, at: number): Outcome {
  if (isShort) {
    storeExact(into, at, numberRead[0]!)
    return isRead
  }
  const [a, b, c] = product as unknown as readonly [number, number, number]
  // −(a × b + c) is (−a − 1) × b + (b − c), whose addend is positive.
  const fits = scan.isNegative
    ? storeProduct(into, at, -a - 1, b, b - c)
    : storeProduct(into, at, a, b, c)
  return fits ? isRead : outOfRange
}

/** Reads whole numbers from `min` to `max`, which have at most 32 bits. */
export function readInteger(min: number, max: number): ReadCell {
  return narrowReader(0, min, max, noValue)
}

/** Reads DECIMAL32: the number times 10^`scale`. */
export function readDecimal32(scale: number): ReadCell {
  return narrowReader(scale, -2_147_483_647, 2_147_483_647, outOfRange)
}

function narrowReader(scale: number, min: number, max: number, lossy: Outcome): ReadCell {
  return (bytes, view, start, end, into, at) => {
    if (scale === 0) {
      const small = readSmall(bytes, view, start, end)
      if (small >= min && small <= max) {
        into[at] = small
        return isRead
      }
    }
    const outcome = readScaled(bytes, view, start, end, scale, lossy)
    if (outcome !== isRead) return outcome
    const value = numberRead[0]!
    if (!isShort || value < min || value > max) return outOfRange
    into[at] = value
    return isRead
  }
}

/** Reads a LONG. */
export const readLong: ReadCell = (bytes, view, start, end, into, at) => {
  const outcome = readScaled(bytes, view, start, end, 0, noValue)
  return outcome === isRead ? storeScaled(into, at) : outcome
}

/** Reads DECIMAL64: the number times 10^`scale`. A row with digits beyond the scale is refused. */
export function readDecimal64(scale: number): ReadCell {
  return (bytes, view, start, end, into, at) => {
    const outcome = readScaled(bytes, view, start, end, scale, outOfRange)
    return outcome === isRead ? storeScaled(into, at) : outcome
  }
}

/** Reads DECIMAL128: the number times 10^`scale`. */
export function readDecimal128(scale: number): ReadCell {
  return (bytes, view, start, end, into, at) => {
    const outcome = readScaled(bytes, view, start, end, scale, outOfRange)
    if (outcome === noValue) return noValue
    if (outcome !== isRead || storeScaled(into, at) !== isRead)
      return storeLarge(bytes, scale, into, at)
    const sign = into[at + 1]! >> 31
    into[at + 2] = sign
    into[at + 3] = sign
    return isRead
  }
}

/** The most digits of a DECIMAL128. */
const maxLargeDigits = 39

/** A number without sign in words of 16 bits, the lowest first. The product of a word and 10^9 is exact. */
const halfWords = new Int32Array(8)

/** Stores the scanned number times 10^`scale` as four words. */
function storeLarge(bytes: Uint8Array, scale: number, into: NumberArray, at: number): Outcome {
  const tens = scan.tens + scale
  const length = scan.digits + tens
  if (zerosBehind(bytes) + tens < 0 || length > maxLargeDigits) return outOfRange
  halfWords.fill(0)
  let fits = true
  let chunk = 0
  let inChunk = 0
  let p = scan.first
  while (bytes[p] === zero || bytes[p] === point) p++
  for (let left = length; left > 0; left--) {
    if (bytes[p] === point) p++
    const digit = p < scan.end ? bytes[p++]! - zero : 0
    chunk = chunk * 10 + digit
    inChunk++
    if (inChunk < lowerDigits && left > 1) continue
    fits &&= append(powersOfTen[inChunk]!, chunk)
    chunk = 0
    inChunk = 0
  }
  // The most negative number means null.
  if (!fits || halfWords[7]! >= halfWord / 2) return outOfRange
  let borrow = 1
  for (let i = 0; i < halfWords.length; i++) {
    let word = halfWords[i]!
    if (scan.isNegative) {
      word = halfWord - 1 - word + borrow
      borrow = word >> 16
      word &= halfWord - 1
    }
    if (i % 2 === 0) into[at + i / 2] = word
    else into[at + (i - 1) / 2]! |= word << 16
  }
  return isRead
}

/** Multiplies `halfWords` by `factor` and adds `addend`. Returns false if 128 bits cannot hold the result. */
function append(factor: number, addend: number): boolean {
  let carry = addend
  for (let i = 0; i < halfWords.length; i++) {
    const sum = halfWords[i]! * factor + carry
    carry = Math.floor(sum / halfWord)
    halfWords[i] = sum - carry * halfWord
  }
  return carry === 0
}

const readByte = readInteger(-127, 127)

/** Reads a CHAR: a whole number, one quoted ASCII character `'a'`, or one ASCII character that is not a digit. */
export const readChar: ReadCell = (bytes, view, start, end, into, at) => {
  const length = end - start
  if (length === 3 && bytes[start] === apostrophe && bytes[start + 2] === apostrophe) {
    return storeCharacter(bytes[start + 1]!, into, at)
  }
  const outcome = readByte(bytes, view, start, end, into, at)
  return outcome === noValue && length === 1 ? storeCharacter(bytes[start]!, into, at) : outcome
}

function storeCharacter(byte: number, into: NumberArray, at: number): Outcome {
  if (byte === 0 || byte > 0x7f) return noValue
  into[at] = byte
  return isRead
}
