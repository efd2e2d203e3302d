/*
  Reads dates and times by a pattern of DolphinDB's format symbols (docs/server-semantics.md#text-of-values): yyyy MM dd HH mm ss
  SSS and so on. Every other character is literal, and so is everything in single quotes. Exchanges write times of day as whole
  numbers without leading zeros: with HHmmssSSS, `93000000` is 09:30:00.000.
*/
import { civilDays } from './calendar.js'
import { trimmedEnd, trimmedStart } from './cell-bytes.js'
import type { DateFormat } from './wall-clock.js'

const zero = 48

/** A field, or a literal byte; the `letter` of a literal byte is ''. */
export interface PatternPart {
  readonly letter: string
  readonly minDigits: number
  readonly maxDigits: number
  readonly literal: number
  /** Digits of the whole time if this part is the hour of a time without separators, such as `HHmmss`; otherwise 0. */
  readonly runDigits: number
}

/** How often a pattern may repeat the letter of a field: `y`, `yy` or `yyyy`, but not `yyy`. */
const fieldLengths: Readonly<Record<string, readonly number[]>> = {
  y: [1, 2, 4],
  M: [1, 2, 3],
  d: [1, 2],
  H: [1, 2],
  h: [1, 2],
  m: [1, 2],
  s: [1, 2],
  a: [2],
  S: [3],
  n: [6, 9],
}

const months = 'janfebmaraprmayjunjulaugsepoctnovdec'

/** Splits a pattern into its parts, or returns the reason why it is invalid. */
export function parsePattern(text: string): PatternPart[] | string {
  const parts: PatternPart[] = []
  const tokens = (text.match(/'(?:[^']|'')*'|([YyMDdHhmsaSn])\1*|[^]/gu) ?? []).map(symbolOf)
  for (const [i, token] of tokens.entries()) {
    const letter = token[0]!
    const lengths = fieldLengths[letter]
    if (lengths === undefined) {
      if (token === "'") return "a quote ' is not closed"
      for (const literal of new TextEncoder().encode(unquoted(token))) {
        parts.push({ letter: '', minDigits: 0, maxDigits: 0, literal, runDigits: 0 })
      }
      continue
    }
    const { length } = token
    if (!lengths.includes(length)) {
      return `${token} has ${length} letters, but ${letter} takes ${lengths.join(' or ')}`
    }
    if (parts.some(part => part.letter === letter)) return `${letter} occurs twice`
    const isExact = isField(tokens[i + 1]) || isNumber(tokens[i - 1])
    const runDigits = isNumber(tokens[i - 1]) ? 0 : timeDigits(tokens.slice(i))
    parts.push({ letter, literal: 0, ...digitsOf(letter, length, isExact), runDigits })
  }
  return parts
}

/** The letters of the pattern's fields; empty if the text is not a pattern. */
export function patternLetters(text: string): string {
  const parts = parsePattern(text)
  return typeof parts === 'string' ? '' : parts.map(({ letter }) => letter).join('')
}

/** Reads YYYY and DD like yyyy and dd, because other programs write them, and they have no other meaning here. */
function symbolOf(token: string): string {
  return /^(?:Y+|D+)$/.test(token) ? token.toLowerCase() : token
}

function unquoted(token: string): string {
  if (token === "''") return "'"
  return token.length > 1 && token.startsWith("'")
    ? token.slice(1, -1).replaceAll("''", "'")
    : token
}

function isField(token: string | undefined): boolean {
  return token !== undefined && fieldLengths[token[0]!] !== undefined
}

/** True for a field of digits; `aa` and `MMM` are fields of letters. */
function isNumber(token: string | undefined): boolean {
  return isField(token) && token !== 'aa' && token !== 'MMM'
}

/** Number of digits if the next fields are a time of day without separators; otherwise 0. */
function timeDigits(tokens: readonly string[]): number {
  const other = tokens.findIndex(token => !isNumber(token))
  const run = other < 0 ? tokens : tokens.slice(0, other)
  const isTime = /^[Hh]+$/.test(run[0] ?? '') && run.every(token => /^[HhmsSn]/.test(token))
  return run.length > 1 && isTime ? run.join('').length : 0
}

/** @param isExact  true if the field touches the next field, or earlier digits; it then has one digit per letter */
function digitsOf(
  letter: string,
  length: number,
  isExact: boolean,
): { minDigits: number; maxDigits: number } {
  if (letter === 'M' && length === 3) return { minDigits: 3, maxDigits: 3 }
  if (letter === 'S' || letter === 'n' || (letter === 'y' && length > 1) || isExact) {
    return { minDigits: length, maxDigits: length }
  }
  return letter === 'y' ? { minDigits: 2, maxDigits: 4 } : { minDigits: 1, maxDigits: 2 }
}

/** Keeps the parts of the text read last. */
export class PatternFormat implements DateFormat {
  readonly isNumber = false
  days = 0
  secondOfDay = 0
  nanos = 0
  months = 0
  readonly #parts: readonly PatternPart[]
  #half: 'none' | 'morning' | 'afternoon' = 'none'
  #year = 1970
  #month = 1
  #day = 1
  #hour = 0
  #minute = 0
  #second = 0
  /** Number of leading zeros that the text lacks. The fields read next count these zeros among their digits. */
  #missing = 0

  constructor(parts: readonly PatternPart[]) {
    this.#parts = parts
  }

  read(bytes: Uint8Array, start: number, end: number): number {
    let p = trimmedStart(bytes, start, end)
    const last = trimmedEnd(bytes, p, end)
    this.#half = 'none'
    this.#missing = 0
    for (const part of this.#parts) {
      if (part.letter === '') {
        if (p >= last || bytes[p] !== part.literal) return NaN
        p++
      } else {
        if (part.runDigits > 0) this.#missing = missingZeros(bytes, p, last, part.runDigits)
        p = this.#field(part, bytes, p, last)
        if (p < 0) return NaN
      }
    }
    if (p !== last) return NaN
    this.days = civilDays(this.#year, this.#month, this.#day)
    this.months = this.#year * 12 + this.#month - 1
    const hour = this.#hourOfDay()
    this.secondOfDay = (hour * 60 + this.#minute) * 60 + this.#second
    return Number.isNaN(this.days + hour) ? NaN : 0
  }

  /** The hour of the day: 12 AM is 0, and 12 PM is 12. NaN for AM with an hour above 12. */
  #hourOfDay(): number {
    const hour = this.#hour
    switch (this.#half) {
      case 'none':
        return hour
      case 'morning':
        return hour > 12 ? NaN : hour % 12
      case 'afternoon':
        return hour < 12 ? hour + 12 : hour
    }
  }

  /** Reads a field at `start`. Returns the position after the field, or −1. */
  #field(part: PatternPart, bytes: Uint8Array, start: number, end: number): number {
    if (part.letter === 'a') return this.#halfDay(bytes, start, end)
    if (part.letter === 'M' && part.minDigits === 3) return this.#monthName(bytes, start, end)
    const zeros = Math.min(this.#missing, part.maxDigits)
    this.#missing -= zeros
    const most = part.maxDigits - zeros
    let value = 0
    let p = start
    while (p < end && p - start < most) {
      const digit = bytes[p]! - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      p++
    }
    const digits = p - start + zeros
    return digits >= part.minDigits && this.#set(part.letter, value, digits) ? p : -1
  }

  /** Stores the value of a field. Returns false if the value is out of range. */
  #set(letter: string, value: number, digits: number): boolean {
    switch (letter) {
      case 'y':
        if (digits === 2) this.#year = value < 40 ? 2000 + value : 1900 + value
        else this.#year = value
        return digits !== 3
      case 'M':
        this.#month = value
        return value >= 1 && value <= 12
      case 'd':
        this.#day = value
        return value >= 1 && value <= 31
      case 'H':
        this.#hour = value
        return value <= 23
      case 'h':
        // 12 is the first hour of each half of the day.
        this.#hour = value % 12
        return value <= 12
      case 'm':
        this.#minute = value
        return value <= 59
      case 's':
        this.#second = value
        return value <= 59
      default:
        // Computes no power, because V8 would allocate the result for each cell.
        this.nanos = digits === 3 ? value * 1_000_000 : digits === 6 ? value * 1000 : value
        return true
    }
  }

  #halfDay(bytes: Uint8Array, start: number, end: number): number {
    const letter = (bytes[start] ?? 0) | 0x20
    if (start + 2 > end || (bytes[start + 1]! | 0x20) !== 0x6d) return -1
    if (letter !== 0x61 && letter !== 0x70) return -1
    this.#half = letter === 0x70 ? 'afternoon' : 'morning'
    return start + 2
  }

  #monthName(bytes: Uint8Array, start: number, end: number): number {
    if (start + 3 > end) return -1
    for (let month = 0; month < 12; month++) {
      const at = 3 * month
      if (
        (bytes[start]! | 0x20) === months.charCodeAt(at) &&
        (bytes[start + 1]! | 0x20) === months.charCodeAt(at + 1) &&
        (bytes[start + 2]! | 0x20) === months.charCodeAt(at + 2)
      ) {
        this.#month = month + 1
        return start + 3
      }
    }
    return -1
  }
}

/** `digits` minus the number of digits at `start`. Returns 0 if that is negative, or if no digit is at `start`. */
function missingZeros(bytes: Uint8Array, start: number, end: number, digits: number): number {
  let p = start
  while (p < end && bytes[p]! >= zero && bytes[p]! <= zero + 9) p++
  return p === start ? 0 : Math.max(0, digits - (p - start))
}
