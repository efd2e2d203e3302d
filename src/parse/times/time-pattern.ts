/* Patterns of dates and times, in DolphinDB's format symbols (docs/server-semantics.md#text-of-values): yyyy MM dd HH mm ss SSS and so on;
   `*` drops digits. Every other character is literal, and so is everything in single quotes. A pattern is compiled into functions that find
   the fields of a text. Exchanges write times of day as whole numbers without leading zeros: with HHmmssSSS, `93000000` is 09:30:00.000. */
import * as ascii from '../ascii.js'
import { isAt, latin1, trimmedStart } from '../cells/cell-bytes.js'
import { noOffset } from '../cell-rules.js'
import { offsetOf } from './time-zone.js'

/** Indexes of the fields of a time. */
export const year = 0
export const month = 1
export const day = 2
export const hour = 3
export const minute = 4
export const second = 5
export const fraction = 6
/** Digits that do not count. */
export const dropped = 7

/** Digits of a fraction of a second that count. */
export const nanoDigits = 9

/** Where the fields of a text are. */
export class TimePlaces {
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  /** For each field its place after `start`, −1 if the text lacks it, and its number of digits. */
  readonly at: Int32Array = new Int32Array(dropped + 1)
  readonly digits: Int32Array = new Int32Array(dropped + 1)
  /** Digits of the fraction, with zeros that are missing before them. */
  fractionDigits = 0
  /** The offset from UTC in seconds, or `noOffset`. */
  offset = noOffset
  /** The month from its name; 0 without one. */
  namedMonth = 0
  isTwelveHours = false
  /** `a` or `p` for the half of the day; '' without one. */
  half = ''
  /** True if the fraction has digits after the ninth that are not 0. */
  isTooFine = false
  /** The separator of the date; 0 without one. */
  separator = 0

  /** Finds the fields of the text, which has no blanks around it. Returns false if it does not follow the pattern. */
  find(pattern: TimePattern, bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.at.fill(-1)
    this.digits.fill(0)
    this.offset = noOffset
    this.namedMonth = 0
    this.isTwelveHours = pattern.letters.includes('h')
    this.half = ''
    this.separator = 0
    if (!pattern.step(this, start)) return false
    const { at, digits } = this
    const from = start + at[fraction]!
    this.isTooFine = /[1-9]/.test(latin1(bytes, from + nanoDigits, from + digits[fraction]!))
    digits[fraction] = Math.min(nanoDigits, digits[fraction]!)
    this.fractionDigits = Math.min(nanoDigits, this.fractionDigits)
    return true
  }

  /** True if texts with digits at the same places, and the same other bytes, have the same fields. */
  get isRegular(): boolean {
    const { at, digits } = this
    const isUsual = at.every(
      (place, field) =>
        place < 0 || field >= fraction || digits[field] === (field === year ? 4 : 2),
    )
    return isUsual && this.namedMonth === 0 && !this.isTwelveHours && this.half === ''
  }
}

/** Finds what stands at `p`, and with further steps the rest of the text. Returns false if the text is different. */
type Step = (text: TimePlaces, p: number) => boolean
type NewStep = (next: Step) => Step

export interface TimePattern {
  readonly step: Step
  /** The letters of all fields. */
  readonly letters: string
}

const atEnd: Step = ({ end }, p) => p === end

/** @param fields  each with its greatest number of digits. Several are a time of day, whose first digits may be missing */
const digitsOf =
  (fields: readonly (readonly [number, number])[], least: number, most: number): NewStep =>
  next =>
  (text, p) => {
    const { bytes, start, at, digits } = text
    const limit = Math.min(text.end, p + most)
    let last = p
    while (last < limit && bytes[last]! >= ascii.zero && bytes[last]! <= ascii.nine) last++
    for (; last - p >= least; last--) {
      let from = last
      for (let i = fields.length - 1; i >= 0; i--) {
        const [field, length] = fields[i]!
        const count = Math.min(length, from - p)
        from -= count
        at[field] = from - start
        digits[field] = count
        // A fraction may lack its first digits, too.
        if (field === fraction) text.fractionDigits = length < Infinity ? length : count
      }
      if (next(text, last)) return true
    }
    return false
  }

const oneOf =
  (characters: string): NewStep =>
  next =>
  (text, p) =>
    p < text.end && characters.includes(String.fromCharCode(text.bytes[p]!)) && next(text, p + 1)

const literal = (token: string): NewStep => {
  // Two quotes are a quote, also outside quotes.
  const quoted = token.slice(1, -1).replaceAll("''", "'") || "'"
  const own = Buffer.from(token.startsWith("'") ? quoted : token)
  return next => (text, p) =>
    p + own.length <= text.end && isAt(own, text.bytes, p) && next(text, p + own.length)
}

const monthNames = 'janfebmaraprmayjunjulaugsepoctnovdec'

const monthName: NewStep = next => (text, p) => {
  const at = monthNames.indexOf(latin1(text.bytes, p, Math.min(p + 3, text.end)).toLowerCase())
  text.namedMonth = at / 3 + 1
  return p + 3 <= text.end && at % 3 === 0 && next(text, p + 3)
}

const halfOfDay: NewStep = next => (text, p) => {
  const letters = latin1(text.bytes, p, Math.min(p + 2, text.end)).toLowerCase()
  text.half = letters[0] ?? ''
  return (letters === 'am' || letters === 'pm') && next(text, p + 2)
}

/** More symbols, of which the usual notations, DolphinDB's own and those of ISO 8601, are patterns. */
const usualSymbols: Readonly<Record<string, NewStep>> = {
  /** Any separator of a date, the same in the whole date. */
  '-': next => (text, p) => {
    const c = text.bytes[p]!
    const isSame =
      text.separator === 0 ? '-./'.includes(String.fromCharCode(c)) : c === text.separator
    text.separator = c
    return p < text.end && isSame && next(text, p + 1)
  },
  /** Between date and time. */
  T: oneOf('Tt '),
  /** A fraction of any length. */
  '.': next => oneOf('.,')(digitsOf([[fraction, Infinity]], 1, Infinity)(next)),
  /** Blanks. */
  _: next => (text, p) => next(text, trimmedStart(text.bytes, p, text.end)),
  /** The text may end here. */
  '?': next => (text, p) => p === text.end || next(text, p),
  /** The text may end here, also with an offset. */
  Z: next => (text, p) => {
    const { bytes, end } = text
    if (p === end) return true
    const offset = offsetOf(latin1(bytes, trimmedStart(bytes, p, end), end))
    text.offset = offset ?? noOffset
    return offset !== undefined || next(text, p)
  },
}

/** The field of each letter, and how often a pattern may repeat the letter: `y`, `yy` or `yyyy`, but not `yyy`. */
const fieldLetters: Readonly<Record<string, readonly [field: number, ...lengths: number[]]>> = {
  y: [year, 1, 2, 4],
  M: [month, 1, 2, 3],
  d: [day, 1, 2],
  H: [hour, 1, 2],
  h: [hour, 1, 2],
  m: [minute, 1, 2],
  s: [second, 1, 2],
  a: [hour, 2],
  S: [fraction, 3],
  n: [fraction, 6, 9],
  '*': [dropped, 1],
}

/** The digits that `*` drops at most. */
const mostDropped = 99

/** The patterns that a format stands for, the longest first: `a|b` is either of the two, and text in brackets may be missing. */
export function alternativesOf(format: string): string[] {
  const tokens: readonly string[] = format.match(/'(?:[^']|'')*'|[^]/gu) ?? []
  const text = (from: number, to?: number): string => tokens.slice(from, to).join('')
  const bar = tokens.indexOf('|')
  if (bar >= 0) return [text(0, bar), text(bar + 1)].flatMap(alternativesOf)
  const close = tokens.indexOf(']')
  const open = close < 0 ? -1 : tokens.lastIndexOf('[', close)
  if (open < 0) return [format]
  const [head, tail] = [text(0, open), text(close + 1)]
  return [head + text(open + 1, close) + tail, head + tail].flatMap(alternativesOf)
}

/** Compiles a pattern, or returns the reason why it is invalid. */
export function parsePattern(text: string, isUsual = false): TimePattern | string {
  const found = text.match(/'(?:[^']|'')*'|([YyMDdHhmsaSn])\1*|[^]/gu) ?? []
  // YYYY and DD, which other programs write, have no other meaning here.
  const tokens = found.map(one => (/^(?:Y+|D+)$/.test(one) ? one.toLowerCase() : one))
  const steps: NewStep[] = []
  let letters = ''
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    if (token === "'") return "a quote ' is not closed"
    if (!isField(token)) {
      steps.push((isUsual ? usualSymbols[token] : undefined) ?? literal(token))
      continue
    }
    const isAfterDigits = isOfDigits(tokens[i - 1])
    const run = isUsual || isAfterDigits ? [] : timeRun(tokens.slice(i))
    const fields = run.length > 0 ? run : [token]
    for (const field of fields) {
      const fault = faultOf(field, letters)
      if (fault !== undefined) return fault
      letters += field[0]!
    }
    i += fields.length - 1
    const isExact = isUsual || isAfterDigits || isField(tokens[i + 1])
    // A time of day without separators, such as `HHmm`, may lack leading zeros.
    const isTime = fields.length > 1
    const parts = fields.map(field => [fieldOf(field), field.length] as const)
    steps.push(isTime ? digitsOf(parts, 1, fields.join('').length) : stepOf(token, isExact))
  }
  return { step: steps.reduceRight((next, of) => of(next), atEnd), letters }
}

/** @param isExact  true if the field touches the next field, or earlier digits; it then has one digit per letter */
function stepOf(token: string, isExact: boolean): NewStep {
  if (token === 'aa') return halfOfDay
  if (token === 'MMM') return monthName
  const { length } = token
  const field = fieldOf(token)
  if (field === dropped) return digitsOf([[field, mostDropped]], 0, mostDropped)
  if (isExact || length > 2 || token === 'yy') return digitsOf([[field, length]], length, length)
  return field === year ? digitsOf([[field, 4]], 2, 4) : digitsOf([[field, 2]], 1, 2)
}

function faultOf(field: string, letters: string): string | undefined {
  const letter = field[0]!
  const [, ...lengths] = fieldLetters[letter]!
  if (!lengths.includes(field.length)) {
    return `${field} has ${field.length} letters, but ${letter} takes ${lengths.join(' or ')}`
  }
  return letters.includes(letter) ? `${letter} occurs twice` : undefined
}

/** The letters of the format's fields; empty if the text is not a pattern. */
export function patternLetters(format: string): string {
  const pattern = parsePattern(alternativesOf(format)[0]!)
  return typeof pattern === 'string' ? '' : pattern.letters
}

function fieldOf(token: string): number {
  return fieldLetters[token[0]!]![0]
}

function isField(token: string | undefined): boolean {
  return token !== undefined && fieldLetters[token[0]!] !== undefined
}

/** `aa` and `MMM` are fields of letters. */
function isOfDigits(token: string | undefined): boolean {
  return isField(token) && token !== 'aa' && token !== 'MMM'
}

/** The next fields if they are a time of day without separators; otherwise none. */
function timeRun(tokens: readonly string[]): string[] {
  const other = tokens.findIndex(token => !isOfDigits(token))
  const run = tokens.slice(0, other < 0 ? tokens.length : other)
  const isTime = /^[Hh]+$/.test(run[0] ?? '') && run.every(token => /^[HhmsSn]/.test(token))
  return run.length > 1 && isTime ? run : []
}

const usual = (...patterns: string[]): readonly TimePattern[] =>
  patterns.map(pattern => parsePattern(pattern, true) as TimePattern)

/** The usual notations, by what they express. */
export const usualPatterns = {
  dateTime: usual('yyyy-MM-dd?THH:mmZ:ssZ.Z', 'yyyyMMdd?THH:mmZ:ssZ.Z', 'yyyyMMdd?THHmmZssZ.Z'),
  dateHour: usual('yyyy-MM-ddTHH?:mmZ:ssZ.Z', 'yyyyMMddTHH?:mmZ:ssZ.Z', 'yyyyMMddTHH?mmZssZ.Z'),
  month: usual("yyyy'.'MM?'M'", "yyyy'-'MM?'M'"),
  time: usual('HH:mm:ssZ.Z'),
  minute: usual("HH:mm?_'m'"),
}
