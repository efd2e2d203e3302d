/*
  Lists every type that text can represent, and makes the column for a type. New families of types belong in this list.
*/
import { UsageError } from '../../errors.js'
import { columnTypeText, type ColumnType, type DataType } from '../../protocol/data-type.js'
import { ColumnOffset } from '../cells/column-offset.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import { dateFormatFor, dateFormatText, type DatedPlace } from '../cells/date-format.js'
import { TimeZone } from '../cells/time-zone.js'
import { ArrayColumn } from '../columns/array-column.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import type { CellRules } from '../cell-rules.js'
import { sixteenByteTypes } from './sixteen-byte-types.js'
import type { CellType, ColumnPlace } from './cell-type.js'
import { elementRules, spelledColumn, type Spelling } from './spelled-column.js'
import { decimalTypes } from './decimal-types.js'
import { floatingTypes } from './floating-types.js'
import { integerTypes } from './integer-types.js'
import { logicalTypes } from './logical-types.js'
import { pairTypes } from './pair-types.js'
import { temporalTypes } from './temporal-types.js'
import { textTypes } from './text-types.js'

const cellTypes: ReadonlyMap<DataType, CellType> = new Map(
  [
    logicalTypes,
    integerTypes,
    floatingTypes,
    temporalTypes,
    textTypes,
    decimalTypes,
    sixteenByteTypes,
    pairTypes,
  ]
    .flat()
    .map(type => [type.name, type]),
)

/** How text represents the type; undefined if the type has no text. */
export function cellTypeOf(type: DataType): CellType | undefined {
  return cellTypes.get(type)
}

/** True if leading and trailing blanks are part of the column's values. */
export function keepsBlanks({ type, array }: ColumnType): boolean {
  return array !== true && cellTypeOf(type)?.keepsBlanks === true
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
  const clock = { zone, offset, onOffset }
  const place = { columnIndex, pool, scale: columnType.scale ?? 0, maxBytes, clock, rules }
  if (columnType.array !== true) return elementBuilder(name, columnType, place)
  if (cellTypeOf(columnType.type)?.hasArrays === false) throw notFromText(name, columnType)
  const delimiter = rules.arrayDelimiter ?? defaultArrayDelimiter
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 0x7f) {
    throw new UsageError('DDB_USAGE', 'the array delimiter is one ASCII character')
  }
  const ownPlace = { ...place, columnIndex: 0, rules: elementRules(rules, delimiter) }
  const elements = elementBuilder(name, columnType, ownPlace)
  return new ArrayColumn(elements, columnIndex, delimiter.charCodeAt(0), pool)
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

function elementBuilder(name: string, columnType: ColumnType, place: ColumnPlace): ColumnBuilder {
  const { columnIndex, clock, rules } = place
  const cellType = cellTypeOf(columnType.type)
  if (cellType === undefined) throw notFromText(name, columnType)
  const formats = rules.dateFormats ?? {}
  const { name: typeName, dated, spelling } = cellType
  const spelled = (as: Spelling, builder: ColumnBuilder): ColumnBuilder =>
    spelledColumn(name, as, columnIndex, rules, builder)
  if (dated === undefined) {
    if (!Object.hasOwn(formats, name)) return spelled(spelling, cellType.column(place))
    const why = `a column of type ${typeName} holds no dates or times`
    throw new UsageError('DDB_USAGE', `\`cells.dateFormats\` ${name}=${formats[name]}: ${why}`)
  }
  const format = dateFormatFor({ ...datedPlace(name, cellType), ...clock }, formats)
  if (format === undefined) return spelled(undefined, cellType.column(place))
  const builder = dated.column(format, `${typeName} as ${dateFormatText(name, formats)}`, place)
  return spelled(format.isNumber ? 'number' : undefined, builder)
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
  return new UsageError(
    'DDB_USAGE',
    `column "${name}" is ${typeText}, which cannot be read from text`,
  )
}
