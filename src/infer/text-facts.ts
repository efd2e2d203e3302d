/*
  Records what cell readers do not report about the texts of a column: how precise times and numbers are, and whether a
  number is a code.
*/
import type { CellRules } from '../parse/cell-rules.js'
import { latin1, trimmedEnd, trimmedStart } from '../parse/cells/cell-bytes.js'
import { colon, comma, letterE, minus, nine, plus, point, zero } from '../parse/cells/read-cell.js'
import { clippedText } from '../parse/shown-text.js'

const letterT = 84
const openParenthesis = 40
const openBracket = 91
const closeBracket = 93

/** A double keeps all digits of a number that has at most this many. */
const sureDigits = 15
const mostDigits = 100
/** A double is written with this many more digits than its text, to measure how far the two differ. */
const furtherDigits = 5
const furtherScale = 10n ** BigInt(furtherDigits)

/** Fewest digits of a telephone number; a shorter number with a plus sign is a change, such as `+5`. */
const dialedDigits = 7

export class TextFacts {
  /** The first whole number with a leading zero. */
  codeText: string | undefined
  /** Number of digits, if all numbers are whole, unsigned and equally long; 0 before the first number, -1 otherwise. */
  equalDigits = 0
  /** The largest number of digits before, and the largest number after, the decimal point. */
  wholeDigits = 0
  fractionDigits = 0
  hasExponent = false
  /** True if some number has a point or an exponent; even `1.0` counts. */
  hasFraction = false
  /** True if some number has a point, with or without digits after it; also among `marked` texts. */
  hasPoint = false
  /** True if some text begins like a number, and goes on with a separator or a percent sign. */
  isMarked = false
  /** The first marked text with a comma, and the first with too many digits for a double. */
  commaText: string | undefined
  longText: string | undefined
  /** The first text with a plus sign and enough digits for a telephone number. */
  dialedText: string | undefined
  /** The first number that loses digits as a double. */
  lossyText: string | undefined
  hasTime = false
  /** Largest number of digits in a fraction of a second. */
  secondDigits = 0
  /** Number of texts in square brackets. */
  bracketed = 0
  /** True if the input's format marks the texts as arrays. */
  areArrays = false
  /** Byte of the decimal separator, and bytes of the thousands separator, which may be empty. */
  readonly #decimal: number
  readonly #thousands: Uint8Array

  constructor({ decimalComma = false, thousands = '' }: CellRules) {
    this.#decimal = decimalComma ? comma : point
    this.#thousands = Buffer.from(thousands)
  }

  /** Examines one non-null text. */
  look(bytes: Uint8Array, from: number, to: number): void {
    const start = trimmedStart(bytes, from, to)
    const end = trimmedEnd(bytes, start, to)
    if (start === end) return
    const first = bytes[start]!
    const isBracketed = first === openBracket && bytes[end - 1] === closeBracket
    if (isBracketed) this.bracketed++
    if (isBracketed || this.areArrays) this.#elements(bytes, start, end)
    // With an option, (1,234) is a negative number.
    if (first === openParenthesis && isDigit(bytes[start + 1]!)) this.#mark(bytes, start, end)
    const digit = first === plus || first === minus ? bytes[start + 1]! : first
    if ((digit < zero || digit > nine) && digit !== this.#decimal) {
      this.equalDigits = -1
      return
    }
    this.#time(bytes, start, end)
    this.#number(bytes, start, end)
  }

  #elements(bytes: Uint8Array, start: number, end: number): void {
    const elements = bytes.subarray(start, end)
    this.hasFraction ||= elements.includes(this.#decimal) || /e/i.test(latin1(bytes, start, end))
  }

  #time(bytes: Uint8Array, start: number, end: number): void {
    let colonAt = -1
    for (let p = start; p < end; p++) {
      if (bytes[p] === colon) colonAt = p
      else if (bytes[p] === letterT) this.hasTime = true
    }
    if (colonAt < 0) return
    this.hasTime = true
    let p = colonAt + 1
    while (p < end && isDigit(bytes[p]!)) p++
    if (bytes[p] !== point && bytes[p] !== comma) return
    const digits = ++p
    while (p < end && isDigit(bytes[p]!)) p++
    this.secondDigits = Math.max(this.secondDigits, p - digits)
  }

  #number(bytes: Uint8Array, start: number, end: number): void {
    const decimal = this.#decimal
    let p = start
    if (bytes[p] === plus || bytes[p] === minus) p++
    const firstDigit = p
    let whole = 0
    let fraction = -1
    let leadingZeros = 0
    for (; p < end; p++) {
      const c = bytes[p]!
      if (isDigit(c)) {
        if (fraction >= 0) fraction++
        else if (c === zero && whole === leadingZeros) whole = ++leadingZeros
        else whole++
      } else if (c === decimal && fraction < 0) fraction = 0
      else if ((c | 0x20) === letterE) break
      else if (fraction >= 0 || !this.#thousands.includes(c)) {
        this.equalDigits = -1
        if (mark.test(String.fromCharCode(c))) this.#mark(bytes, start, end)
        return
      }
    }
    if (p - start !== whole || (this.equalDigits !== 0 && this.equalDigits !== whole))
      this.equalDigits = -1
    else this.equalDigits = whole
    if (fraction >= 0) this.hasPoint = true
    if (p < end || fraction >= 0) this.hasFraction = true
    if (p < end) {
      this.hasExponent = true
      return
    }
    const isDialed = bytes[start] === plus && fraction < 0 && whole >= dialedDigits
    if (isDialed) this.dialedText ??= clippedText(bytes, start, end)
    const isCode = fraction < 0 && whole > 1 && bytes[firstDigit] === zero
    if (isCode) this.codeText ??= clippedText(bytes, start, end)
    this.wholeDigits = Math.max(this.wholeDigits, whole - leadingZeros)
    this.fractionDigits = Math.max(this.fractionDigits, fraction)
    const digits = whole + Math.max(0, fraction)
    if (digits > sureDigits && this.lossyText === undefined) this.#lose(bytes, start, end)
  }

  /** Examines a text that may be a number in another notation. */
  #mark(bytes: Uint8Array, start: number, end: number): void {
    this.isMarked = true
    const text = latin1(bytes, start, end)
    const commas = text.split(',').length - 1
    if (text.includes('.')) this.hasPoint = true
    if (commas > 0) this.commaText ??= clippedText(bytes, start, end)
    // Groups of a number, such as 0,123,456, do not begin with a zero.
    if (commas > 1 && text.startsWith('0')) this.codeText ??= clippedText(bytes, start, end)
    const digits = text.replace(/\D/g, '').length
    if (digits > sureDigits) this.longText ??= clippedText(bytes, start, end)
  }

  /** Sets `lossyText` if a double does not keep all digits of the text. */
  #lose(bytes: Uint8Array, start: number, end: number): void {
    const parts = latin1(bytes, start, end).split(String.fromCharCode(this.#decimal))
    const text = parts.map(part => part.replace(/\D/g, '')).join('.')
    const digits = digitsOf(text)
    if (digits.length <= sureDigits) return
    const isKept =
      digits.length <= mostDigits &&
      (digitsOf(Number(text).toPrecision(digits.length)) === digits ||
        isWrittenDouble(text, digits))
    if (!isKept) this.lossyText = clippedText(bytes, start, end)
  }
}

/** Removes point, exponent and leading zeros. */
const digitsOf = (number: string): string => number.replace(/e.*$|\./g, '').replace(/^0+/, '')

/** Decimals of a DOUBLE in DolphinDB's output. The last digit may be off by one, as in the files of its tutorials. */
const writtenDecimals = 15

function isWrittenDouble(text: string, digits: string): boolean {
  const value = Number(text)
  if (text.length - text.indexOf('.') - 1 !== writtenDecimals || value >= 1e21) return false
  const exact = value.toFixed(writtenDecimals + furtherDigits)
  const distance = BigInt(exact.replace('.', '')) - BigInt(digits) * furtherScale
  return distance > -2n * furtherScale && distance < 2n * furtherScale
}

/** Separators of thousands and decimals, and the percent sign. */
const mark = /[,. '%\u0080-\u00ff]/

const isDigit = (byte: number): boolean => byte >= zero && byte <= nine
