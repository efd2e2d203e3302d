/* Makes the column for a type and rules for cells: formats of dates, styles of numbers, words for true and false, arrays. */
import { option, usageError } from '../../errors.js'
import { columnTypeText, type ColumnType, type DataType } from '../../protocol/data-type.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import type { CellRules } from '../cell-rules.js'
import { inStyle, numberStyle, plainNumbers } from '../cells/read-number.js'
import {
  type CellType,
  type ElementType,
  elementTypes,
  textTypes,
  withTruthTexts,
} from './cell-types.js'
import { ArrayColumn, elementSeparator } from '../columns/array-column.js'
import { type BufferPool, type ElementReader, FixedColumn } from '../columns/fixed-column.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import { dateFormatFor } from '../times/date-format.js'
import { TimeZone } from '../times/time-zone.js'
import { placeOf, timeHint, timeReader, timeTypes, type TimeType } from './time-types.js'

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

/** @throws {UsageError} DDB_USAGE for types that text cannot represent, and for formats that do not fit the type */
export function columnBuilder(
  column: TargetColumn,
  pool: BufferPool,
  rules: CellRules,
): ColumnBuilder {
  const { array = false } = column.type
  if (!array) return elementBuilder(column, pool, rules)
  const delimiter = rules.arrayDelimiter ?? defaultArrayDelimiter
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 0x7f) {
    throw usageError('the array delimiter is one ASCII character')
  }
  const elements = elementBuilder(column, pool, elementRules(rules, delimiter))
  return new ArrayColumn(elements, delimiter.charCodeAt(0), pool)
}

/** Arrays in JSON hold numbers in JSON's own notation. @throws {UsageError} DDB_USAGE if numbers contain the delimiter of elements */
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
  { name, type: columnType, maxBytes = Number.MAX_SAFE_INTEGER }: TargetColumn,
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
  const time = 'patterns' in type ? timeReader(name, type, zone, rules) : undefined
  const spelling =
    'spelling' in type ? type.spelling : time?.isNumber === true ? 'number' : undefined
  if (spelling !== 'number' && percentColumns.includes(name)) {
    throw usageError(
      `${option('cells.percentColumns')} names column "${name}", which holds no plain numbers`,
    )
  }
  if ('newColumn' in type) return type.newColumn(pool, maxBytes)
  const reader = 'patterns' in type ? time!.reader : type.readerOf(scale ?? 0)
  const style = spelling === 'number' ? numberStyle(name, rules) : undefined
  const spelled = style === undefined ? reader : inStyle(reader, style)
  const own = spelling === 'truth' ? withTruthTexts(spelled, rules) : spelled
  return new FixedColumn(type.name, scale, own, pool, reader)
}

function timeTypeOf(typeName: DataType): TimeType | undefined {
  const type = typesByName.get(typeName)
  return type !== undefined && 'patterns' in type ? type : undefined
}

/** As `timeHint`, for a cell's text; undefined for types other than times. */
export function formatHintFor(columnName: string, typeName: DataType): ElementReader['explain'] {
  const type = timeTypeOf(typeName)
  return type && ((...text) => timeHint(columnName, type, undefined, ...text))
}

/** True if a format of `cells.dateFormats` applies to the column. */
export function hasDateFormat(
  columnName: string,
  typeName: DataType,
  { dateFormats = {} }: CellRules,
): boolean {
  const type = timeTypeOf(typeName)
  return type !== undefined && dateFormatFor(placeOf(columnName, type), dateFormats) !== undefined
}

/** Cached, because all columns of a run share one zone and the rules looked up for that zone. */
let lastZone: TimeZone | undefined

function timeZoneOf({ timeZone = 'none' }: CellRules): TimeZone | undefined {
  if (timeZone === 'none') return undefined
  if (lastZone?.name !== timeZone) lastZone = new TimeZone(timeZone)
  return lastZone
}
