/* Records what cell readers do not report about the texts of a column: how precise times and numbers are, and whether a number is a code.
   Texts of one shape, which differ only in their digits, say the same, so the first of each shape is kept. */
import * as ascii from '../parse/ascii.js'
import type { CellRules } from '../parse/cell-rules.js'
import { clippedText, latin1, trimmedEnd, trimmedStart } from '../parse/cells/cell-bytes.js'

const initialSlots = 256
/** The start value, and the factor for each byte, of the 32-bit FNV-1a hash. */
const offsetBasis = 0x811c9dc5
const prime = 0x01000193
/** Start of a second hash of the same bytes. */
const otherBasis = 0x9747b28c
const upperBits = 20
const free = -1

const emptySlots = (length: number): Float64Array => new Float64Array(length).fill(free)

export class DistinctCount {
  readonly #limit: number
  #slots = emptySlots(initialSlots)
  #count = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Undefined once the count exceeds the limit. */
  get count(): number | undefined {
    return this.#count > this.#limit ? undefined : this.#count
  }

  /** Returns true if the text is new; always false once the count exceeds the limit. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#count > this.#limit) return false
    let low = offsetBasis
    let high = otherBasis
    for (let p = start; p < end; p++) {
      const byte = bytes[p]!
      low = Math.imul(low ^ byte, prime)
      high = Math.imul(high ^ (byte + p - start), prime)
    }
    high ^= high >>> 15
    if (!this.#insert((low >>> 0) + ((high >>> (32 - upperBits)) >>> 0) * 2 ** 32)) return false
    const slots = this.#slots
    if (++this.#count > this.#limit) this.#slots = emptySlots(0)
    else if (2 * this.#count > slots.length) {
      this.#slots = emptySlots(2 * slots.length)
      for (const hash of slots) if (hash !== free) this.#insert(hash)
    }
    return true
  }

  #insert(hash: number): boolean {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = (hash ^ (hash >>> 15)) & mask
    while (slots[at] !== free) {
      if (slots[at] === hash) return false
      at = (at + 1) & mask
    }
    slots[at] = hash
    return true
  }
}

/**
 * Shapes of texts other than arrays, with a point before decimals and without separators of thousands. `code`: a whole number with a
 * leading zero. `marked`: begins like a number, and goes on with a separator or a percent sign; with an option, (1,234) is a number.
 */
const marked = /^\(\d|^[+-]?(?:(?=\.)|\d+)(?:\.\d*[,. '%\u0080-\u00ff]|[, '%\u0080-\u00ff])/
export const shapes = {
  marked,
  /** Marked, and with too many digits for a double. */
  long: new RegExp(`^(?=(?:\\D*\\d){16})(?:${marked.source})`),
  code: /^[+-]?0\d+$/,
  dialed: /^\+\d{7,}$/,
  exponent: /^[+-]?(?=[\d.])\d*(?:\.\d*)?e/i,
  fraction: /^[+-]?(?=[\d.])\d*(?:\.\d*$|(?:\.\d*)?e)/i,
  time: /^[+-]?[\d.].*[T:]/,
  /** In parentheses, the digits to count, before and after the point. */
  wholeDigits: /^[+-]?0*(\d*)(?:\.\d*)?$/,
  fractionDigits: /^[+-]?\d*\.(\d*)$/,
} as const

/** Numbers and times have few shapes. If there are more, the texts count as neither. */
const mostShapes = 16_384

/** Bytes of numbers and times in any notation: all but most letters. */
const isUsed = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte < 65 || byte > 127 || /[cemtuz]/i.test(String.fromCharCode(byte))),
)

/** A double keeps all digits of a number that has at most this many. */
const sureDigits = 15
const mostDigits = 100

export class TextFacts {
  /** True if the input's format marks the texts as arrays. */
  areArrays = false
  /** True if some text is in square brackets, or all texts are arrays. */
  hasArrays = false
  /** The first number that loses digits as a double, also in an array. */
  lossyText: string | undefined
  /** The first element of an array that is no number, such as a code with a leading zero. */
  codeInArray: string | undefined
  readonly #rules: CellRules
  /** The first text of each shape, in plain notation, and as the user sees it. */
  readonly #texts: { readonly plain: string; readonly shown: string }[] = []
  readonly #shapes = new DistinctCount(mostShapes)
  #shape = new Uint8Array(64)
  #hasOthers = false
  #hasArrayFraction = false
  /** True if some number has so many digits that a double may lose some. */
  #isLong = false

  constructor(rules: CellRules) {
    this.#rules = rules
  }

  /** Examines one non-null text. */
  look(bytes: Uint8Array, from: number, to: number): void {
    const start = trimmedStart(bytes, from, to)
    const end = trimmedEnd(bytes, start, to)
    const length = end - start
    if (length === 0) return
    const inBrackets = bytes[start] === ascii.openBracket && bytes[end - 1] === ascii.closeBracket
    const { arrayDelimiter: between } = this.#rules
    const isDivided = between && Buffer.from(bytes.subarray(start, end)).includes(between)
    if (this.areArrays || inBrackets || isDivided) {
      this.hasArrays = true
      this.#hasOthers = true
      const text = this.#plain(bytes, start, end)
      this.#hasArrayFraction ||= /[.e]/i.test(text)
      if (!oddElement.test(text)) return
      this.codeInArray ??= codeInArray.exec(text)?.[1]
      this.lossyText ??= text.split(betweenElements).find(isLossy)?.slice(0, 80)
      return
    }
    if (length > this.#shape.length) this.#shape = new Uint8Array(2 * length)
    let digit = ascii.zero
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i]!
      // All signs that begin numbers come before the digits.
      if (isUsed[byte] === 0 || (i === 0 && byte > ascii.nine)) {
        this.#hasOthers = true
        return
      }
      if (byte > ascii.zero && byte <= ascii.nine) digit = ascii.nine
      this.#shape[i] = byte >= ascii.zero && byte <= ascii.nine ? digit : byte
    }
    const isNew = this.#shapes.add(this.#shape, 0, length)
    const isLong = this.#isLong && length > sureDigits && this.lossyText === undefined
    if (!isNew && !isLong) return
    const plain = this.#plain(bytes, start, end)
    if (isNew) this.#texts.push({ plain, shown: clippedText(bytes, start, end) })
    this.#isLong ||= /^[+-]?0*(?!0)(?:\.?\d){16}/.test(plain)
    if (isLossy(plain)) this.lossyText ??= clippedText(bytes, start, end)
  }

  #plain(bytes: Uint8Array, start: number, end: number): string {
    const { decimalComma = false, thousands = '' } = this.#rules
    const text = latin1(bytes, start, end)
    if (!decimalComma && thousands === '') return text
    const number = text.replaceAll(Buffer.from(thousands).toString('latin1'), '')
    return decimalComma ? number.replace(/[.,]/g, sign => (sign === ',' ? '.' : ',')) : number
  }

  /** The first text of this shape. @param own  what the text must match as the user sees it */
  first(shape: RegExp, own = /^/): string | undefined {
    return this.#texts.find(({ plain, shown }) => shape.test(plain) && own.test(shown))?.shown
  }

  has(shape: RegExp): boolean {
    return this.first(shape) !== undefined
  }

  /** The largest number of characters in the parentheses of the shape. */
  most(shape: RegExp): number {
    return Math.max(0, ...this.#texts.map(({ plain }) => shape.exec(plain)?.[1]?.length ?? 0))
  }

  /** True if some number has a point or an exponent; even `1.0` counts. */
  get hasFraction(): boolean {
    return this.#hasArrayFraction || this.has(shapes.fraction)
  }

  /** Number of digits, if all texts are whole numbers of the same length without a sign and leading zeros; 0 otherwise. */
  get equalDigits(): number {
    const [first] = this.#hasOthers || this.#texts.length > 1 ? [] : this.#texts
    return /^\d+$/.exec(first?.plain ?? '')?.[0].length ?? 0
  }

  /** Largest number of digits in a fraction of a second. */
  get secondDigits(): number {
    const fractions = this.#texts.map(({ shown }) => /^\d.*:\d+[.,](\d+)/.exec(shown)?.[1] ?? '')
    return Math.max(0, ...fractions.map(({ length }) => length))
  }

  /** True if the texts are too different to be numbers or times. */
  get isVaried(): boolean {
    return this.#shapes.count === undefined
  }
}

/** In one pass, because arrays are long: whether an element may be a code, or a number that a double does not keep. */
const oddElement = /(?<![\w.:+-])(?:[+-]?0\d|\+\d{7}|[+-]?[\d.]{16})|\de/i
const betweenElements = /[^\w.:+-]+/
const codeInArray = /(?<![\w.:+-])([+-]?0\d+|\+\d{7,})(?![\w.:+-])/

/** True if a double does not keep all digits of the number. */
function isLossy(text: string): boolean {
  const [, whole, fraction = '', exponent = ''] =
    /^[+-]?0*(\d*)(?:\.(\d*))?(e[+-]?\d+)?$/i.exec(text) ?? []
  const number = `${whole}.${fraction}${exponent}`
  const digits = digitsOf(number)
  if (whole === undefined || digits === '' || Number(number) === Infinity) return false
  if (Number(number) === 0 || digits.length <= sureDigits) return Number(number) === 0
  const isSame = (): boolean => digitsOf(Number(number).toExponential(digits.length - 1)) === digits
  return digits.length > mostDigits || !(isSame() || isWrittenDouble(number, digits))
}

/** Removes point, exponent and leading zeros. */
const digitsOf = (number: string): string => number.replace(/e.*$|\./gi, '').replace(/^0+/, '')

/** Decimals of a DOUBLE in DolphinDB's output. The last digit may be off by one, as in the files of its tutorials. */
const writtenDecimals = 15

function isWrittenDouble(number: string, digits: string): boolean {
  const value = Number(number)
  const decimals = number.length - number.indexOf('.') - 1
  if (/e/i.test(number) || decimals !== writtenDecimals || value >= 1e21) return false
  const exact = value.toFixed(writtenDecimals + 5).replace('.', '')
  const off = Math.abs(Number(BigInt(exact) - BigInt(`${digits}00000`)))
  return off < 2e5 && !Number.isInteger(value)
}
