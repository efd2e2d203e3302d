/*
  Makes the column for a type, according to the rules for cells: formats of dates, numbers in another style, other words for true
  and false, arrays.
*/
import type { UsageError } from '../../errors.js'
import { option, usageError } from '../../errors.js'
import { columnTypeText, type ColumnType, type DataType } from '../../protocol/data-type.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import type { CellRules } from '../cell-rules.js'
import { ColumnOffset } from '../cells/column-offset.js'
import { dateFormatFor, dateFormatText, formatHint, type DatedPlace } from '../cells/date-format.js'
import {
  numberStyle,
  plainNumberRoom,
  plainNumbers,
  styleText,
  writePlainNumber,
} from '../cells/number-style.js'
import { TimeZone } from '../cells/time-zone.js'
import { truthTexts, writeTruth } from '../cells/truth-texts.js'
import type { ClockRules } from '../cells/pattern-format.js'
import { ArrayColumn, elementSeparator } from '../columns/array-column.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import type { Rewriting } from '../columns/fixed-column.js'
import { cellTypes, type CellType, type ColumnPlace } from './cell-types.js'
import { timeCellTypes } from './time-types.js'

const typesByName: ReadonlyMap<DataType, CellType> = new Map(
  [...cellTypes, ...timeCellTypes].map(type => [type.name, type]),
)

/** How text represents the type; undefined if the type has no text. */
export function cellTypeOf(type: DataType): CellType | undefined {
  return typesByName.get(type)
}

/** True if leading and trailing blanks are part of the column's values. */
export function keepsBlanks({ type, array }: ColumnType): boolean {
  return array !== true && cellTypeOf(type)?.isText === true
}

const defaultArrayDelimiter = ','

/**
 * @param columnIndex  index of the column in the mapping; refused rows are reported under it
 * @throws {UsageError} DDB_USAGE for types that text cannot represent, and for formats that do not fit the type
 */
export function columnBuilder(
  { name, type: columnType, maxBytes = Infinity }: TargetColumn,
  columnIndex: number,
  pool: BufferPool,
  rules: CellRules,
): ColumnBuilder {
  const zone = timeZoneOf(rules)
  const onOffset = rules.onOffset === undefined ? undefined : () => rules.onOffset?.(name)
  const offset = columnOffset(name, columnType, rules)
  const clock = { zone, offset, onOffset, ...formatHintFor(name, columnType.type) }
  const place = { columnIndex, pool, scale: columnType.scale ?? 0, maxBytes, clock, rules }
  if (columnType.array !== true) return elementBuilder(name, columnType, place)
  if (cellTypeOf(columnType.type)?.isText === true) throw notFromText(name, columnType)
  const delimiter = rules.arrayDelimiter ?? defaultArrayDelimiter
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 0x7f) {
    throw usageError('the array delimiter is one ASCII character')
  }
  const ownPlace = { ...place, columnIndex: 0, rules: elementRules(rules, delimiter) }
  const elements = elementBuilder(name, columnType, ownPlace)
  return new ArrayColumn(elements, columnIndex, delimiter.charCodeAt(0), pool)
}

/** Names formats that read what a column without a format refuses; undefined for types that are no times. */
export function formatHintFor(columnName: string, type: DataType): Pick<ClockRules, 'formatHint'> {
  const cellType = cellTypeOf(type)
  const { holds } = cellType?.dated ?? {}
  if (cellType === undefined || holds === undefined) return {}
  return { formatHint: (...text) => formatHint(datedPlace(columnName, cellType), holds, ...text) }
}

/** The offset from UTC that a column's times share; undefined with a time zone, or for a column without times. */
function columnOffset(
  name: string,
  { type }: ColumnType,
  { timeZone, columnOffsets }: CellRules,
): ColumnOffset | undefined {
  if (timeZone !== undefined || cellTypeOf(type)?.dated === undefined) return undefined
  return columnOffsets?.of(name) ?? new ColumnOffset()
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

function elementBuilder(name: string, columnType: ColumnType, place: ColumnPlace): ColumnBuilder {
  const { clock, rules } = place
  const cellType = cellTypeOf(columnType.type)
  if (cellType === undefined) throw notFromText(name, columnType)
  const formats = rules.dateFormats ?? {}
  const { name: typeName, dated, spelling } = cellType
  const spelled = (as: CellType['spelling']): ColumnPlace => ({
    ...place,
    rewriting: rewritingOf(name, as, rules),
  })
  if (dated === undefined) {
    if (!Object.hasOwn(formats, name)) return cellType.column(spelled(spelling))
    const why = `a column of type ${typeName} holds no dates or times`
    throw usageError(`${option('cells.dateFormats')} ${name}=${formats[name]}: ${why}`)
  }
  const format = dateFormatFor({ ...datedPlace(name, cellType), ...clock }, formats)
  if (format === undefined) return cellType.column(spelled(undefined))
  const expected = `${typeName} as ${dateFormatText(name, formats)}`
  return dated.column(format, expected, spelled(format.isNumber ? 'number' : undefined))
}

/**
 * How to rewrite texts that are not in the type's own notation; undefined if all are.
 * @throws {UsageError} DDB_USAGE for rules that contradict each other, or do not fit the column
 */
function rewritingOf(
  columnName: string,
  spelling: CellType['spelling'],
  rules: CellRules,
): Rewriting | undefined {
  if (spelling === 'number') {
    const style = numberStyle(columnName, rules)
    return (
      style && {
        write: (bytes, start, end, into, at) =>
          writePlainNumber(style, bytes, start, end, into, at),
        roomBytes: plainNumberRoom,
        expected: styleText(style),
      }
    )
  }
  if (rules.percentColumns?.includes(columnName) === true) {
    throw usageError(
      `${option('cells.percentColumns')} names column "${columnName}", which holds no plain numbers`,
    )
  }
  const texts = spelling === 'truth' ? truthTexts(rules) : undefined
  if (texts === undefined) return undefined
  return {
    write: (bytes, start, end, into, at) => writeTruth(texts, bytes, start, end, into, at),
    roomBytes: 0,
    expected: `or ${texts.words.map(text => `"${text}"`).join(', ')}`,
  }
}

function datedPlace(columnName: string, { name, dated }: CellType): DatedPlace {
  const { needs = '', keepsTime = true } = dated ?? {}
  return { columnName, typeName: name, needs, keepsTime }
}

/** True if a format of `cells.dateFormats` applies to the column. */
export function hasDateFormat(columnName: string, type: DataType, rules: CellRules): boolean {
  const cellType = cellTypeOf(type)
  if (cellType?.dated === undefined) return false
  return dateFormatFor(datedPlace(columnName, cellType), rules.dateFormats ?? {}) !== undefined
}

const noZone = 'none'

/** Cached, because all columns of a run share one zone and the rules looked up for that zone. */
let lastZone: TimeZone | undefined

function timeZoneOf({ timeZone = noZone }: CellRules): TimeZone | undefined {
  if (timeZone === noZone) return undefined
  if (lastZone?.name !== timeZone) lastZone = new TimeZone(timeZone)
  return lastZone
}

function notFromText(name: string, columnType: ColumnType): UsageError {
  const typeText = columnTypeText(columnType)
  return usageError(`column "${name}" is ${typeText}, which cannot be read from text`)
}
