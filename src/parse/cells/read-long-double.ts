/*
  Reads numbers of up to 17 digits, as programs write doubles in full. Computes with about twice the precision of a
  double, without a string. If that does not decide the rounding, the caller reads the text the slow way.
*/
import { fourDigitsAt, numberRead, powersOfTen } from './read-number.js'
import { readExponent } from './read-whole.js'

const zero = 48
const minus = 45
const plus = 43
const point = 46

/** Limit of digits of the upper part. A double holds this part times 10^5 exactly, so 5 more digits fit. */
const upperBytes = 12
const maxDigits = 17
/** 10^22 is the largest power of ten that doubles hold exactly. */
const maxScale = 22

/** Factor that splits a double into halves whose products are exact (Veltkamp, Dekker). */
const splitter = 134_217_729

/** A generous upper limit for the relative error of the computed remainder. */
const maxError = 2 ** -40

/** A double holds any number with this many digits exactly. */
const exactDigits = 15

/**
 * Reads up to 17 digits, times 10^−22 to 10^22, into `numberRead`, correctly rounded. Returns false for any other text,
 * and if the rounding is uncertain.
 */
export function readLongDouble(
  bytes: Uint8Array,
  start: number,
  end: number,
  view?: DataView,
): boolean {
  let p = start
  const sign = bytes[p]
  if (sign === minus || sign === plus) p++
  const afterSign = p
  let pointAt = -1
  while (p < end && (bytes[p] === zero || (bytes[p] === point && pointAt < 0))) {
    if (bytes[p] === point) pointAt = p
    p++
  }
  const first = p
  // These bytes hold one digit less if a point is among them.
  let last = Math.min(end, first + upperBytes)
  let upper = 0
  for (; p < last; p++) {
    const digit = bytes[p]! - zero
    if (digit >= 0 && digit <= 9) upper = upper * 10 + digit
    else if (digit === point - zero && pointAt < 0) {
      pointAt = p
      for (; view !== undefined && last - p > 4; p += 4) {
        const four = fourDigitsAt(view, p + 1)
        if (four < 0) break
        upper = upper * 10_000 + four
      }
    } else break
  }
  const upperKept = p - first - (pointAt >= first ? 1 : 0)
  let lower = 0
  if (p === last) {
    last = Math.min(end, first + maxDigits + (pointAt >= first ? 1 : 0))
    if (view !== undefined && last - p >= 4) {
      const four = fourDigitsAt(view, p)
      if (four >= 0) {
        lower = four
        p += 4
      }
    }
    for (; p < last; p++) {
      const digit = bytes[p]! - zero
      if (digit >= 0 && digit <= 9) lower = lower * 10 + digit
      else if (digit === point - zero && pointAt < 0) {
        pointAt = p
        if (last < end) last++
      } else break
    }
  }
  const kept = p - first - (pointAt >= first ? 1 : 0)
  let zerosBehind = 0
  if (p === last) {
    for (; p < end; p++) {
      if (bytes[p] === point && pointAt < 0) pointAt = p
      else if (bytes[p] === zero && pointAt >= 0) zerosBehind++
      else break
    }
  }
  if (p - afterSign === (pointAt < 0 ? 0 : 1)) return false
  // `readExponent` refuses a digit here, so numbers with too many digits fail.
  const exponent = p === end ? 0 : readExponent(bytes, p, end)
  const scale = (pointAt < 0 ? 0 : p - pointAt - 1) - zerosBehind - exponent
  if (!(scale <= maxScale && scale >= -maxScale)) return false
  const high = upper * powersOfTen[kept - upperKept]!
  if (kept <= exactDigits) {
    // `high` and `low` are exact, so the result is rounded only once.
    const value = high + lower
    numberRead[0] = scale < 0 ? value * powersOfTen[-scale]! : value / powersOfTen[scale]!
  } else if (scale < 0) {
    if (!setProduct(high, lower, powersOfTen[-scale]!)) return false
  } else if (!setQuotient(high, lower, powersOfTen[scale]!)) {
    return false
  }
  if (sign === minus) numberRead[0] = -numberRead[0]!
  return true
}

/** Sets `numberRead` to `(high + low) / divisor`, rounded once. Returns false if the rounding is not certain. */
function setQuotient(high: number, low: number, divisor: number): boolean {
  const sum = high + low
  const lost = low - (sum - high)
  const first = sum / divisor
  const product = first * divisor
  const remainder = sum - product - productError(first, divisor, product) + lost
  return setSum(first, remainder / divisor)
}

/** Like `setQuotient`, for `(high + low) × factor`. */
function setProduct(high: number, low: number, factor: number): boolean {
  const sum = high + low
  const lost = low - (sum - high)
  const first = sum * factor
  return setSum(first, productError(sum, factor, first) + lost * factor)
}

/** Sets `numberRead` to the sum. Returns false if the error of `second` could change the rounding. */
function setSum(first: number, second: number): boolean {
  numberRead[0] = first + second
  return first + second * (1 + maxError) === first + second * (1 - maxError)
}

/** The rounding error of `product`: `a × b` minus `product`. */
function productError(a: number, b: number, product: number): number {
  const aScaled = splitter * a
  const aHigh = aScaled - (aScaled - a)
  const aLow = a - aHigh
  const bScaled = splitter * b
  const bHigh = bScaled - (bScaled - b)
  const bLow = b - bHigh
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow
}
