/*
  Patterns of dates and times, in DolphinDB's format symbols (docs/server-semantics.md#text-of-values): yyyy MM dd HH mm ss SSS and
  so on; `*` drops digits. Every other character is literal, and so is everything in single quotes. The usual notations, DolphinDB's own and those of
  ISO 8601, are patterns with a few more symbols.
*/

/** A pattern, ready to be compared with texts that have a character for each byte. */
export interface TimePattern {
  readonly regex: RegExp
  /**
   * For each group of `regex`: the fields in it, by their letters and lengths. Several are a time of day without separators, such as
   * `HH` and `mm`, which may lack leading zeros.
   */
  readonly groups: readonly (readonly string[])[]
  /** The letters of all fields. */
  readonly letters: string
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
const usualSymbols: Readonly<Record<string, string>> = {
  '-': '([-./])',
  T: '[Tt ]',
  '.': '[.,](\\d+)',
  _: '[ \\t]*',
  '?': '(?:',
  Z: '(?:[ \\t]*([Zz]|UTC|[+-](?:[01]\\d|2[0-3])(?::?[0-5]\\d)?)|',
}

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

/** Reads a pattern, or returns the reason why it is invalid. */
export function parsePattern(text: string, isUsual = false): TimePattern | string {
  const tokens = (text.match(/'(?:[^']|'')*'|([YyMDdHhmsaSn])\1*|[^]/gu) ?? []).map(symbolOf)
  const groups: string[][] = []
  let letters = ''
  let source = ''
  let optional = 0
  let separator = 0
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const letter = token[0]!
    const lengths = fieldLengths[letter]
    if (token === "'") return "a quote ' is not closed"
    if (lengths !== undefined) {
      const run = isUsual || isNumber(tokens[i - 1]) ? [] : timeRun(tokens.slice(i))
      for (const field of run.length > 0 ? run : [token]) {
        const fault = faultOf(field, letters)
        if (fault !== undefined) return fault
        letters += field[0]!
      }
      const isExact = isUsual || isField(tokens[i + 1]) || isNumber(tokens[i - 1])
      groups.push(run.length > 0 ? run : [token])
      source += run.length > 0 ? `(\\d{1,${run.join('').length}})` : digitsOf(token, isExact)
      i += Math.max(0, run.length - 1)
    } else if (!isUsual || !(token in usualSymbols)) source += literalOf(token)
    else if (token === '-' && separator > 0) source += `\\${separator}`
    else {
      source += usualSymbols[token]!
      if (token === '?' || token === 'Z') optional++
      if ('-.Z'.includes(token)) groups.push([token])
      if (token === '-') separator = groups.length
    }
  }
  return { regex: new RegExp(`^${source}${')?'.repeat(optional)}$`), groups, letters }
}

function faultOf(field: string, letters: string): string | undefined {
  const letter = field[0]!
  const lengths = fieldLengths[letter]!
  if (!lengths.includes(field.length)) {
    return `${field} has ${field.length} letters, but ${letter} takes ${lengths.join(' or ')}`
  }
  return letters.includes(letter) ? `${letter} occurs twice` : undefined
}

/** The bytes of a literal text, each as the character of the same number. */
function literalOf(token: string): string {
  const bytes = Buffer.from(unquoted(token)).toString('hex')
  return bytes.replace(/../g, byte => `\\x${byte}`)
}

/** The letters of the format's fields; empty if the text is not a pattern. */
export function patternLetters(format: string): string {
  const pattern = parsePattern(alternativesOf(format)[0]!)
  return typeof pattern === 'string' ? '' : pattern.letters
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

/** The next fields if they are a time of day without separators; otherwise none. */
function timeRun(tokens: readonly string[]): string[] {
  const other = tokens.findIndex(token => !isNumber(token))
  const run = tokens.slice(0, other < 0 ? tokens.length : other)
  const isTime = /^[Hh]+$/.test(run[0] ?? '') && run.every(token => /^[HhmsSn]/.test(token))
  return run.length > 1 && isTime ? run : []
}

/** @param isExact  true if the field touches the next field, or earlier digits; it then has one digit per letter */
function digitsOf(token: string, isExact: boolean): string {
  const { length } = token
  const [letter] = token
  if (letter === 'a') return '([AaPp][Mm])'
  if (token === 'MMM') return '([A-Za-z]{3})'
  if (letter === '*') return `(\\d{0,${mostDropped}})`
  if (letter === 'S' || letter === 'n' || (letter === 'y' && length > 1) || isExact) {
    return `(\\d{${length}})`
  }
  return letter === 'y' ? '(\\d{2,4})' : '(\\d{1,2})'
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
