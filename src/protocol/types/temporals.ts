/*
  The temporal types: unit and origin of each, and conversion to and from text (docs/protocol.md#data-types). Values are
  integers of 32 or 64 bits, without a time zone. The smallest integer is the null.
*/
import { civilFromDays, daysFromCivil, daysInMonth } from '../civil-date.js'
import type { DataType } from '../data-type.js'
import { nullInt32, nullInt64 } from '../null-value.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { fixedElements } from './fixed-elements.js'
import { int32Storage, int64Storage } from './integers.js'
import { fixedType, type TypeFacts } from './type-facts.js'

export type Temporal32Type =
  'DATE' | 'MONTH' | 'TIME' | 'MINUTE' | 'SECOND' | 'DATETIME' | 'DATEHOUR' | 'DATEMINUTE'
export type Temporal64Type = 'TIMESTAMP' | 'NANOTIME' | 'NANOTIMESTAMP'
export type TemporalType = Temporal32Type | Temporal64Type

export type TemporalScalar =
  ScalarShape<Temporal32Type, number | null> | ScalarShape<Temporal64Type, bigint | null>
export type TemporalVector =
  VectorShape<Temporal32Type, Int32Array> | VectorShape<Temporal64Type, BigInt64Array>

interface TemporalText {
  /** The text that DolphinDB shows for a value, which must not be null. */
  readonly format: (raw: number | bigint) => string
  /** Parses a text; undefined if the type has no value with this text. */
  readonly parse: (text: string) => number | bigint | undefined
}

const secondMs = 1000
const secondNs = 1_000_000_000
const daySeconds = 86_400

const texts: Readonly<Record<TemporalType, TemporalText>> = {
  DATE: { format: byDays(1, dateText), parse: parseDate },
  MONTH: { format: monthText, parse: parseMonth },
  TIME: {
    format: byDays(daySeconds * secondMs, (days, ms) => {
      return `${clockText(Math.floor(ms / secondMs), days)}.${padded(ms % secondMs, 3)}`
    }),
    parse: ofDay(3, (seconds, ms) => seconds * secondMs + ms),
  },
  MINUTE: {
    format: byDays(1440, (days, minutes) => `${clockText(minutes * 60, days).slice(0, -3)}m`),
    parse: parseMinute,
  },
  SECOND: {
    format: byDays(daySeconds, (days, seconds) => clockText(seconds, days)),
    parse: ofDay(0, seconds => seconds),
  },
  DATETIME: {
    format: byDays(daySeconds, (days, seconds) => `${dateText(days)}T${clockText(seconds)}`),
    parse: moment(0, within32),
  },
  TIMESTAMP: {
    format: byDays(daySeconds * secondMs, (days, ms) => {
      const clock = clockText(Math.floor(ms / secondMs))
      return `${dateText(days)}T${clock}.${padded(ms % secondMs, 3)}`
    }),
    parse: moment(3, (seconds, ms) => BigInt(seconds) * BigInt(secondMs) + BigInt(ms)),
  },
  NANOTIME: {
    format: byDays(daySeconds * secondNs, (days, ns) => {
      return `${clockText(Math.floor(ns / secondNs), days)}.${padded(ns % secondNs, 9)}`
    }),
    parse: ofDay(9, (seconds, ns) => BigInt(seconds) * BigInt(secondNs) + BigInt(ns)),
  },
  NANOTIMESTAMP: {
    format: byDays(daySeconds * secondNs, (days, ns) => {
      const clock = clockText(Math.floor(ns / secondNs))
      return `${dateText(days)}T${clock}.${padded(ns % secondNs, 9)}`
    }),
    parse: moment(9, (seconds, ns) => within64(BigInt(seconds) * BigInt(secondNs) + BigInt(ns))),
  },
  DATEHOUR: {
    format: byDays(24, (days, hours) => `${dateText(days)}T${padded(hours, 2)}`),
    parse: moment(0, seconds => (seconds % 3600 === 0 ? seconds / 3600 : undefined), true),
  },
  DATEMINUTE: {
    format: byDays(1440, (days, minutes) => {
      return `${dateText(days)}T${clockText(minutes * 60).slice(0, -3)}`
    }),
    parse: moment(0, seconds => (seconds % 60 === 0 ? seconds / 60 : undefined)),
  },
}

const int32Elements = fixedElements(int32Storage)
const int64Elements = fixedElements(int64Storage)

export const temporalTypes: Readonly<Record<TemporalType, TypeFacts>> = {
  DATE: fixedType(6, 'temporal', int32Elements, texts.DATE.format),
  MONTH: fixedType(7, 'temporal', int32Elements, texts.MONTH.format),
  TIME: fixedType(8, 'temporal', int32Elements, texts.TIME.format),
  MINUTE: fixedType(9, 'temporal', int32Elements, texts.MINUTE.format),
  SECOND: fixedType(10, 'temporal', int32Elements, texts.SECOND.format),
  DATETIME: fixedType(11, 'temporal', int32Elements, texts.DATETIME.format),
  TIMESTAMP: fixedType(12, 'temporal', int64Elements, texts.TIMESTAMP.format),
  NANOTIME: fixedType(13, 'temporal', int64Elements, texts.NANOTIME.format),
  NANOTIMESTAMP: fixedType(14, 'temporal', int64Elements, texts.NANOTIMESTAMP.format),
  DATEHOUR: fixedType(28, 'temporal', int32Elements, texts.DATEHOUR.format),
  DATEMINUTE: fixedType(29, 'temporal', int32Elements, texts.DATEMINUTE.format),
}

export function isTemporal(type: DataType): type is TemporalType {
  return type in texts
}

/** The text that DolphinDB shows for a value other than null: `2012.06.13T13:30:10.008`, `13:30m`, `2012.06M`. */
export function formatTemporal(type: TemporalType, raw: number | bigint): string {
  return texts[type].format(raw)
}

/**
 * Parses a DolphinDB literal or ISO 8601 text into a raw value: a bigint for 64-bit types, otherwise a number.
 * Undefined for any other text, for dates that do not exist, for time zones other than UTC, and if the type cannot hold
 * digits of the fraction other than 0.
 */
export function parseTemporal(type: Temporal64Type, text: string): bigint | undefined
export function parseTemporal(type: TemporalType, text: string): number | bigint | undefined
export function parseTemporal(type: TemporalType, text: string): number | bigint | undefined {
  return texts[type].parse(text)
}

/** Formats a count of units. Splits it into days of `perDay` units, rounded down, and a rest; `show` formats both. */
function byDays(
  perDay: number,
  show: (days: number, rest: number) => string,
): TemporalText['format'] {
  return raw => {
    if (typeof raw === 'number') {
      const days = Math.floor(raw / perDay)
      return show(days, raw - days * perDay)
    }
    const bigPerDay = BigInt(perDay)
    const rest = ((raw % bigPerDay) + bigPerDay) % bigPerDay
    return show(Number((raw - rest) / bigPerDay), Number(rest))
  }
}

function monthText(raw: number | bigint): string {
  const months = Number(raw)
  const year = Math.floor(months / 12)
  return `${padded(year, 4)}.${padded(months - year * 12 + 1, 2)}M`
}

function dateText(days: number): string {
  const { year, month, day } = civilFromDays(days)
  return `${padded(year, 4)}.${padded(month, 2)}.${padded(day, 2)}`
}

/** The text of a time of day. If a value is a day or longer, its days become hours. */
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

function parseMonth(text: string): number | undefined {
  const match = /^(\d{4})(?:\.(\d{2})M?|-(\d{2}))$/.exec(text)
  if (match === null) return undefined
  const month = Number(match[2] ?? match[3])
  return month >= 1 && month <= 12 ? Number(match[1]) * 12 + month - 1 : undefined
}

/** Parses a text that consists only of a date, into days since 1970. */
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
  /** Seconds of the minute; undefined for a text without seconds. */
  seconds: number | undefined
  /** Nine digits, or '' for a text without a fraction. */
  fraction: string
  /** True if the text ends in `m`, like MINUTE literals. */
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

/** The fraction in units of 10^-digits seconds; undefined if further digits are not 0. */
function fractionUnits(fraction: string, digits: 0 | 3 | 9): number | undefined {
  return /[1-9]/.test(fraction.slice(digits)) ? undefined : Number(fraction.slice(0, digits) || '0')
}

/** Parses a time of day. Passes the whole seconds, and the fraction in units of 10^-digits seconds, to `valueOf`. */
function ofDay(
  digits: 0 | 3 | 9,
  valueOf: (seconds: number, fraction: number) => number | bigint,
): TemporalText['parse'] {
  return text => {
    const clock = parseClock(text)
    if (clock?.seconds === undefined) return undefined
    const fraction = fractionUnits(clock.fraction, digits)
    return fraction === undefined ? undefined : valueOf(secondsOfDay(clock), fraction)
  }
}

function parseMinute(text: string): number | undefined {
  const clock = parseClock(text)
  if (clock === undefined || clock.seconds !== undefined) return undefined
  return clock.hours * 60 + clock.minutes
}

/** Parses date and time. Passes the whole seconds since 1970, and the fraction as in `ofDay`, to `valueOf`. */
function moment(
  digits: 0 | 3 | 9,
  valueOf: (seconds: number, fraction: number) => number | bigint | undefined,
  hoursAlone: boolean = false,
): TemporalText['parse'] {
  return text => {
    const date = leadingDate(text)
    if (date === undefined) return undefined
    const time = clockAfterDate(text.slice(date.length), hoursAlone)
    if (time === undefined) return undefined
    const fraction = fractionUnits(time.fraction, digits)
    if (fraction === undefined) return undefined
    return valueOf(date.days * daySeconds + secondsOfDay(time), fraction)
  }
}

/** Parses `T13:30:10.008Z`, ` 13:30`, or '' for midnight. If `hoursAlone` is true, also parses `T13`. */
function clockAfterDate(text: string, hoursAlone: boolean): Clock | undefined {
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
