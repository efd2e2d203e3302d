/*
  Every type that text can stand for, by name, and the builder for a column of it. A new family is listed here.
*/
import { UsageError } from '../../errors.js'
import { columnTypeText, type ColumnType, type DataType } from '../../protocol/data-type.js'
import { parseDateFormat } from '../cells/date-format.js'
import { ArrayColumn } from '../columns/array-column.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import type { CellRules } from '../input-reader.js'
import { sixteenByteTypes } from './sixteen-byte-types.js'
import type { CellType, ColumnPlace } from './cell-type.js'
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

/** What a type is in text; undefined for those that no text stands for. */
export function cellTypeOf(type: DataType): CellType | undefined {
  return cellTypes.get(type)
}

const defaultArrayDelimiter = ','

/**
 * @param columnIndex  position of the column in the mapping, by which it refuses rows
 * @throws {UsageError} DDB_USAGE for types that no text stands for, and formats that do not suit the type
 */
export function columnBuilder(
  name: string,
  columnType: ColumnType,
  columnIndex: number,
  pool: BufferPool,
  rules: CellRules,
): ColumnBuilder {
  const place = { columnIndex, pool, scale: columnType.scale ?? 0 }
  if (columnType.array !== true) return elementBuilder(name, columnType, place, rules)
  if (cellTypeOf(columnType.type)?.hasArrays === false) throw notFromText(name, columnType)
  const delimiter = rules.arrayDelimiter ?? defaultArrayDelimiter
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 0x7f) {
    throw new UsageError('DDB_USAGE', 'the array delimiter is one ASCII character')
  }
  const elements = elementBuilder(name, columnType, { ...place, columnIndex: 0 }, rules)
  return new ArrayColumn(elements, columnIndex, delimiter.charCodeAt(0), pool)
}

function elementBuilder(
  name: string,
  columnType: ColumnType,
  place: ColumnPlace,
  rules: CellRules,
): ColumnBuilder {
  const cellType = cellTypeOf(columnType.type)
  const formats = rules.dateFormats ?? {}
  if (Object.hasOwn(formats, name)) {
    const text = formats[name]!
    const { type } = columnType
    const dated = cellType?.dated
    if (dated === undefined) {
      const why = `a column of type ${type} holds no dates or times`
      throw new UsageError('DDB_USAGE', `\`cells.dateFormats\` ${name}=${text}: ${why}`)
    }
    const format = parseDateFormat(name, type, dated.needs, text)
    return dated.column(format, `${type} as ${text}`, place)
  }
  if (cellType === undefined) throw notFromText(name, columnType)
  return cellType.column(place)
}

function notFromText(name: string, columnType: ColumnType): UsageError {
  const typeText = columnTypeText(columnType)
  return new UsageError('DDB_USAGE', `column "${name}" is ${typeText}, which no text stands for`)
}
