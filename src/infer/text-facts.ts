/*
  What the texts of a column look like, beyond what the readers of cells tell: how finely times and numbers are written,
  and where a number is a code.
*/
import { trimmedEnd, trimmedStart } from '../parse/cells/cell-bytes.js'
import { clippedText } from '../parse/shown-text.js'
import { daysInMonth } from '../protocol/civil-date.js'

const zero = 48
const nine = 57
const plus = 43
const minus = 45
const point = 46
const comma = 44
const colon = 58
const letterT = 84
const letterE = 0x65
const openBracket = 91
const closeBracket = 93

/** A double keeps so many digits of every number. */
const sureDigits = 15
const mostDigits = 100

/** Orders in which six or eight digits may be a date. */
const dateOrders = [
  { format: 'yyyyMMdd', year: [0, 4], month: 4, day: 6 },
  { format: 'ddMMyyyy', year: [4, 8], month: 2, day: 0 },
  { format: 'MMddyyyy', year: [4, 8], month: 0, day: 2 },
  { format: 'yyMMdd', year: [0, 2], month: 2, day: 4 },
  { format: 'ddMMyy', year: [4, 6], month: 2, day: 0 },
  { format: 'MMddyy', year: [4, 6], month: 0, day: 2 },
] as const

/** Eight digits are a date only near our time. */
const firstYear = 1900
const lastYear = 2100

/** How numbers are written besides digits and sign. */
export interface NumberSigns {
  /** Byte before the decimals. */
  readonly decimal: number
  /** Bytes between groups of digits; empty for none. */
  readonly thousands: Uint8Array
}

/** Gathered over all cells that are not null. */
export class TextFacts {
  /** The first whole number with a needless zero in front. */
  codeText: string | undefined
  /** Digits before and behind the decimal point, at most. */
  wholeDigits = 0
  fractionDigits = 0
  hasExponent = false
  /** The first number that a double would change. */
  lossyText: string | undefined
  /** Some text has a time of day. */
  hasTime = false
  /** Digits of a second, at most. */
  secondDigits = 0
  /** Texts in square brackets. */
  bracketed = 0
  readonly #signs: NumberSigns
  /** A bit for each order that suits every text so far. */
  #orders = 2 ** dateOrders.length - 1
  #seen = false

  constructor(signs: NumberSigns) {
    this.#signs = signs
  }

  /** Formats that suit every text, when all of them are six or eight digits. */
  get dateOrders(): string[] {
    if (!this.#seen) return []
    return dateOrders.filter((_, i) => (this.#orders & (1 << i)) !== 0).map(({ format }) => format)
  }

  /** Looks at one text that is not null. */
  look(bytes: Uint8Array, from: number, to: number): void {
    const start = trimmedStart(bytes, from, to)
    const end = trimmedEnd(bytes, start, to)
    if (start === end) return
    this.#seen = true
    const first = bytes[start]!
    if (first === openBracket && bytes[end - 1] === closeBracket) this.bracketed++
    if (this.#orders !== 0) this.#orders &= ordersOf(bytes, start, end)
    const digit = first === plus || first === minus ? bytes[start + 1]! : first
    if ((digit < zero || digit > nine) && digit !== this.#signs.decimal) return
    this.#time(bytes, start, end)
    this.#number(bytes, start, end)
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
    const { decimal, thousands } = this.#signs
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
      else if (fraction >= 0 || !thousands.includes(c)) return
    }
    if (p < end) {
      this.hasExponent = true
      return
    }
    const isCode = fraction < 0 && whole > 1 && bytes[firstDigit] === zero
    if (isCode) this.codeText ??= clippedText(bytes, start, end)
    this.wholeDigits = Math.max(this.wholeDigits, whole - leadingZeros)
    this.fractionDigits = Math.max(this.fractionDigits, fraction)
    const digits = whole + Math.max(0, fraction)
    if (digits > sureDigits && this.lossyText === undefined) this.#lose(bytes, start, end)
  }

  /** Finds out whether a double of the text, written with as many digits, is the text again. */
  #lose(bytes: Uint8Array, start: number, end: number): void {
    const { decimal } = this.#signs
    let digits = ''
    let text = ''
    for (let p = start; p < end; p++) {
      const c = bytes[p]!
      if (isDigit(c)) {
        if (c !== zero || digits !== '') digits += String.fromCharCode(c)
        text += String.fromCharCode(c)
      } else if (c === decimal) text += '.'
    }
    if (digits.length <= sureDigits) return
    const isKept =
      digits.length <= mostDigits &&
      Number(text)
        .toPrecision(digits.length)
        .replace(/e.*$|\./g, '')
        .replace(/^0+/, '') === digits
    if (!isKept) this.lossyText = clippedText(bytes, start, end)
  }
}

const isDigit = (byte: number): boolean => byte >= zero && byte <= nine

/** The orders in which the text is a date, as bits. */
function ordersOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length !== 6 && length !== 8) return 0
  for (let p = start; p < end; p++) if (!isDigit(bytes[p]!)) return 0
  let orders = 0
  for (const [i, { format, year, month, day }] of dateOrders.entries()) {
    if (format.length !== length) continue
    const y = numberAt(bytes, start + year[0], start + year[1])
    const m = numberAt(bytes, start + month, start + month + 2)
    const d = numberAt(bytes, start + day, start + day + 2)
    const isNear = length === 6 || (y >= firstYear && y <= lastYear)
    const fullYear = length === 6 ? 2000 + y : y
    if (isNear && d >= 1 && d <= daysInMonth(fullYear, m)) orders |= 1 << i
  }
  return orders
}

function numberAt(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let p = start; p < end; p++) value = value * 10 + bytes[p]! - zero
  return value
}
