/*
  The builder for each type of column, chosen once per column.
*/
import { UsageError } from '../../errors.js'
import { columnTypeText, type ColumnType } from '../../protocol/data-type.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import { readInt64 } from '../cells/read-int64.js'
import { readBool, readChar } from '../cells/read-logical.js'
import { readDouble, readFloat } from '../cells/read-number.js'
import { ArrayColumn } from '../columns/array-column.js'
import { BlobColumn } from '../columns/blob-column.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import { decimalColumn } from './decimal-types.js'
import { FloatingColumn, IntegerColumn, NumberColumn } from '../columns/number-columns.js'
import { LongColumn } from '../columns/int64-columns.js'
import { SymbolColumn } from '../columns/symbol-column.js'
import { formattedColumn, longTemporalColumn, shortTemporalColumn } from './temporal-types.js'
import { StringColumn } from '../columns/string-column.js'
import { WideColumn } from '../columns/wide-column.js'
import {
  doubleType,
  floatType,
  int32Type,
  int64Kind,
  int8Type,
  shortType,
} from '../columns/element-layouts.js'
import type { CellRules } from '../input-reader.js'
import {
  complexType,
  durationType,
  int128Type,
  ipAddressType,
  pointType,
  uuidType,
} from './binary16-types.js'

const defaultArrayDelimiter = ','

/** Types whose arrays no client sends (protocol notes §5.5). */
const noElements: ReadonlySet<string> = new Set(['SYMBOL', 'STRING', 'BLOB'])

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
  if (columnType.array !== true) {
    return elementBuilder(name, columnType, columnIndex, pool, rules)
  }
  if (noElements.has(columnType.type)) throw notFromText(name, columnType)
  const delimiter = rules.arrayDelimiter ?? defaultArrayDelimiter
  if (delimiter.length !== 1 || delimiter.charCodeAt(0) > 0x7f) {
    throw new UsageError('DDB_USAGE', 'the array delimiter is one ASCII character')
  }
  const elements = elementBuilder(name, columnType, 0, pool, rules)
  return new ArrayColumn(elements, columnIndex, delimiter.charCodeAt(0), pool)
}

function elementBuilder(
  name: string,
  columnType: ColumnType,
  columnIndex: number,
  pool: BufferPool,
  rules: CellRules,
): ColumnBuilder {
  const { type } = columnType
  const formats = rules.dateFormats ?? {}
  if (Object.hasOwn(formats, name)) {
    return formattedColumn(name, type, formats[name]!, columnIndex, pool)
  }
  switch (type) {
    case 'BOOL':
      return new NumberColumn(int8Type(type, 0, 1, 'true or false'), columnIndex, pool, readBool)
    case 'CHAR': {
      const expected = 'a number from -127 to 127 or one ASCII character'
      return new NumberColumn(int8Type(type, -127, 127, expected), columnIndex, pool, readChar)
    }
    case 'SHORT':
      return new IntegerColumn(shortType, columnIndex, pool)
    case 'INT': {
      const expected = 'a whole number from -2147483647 to 2147483647'
      return new IntegerColumn(int32Type(type, expected), columnIndex, pool)
    }
    case 'LONG': {
      const expected = 'a whole number from -9223372036854775807 to 9223372036854775807'
      return new LongColumn(int64Kind(type, expected, readInt64), columnIndex, pool)
    }
    case 'FLOAT':
      return new FloatingColumn(floatType, columnIndex, pool, readFloat)
    case 'DOUBLE':
      return new FloatingColumn(doubleType, columnIndex, pool, readDouble)
    case 'DATE':
    case 'MONTH':
    case 'TIME':
    case 'MINUTE':
    case 'SECOND':
    case 'DATETIME':
    case 'DATEHOUR':
    case 'DATEMINUTE':
      return shortTemporalColumn(type, columnIndex, pool)
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP':
      return longTemporalColumn(type, columnIndex, pool)
    case 'SYMBOL':
      return new SymbolColumn(columnIndex, pool)
    case 'STRING':
      return new StringColumn(columnIndex, pool)
    case 'BLOB':
      return new BlobColumn()
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128':
      return decimalColumn(type, columnType.scale ?? 0, columnIndex, pool)
    case 'UUID':
      return new WideColumn(uuidType, columnIndex, pool)
    case 'INT128':
      return new WideColumn(int128Type, columnIndex, pool)
    case 'IPADDR':
      return new WideColumn(ipAddressType, columnIndex, pool)
    case 'COMPLEX':
      return new WideColumn(complexType, columnIndex, pool)
    case 'POINT':
      return new WideColumn(pointType, columnIndex, pool)
    case 'DURATION':
      return new WideColumn(durationType, columnIndex, pool)
    default:
      throw notFromText(name, columnType)
  }
}

function notFromText(name: string, columnType: ColumnType): UsageError {
  const typeText = columnTypeText(columnType)
  return new UsageError('DDB_USAGE', `column "${name}" is ${typeText}, which no text stands for`)
}
