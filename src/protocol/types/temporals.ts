/* The temporal types: unit and origin of each, and conversion to and from text (docs/protocol.md#data-types). Values are integers of 32 or
   64 bits, without a time zone. The smallest integer is the null. Dates are of the proleptic Gregorian calendar. */
import type { DataType } from '../data-type.js'
import { nullInt32, nullInt64 } from '../null-value.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { int32Parts, int64Parts } from './fixed-types.js'
import { typeFacts, type TypeFacts } from './type-facts.js'

/** Month and day count from 1. Year 0 is 1 BC. */
export type CivilDate = ReturnType<typeof civilFromDays>

const daysPerEra = 146_097
/** Days from 0000-03-01 to 1970-01-01. */
const epochDays = 719_468

/** The number of days from 1970-01-01 to a date; 19724 for 2024-01-02. Does not check that the date exists. */
export function daysFromCivil(year: number, month: number, day: number): number {
  // Years that begin in March end with the leap day (Hinnant, "chrono-compatible low-level date algorithms").
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * daysPerEra + dayOfEra - epochDays
}

/** The date `days` days after 1970-01-01; exact for every day that a temporal type can hold. */
export function civilFromDays(days: number) {
  const shifted = days + epochDays
  const era = Math.floor(shifted / daysPerEra)
  const dayOfEra = shifted - era * daysPerEra
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  }
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** The number of days in a month; 0 if the month does not exist. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29
  return monthLengths[month - 1] ?? 0
}

export type Temporal32Type =
  'DATE' | 'MONTH' | 'TIME' | 'MINUTE' | 'SECOND' | 'DATETIME' | 'DATEHOUR' | 'DATEMINUTE'
export type Temporal64Type = 'TIMESTAMP' | 'NANOTIME' | 'NANOTIMESTAMP'
export type TemporalType = Temporal32Type | Temporal64Type

export type TemporalScalar =
  ScalarShape<Temporal32Type, number | null> | ScalarShape<Temporal64Type, bigint | null>
export type TemporalVector =
  VectorShape<Temporal32Type, Int32Array> | VectorShape<Temporal64Type, BigInt64Array>

interface TemporalFacts extends TypeFacts {
  /** Units a day. MONTH, whose units have no fixed length, has that of its days. */
  readonly perDay: number
  /** True if the type counts from 1970-01-01, false if from midnight. */
  readonly isDated: boolean
  /** The text that DolphinDB shows for a value, which must not be null. */
  readonly format: (raw: number | bigint) => string
  /** Parses a text; undefined if the type has no value with this text. */
  readonly parse: (text: string) => number | bigint | undefined
}

const daySeconds = 86_400

export const temporalTypes: Readonly<Record<TemporalType, TemporalFacts>> = {
  DATE: temporal(6, int32Parts, 1, true),
  MONTH: {
    ...typeFacts(7, 'temporal', int32Parts, monthText),
    ...{ perDay: 1, isDated: true, format: monthText, parse: parseMonth },
  },
  TIME: temporal(8, int32Parts, daySeconds * 1e3, false),
  MINUTE: temporal(9, int32Parts, 1440, false),
  SECOND: temporal(10, int32Parts, daySeconds, false),
  DATETIME: temporal(11, int32Parts, daySeconds, true),
  TIMESTAMP: temporal(12, int64Parts, daySeconds * 1e3, true),
  NANOTIME: temporal(13, int64Parts, daySeconds * 1e9, false),
  NANOTIMESTAMP: temporal(14, int64Parts, daySeconds * 1e9, true),
  DATEHOUR: temporal(28, int32Parts, 24, true),
  DATEMINUTE: temporal(29, int32Parts, 1440, true),
}

export function isTemporal(type: DataType): type is TemporalType {
  return type in temporalTypes
}

/** The text that DolphinDB shows for a value other than null: `2012.06.13T13:30:10.008`, `13:30m`, `2012.06M`. */
export function formatTemporal(type: TemporalType, raw: number | bigint): string {
  return temporalTypes[type].format(raw)
}

/** A DolphinDB literal or ISO 8601 text; undefined for others, dates that do not exist, zones other than UTC, digits beyond the type. */
export function parseTemporal(type: Temporal64Type, text: string): bigint | undefined
export function parseTemporal(type: TemporalType, text: string): number | bigint | undefined
export function parseTemporal(type: TemporalType, text: string): number | bigint | undefined {
  return temporalTypes[type].parse(text)
}

function temporal(
  id: number,
  parts: typeof int32Parts,
  perDay: number,
  isDated: boolean,
): TemporalFacts {
  const perSecond = Math.max(1, perDay / daySeconds)
  const secondsPerUnit = Math.max(1, daySeconds / perDay)
  const fractionDigits = Math.round(Math.log10(perSecond))
  const format = (raw: number | bigint): string => {
    const [days, units] = dayAndRest(raw, perDay)
    if (perDay === 1) return dateText(days)
    const clock = clockText(Math.floor(units / perSecond) * secondsPerUnit, isDated ? 0 : days)
    const fraction = perSecond > 1 ? `.${padded(units % perSecond, fractionDigits)}` : ''
    // Leaves out the seconds, or minutes and seconds, of types that do not count them.
    const time = secondsPerUnit > 1 ? clock.slice(0, perDay === 24 ? -6 : -3) : clock + fraction
    if (isDated) return `${dateText(days)}T${time}`
    return secondsPerUnit > 1 ? `${time}m` : time
  }
  const is64 = parts === int64Parts
  const parse = (text: string): number | bigint | undefined => {
    const moment = parseMoment(text, perDay, isDated)
    if (moment === undefined || moment.seconds % secondsPerUnit !== 0) return undefined
    // Further digits of the fraction must be 0.
    if (/[1-9]/.test(moment.fraction.slice(fractionDigits))) return undefined
    const fraction = Number(moment.fraction.slice(0, fractionDigits) || '0')
    const value = is64
      ? BigInt(moment.seconds) * BigInt(perSecond) + BigInt(fraction)
      : (moment.seconds / secondsPerUnit) * perSecond + fraction
    const smallest = is64 ? nullInt64 : nullInt32
    return value > smallest && value < -smallest ? value : undefined
  }
  return { ...typeFacts(id, 'temporal', parts, format), perDay, isDated, format, parse }
}

/** Splits a count of units into days, rounded down, and the units of the last day. */
function dayAndRest(raw: number | bigint, perDay: number): [days: number, units: number] {
  if (typeof raw === 'number') {
    const days = Math.floor(raw / perDay)
    return [days, raw - days * perDay]
  }
  const bigPerDay = BigInt(perDay)
  const rest = ((raw % bigPerDay) + bigPerDay) % bigPerDay
  return [Number((raw - rest) / bigPerDay), Number(rest)]
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

/** A date, and a time of day with its fraction, the `m` of MINUTE literals, and UTC. */
const momentPattern =
  /^(?:(?<year>\d{4})(?<gap>[./-]?)(?<month>\d{2})\k<gap>(?<day>\d{2})(?:$|[T ](?=.)))?(?:(?<hour>\d{2})(?::(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d{1,9}))?)?)?(?<mark>m)?(?<zone>Z|\+00:?00)?)?$/

function parseMonth(text: string): number | undefined {
  const match = /^(\d{4})(?:\.(\d{2})M?|-(\d{2}))$/.exec(text)
  if (match === null) return undefined
  const month = Number(match[2] ?? match[3])
  return month >= 1 && month <= 12 ? Number(match[1]) * 12 + month - 1 : undefined
}

/**
 * Seconds since 1970-01-01 or midnight, and nine digits of the fraction, or ''. A date alone is its midnight. Types that count
 * hours also take `T13`. Times of day have seconds, except those of types that count minutes.
 */
function parseMoment(text: string, perDay: number, isDated: boolean) {
  const given = momentPattern.exec(text)?.groups
  if (given === undefined) return undefined
  const { year, hour, minute, second, mark, zone, fraction } = given
  const [month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = [
    ...[given['month'], given['day'], hour, minute, second],
  ].map(part => Number(part ?? 0))
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined
  if (isDated) {
    if (year === undefined || day < 1 || day > daysInMonth(Number(year), month)) return undefined
    const isTime = perDay > 1 && mark === undefined && (minute !== undefined || perDay === 24)
    if (hour !== undefined && !isTime) return undefined
  } else {
    const hasSeconds = second !== undefined
    if (year !== undefined || minute === undefined || zone !== undefined) return undefined
    if (hasSeconds !== perDay >= daySeconds || (hasSeconds && mark !== undefined)) return undefined
  }
  const days = year === undefined ? 0 : daysFromCivil(Number(year), month, day)
  return {
    seconds: days * daySeconds + hours * 3600 + minutes * 60 + seconds,
    fraction: fraction?.padEnd(9, '0') ?? '',
  }
}
