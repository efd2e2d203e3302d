/* Reads numbers from bytes: whole ones and decimals exactly (`7`, `7.0`, `7e2`), floating-point numbers correctly rounded. Numbers as
   people write them (`1,234,567.5`, `1.234.567,5`, `12.5 %`) are rewritten as plain numbers first. */
import * as ascii from '../ascii.js'
import { nullDouble, nullFloat } from '../../protocol/null-value.js'
import {
  isAt,
  isRead,
  latin1,
  notFinite,
  noValue,
  type NumberArray,
  type Outcome,
  outOfRange,
  type ReadCell,
  trimmedEnd,
  trimmedStart,
} from './cell-bytes.js'
import { option, usageError } from '../../errors.js'
import type { CellOptions } from '../cell-rules.js'
import type { ElementReader } from '../columns/fixed-column.js'

/** A double is exact for every whole number of up to this many digits. */
const exactDigits = 15

/** 1 to 10^22, which doubles hold exactly. */
export const powersOfTen: Float64Array = Float64Array.from({ length: 23 }, (_, i) =>
  Number(`1e${i}`),
)

/** The number read last. It is in an array, because V8 would allocate a returned number of more than 31 bits. */
export const numberRead: Float64Array = new Float64Array(1)

/**
 * Reads a number of at most 15 characters after the sign, without exponent. Sets `numberRead` to its digits as a whole number.
 * @returns the number of digits after the point; −1 for any other text
 */
export function readShort(bytes: Uint8Array, start: number, end: number): number {
  const sign = bytes[start]
  const first = sign === ascii.minus || sign === ascii.plus ? start + 1 : start
  if (end <= first || end - first > exactDigits) return -1
  let value = 0
  let pointAt = end
  for (let p = first; p < end; p++) {
    const digit = bytes[p]! - ascii.zero
    if (digit >= 0 && digit <= 9) value = value * 10 + digit
    else if (digit === ascii.point - ascii.zero && pointAt === end) pointAt = p
    else return -1
  }
  if (pointAt === first && end === first + 1) return -1
  numberRead[0] = sign === ascii.minus ? -value : value
  return pointAt === end ? 0 : end - pointAt - 1
}

/** Reads a number of any length into `numberRead`, correctly rounded. */
export function readNumber(bytes: Uint8Array, start: number, end: number): Outcome {
  const decimals = readShort(bytes, start, end)
  if (decimals < 0) return readNumberText(trimmedText(bytes, start, end))
  // Dividend and divisor are exact, so the quotient is rounded only once.
  numberRead[0] = numberRead[0]! / powersOfTen[decimals]!
  return isRead
}

export function readNumberText(text: string): Outcome {
  // `Number` also reads other texts, such as 0x10.
  numberRead[0] = text !== '' && decimalNumber.test(text) ? Number(text) : NaN
  const value = numberRead[0]
  if (value !== value) return isNotFinite.test(text) ? notFinite : noValue
  return Number.isFinite(value) ? isRead : outOfRange
}

const isNotFinite = /^[+-]?(?:nan|inf|infinity)$/i
const decimalNumber = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i

export function trimmedText(bytes: Uint8Array, start: number, end: number): string {
  const first = trimmedStart(bytes, start, end)
  return latin1(bytes, first, trimmedEnd(bytes, first, end))
}

export const readDouble: ReadCell = (bytes, start, end, into, at) => {
  const outcome = readNumber(bytes, start, end)
  if (outcome !== isRead) return outcome
  if (numberRead[0] === nullDouble) return outOfRange
  into[at] = numberRead[0]!
  return isRead
}

/** Reads a FLOAT: the nearest single, ties to even. */
export const readFloat: ReadCell = (bytes, start, end, into, at) => {
  const outcome = readNumber(bytes, start, end)
  if (outcome !== isRead) return outcome
  const value = numberRead[0]!
  const single = isHalfway(value) ? singleOf(trimmedText(bytes, start, end)) : Math.fround(value)
  if (!Number.isFinite(single) || single === nullFloat) return outOfRange
  into[at] = single
  return isRead
}

const largestSingle = 2 ** 128 - 2 ** 104
/** Halfway between the largest single and the next one, if there were a next one. */
const halfwayToInfinity = 2 ** 128 - 2 ** 103

/** True if a double lies exactly between two singles, so that only its text shows which one is nearer. */
export function isHalfway(value: number): boolean {
  const single = Math.fround(value)
  if (!Number.isFinite(single)) return Math.abs(value) === halfwayToInfinity
  // `other` is exact, because it is a multiple of the last bit of `value`, and near `value`.
  const other = 2 * value - single
  return other !== single && Math.fround(other) === other
}

/** The single nearest to the number in the text, whose nearest double is halfway between two singles. */
function singleOf(text: string): number {
  const value = Number(text)
  const single = Math.fround(value)
  const sign = Math.sign(value)
  const other = Number.isFinite(single) ? 2 * value - single : sign * largestSingle
  const difference = compare(text, value)
  const isOtherLarger = Math.abs(other) > Math.abs(single)
  return difference !== 0 && difference > 0 === isOtherLarger ? other : single
}

/** A decimal number as digits without zeros at either end, times a power of ten; undefined for any other text. */
function decimalParts(text: string): { sign: string; digits: string; tens: number } | undefined {
  const [, sign, whole = '', fraction = '', exponent = '0'] = decimalNumber.exec(text) ?? []
  const all = whole + fraction
  if (sign === undefined || all === '') return undefined
  let last = all.length
  while (all[last - 1] === '0') last--
  const tens = Number(exponent) - fraction.length + (all.length - last)
  return { sign, digits: all.slice(0, last).replace(/^0+/, ''), tens }
}

/** A number halfway between two singles has fewer digits than this. */
const mostDigits = 200

/** Compares the absolute values of a decimal text and a double exactly; returns the sign of their difference. */
function compare(text: string, value: number): number {
  const { digits = '', tens = 0 } = decimalParts(text) ?? {}
  const isCut = digits.length > mostDigits
  // One more digit replaces all digits that were cut.
  const kept = `${digits.slice(0, mostDigits)}${isCut ? '1' : '0'}`
  const keptTens = tens + Math.max(0, digits.length - mostDigits) - 1
  let size = Math.abs(value)
  let twos = 0
  for (; !Number.isInteger(size); twos++) size *= 2
  const decimal = BigInt(kept) * 10n ** BigInt(Math.max(keptTens, 0)) * 2n ** BigInt(twos)
  const double = BigInt(size) * 10n ** BigInt(Math.max(-keptTens, 0))
  return decimal < double ? -1 : Number(decimal > double)
}

/** The whole number that `readScaled` has read; undefined if it is in `numberRead`. */
let large: bigint | undefined

/** A whole number of 16 bytes has at most this many digits. */
const longestWhole = 39

/** Reads a number times 10^`scale` into `numberRead`, or into `large` if no double holds it. @param lossy  outcome if it is not whole */
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
  const parts = decimalParts(trimmedText(bytes, start, end))
  if (parts === undefined) return noValue
  const { sign, digits, tens } = parts
  if (digits === '') large = 0n
  else if (tens + scale < 0) return lossy
  else if (digits.length + tens + scale > longestWhole) return outOfRange
  else large = BigInt(`${sign}${digits}${'0'.repeat(tens + scale)}`)
  return isRead
}

export const scaledRead = (): bigint => large ?? BigInt(numberRead[0]!)

/** Stores a whole number that a double holds exactly, as two words. */
export function storeExact(words: NumberArray, at: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296)
  words[at] = value - high * 4_294_967_296
  words[at + 1] = high
}

const longs = new BigInt64Array(2)
const longWords = new Int32Array(longs.buffer)

/** Stores a whole number as 2 or 4 words. Returns false if they cannot hold it, and for the number that means null. */
export function storeWords(words: NumberArray, at: number, count: 2 | 4, value: bigint): boolean {
  const most = (1n << BigInt(32 * count - 1)) - 1n
  if (value > most || value < -most) return false
  longs[0] = BigInt.asIntN(64, value)
  longs[1] = value >> 64n
  for (let i = 0; i < count; i++) words[at + i] = longWords[i]!
  return true
}

/** Reads numbers times 10^`scale`, of which the smallest means null. @param lossy  outcome for a number with more digits after the point */
export function exactReader(bytesPerValue: number, scale: number, lossy: Outcome): ReadCell {
  const most = 2 ** (8 * bytesPerValue - 1) - 1
  return (bytes, start, end, into, at) => {
    const outcome = readScaled(bytes, start, end, scale, lossy)
    if (outcome !== isRead) return outcome
    if (bytesPerValue <= 4) {
      const value = large === undefined ? numberRead[0]! : Number(large)
      into[at] = value
      return value >= -most && value <= most ? isRead : outOfRange
    }
    if (bytesPerValue === 8 && large === undefined) {
      storeExact(into, at, numberRead[0]!)
      return isRead
    }
    return storeWords(into, at, bytesPerValue === 8 ? 2 : 4, scaledRead()) ? isRead : outOfRange
  }
}

const groupDigits = 3

interface NumberStyle {
  /** Thousands separator in UTF-8; empty for none. */
  readonly thousands: Uint8Array
  readonly decimal: number
  readonly isPercent: boolean
}

type NumberRules = Pick<CellOptions, 'thousands' | 'decimalComma' | 'percentColumns'>

/** The style of a column's numbers; undefined if plain. @throws {UsageError} DDB_USAGE if one character has two meanings */
export function numberStyle(columnName: string, rules: NumberRules): NumberStyle | undefined {
  if (!hasNumberStyle(rules)) return undefined
  const { thousands = '', decimalComma = false, percentColumns = [] } = rules
  const isPercent = percentColumns.includes(columnName)
  const decimal = decimalComma ? ',' : '.'
  if (thousands === decimal) {
    const advice = decimalComma
      ? ''
      : `: add ${option('cells.decimalComma')} if numbers look like 1.234,5`
    throw usageError(
      `${option('cells.thousands')} cannot be ${thousands}, which is the decimal separator${advice}`,
    )
  }
  if (/^[\d+\-%eE]$/.test(thousands)) {
    throw usageError(`${option('cells.thousands')} cannot be ${thousands}: it is part of numbers`)
  }
  return {
    thousands: new TextEncoder().encode(thousands),
    decimal: decimalComma ? ascii.comma : ascii.point,
    isPercent,
  }
}

/** The rules without a number style, for texts whose numbers are already in plain notation. */
export function plainNumbers<Rules extends NumberRules>(rules: Rules): Rules {
  return hasNumberStyle(rules)
    ? { ...rules, thousands: '', decimalComma: false, percentColumns: [] }
    : rules
}

/** True if some column may have numbers with thousands separators, a decimal comma or a percent sign. */
export function hasNumberStyle(rules: NumberRules): boolean {
  const { thousands = '', decimalComma = false, percentColumns = [] } = rules
  return thousands !== '' || decimalComma || percentColumns.length > 0
}

/** The reader for numbers in a style; a text in another style is not a value. */
export function inStyle(reader: ElementReader, style: NumberStyle): ElementReader {
  const { expected, read, explain } = reader
  const separator = new TextDecoder().decode(style.thousands)
  const how = `written like 1${separator}234${String.fromCharCode(style.decimal)}5${style.isPercent ? '%' : ''}`
  let plain: Uint8Array = new Uint8Array(64)
  /** The length of the number in `plain`, or −1. */
  const rewrite = (bytes: Uint8Array, start: number, end: number): number => {
    const room = end - start + percentExponent.length
    if (plain.length < room) plain = new Uint8Array(2 * room)
    return writePlainNumber(style, bytes, start, end, plain)
  }
  return {
    ...reader,
    expected: `${expected}, ${how}`,
    kernelRead: undefined,
    read(bytes, start, end, into, at) {
      const length = rewrite(bytes, start, end)
      return length < 0 ? noValue : read(plain, 0, length, into, at)
    },
    explain(bytes, start, end) {
      const length = rewrite(bytes, start, end)
      const found = length < 0 ? undefined : explain?.(plain, 0, length)
      return found && `${found}, ${how}`
    },
  }
}

/** Writes the plain notation of a number to `into`: `12.5e-2` for `12.5%`. Returns its length; −1 for a text in another style. */
function writePlainNumber(
  style: NumberStyle,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
): number {
  let p = trimmedStart(bytes, start, end)
  let last = trimmedEnd(bytes, p, end)
  // Blanks alone are not a number in plain notation either; written as no text, they would be null.
  if (p === last) return -1
  let to = 0
  if (style.isPercent) {
    if (bytes[last - 1] !== ascii.percent) return -1
    last = trimmedEnd(bytes, p, last - 1)
  }
  if (bytes[p] === ascii.openParenthesis && bytes[last - 1] === ascii.closeParenthesis) {
    // Accountants write a negative number in parentheses.
    into[to++] = ascii.minus
    p++
    last--
  } else if (bytes[p] === ascii.minus || bytes[p] === ascii.plus) into[to++] = bytes[p++]!
  const { thousands, decimal } = style
  /** Number of digits since the last separator; −1 before the first separator. */
  let group = -1
  let digits = 0
  while (p < last) {
    const digit = bytes[p]! - ascii.zero
    if (digit >= 0 && digit <= 9) {
      into[to++] = bytes[p++]!
      digits++
      if (group >= 0) group++
    } else if (thousands.length > 0 && p + thousands.length <= last && isAt(thousands, bytes, p)) {
      const isFirst = group < 0
      if (isFirst ? digits === 0 || digits > groupDigits : group !== groupDigits) return -1
      group = 0
      p += thousands.length
    } else break
  }
  if (group >= 0 && group !== groupDigits) return -1
  if (p < last && bytes[p] === decimal) {
    into[to++] = ascii.point
    p++
    for (; p < last && bytes[p]! >= ascii.zero && bytes[p]! <= ascii.zero + 9; p++)
      into[to++] = bytes[p]!
  }
  if (!style.isPercent && p < last && (bytes[p]! | 0x20) === ascii.letterE) {
    while (p < last) into[to++] = bytes[p++]!
  }
  if (p < last) return -1
  if (style.isPercent) for (const byte of percentExponent) into[to++] = byte
  return to
}

const percentExponent = new TextEncoder().encode('e-2')
