/*
  Temporal values as text, both ways (protocol notes §4.2).
*/
import { civilFromDays, daysFromCivil, daysInMonth } from './civil-date.js'
import type { DataType } from './data-type.js'
import { nullInt32, nullInt64 } from './null-value.js'
import type { Int64Type } from './value.js'

/** Types that count time; what each counts, and from when, is in protocol notes §4.2. */
export type TemporalType =
  | 'DATE'
  | 'MONTH'
  | 'TIME'
  | 'MINUTE'
  | 'SECOND'
  | 'DATETIME'
  | 'TIMESTAMP'
  | 'NANOTIME'
  | 'NANOTIMESTAMP'
  | 'DATEHOUR'
  | 'DATEMINUTE'

/** True for the types this file reads and writes. */
export function isTemporal(type: DataType): type is TemporalType {
  return type in unitsPerDay || type === 'MONTH'
}

/** Units of a type in one day. */
const unitsPerDay = {
  DATE: 1,
  TIME: 86_400_000,
  MINUTE: 1440,
  SECOND: 86_400,
  DATETIME: 86_400,
  TIMESTAMP: 86_400_000,
  NANOTIME: 86_400_000_000_000,
  NANOTIMESTAMP: 86_400_000_000_000,
  DATEHOUR: 24,
  DATEMINUTE: 1440,
} as const

/** The text DolphinDB shows for a value that is not null: `2012.06.13T13:30:10.008`, `13:30m`, `2012.06M`. */
export function formatTemporal(type: TemporalType, raw: number | bigint): string {
  if (type === 'MONTH') {
    const months = Number(raw)
    const year = Math.floor(months / 12)
    return `${padded(year, 4)}.${padded(months - year * 12 + 1, 2)}M`
  }
  const { days, rest } = splitDays(type, raw)
  switch (type) {
    case 'DATE':
      return dateText(days)
    case 'TIME':
      return `${clockText(Math.floor(rest / 1000), days)}.${padded(rest % 1000, 3)}`
    case 'NANOTIME':
      return `${clockText(Math.floor(rest / 1e9), days)}.${padded(rest % 1e9, 9)}`
    case 'MINUTE':
      return `${clockText(rest * 60, days).slice(0, -3)}m`
    case 'SECOND':
      return clockText(rest, days)
    case 'DATETIME':
      return `${dateText(days)}T${clockText(rest)}`
    case 'TIMESTAMP':
      return `${dateText(days)}T${clockText(Math.floor(rest / 1000))}.${padded(rest % 1000, 3)}`
    case 'NANOTIMESTAMP':
      return `${dateText(days)}T${clockText(Math.floor(rest / 1e9))}.${padded(rest % 1e9, 9)}`
    case 'DATEHOUR':
      return `${dateText(days)}T${padded(rest, 2)}`
    case 'DATEMINUTE':
      return `${dateText(days)}T${clockText(rest * 60).slice(0, -3)}`
  }
}

/** Whole days, rounded down, and what is left in the type's own unit. */
function splitDays(
  type: Exclude<TemporalType, 'MONTH'>,
  raw: number | bigint,
): { days: number; rest: number } {
  const unit = unitsPerDay[type]
  if (typeof raw === 'number') {
    const days = Math.floor(raw / unit)
    return { days, rest: raw - days * unit }
  }
  const bigUnit = BigInt(unit)
  const rest = ((raw % bigUnit) + bigUnit) % bigUnit
  return { days: Number((raw - rest) / bigUnit), rest: Number(rest) }
}

function dateText(days: number): string {
  const { year, month, day } = civilFromDays(days)
  return `${padded(year, 4)}.${padded(month, 2)}.${padded(day, 2)}`
}

/** Days are counted in hours only for times of day, where there should be none. */
function clockText(seconds: number, days: number = 0): string {
  const hours = Math.floor(seconds / 3600) + days * 24
  const minutes = Math.floor(seconds / 60) % 60
  return `${padded(hours, 2)}:${padded(minutes, 2)}:${padded(seconds % 60, 2)}`
}

function padded(value: number, digits: number): string {
  return value < 0
    ? `-${String(-value).padStart(digits, '0')}`
    : String(value).padStart(digits, '0')
}

const datePattern =
  /^(?:(\d{4})\.(\d{2})\.(\d{2})|(\d{4})-(\d{2})-(\d{2})|(\d{4})\/(\d{2})\/(\d{2})|(\d{4})(\d{2})(\d{2}))/
const clockPattern = /^(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(m?)$/

/**
 * The raw value of a DolphinDB literal or of ISO 8601 text: a bigint for 64-bit types, else a number; undefined when
 * the text is no value of the type, dates that do not exist and values beyond its range included. A fraction may have
 * more digits than the type keeps only when they are zeros; a zone is accepted only where it says UTC.
 */
export function parseTemporal(type: Int64Type & TemporalType, text: string): bigint | undefined
export function parseTemporal(type: TemporalType, text: string): number | bigint | undefined
export function parseTemporal(type: TemporalType, text: string): number | bigint | undefined {
  switch (type) {
    case 'MONTH':
      return parseMonth(text)
    case 'DATE':
      return parseDate(text)
    case 'TIME':
    case 'NANOTIME':
    case 'MINUTE':
    case 'SECOND':
      return parseTimeOfDay(type, text)
    default:
      return parseMoment(type, text)
  }
}

function parseMonth(text: string): number | undefined {
  const match = /^(\d{4})(?:\.(\d{2})M?|-(\d{2}))$/.exec(text)
  if (match === null) return undefined
  const month = Number(match[2] ?? match[3])
  return month >= 1 && month <= 12 ? Number(match[1]) * 12 + month - 1 : undefined
}

/** Days of a text that is a date and nothing else. */
function parseDate(text: string): number | undefined {
  const date = leadingDate(text)
  return date?.length === text.length ? date.days : undefined
}

function leadingDate(text: string): { days: number; length: number } | undefined {
  const match = datePattern.exec(text)
  if (match === null) return undefined
  const [year, month, day] = match
    .slice(1)
    .filter(part => part !== undefined)
    .map(Number) as [number, number, number]
  if (day < 1 || day > daysInMonth(year, month)) return undefined
  return { days: daysFromCivil(year, month, day), length: match[0].length }
}

interface Clock {
  hours: number
  minutes: number
  /** undefined: the text ends with the minutes. */
  seconds: number | undefined
  /** Nine digits, '' when there is no fraction. */
  fraction: string
  /** `m` behind it, as in the literal of a MINUTE. */
  marked: boolean
}

function parseClock(text: string): Clock | undefined {
  const match = clockPattern.exec(text)
  if (match === null) return undefined
  const hours = Number(match[1])
  const minutes = Number(match[2])
  const seconds = match[3] === undefined ? undefined : Number(match[3])
  const marked = match[5] === 'm'
  if (hours > 23 || minutes > 59 || (seconds ?? 0) > 59) return undefined
  if (marked && seconds !== undefined) return undefined
  return { hours, minutes, seconds, fraction: match[4]?.padEnd(9, '0') ?? '', marked }
}

function secondsOfDay(clock: Clock): number {
  return clock.hours * 3600 + clock.minutes * 60 + (clock.seconds ?? 0)
}

/** The fraction in units of 10^-digits seconds; undefined when digits that are not zero would be lost. */
function fractionUnits(fraction: string, digits: 0 | 3 | 9): number | undefined {
  return /[1-9]/.test(fraction.slice(digits)) ? undefined : Number(fraction.slice(0, digits) || '0')
}

function parseTimeOfDay(
  type: 'TIME' | 'NANOTIME' | 'MINUTE' | 'SECOND',
  text: string,
): number | bigint | undefined {
  const clock = parseClock(text)
  if (clock === undefined) return undefined
  if (type === 'MINUTE') {
    if (clock.seconds !== undefined) return undefined
    return clock.hours * 60 + clock.minutes
  }
  if (clock.seconds === undefined) return undefined
  const digits = type === 'SECOND' ? 0 : type === 'TIME' ? 3 : 9
  const fraction = fractionUnits(clock.fraction, digits)
  if (fraction === undefined) return undefined
  const seconds = secondsOfDay(clock)
  if (type === 'NANOTIME') return BigInt(seconds) * 1_000_000_000n + BigInt(fraction)
  return type === 'TIME' ? seconds * 1000 + fraction : seconds
}

function parseMoment(
  type: 'DATETIME' | 'TIMESTAMP' | 'NANOTIMESTAMP' | 'DATEHOUR' | 'DATEMINUTE',
  text: string,
): number | bigint | undefined {
  const date = leadingDate(text)
  if (date === undefined) return undefined
  const time = clockBehindDate(text.slice(date.length), type === 'DATEHOUR')
  if (time === undefined) return undefined
  const digits = type === 'NANOTIMESTAMP' ? 9 : type === 'TIMESTAMP' ? 3 : 0
  const fraction = fractionUnits(time.fraction, digits)
  if (fraction === undefined) return undefined
  const seconds = date.days * 86_400 + secondsOfDay(time)
  switch (type) {
    case 'TIMESTAMP':
      return BigInt(seconds) * 1000n + BigInt(fraction)
    case 'NANOTIMESTAMP':
      return within64(BigInt(seconds) * 1_000_000_000n + BigInt(fraction))
    case 'DATETIME':
      return within32(seconds)
    case 'DATEHOUR':
      return seconds % 3600 === 0 ? seconds / 3600 : undefined
    case 'DATEMINUTE':
      return seconds % 60 === 0 ? seconds / 60 : undefined
  }
}

/** `T13:30:10.008Z`, ` 13:30`, or nothing, which is midnight; `T13` where hours may stand alone. */
function clockBehindDate(text: string, hoursAlone: boolean): Clock | undefined {
  if (text === '') return { hours: 0, minutes: 0, seconds: 0, fraction: '', marked: false }
  if (text[0] !== 'T' && text[0] !== ' ') return undefined
  const clock = text.slice(1).replace(/(?:Z|\+00:?00)$/, '')
  const parsed = parseClock(hoursAlone && clock.length === 2 ? `${clock}:00` : clock)
  return parsed?.marked ? undefined : parsed
}

function within32(value: number): number | undefined {
  return value > nullInt32 && value < -nullInt32 ? value : undefined
}

function within64(value: bigint): bigint | undefined {
  return value > nullInt64 && value < -nullInt64 ? value : undefined
}
