/*
  Temporal columns, in the usual spelling or by a `--date-format`.
*/
import { columnTypeText, type DataType } from '../../protocol/data-type.js'
import { UsageError } from '../../errors.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import { explainZone, longTemporalTypes, shortTemporalTypes } from './temporal-cells.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import { NumberColumn, type ReadNumber } from '../columns/number-columns.js'
import { Int64Column, type ReadInt64 } from '../columns/int64-columns.js'
import { TimestampColumn } from '../columns/timestamp-column.js'
import { int32Type, int64Kind } from '../columns/element-layouts.js'
import { temporalFormat, type TemporalFormat } from '../cells/date-format.js'
import {
  longTemporal,
  shortTemporal,
  type LongTemporalType,
  type ShortTemporalType,
} from '../cells/time-parts.js'

/** Columns of 32 bits. */
export function shortTemporalColumn(
  type: ShortTemporalType,
  columnIndex: number,
  pool: BufferPool,
): ColumnBuilder {
  const { expected, read } = shortTemporalTypes[type]
  return new NumberColumn(int32Type(type, expected), columnIndex, pool, read, explainZone)
}

/** Columns of 64 bits. */
export function longTemporalColumn(
  type: LongTemporalType,
  columnIndex: number,
  pool: BufferPool,
): ColumnBuilder {
  const { expected, read } = longTemporalTypes[type]
  const kind = { ...int64Kind(type, expected, read), explain: explainZone }
  return type === 'TIMESTAMP'
    ? new TimestampColumn(kind, columnIndex, pool)
    : new Int64Column(kind, columnIndex, pool)
}

/** @throws {UsageError} DDB_USAGE when the column is not temporal or the text no format for its type */
export function formattedColumn(
  columnName: string,
  type: DataType,
  formatText: string,
  columnIndex: number,
  pool: BufferPool,
): ColumnBuilder {
  const format = temporalFormat(columnName, type, formatText)
  const expected = `${columnTypeText({ type })} as ${formatText}`
  switch (type) {
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP':
      return new Int64Column(int64Kind(type, expected, readLong(format, type)), columnIndex, pool)
    case 'DATE':
    case 'MONTH':
    case 'TIME':
    case 'MINUTE':
    case 'SECOND':
    case 'DATETIME':
    case 'DATEHOUR':
    case 'DATEMINUTE':
      return new NumberColumn(int32Type(type, expected), columnIndex, pool, readShort(format, type))
    default:
      throw new UsageError('DDB_USAGE', `${type} is not temporal`)
  }
}

function readLong(format: TemporalFormat, type: LongTemporalType): ReadInt64 {
  const toRaw = longTemporal[type]
  return (bytes, start, end, into) => {
    const outcome = format.read(bytes, start, end)
    return outcome === 0 ? toRaw(format, into) : outcome
  }
}

function readShort(format: TemporalFormat, type: ShortTemporalType): ReadNumber {
  if (type === 'MONTH') {
    return (bytes, start, end) => format.read(bytes, start, end) + format.months
  }
  const toRaw = shortTemporal[type]
  return (bytes, start, end) => format.read(bytes, start, end) + toRaw(format)
}
