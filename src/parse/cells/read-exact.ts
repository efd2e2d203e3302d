/*
  Reads whole numbers and decimals exactly, in any decimal notation (`7`, `7.0`, `7e2`): nothing is rounded.
*/
import { numberRead, powersOfTen, readShort, trimmedText } from './read-number.js'
import {
  apostrophe,
  isRead,
  noValue,
  outOfRange,
  type NumberArray,
  type Outcome,
  type ReadCell,
} from './read-cell.js'

/** Stores a whole number that a double holds exactly, as two words. */
export function storeExact(words: NumberArray, at: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296)
  words[at] = value - high * 4_294_967_296
  words[at + 1] = high
}

const longs = new BigInt64Array(2)
const longWords = new Int32Array(longs.buffer)
const mostLong = 2n ** 63n - 1n
const mostLarge = 2n ** 127n - 1n

/** Stores a whole number as two words. Returns false if they cannot hold it, and for the number that means null. */
export function storeLong(words: NumberArray, at: number, value: bigint): boolean {
  if (value > mostLong || value < -mostLong) return false
  longs[0] = value
  for (let i = 0; i < 2; i++) words[at + i] = longWords[i]!
  return true
}

/** The whole number that `readScaled` has read; undefined if it is in `numberRead`. */
let large: bigint | undefined

/** A DECIMAL128 has at most this many digits. */
const maxDigits = 39

const decimalNumber = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i

/**
 * Reads a number times 10^`scale`, which must be whole: into `numberRead` if a double holds it, else into `large`.
 * @param lossy  outcome for a number that is not whole
 */
export function readScaled(
  bytes: Uint8Array,
  start: number,
  end: number,
  scale: number,
  lossy: Outcome,
): Outcome {
  large = undefined
  const decimals = readShort(bytes, start, end)
  if (decimals >= 0) {
    const digits = numberRead[0]!
    // With 15 digits, no quotient is so near a whole number that it is rounded to one.
    const value =
      decimals > scale
        ? digits / powersOfTen[decimals - scale]!
        : digits * powersOfTen[scale - decimals]!
    if (value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER) {
      numberRead[0] = value
      return Math.floor(value) === value ? isRead : lossy
    }
  }
  const text = trimmedText(bytes, start, end)
  const [, sign, whole = '', fraction = '', exponent = '0'] = decimalNumber.exec(text) ?? []
  const all = whole + fraction
  if (sign === undefined || all === '') return noValue
  let last = all.length
  while (all[last - 1] === '0') last--
  const digits = all.slice(0, last).replace(/^0+/, '')
  const tens = Number(exponent) - fraction.length + scale + (all.length - last)
  if (digits === '') large = 0n
  else if (tens < 0) return lossy
  else if (digits.length + tens > maxDigits) return outOfRange
  else large = BigInt(`${sign}${digits}${'0'.repeat(tens)}`)
  return isRead
}

/** The number that `readScaled` has read. */
export const scaledRead = (): bigint => large ?? BigInt(numberRead[0]!)

/** Reads whole numbers from `min` to `max`, which have at most 32 bits. */
export function readInteger(min: number, max: number): ReadCell {
  return narrowReader(0, min, max, noValue)
}

/** Reads DECIMAL32: the number times 10^`scale`. */
export function readDecimal32(scale: number): ReadCell {
  return narrowReader(scale, -2_147_483_647, 2_147_483_647, outOfRange)
}

function narrowReader(scale: number, min: number, max: number, lossy: Outcome): ReadCell {
  return (bytes, start, end, into, at) => {
    const outcome = readScaled(bytes, start, end, scale, lossy)
    if (outcome !== isRead) return outcome
    const value = large === undefined ? numberRead[0]! : Number(large)
    if (value < min || value > max) return outOfRange
    into[at] = value
    return isRead
  }
}

function wideReader(scale: number, lossy: Outcome): ReadCell {
  return (bytes, start, end, into, at) => {
    const outcome = readScaled(bytes, start, end, scale, lossy)
    if (outcome !== isRead) return outcome
    if (large !== undefined) return storeLong(into, at, large) ? isRead : outOfRange
    storeExact(into, at, numberRead[0]!)
    return isRead
  }
}

export const readLong: ReadCell = wideReader(0, noValue)

/** Reads DECIMAL64: the number times 10^`scale`. A row with digits beyond the scale is refused. */
export const readDecimal64 = (scale: number): ReadCell => wideReader(scale, outOfRange)

/** Reads DECIMAL128: the number times 10^`scale`. */
export function readDecimal128(scale: number): ReadCell {
  return (bytes, start, end, into, at) => {
    const outcome = readScaled(bytes, start, end, scale, outOfRange)
    if (outcome !== isRead) return outcome
    const value = scaledRead()
    if (value > mostLarge || value < -mostLarge) return outOfRange
    longs[0] = BigInt.asIntN(64, value)
    longs[1] = value >> 64n
    for (let i = 0; i < 4; i++) into[at + i] = longWords[i]!
    return isRead
  }
}

const readByte = readInteger(-127, 127)

/** Reads a CHAR: a whole number, one quoted ASCII character `'a'`, or one ASCII character that is not a digit. */
export const readChar: ReadCell = (bytes, start, end, into, at) => {
  const length = end - start
  if (length === 3 && bytes[start] === apostrophe && bytes[start + 2] === apostrophe) {
    return storeCharacter(bytes[start + 1]!, into, at)
  }
  const outcome = readByte(bytes, start, end, into, at)
  return outcome === noValue && length === 1 ? storeCharacter(bytes[start]!, into, at) : outcome
}

function storeCharacter(byte: number, into: NumberArray, at: number): Outcome {
  if (byte === 0 || byte > 0x7f) return noValue
  into[at] = byte
  return isRead
}
