/*
  Reads numbers, dates and times as scripts write them (docs/grammar.md#literals).
*/
import type { DataType } from '../../protocol/data-type.js'
import { durationUnits } from '../../protocol/types/pairs.js'
import { parseTemporal, type TemporalType } from '../../protocol/types/temporals.js'
import type { Scalar } from '../../protocol/value.js'
import { boolScalar, doubleScalar, intScalar, longScalar, nullOf } from './scalar.js'

/** Suffix of `00` → type of the null. */
const nullSuffixes: Readonly<Record<string, DataType>> = {
  b: 'BOOL', c: 'CHAR', h: 'SHORT', i: 'INT', l: 'LONG', f: 'FLOAT', F: 'DOUBLE', d: 'DATE', M: 'MONTH', t: 'TIME',
  m: 'MINUTE', s: 'SECOND', D: 'DATETIME', T: 'TIMESTAMP', n: 'NANOTIME', N: 'NANOTIMESTAMP', S: 'SYMBOL', W: 'STRING',
  P: 'DECIMAL64',
} // prettier-ignore

const temporalPattern =
  /(?:(\d{4}\.\d{1,2}\.\d{1,2})(?:(?:T| (?=\d{1,2}:\d{2}:\d{2}))(\d{1,2}(?::\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?))?[dDTN]?|(\d{4}\.\d{1,2}M)|(\d{1,2}:\d{2}:\d{2}(?:\.\d{1,9})?)[stn]?|(\d{1,2}:\d{2}m))(?![\w.])/y

const datesPattern = /(\d{4}\.\d{1,2}\.\d{1,2})(?=\.\.)|(\d{4}\.\d{1,2}M)(?=\.\.)/y

const numberPattern = /(\d+(?:\.\d+|\.(?![\w.]))?|\.\d+)([eE][+-]?\d+)?([A-Za-z_]\w*)?/y

/** A constant, and the position after it. */
export interface NumberLiteral {
  readonly value: Scalar
  readonly end: number
}

/** Reads the number, date or time at `start`; undefined for other text, such as the impossible date 2024.02.30. */
export function readNumber(source: string, start: number): NumberLiteral | undefined {
  const short = readShortInteger(source, start)
  if (short !== undefined) return short
  datesPattern.lastIndex = start
  const range = datesPattern.exec(source)
  temporalPattern.lastIndex = start
  const match = range ?? temporalPattern.exec(source)
  return match === null
    ? readPlainNumber(source, start)
    : temporalLiteral(match, start, range !== null)
}

/** The fast path for up to nine digits; undefined if the next character may belong to the number. */
function readShortInteger(source: string, start: number): NumberLiteral | undefined {
  let value = 0
  for (let end = start; end < start + 10; end++) {
    const code = source.charCodeAt(end)
    if (code < 48 || code > 57 || Number.isNaN(code)) {
      const ends = end > start && !/[\w.:]/.test(source.charAt(end))
      return ends ? { value: intScalar(value), end } : undefined
    }
    value = value * 10 + code - 48
  }
  return undefined
}

function temporalLiteral(
  match: RegExpExecArray,
  start: number,
  isRange: boolean,
): NumberLiteral | undefined {
  const [text, date] = match
  const type = isRange
    ? date === undefined
      ? 'MONTH'
      : 'DATE'
    : temporalType(match[1], match[2], match[3], match[4])
  const body = type === 'MINUTE' || type === 'MONTH' ? text : text.replace(/[stndDTN]$/, '')
  const raw = parseTemporal(type, body.replace(' ', 'T'))
  if (raw === undefined) return undefined
  return { value: { form: 'scalar', type, value: raw } as Scalar, end: start + text.length }
}

function temporalType(
  date: string | undefined,
  timeOfDate: string | undefined,
  month: string | undefined,
  time: string | undefined,
): TemporalType {
  if (month !== undefined) return 'MONTH'
  if (date !== undefined) {
    if (timeOfDate === undefined) return 'DATE'
    const digits = timeOfDate.split('.')[1]?.length ?? 0
    if (digits > 3) return 'NANOTIMESTAMP'
    if (digits > 0) return 'TIMESTAMP'
    const colons = timeOfDate.split(':').length - 1
    return colons === 2 ? 'DATETIME' : colons === 1 ? 'DATEMINUTE' : 'DATEHOUR'
  }
  if (time === undefined) return 'MINUTE'
  const digits = time.split('.')[1]?.length ?? 0
  return digits > 3 ? 'NANOTIME' : digits > 0 ? 'TIME' : 'SECOND'
}

function readPlainNumber(source: string, start: number): NumberLiteral | undefined {
  numberPattern.lastIndex = start
  const match = numberPattern.exec(source)
  if (match === null) return undefined
  const [text, digits = '', exponent = '', suffix = ''] = match
  const value = scalarOf(digits, exponent, suffix)
  return value && { value, end: start + text.length }
}

/** Suffix of small integers → type, and its largest value. */
const integerSuffixes: Readonly<Record<string, readonly ['CHAR' | 'SHORT' | 'INT', number]>> = {
  c: ['CHAR', 127],
  h: ['SHORT', 32_767],
  i: ['INT', 2_147_483_647],
}

function scalarOf(digits: string, exponent: string, suffix: string): Scalar | undefined {
  if (digits === '00' && Object.hasOwn(nullSuffixes, suffix)) return nullOf(nullSuffixes[suffix]!)
  const number = Number(digits + exponent)
  const isInteger = exponent === '' && !digits.includes('.')
  if (suffix === 'f') return { form: 'scalar', type: 'FLOAT', value: Math.fround(number) }
  if (suffix === 'F' || (suffix === '' && !isInteger)) return doubleScalar(number)
  if (suffix === 'P') return exponent === '' ? decimal(digits) : undefined
  if (!isInteger) return undefined
  if (suffix === '') return integer(digits)
  if (suffix === 'b') return boolScalar(number !== 0)
  if (suffix === 'l') {
    const value = longOf(digits)
    return value === undefined ? undefined : longScalar(value)
  }
  if (Object.hasOwn(integerSuffixes, suffix)) {
    // A number that is too large for its suffix is the null of the type: `-128c` is the null CHAR.
    const [type, max] = integerSuffixes[suffix]!
    return { form: 'scalar', type, value: number <= max ? number : null }
  }
  const unit = durationUnits.get(suffix)
  if (unit === undefined) return undefined
  return { form: 'scalar', type: 'DURATION', value: { count: number, unit } }
}

function integer(digits: string): Scalar {
  const value = Number(digits)
  if (value <= 2147483647) return intScalar(value)
  const wide = longOf(digits)
  return wide === undefined ? doubleScalar(value) : longScalar(wide)
}

/** The number; undefined if it is out of range. Does not convert texts that are surely too long. */
function longOf(digits: string): bigint | undefined {
  if (Number(digits) > 2 ** 63) return undefined
  const value = BigInt(digits)
  return value < 2n ** 63n ? value : undefined
}

/** The scale is the number of digits after the point: `3.141P` is DECIMAL64(3). */
function decimal(digits: string): Scalar | undefined {
  const [whole = '', fraction = ''] = digits.split('.')
  if (fraction.length > 18) return undefined
  const value = longOf(whole + fraction)
  if (value === undefined) return undefined
  return { form: 'scalar', type: 'DECIMAL64', scale: fraction.length, value }
}
