/*
  Reads `cells.dateFormats`: DolphinDB's format symbols (docs/server-semantics.md#text-of-values), counts since 1970 (`epoch:ms`),
  and the day numbers of spreadsheets (`excel`).
*/
import type { UsageError } from '../../errors.js'
import { option, usageError } from '../../errors.js'
import { EpochFormat, epochUnits } from './epoch-format.js'
import { ExcelFormat } from './excel-format.js'
import { PatternFormat, parsePattern } from './pattern-format.js'
import type { TimeZone } from './time-zone.js'
import type { DateFormat } from './wall-clock.js'
import { ZonedFormat, type ZoneTask } from './zoned-format.js'

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

function wrongFormat(columnName: string, text: string, why: string): UsageError {
  return usageError(`${option('cells.dateFormats')} ${columnName}=${text}: ${why}`)
}

/** The reason why the format is invalid for every column; undefined if it is valid. */
function faultOf(text: string): string | undefined {
  if (isExcel(text)) return undefined
  if (isEpoch(text)) return unitOf(text) === undefined ? wrongUnit : undefined
  const parts = parsePattern(text)
  return typeof parts === 'string' ? parts : undefined
}

const wrongUnit = 'the unit is s, ms, us or ns'

/** The format, or the reason why the column cannot have it. */
function formatOf(place: DatedPlace, text: string): DateFormat | string {
  const { typeName, needs, zone, keepsTime = true } = place
  const isTimeOfDay = needs === 'H'
  const zoned = (format: DateFormat, task: ZoneTask): DateFormat => {
    const matters = zone !== undefined && !isTimeOfDay && (keepsTime || task === 'convert')
    return matters ? new ZonedFormat(format, zone, task) : format
  }
  if (isExcel(text)) return zoned(new ExcelFormat(text !== 'excel', isTimeOfDay), 'check')
  if (isEpoch(text)) {
    const unitDigits = unitOf(text)
    if (unitDigits === undefined) return wrongUnit
    if (isTimeOfDay) return `${typeName} does not count from 1970`
    return zoned(new EpochFormat(unitDigits), 'convert')
  }
  const parts = parsePattern(text)
  if (typeof parts === 'string') return parts
  const letters = parts.map(part => (part.letter === 'h' ? 'H' : part.letter))
  const missing = [...needs].find(letter => !letters.includes(letter))
  if (missing !== undefined) return `${typeName} needs ${fieldNames[missing]}`
  return zoned(new PatternFormat(parts), 'check')
}

/** True if a format that applies to all columns contains a date, which a column of times of day would lose. */
function dropsDate({ needs }: DatedPlace, text: string): boolean {
  const parts = isExcel(text) ? [] : parsePattern(text)
  return needs === 'H' && typeof parts !== 'string' && parts.some(part => /[yMd]/.test(part.letter))
}

const isExcel = (text: string): boolean => text === 'excel' || text === 'excel:1904'
const isEpoch = (text: string): boolean => text.startsWith(epochPrefix)
const unitOf = (text: string): number | undefined => epochUnits.get(text.slice(epochPrefix.length))
