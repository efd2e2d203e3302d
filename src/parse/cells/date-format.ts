/*
  Reads `cells.dateFormats`: DolphinDB's format symbols (docs/server-semantics.md#text-of-values), counts since 1970 (`epoch:ms`),
  and the day numbers of spreadsheets (`excel`).
*/
import type { UsageError } from '../../errors.js'
import { option, usageError } from '../../errors.js'
import { EpochFormat, epochUnits, ExcelFormat, likelyUnit } from './count-format.js'
import { PatternFormat } from './pattern-format.js'
import { isRead } from './read-cell.js'
import { alternativesOf, parsePattern, patternLetters, type TimePattern } from './time-pattern.js'
import type { DateFormat } from './time-unit.js'
import type { TimeZone } from './time-zone.js'

const fieldNames: Readonly<Record<string, string>> = {
  y: 'the year (yyyy)',
  M: 'the month (MM)',
  d: 'the day (dd)',
  H: 'the hour (HH)',
}

const epochPrefix = 'epoch:'

/** The name `*` in `cells.dateFormats`: its format applies to all suitable columns without a format of their own. */
export const everyColumn = '*'

/** A column of dates or times. */
export interface DatedPlace {
  readonly columnName: string
  /** Name of the column's type, for messages. */
  readonly typeName: string
  /** Letters of the fields that every format for the type must have. */
  readonly needs: string
  /** Time zone of the stored times; undefined to store times as written. */
  readonly zone?: TimeZone | undefined
  /** False for types without a time of day, whose values need no time zone. */
  readonly keepsTime?: boolean
}

/**
 * @param text  such as `dd/MM/yyyy HH:mm:ss.SSS`, `epoch:ms` or `excel`
 * @throws {UsageError} DDB_USAGE if the text is not a format for this type
 */
export function parseDateFormat(place: DatedPlace, text: string): DateFormat {
  const format = formatOf(place, text)
  if (typeof format === 'string') throw wrongFormat(place.columnName, text, format)
  return format
}

/**
 * The column's own format, or else the format for every column (`*`) if that fits; undefined without either.
 * @param formats  `cells.dateFormats`
 * @throws {UsageError} DDB_USAGE if the column's own format does not fit, or the format for every column is invalid
 */
export function dateFormatFor(
  place: DatedPlace,
  formats: Readonly<Record<string, string>>,
): DateFormat | undefined {
  const { columnName } = place
  if (Object.hasOwn(formats, columnName)) return parseDateFormat(place, formats[columnName]!)
  if (!Object.hasOwn(formats, everyColumn)) return undefined
  const text = formats[everyColumn]!
  const wrong = faultOf(text)
  if (wrong !== undefined) throw wrongFormat(everyColumn, text, wrong)
  const format = formatOf(place, text)
  return typeof format === 'string' || dropsDate(place, text) ? undefined : format
}

/** The text of the format that `dateFormatFor` returns, for messages. */
export function dateFormatText(
  columnName: string,
  formats: Readonly<Record<string, string>>,
): string {
  return formats[columnName] ?? formats[everyColumn] ?? ''
}

const mostNamed = 3

/** A time in the usual notation with a fraction of a second. */
const preciseTime = /^(\d{4}[-./]\d\d[-./]\d\d[ T])?\d\d:\d\d:\d\d\.(\d+)(Z?)$/

/** The formats that read a time without digits of its fraction, preferred one first. */
export function formatsDropping(text: string): string[] {
  const match = preciseTime.exec(text)
  if (match === null) return []
  const [, date = '', , zulu = ''] = match
  const day = date.replace(/\d{4}(\D)\d\d\D\d\d/, 'yyyy$1MM$1dd')
  return ['SSS', ''].map(kept => `${day}HH:mm:ss.${kept}*${zulu}`)
}

/**
 * Names the formats of `cells.dateFormats` that read a text which a column without a format refuses; undefined if no
 * format does.
 * @param holds  true if the type holds the time that a format has just read
 */
export function formatHint(
  place: DatedPlace,
  holds: (format: DateFormat) => boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  const text = Buffer.from(bytes.subarray(start, end)).toString('latin1').trim()
  const named = (format: string): string => {
    const value = `${place.columnName}=${format}`
    return `${option('cells.dateFormats')} ${/[ *']/.test(value) ? `"${value}"` : value}`
  }
  const isUsable = (text: string): boolean => {
    const format = formatOf(place, text)
    return typeof format !== 'string' && format.read(bytes, start, end) === isRead && holds(format)
  }
  const digits = preciseTime.exec(text)?.[2]
  if (digits !== undefined) {
    const found = formatsDropping(text).find(isUsable)
    return (
      found &&
      `with ${found.includes('SSS') ? 3 : 0} digits of a second, not ${digits.length}: ${named(found)} drops the others`
    )
  }
  const unit = /^\d{9,}$/.test(text) ? likelyUnit(Number(text)) : undefined
  if (unit !== undefined && isUsable(unit.format)) {
    return `or ${unit.day} with ${named(unit.format)}`
  }
  const found = formatsReading(bytes, start, end).filter(isUsable).slice(0, mostNamed)
  return found.length === 0 ? undefined : `or ${found.map(named).join(' or ')}`
}

function wrongFormat(columnName: string, text: string, why: string): UsageError {
  return usageError(`${option('cells.dateFormats')} ${columnName}=${text}: ${why}`)
}

/** The reason why the format is invalid for every column; undefined if it is valid. */
function faultOf(text: string): string | undefined {
  if (isExcel(text)) return undefined
  if (isEpoch(text)) return unitOf(text) === undefined ? wrongUnit : undefined
  return alternativesOf(text)
    .map(pattern => parsePattern(pattern))
    .find(parsed => typeof parsed === 'string')
}

const wrongUnit = 'the unit is s, ms, us or ns'

/** The format, or the reason why the column cannot have it. */
function formatOf(place: DatedPlace, text: string): DateFormat | string {
  const { typeName, needs, zone, keepsTime = true } = place
  const isTimeOfDay = needs === 'H'
  // Counts since 1970 are moments. In every other text, only the time of day may be one that the zone's clocks skipped.
  const checked = keepsTime && !isTimeOfDay ? zone : undefined
  if (isExcel(text)) return new ExcelFormat(text !== 'excel', isTimeOfDay, checked)
  if (isEpoch(text)) {
    const unitDigits = unitOf(text)
    if (unitDigits === undefined) return wrongUnit
    if (isTimeOfDay) return `${typeName} does not count from 1970`
    return new EpochFormat(unitDigits, zone)
  }
  const alternatives: TimePattern[] = []
  for (const pattern of alternativesOf(text)) {
    const parsed = parsePattern(pattern)
    if (typeof parsed === 'string') return parsed
    const letters = parsed.letters.replace('h', 'H')
    const missing = [...needs].find(letter => !letters.includes(letter))
    if (missing !== undefined) return `${typeName} needs ${fieldNames[missing]}`
    alternatives.push(parsed)
  }
  return new PatternFormat(alternatives, { zone: checked, isMonth: needs === 'yM' })
}

/** True if a format that applies to all columns contains a date, which a column of times of day would lose. */
function dropsDate({ needs }: DatedPlace, text: string): boolean {
  return needs === 'H' && !isExcel(text) && /[yMd]/.test(patternLetters(text))
}

const isExcel = (text: string): boolean => text === 'excel' || text === 'excel:1904'
const isEpoch = (text: string): boolean => text.startsWith(epochPrefix)
const unitOf = (text: string): number | undefined => epochUnits.get(text.slice(epochPrefix.length))

// Formats of dates and times as people write them. Some differ only in the order of their fields. If two fit all texts, the user has to
// choose.

const orders = (sign: string): string[] =>
  [
    ['dd', 'MM', 'yyyy'],
    ['MM', 'dd', 'yyyy'],
    ['yyyy', 'MM', 'dd'],
    ['dd', 'MM', 'yy'],
    ['MM', 'dd', 'yy'],
    ['yy', 'MM', 'dd'],
  ].map(fields => fields.join(sign))

const days = [
  ...['/', '-', '.'].flatMap(orders),
  ...['-', ' ', '/', ''].flatMap(sign => [`dd${sign}MMM${sign}yyyy`, `dd${sign}MMM${sign}yy`]),
  ...['MMM dd, yyyy', 'MMM dd yyyy', 'yyyy-MMM-dd', 'yyyy年MM月dd日', 'yyyyMMdd'],
]

const times = [
  ...['HH:mm', 'HH:mm:ss', 'HH:mm:ss.SSS', 'HH:mm:ss.nnnnnn'],
  ...['hh:mm aa', 'hh:mmaa', 'hh:mm:ss aa', 'hh:mm:ssaa'],
]

const texts = [
  ...times,
  ...['MMM yyyy', 'MMM-yyyy'],
  // A date and its time of day both have separators, or both have none. A T may stand between those without.
  ...days.flatMap(day =>
    day === 'yyyyMMdd'
      ? ['HHmmssSSS', 'HHmmss'].flatMap(time => [`${day} ${time}`, `${day}'T'${time}`])
      : [day, ...times.map(time => `${day} ${time}`)],
  ),
]

let formats: readonly { readonly text: string; readonly reader: PatternFormat }[] | undefined

/** The formats that read the text, preferred ones first. */
export function formatsReading(bytes: Uint8Array, start: number, end: number): string[] {
  // Made on first use.
  formats ??= texts.map(text => ({ text, reader: new PatternFormat([patternOf(text)]) }))
  return formats
    .filter(({ reader }) => reader.read(bytes, start, end) === isRead)
    .map(({ text }) => text)
}

function patternOf(format: string): TimePattern {
  const pattern = parsePattern(format)
  if (typeof pattern === 'string') throw new TypeError(pattern)
  return pattern
}
