/*
  Patterns of dates and times, in DolphinDB's format symbols (docs/server-semantics.md#text-of-values): yyyy MM dd HH mm ss SSS and
  so on; `*` drops digits. Every other character is literal, and so is everything in single quotes. The usual notations, DolphinDB's own and those of
  ISO 8601, are patterns with a few more symbols.
*/

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
  '*': [1],
}

/** The digits that `*` drops at most. */
const mostDropped = 99

/**
 * More symbols of the usual notations: `-` any separator of a date, the same in the whole date; `T` between date and time; `.` a
 * fraction of any length; `_` blanks; `?` where the text may end, and `Z` where it may end, also with an offset.
 */
const usualSymbols = '-T._?Z'

export const monthNames = 'janfebmaraprmayjunjulaugsepoctnovdec'

/**
 * The patterns that a format stands for: `a|b` is either of the two, and text in brackets may be missing. The first
 * pattern has every text in brackets.
 */
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

/** Splits a pattern into its parts, or returns the reason why it is invalid. */
export function parsePattern(text: string, isUsual = false): PatternPart[] | string {
  const parts: PatternPart[] = []
  const tokens = (text.match(/'(?:[^']|'')*'|([YyMDdHhmsaSn])\1*|[^]/gu) ?? []).map(symbolOf)
  for (const [i, token] of tokens.entries()) {
    const letter = token[0]!
    const lengths = fieldLengths[letter]
    if (lengths === undefined) {
      if (token === "'") return "a quote ' is not closed"
      const none = { minDigits: 0, maxDigits: 0, runDigits: 0 }
      if (isUsual && usualSymbols.includes(token)) parts.push({ letter, literal: 0, ...none })
      else {
        for (const literal of new TextEncoder().encode(unquoted(token))) {
          parts.push({ letter: '', literal, ...none })
        }
      }
      continue
    }
    const { length } = token
    if (!lengths.includes(length)) {
      return `${token} has ${length} letters, but ${letter} takes ${lengths.join(' or ')}`
    }
    if (parts.some(part => part.letter === letter)) return `${letter} occurs twice`
    const isExact = isUsual || isField(tokens[i + 1]) || isNumber(tokens[i - 1])
    const runDigits = isUsual || isNumber(tokens[i - 1]) ? 0 : timeDigits(tokens.slice(i))
    parts.push({ letter, literal: 0, ...digitsOf(letter, length, isExact), runDigits })
  }
  return parts
}

/** The letters of the format's fields; empty if the text is not a pattern. */
export function patternLetters(format: string): string {
  const parts = parsePattern(alternativesOf(format)[0]!)
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
  if (letter === '*') return { minDigits: 0, maxDigits: mostDropped }
  if (letter === 'M' && length === 3) return { minDigits: 3, maxDigits: 3 }
  if (letter === 'S' || letter === 'n' || (letter === 'y' && length > 1) || isExact) {
    return { minDigits: length, maxDigits: length }
  }
  return letter === 'y' ? { minDigits: 2, maxDigits: 4 } : { minDigits: 1, maxDigits: 2 }
}

const usual = (...patterns: string[]): readonly PatternPart[][] =>
  patterns.map(pattern => parsePattern(pattern, true) as PatternPart[])

/** The usual notations, by what they express. */
export const usualPatterns = {
  dateTime: usual('yyyy-MM-dd?THH:mmZ:ssZ.Z', 'yyyyMMdd?THH:mmZ:ssZ.Z', 'yyyyMMdd?THHmmZssZ.Z'),
  dateHour: usual('yyyy-MM-ddTHH?:mmZ:ssZ.Z', 'yyyyMMddTHH?:mmZ:ssZ.Z', 'yyyyMMddTHH?mmZssZ.Z'),
  month: usual("yyyy'.'MM?'M'", "yyyy'-'MM?'M'"),
  time: usual('HH:mm:ssZ.Z'),
  minute: usual("HH:mm?_'m'"),
}
