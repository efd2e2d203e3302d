/* Reads `cells.dateFormats`: DolphinDB's format symbols (docs/server-semantics.md#text-of-values), counts since 1970 (`epoch:ms`), and the
   day numbers of spreadsheets (`excel`). Names the formats that read a text. */
import { option, usageError } from '../../errors.js'
import { isRead, shellValue } from '../cells/cell-bytes.js'
import { CountReader, DayNumberReader, epochUnits, likelyUnit } from './time-counts.js'
import { alternativesOf, parsePattern, patternLetters, type TimePattern } from './time-pattern.js'
import { PatternReader, type TimeReader } from './time-reader.js'
import type { TimeZone } from './time-zone.js'

const fieldNames: Readonly<Record<string, string>> = {
  y: 'the year (yyyy)',
  M: 'the month (MM)',
  d: 'the day (dd)',
  H: 'the hour (HH)',
}

const excelFormats = ['excel', 'excel:1904']

/** The name `*` in `cells.dateFormats`: its format applies to all suitable columns without a format of their own. */
export const everyColumn = '*'

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
 * The column's own format, or else the format for every column (`*`) if that fits; undefined without either.
 * @param formats  `cells.dateFormats`: such as `dd/MM/yyyy HH:mm:ss.SSS`, `epoch:ms` or `excel`
 * @throws {UsageError} DDB_USAGE if the column's own format does not fit, or the format for every column is invalid
 */
export function dateFormatFor(
  place: DatedPlace,
  formats: Readonly<Record<string, string>>,
): TimeReader | undefined {
  const { columnName, needs } = place
  const isOwn = Object.hasOwn(formats, columnName)
  if (!isOwn && !Object.hasOwn(formats, everyColumn)) return undefined
  const text = dateFormatText(columnName, formats)
  const found = readerOf(place, text)
  if (typeof found !== 'string') {
    // A column of times of day would lose the date that a format for all columns reads.
    const losesDate = !isOwn && needs === 'H' && /[yMd]/.test(patternLetters(text))
    return losesDate && !excelFormats.includes(text) ? undefined : found
  }
  const why = isOwn ? found : patternsOf(text)
  if (typeof why !== 'string') return undefined
  throw usageError(
    `${option('cells.dateFormats')} ${isOwn ? columnName : everyColumn}=${text}: ${why}`,
  )
}

/** The text of the format that `dateFormatFor` returns, for messages. */
export function dateFormatText(
  columnName: string,
  formats: Readonly<Record<string, string>>,
): string {
  const name = Object.hasOwn(formats, columnName) ? columnName : everyColumn
  return formats[name] ?? ''
}

/** The reader, or the reason why the column cannot have this format. */
function readerOf(place: DatedPlace, text: string): TimeReader | string {
  const { typeName, needs, zone, keepsTime = true } = place
  const isTimeOfDay = needs === 'H'
  // Counts since 1970 are moments. In every other text, only the time of day may be one that the zone's clocks skipped.
  const checked = keepsTime && !isTimeOfDay ? zone : undefined
  const patterns = patternsOf(text)
  if (typeof patterns === 'string') return patterns
  if (excelFormats.includes(text)) {
    return new DayNumberReader(text !== 'excel', isTimeOfDay, checked)
  }
  const unitDigits = epochUnits.get(text)
  if (unitDigits !== undefined) {
    return isTimeOfDay ? `${typeName} does not count from 1970` : new CountReader(unitDigits, zone)
  }
  for (const { letters } of patterns) {
    const missing = [...needs].find(letter => !letters.replace('h', 'H').includes(letter))
    if (missing !== undefined) return `${typeName} needs ${fieldNames[missing]}`
  }
  return new PatternReader(patterns, { zone: checked, isMonth: needs === 'yM' })
}

/** The patterns of a format, none for numbers; or the reason why the format is invalid for every column. */
function patternsOf(text: string): TimePattern[] | string {
  if (excelFormats.includes(text) || epochUnits.has(text)) return []
  if (text.startsWith('epoch:')) return 'the unit is s, ms, us or ns'
  const patterns = alternativesOf(text).map(pattern => parsePattern(pattern))
  const fault = patterns.find(pattern => typeof pattern === 'string')
  return fault ?? (patterns as TimePattern[])
}

const mostNamed = 3

/** A time in a usual notation with a fraction of a second: date, its separator, that of the time, point, digits, offset. */
const preciseTime =
  /^(\d{4}([-./]?)\d\d\2\d\d[ T])?\d\d(:?)\d\d\3\d\d([.,])(\d+)(Z|[+-]\d\d(?::?\d\d)?)?$/

/** The formats that read a time without digits of its fraction, preferred one first. An offset becomes literal text. */
export function formatsDropping(text: string, isZoned = false): string[] {
  const match = preciseTime.exec(text)
  if (match === null) return []
  const [, date = '', sign = '', colon, point, , offset = ''] = match
  // A zone needs the offset, and no format reads one.
  if (isZoned && offset !== '') return []
  const day = date && `yyyy${sign}MM${sign}dd${date.slice(-1)}`
  return ['SSS', ''].map(kept => `${day}HH${colon}mm${colon}ss${point}${kept}*${offset}`)
}

/** Digits without separators, in the formats that the type of the column leaves; a count since 1970 has other digits. */
const digitTexts = [
  ...['yyyyMMddHHmmssSSS', 'yyyyMMddHHmmss', 'yyyyMMddHHmm', 'yyyyMM'],
  ...['HHmmssSSS', 'HHmmss', 'HHmm'],
]
const number = /^\d+(?:\.\d*)?(?:[eE]\+?\d+)?$/
const leastCount = 1e8

/**
 * Names the formats of `cells.dateFormats` that read a text which a column without a format refuses, or says why none does; undefined
 * if nothing is known of the text.
 * @param holds  true if the type holds the time that a format has just read
 */
export function formatHint(
  place: DatedPlace,
  holds: (format: TimeReader) => boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  const text = Buffer.from(bytes.subarray(start, end)).toString('latin1').trim()
  const named = (format: string): string =>
    `${option('cells.dateFormats')} ${shellValue(`${place.columnName}=${format}`)}`
  const isUsable = (text: string): boolean => {
    const reader = readerOf(place, text)
    return typeof reader !== 'string' && reader.read(bytes, start, end) === isRead && holds(reader)
  }
  const digits = preciseTime.exec(text)?.[5]
  const dropping = formatsDropping(text).find(isUsable)
  if (digits !== undefined && dropping !== undefined) {
    const kept = dropping.includes('SSS') ? 3 : 0
    if (kept >= digits.length) return `or ${named(dropping)}`
    const isLost = !formatsDropping(text, place.zone !== undefined).includes(dropping)
    const way = isLost ? '' : `: ${named(dropping)} drops the others`
    return `with ${kept} digits of a second, not ${digits.length}${way}`
  }
  const found = [...formatsReading(bytes, start, end), ...digitTexts].filter(isUsable)
  if (found.length > 0) return `or ${found.slice(0, mostNamed).map(named).join(' or ')}`
  const unit =
    number.test(text) && Number(text) >= leastCount ? likelyUnit(Number(text)) : undefined
  if (unit === undefined || typeof readerOf(place, unit.format) === 'string') return undefined
  return isUsable(unit.format)
    ? `or ${unit.day} with ${named(unit.format)}`
    : `${unit.format} would be ${unit.day}, with digits that ${place.typeName} does not keep`
}

// Formats of dates and times as people write them. Some differ only in the order of their fields. If two fit all texts, the user has to
// choose.

const orders = ['dd MM yyyy', 'MM dd yyyy', 'yyyy MM dd', 'dd MM yy', 'MM dd yy', 'yy MM dd']

const days = [
  ...['/', '-', '.'].flatMap(sign => orders.map(fields => fields.replaceAll(' ', sign))),
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

let formats: readonly { readonly text: string; readonly reader: PatternReader }[] | undefined

/** The formats that read the text, preferred ones first. */
export function formatsReading(bytes: Uint8Array, start: number, end: number): string[] {
  // Made on first use.
  formats ??= texts.map(text => ({
    text,
    reader: new PatternReader(patternsOf(text) as TimePattern[]),
  }))
  return formats
    .filter(({ reader }) => reader.read(bytes, start, end) === isRead)
    .map(({ text }) => text)
}
