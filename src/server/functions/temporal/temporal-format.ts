/*
  Times as text in a format of the user's, both ways (docs/server-semantics.md#text-of-values), and their parts.
*/
import { ScriptError } from '../../script-error.js'
import { elementAt, vectorOf } from '../../../protocol/element.js'
import { civilFromDays, daysFromCivil, daysInMonth } from '../../../protocol/civil-date.js'
import { isTemporal, type TemporalType } from '../../../protocol/types/temporals.js'
import type { FixedVector } from '../../../protocol/element-bytes.js'
import type { Scalar, Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { operandOf } from '../../operators/operands/pairing.js'
import { textsOf } from '../../values/scalar.js'
import { convertTemporal } from '../../columns/convert-temporal.js'
import { builtin, textArgument, booleanArgument } from '../arguments.js'
import { conversion } from '../types/type.js'

/**
 * What a run of this letter stands for: `h` is the hour of half a day, `a` which half, `S` milliseconds, `n` micro-
 * or nanoseconds.
 */
export type FieldLetter = 'y' | 'M' | 'd' | 'H' | 'h' | 'm' | 's' | 'a' | 'S' | 'n'

/** A run of one letter. */
export interface Field {
  readonly letter: FieldLetter
  /** How often the letter is repeated. */
  readonly width: number
  /** Stands right beside another field, so that only its width tells where it ends. */
  readonly isFixed: boolean
}

/** A field, or text that stands for itself. */
export type PatternPart = Field | string

export const monthNames: readonly string[] = [
  'JAN',
  'FEB',
  'MAR',
  'APR',
  'MAY',
  'JUN',
  'JUL',
  'AUG',
  'SEP',
  'OCT',
  'NOV',
  'DEC',
]

/** All fields a moment has, with words between them. */
const maxFormatLength = 256

/** @throws {ScriptError} for fractions of a wrong width */
export function parsePattern(format: string): readonly PatternPart[] {
  if (format.length > maxFormatLength) {
    throw new ScriptError(
      `Invalid temporal format: it is longer than ${maxFormatLength} characters.`,
    )
  }
  const runs = format.match(/([yMdHhmsaSn])\1*|[^yMdHhmsaSn]+/g) ?? []
  const isField = runs.map(run => /^[yMdHhmsaSn]/.test(run))
  return runs.map((run, index) => {
    if (!isField[index]!) return run
    const letter = run[0] as FieldLetter
    const width = run.length
    if (letter === 'S' && width !== 3) {
      throw new ScriptError(
        `Invalid temporal format: '${format}'. Millisecond (S) must have three digits.`,
      )
    }
    if (letter === 'n' && width !== 6 && width !== 9) {
      throw new ScriptError(
        `Invalid temporal format: '${format}'. Nanosecond (n) must have six or nine digits.`,
      )
    }
    const isFixed = (isField[index - 1] ?? false) || (isField[index + 1] ?? false)
    return { letter, width, isFixed }
  })
}

/** The letters a format uses. */
export function lettersOf(parts: readonly PatternPart[]): ReadonlySet<FieldLetter> {
  return new Set(parts.flatMap(part => (typeof part === 'string' ? [] : [part.letter])))
}

/** The type follows from the fields of the format; text that does not fit is null. */
const temporalParse = builtin('temporalParse(X, format)', (_, [value, format]) => {
  const texts = textsOf(value)
  if (texts === undefined) throw new ScriptError('temporalParse(X, format). X must be text.')
  const read = parserOf(textArgument(format, 'format'))
  const vector = vectorOf({ type: read.type }, texts.map(read.parse)) as Vector
  return value!.form === 'scalar' ? (elementAt(vector, 0) as Scalar) : vector
})

/** Other name of temporalParse. */
const datetimeParse: Builtin = { ...temporalParse, name: 'datetimeParse' }

export const temporalFormatFunctions: readonly Builtin[] = [
  temporalParse,
  builtin('temporalFormat(X, format)', (_, [value, format]) => {
    const { vector, rebuild } = operandOf(value!, 'temporalFormat')
    if (!isTemporal(vector.type)) {
      throw new ScriptError('temporalFormat(X, format). X must be temporal.')
    }
    const parts = parsePattern(textArgument(format, 'format'))
    const moments = momentsOf(vector as FixedVector)
    const texts = moments.map(moment => {
      if (moment === undefined) return ''
      return parts.map(part => (typeof part === 'string' ? part : fieldText(part, moment))).join('')
    })
    return rebuild({ form: 'vector', type: 'STRING', length: texts.length, data: texts })
  }),
  datetimeParse,
]

interface Moment {
  year: number
  month: number
  day: number
  /** Since midnight, below 8.64e13 and exact. */
  nanoseconds: number
}

interface TemporalParser {
  type: TemporalType
  parse: (text: string) => number | bigint | null
}

function parserOf(format: string): TemporalParser {
  const parts = parsePattern(format)
  const fields = parts.filter(part => typeof part !== 'string')
  if (lettersOf(parts).size < fields.length) {
    throw new ScriptError(`Invalid temporal format: '${format}'. A field stands in it twice.`)
  }
  const pattern = parts.map(part =>
    typeof part === 'string' ? part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : fieldPattern(part),
  )
  const expression = new RegExp(`^${pattern.join('')}$`, 'i')
  const type = typeOf(lettersOf(parts))
  return {
    type,
    parse: text => {
      const found = expression.exec(text)
      if (found === null) return null
      const moment = momentOf(fields, found.slice(1))
      return moment === undefined ? null : rawValue(type, moment)
    },
  }
}

function fieldPattern({ letter, width, isFixed }: Field): string {
  if (letter === 'a') return '(AM|PM)'
  if (letter === 'M' && width === 3) return `(${monthNames.join('|')})`
  if (letter === 'S' || letter === 'n' || isFixed) return `(\\d{${width}})`
  return letter === 'y' ? '(\\d{4}|\\d{1,2})' : '(\\d{1,9})'
}

function typeOf(letters: ReadonlySet<FieldLetter>): TemporalType {
  const hasDate = letters.has('y') || letters.has('M') || letters.has('d')
  const hasTime = letters.has('H') || letters.has('h')
  if (letters.has('n')) return hasDate ? 'NANOTIMESTAMP' : 'NANOTIME'
  if (letters.has('S')) return hasDate ? 'TIMESTAMP' : 'TIME'
  if (hasDate && !hasTime) return letters.has('d') ? 'DATE' : 'MONTH'
  if (hasDate) return letters.has('m') || letters.has('s') ? 'DATETIME' : 'DATEHOUR'
  return letters.has('s') ? 'SECOND' : 'MINUTE'
}

/** Undefined when the fields do not make a moment, 2018-02-30 or 25 o'clock. */
function momentOf(fields: readonly Field[], texts: readonly string[]): Moment | undefined {
  const value = (letter: FieldLetter, otherwise: number): number => {
    const index = fields.findIndex(field => field.letter === letter)
    if (index < 0) return otherwise
    if (letter === 'y') return fullYear(texts[index]!)
    if (letter === 'M' && fields[index]!.width === 3) {
      return monthNames.indexOf(texts[index]!.toUpperCase()) + 1
    }
    return Number(texts[index])
  }
  const half = texts[fields.findIndex(field => field.letter === 'a')]?.toUpperCase()
  const twelveHour = value('h', 0)
  const hour = value(
    'H',
    half === undefined ? twelveHour : (twelveHour % 12) + (half === 'PM' ? 12 : 0),
  )
  const month = value('M', 1)
  const year = value('y', 1970)
  const day = value('d', 1)
  const minute = value('m', 0)
  const second = value('s', 0)
  if (day < 1 || day > daysInMonth(year, month)) return undefined
  if (hour > 23 || twelveHour > 12 || minute > 59 || second > 59) return undefined
  const isMicroseconds = fields.some(field => field.letter === 'n' && field.width === 6)
  const fraction = value('S', 0) * 1e6 + value('n', 0) * (isMicroseconds ? 1000 : 1)
  return { year, month, day, nanoseconds: ((hour * 60 + minute) * 60 + second) * 1e9 + fraction }
}

/** Two digits are 2000 to 2039 and 1940 to 1999. */
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length > 2) return year
  return year < 40 ? 2000 + year : 1900 + year
}

function rawValue(type: TemporalType, { year, month, day, nanoseconds }: Moment): number | bigint {
  const days = daysFromCivil(year, month, day)
  switch (type) {
    case 'DATE':
      return days
    case 'MONTH':
      return year * 12 + month - 1
    case 'DATEHOUR':
      return days * 24 + Math.floor(nanoseconds / 3.6e12)
    case 'DATETIME':
      return days * 86_400 + Math.floor(nanoseconds / 1e9)
    case 'TIMESTAMP':
      return BigInt(days) * 86_400_000n + BigInt(Math.floor(nanoseconds / 1e6))
    case 'NANOTIMESTAMP':
      return BigInt(days) * 86_400_000_000_000n + BigInt(nanoseconds)
    case 'TIME':
      return Math.floor(nanoseconds / 1e6)
    case 'SECOND':
      return Math.floor(nanoseconds / 1e9)
    case 'MINUTE':
      return Math.floor(nanoseconds / 6e10)
    default:
      return BigInt(nanoseconds)
  }
}

/** Date and time of day of each value; times of day are taken to be of 1970-01-01. */
function momentsOf(vector: FixedVector): (Moment | undefined)[] {
  const isOfDay = ['TIME', 'MINUTE', 'SECOND', 'NANOTIME'].includes(vector.type)
  const days = isOfDay ? undefined : convertTemporal(vector, 'DATE')
  const nanos = convertTemporal(vector, 'NANOTIME')
  return Array.from({ length: vector.length }, (_, row) => {
    if ((elementAt(vector, row) as Scalar).value === null) return undefined
    const date = civilFromDays(days === undefined ? 0 : Number(days.data[row]))
    return { ...date, nanoseconds: Number(nanos.data[row]) }
  })
}

function fieldText({ letter, width }: Field, moment: Moment): string {
  const { nanoseconds } = moment
  const hour = Math.floor(nanoseconds / 3.6e12)
  const padded = (value: number): string => String(value).padStart(width, '0')
  switch (letter) {
    case 'y':
      return width === 2 ? padded(moment.year % 100) : padded(moment.year)
    case 'M':
      return width === 3 ? monthNames[moment.month - 1]! : padded(moment.month)
    case 'd':
      return padded(moment.day)
    case 'H':
      return padded(hour)
    case 'h':
      return padded(hour % 12)
    case 'm':
      return padded(Math.floor(nanoseconds / 6e10) % 60)
    case 's':
      return padded(Math.floor(nanoseconds / 1e9) % 60)
    case 'a':
      return hour < 12 ? 'AM' : 'PM'
    case 'S':
      return padded(Math.floor(nanoseconds / 1e6) % 1000)
    case 'n':
      return padded(width === 9 ? nanoseconds % 1e9 : Math.floor(nanoseconds / 1e3) % 1e6)
  }
}

const msPerDay = 86_400_000

/** The node's wall clock, in its own time zone. */
const now = builtin('now([nanoSecond])', ({ node }, [nanoSecond]) => {
  const ms = BigInt(Math.floor(wallClockMs(node.now())))
  return booleanArgument(nanoSecond, 'nanoSecond', false)
    ? { form: 'scalar', type: 'NANOTIMESTAMP', value: ms * 1_000_000n }
    : { form: 'scalar', type: 'TIMESTAMP', value: ms }
})

export const temporalFunctions: readonly Builtin[] = [
  conversion('date', 'DATE'),
  conversion('month', 'MONTH'),
  conversion('time', 'TIME'),
  conversion('minute', 'MINUTE'),
  conversion('second', 'SECOND'),
  conversion('datetime', 'DATETIME'),
  conversion('timestamp', 'TIMESTAMP'),
  conversion('nanotime', 'NANOTIME'),
  conversion('nanotimestamp', 'NANOTIMESTAMP'),
  conversion('datehour', 'DATEHOUR'),
  now,

  /** The date of now(). */
  builtin('today()', ({ node }) => ({
    form: 'scalar',
    type: 'DATE',
    value: Math.floor(wallClockMs(node.now()) / msPerDay),
  })),
]

/** Milliseconds since 1970 as the clock on the wall shows them. */
function wallClockMs(epochMs: number): number {
  return epochMs - new Date(epochMs).getTimezoneOffset() * 60_000
}
