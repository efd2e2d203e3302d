/*
  Makes the column for a type, according to the rules for cells: formats of dates, numbers in another style, other words for true
  and false, arrays.
*/
import { option, usageError } from '../../errors.js'
import { columnTypeText, type ColumnType, type DataType } from '../../protocol/data-type.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import type { CellRules } from '../cell-rules.js'
import { isRead } from '../cells/cell-bytes.js'
import { inStyle, numberStyle, plainNumbers } from '../cells/number-style.js'
import { withTruthTexts } from '../cells/cell-words.js'
import { ArrayColumn, elementSeparator } from '../columns/array-column.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import { FixedColumn, type ElementReader } from '../columns/fixed-column.js'
import { ColumnOffset } from '../times/column-offset.js'
import { dateFormatFor, dateFormatText, formatHint, type DatedPlace } from '../times/date-format.js'
import type { ClockRules } from '../times/time-reader.js'
import { TimeZone, type TimeParts } from '../times/time-zone.js'
import { elementTypes, textTypes, type CellType, type ElementType } from './cell-types.js'
import { storeTime, timeReader, timeTypes, usualTimeReader, type TimeType } from './time-types.js'

type AnyType = ElementType | TimeType | (typeof textTypes)[number]

const typesByName: ReadonlyMap<DataType, AnyType> = new Map(
  [...elementTypes, ...timeTypes, ...textTypes].map(type => [type.name, type]),
)

/** How text represents the type; undefined if the type has no text. */
export function cellTypeOf(type: DataType): CellType | undefined {
  return typesByName.get(type)
}

/** True if leading and trailing blanks are part of the column's values. */
export function keepsBlanks({ type, array }: ColumnType): boolean {
  const found = typesByName.get(type)
  return array !== true && found !== undefined && 'newColumn' in found
}

const defaultArrayDelimiter = ','

/**
 * @param columnIndex  index of the column in the mapping; refused rows are reported under it
 * @throws {UsageError} DDB_USAGE for types that text cannot represent, and for formats that do not fit the type
 */
export function columnBuilder(
  column: TargetColumn,
  columnIndex: number,
  pool: BufferPool,
  rules: CellRules,
): ColumnBuilder {
  const { array = false } = column.type
  if (!array) return elementBuilder(column, columnIndex, pool, rules)
  const delimiter = rules.arrayDelimiter ?? defaultArrayDelimiter
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 0x7f) {
    throw usageError('the array delimiter is one ASCII character')
  }
  const elements = elementBuilder(column, 0, pool, elementRules(rules, delimiter))
  return new ArrayColumn(elements, columnIndex, delimiter.charCodeAt(0), pool)
}

/**
 * The rules for the elements of an array column. Arrays in JSON hold numbers in JSON's own notation.
 * @throws {UsageError} DDB_USAGE if numbers contain the delimiter between elements
 */
function elementRules(rules: CellRules, delimiter: string): CellRules {
  const { thousands, decimalComma } = rules
  if (delimiter.charCodeAt(0) === elementSeparator) return plainNumbers(rules)
  if (delimiter === thousands || (delimiter === ',' && decimalComma === true)) {
    throw usageError(
      `"${delimiter}" occurs inside numbers and between the elements of arrays: choose another ${option('input.arrayDelimiter')}`,
    )
  }
  return rules
}

function elementBuilder(
  { name, type: columnType, maxBytes = Infinity }: TargetColumn,
  columnIndex: number,
  pool: BufferPool,
  rules: CellRules,
): ColumnBuilder {
  const { type: typeName, scale, array = false } = columnType
  const type = typesByName.get(typeName)
  if (type === undefined || (array && 'newColumn' in type)) {
    const typeText = columnTypeText(columnType)
    throw usageError(`column "${name}" is ${typeText}, which cannot be read from text`)
  }
  const { dateFormats = {}, percentColumns = [] } = rules
  const zone = timeZoneOf(rules)
  if (!('patterns' in type) && Object.hasOwn(dateFormats, name)) {
    const why = `a column of type ${typeName} holds no dates or times`
    throw usageError(`${option('cells.dateFormats')} ${name}=${dateFormats[name]}: ${why}`)
  }
  const { reader, spelling } =
    'newColumn' in type
      ? { reader: undefined, spelling: undefined }
      : 'patterns' in type
        ? timeColumn(name, type, zone, rules)
        : { reader: type.readerOf(scale ?? 0), spelling: type.spelling }
  if (spelling !== 'number' && percentColumns.includes(name)) {
    throw usageError(
      `${option('cells.percentColumns')} names column "${name}", which holds no plain numbers`,
    )
  }
  if ('newColumn' in type) return type.newColumn(columnIndex, pool, maxBytes)
  const style = spelling === 'number' ? numberStyle(name, rules) : undefined
  const spelled = style === undefined ? reader! : inStyle(reader!, style)
  const own = spelling === 'truth' ? withTruthTexts(spelled, rules) : spelled
  return new FixedColumn(type.name, scale, own, columnIndex, pool, reader)
}

/** Reads the column's texts in its format, or else in the usual notations. */
function timeColumn(
  name: string,
  type: TimeType,
  zone: TimeZone | undefined,
  { dateFormats = {}, onOffset, timeZone, columnOffsets }: CellRules,
): { reader: ElementReader; spelling: 'number' | undefined } {
  const clock = {
    zone,
    offset: timeZone === undefined ? (columnOffsets?.of(name) ?? new ColumnOffset()) : undefined,
    onOffset: onOffset && (() => onOffset(name)),
    ...formatHintFor(name, type.name),
  }
  const format = dateFormatFor({ ...datedPlace(name, type), ...clock }, dateFormats)
  if (format === undefined) return { reader: usualTimeReader(type, clock), spelling: undefined }
  const expected = `${type.name} as ${dateFormatText(name, dateFormats)}`
  const reader = timeReader(type, format, clock.offset, expected, (...text) => {
    const why = format.explain?.(...text)
    return why === undefined ? undefined : `${expected} (${why})`
  })
  return { reader, spelling: format.isNumber ? 'number' : undefined }
}

/** Names formats that read what a column without a format refuses; undefined for types other than times. */
export function formatHintFor(
  columnName: string,
  typeName: DataType,
): Pick<ClockRules, 'formatHint'> {
  const type = typesByName.get(typeName)
  if (type === undefined || !('patterns' in type)) return {}
  const place = datedPlace(columnName, type)
  const holds = (time: TimeParts): boolean => storeTime(type, time, new Int32Array(2), 0) === isRead
  return { formatHint: (...text) => formatHint(place, holds, ...text) }
}

function datedPlace(columnName: string, { name, needs, keepsTime }: TimeType): DatedPlace {
  return { columnName, typeName: name, needs, keepsTime }
}

/** True if a format of `cells.dateFormats` applies to the column. */
export function hasDateFormat(columnName: string, typeName: DataType, rules: CellRules): boolean {
  const type = typesByName.get(typeName)
  if (type === undefined || !('patterns' in type)) return false
  return dateFormatFor(datedPlace(columnName, type), rules.dateFormats ?? {}) !== undefined
}

/** Cached, because all columns of a run share one zone and the rules looked up for that zone. */
let lastZone: TimeZone | undefined

function timeZoneOf({ timeZone = 'none' }: CellRules): TimeZone | undefined {
  if (timeZone === 'none') return undefined
  if (lastZone?.name !== timeZone) lastZone = new TimeZone(timeZone)
  return lastZone
}
