/*
  The builder for each type of column, chosen once per column.
*/
import { UsageError } from '../errors.js'
import { columnTypeText, type ColumnType } from '../protocol/data-type.js'
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt8 } from '../protocol/null-value.js'
import type { Int32Type, Int64Type, Int8Type } from '../protocol/value.js'
import type { BufferPool } from './buffer-pool.js'
import { readInt64 } from './cell-int64.js'
import { readBool, readChar } from './cell-logical.js'
import { readDouble, readFloat } from './cell-number.js'
import * as temporal from './cell-temporal.js'
import type { ColumnBuilder } from './column-builder.js'
import {
  FloatingColumn,
  IntegerColumn,
  NumberColumn,
  type FixedType,
  type NumberArray,
  type ReadNumber,
} from './column-fixed.js'
import { Int64Column, LongColumn, type Int64Kind, type ReadInt64 } from './column-int64.js'
import { SymbolColumn } from './column-symbol.js'
import { StringColumn } from './column-text.js'
import { TimestampColumn } from './column-timestamp.js'

/** Largest finite single-precision number. */
const maxFloat = 3.4028234663852886e38

/**
 * @param columnIndex  position of the column in the mapping, by which it refuses rows
 * @throws {UsageError} DDB_USAGE for types that no text stands for
 */
export function columnBuilder(
  columnType: ColumnType,
  columnIndex: number,
  pool: BufferPool,
): ColumnBuilder {
  const { type } = columnType
  switch (type) {
    case 'BOOL':
      return new NumberColumn(int8Type(type, 0, 1, 'true or false'), columnIndex, pool, readBool)
    case 'CHAR': {
      const kind = int8Type(type, -127, 127, 'a number from -127 to 127 or one ASCII character')
      return new NumberColumn(kind, columnIndex, pool, readChar)
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
    case 'DATEMINUTE': {
      const { expected, read } = temporalTypes[type]
      const kind = int32Type(type, expected)
      return new NumberColumn(kind, columnIndex, pool, read, temporal.explainZone)
    }
    case 'TIMESTAMP': {
      const kind = temporalKind(type, 'YYYY.MM.DDTHH:MM:SS.mmm', temporal.readTimestamp)
      return new TimestampColumn(kind, columnIndex, pool)
    }
    case 'NANOTIME': {
      const kind = temporalKind(type, 'HH:MM:SS.nnnnnnnnn', temporal.readNanoTime)
      return new Int64Column(kind, columnIndex, pool)
    }
    case 'NANOTIMESTAMP': {
      const expected = 'YYYY.MM.DDTHH:MM:SS.nnnnnnnnn of the years 1677 to 2262'
      return new Int64Column(
        temporalKind(type, expected, temporal.readNanoTimestamp),
        columnIndex,
        pool,
      )
    }
    case 'SYMBOL':
      return new SymbolColumn(columnIndex, pool)
    case 'STRING':
      return new StringColumn(columnIndex, pool)
    default:
      throw new UsageError(
        'DDB_USAGE',
        `columns of type ${columnTypeText(columnType)} cannot be loaded from text`,
      )
  }
}

const temporalTypes: Readonly<
  Record<Exclude<Int32Type, 'INT'>, { expected: string; read: ReadNumber }>
> = {
  DATE: { expected: 'YYYY.MM.DD', read: temporal.readDate },
  MONTH: { expected: 'YYYY.MMM, such as 2012.06M', read: temporal.readMonth },
  TIME: { expected: 'HH:MM:SS.mmm', read: temporal.readTime },
  MINUTE: { expected: 'HH:MM', read: temporal.readMinute },
  SECOND: { expected: 'HH:MM:SS', read: temporal.readSecond },
  DATETIME: {
    expected: 'YYYY.MM.DDTHH:MM:SS of the years 1901 to 2038',
    read: temporal.readDateTime,
  },
  DATEHOUR: { expected: 'YYYY.MM.DDTHH', read: temporal.readDateHour },
  DATEMINUTE: { expected: 'YYYY.MM.DDTHH:MM', read: temporal.readDateMinute },
}

function int8Type(
  type: Int8Type,
  min: number,
  max: number,
  expected: string,
): FixedType<NumberArray> {
  return {
    bytesPerRow: 1,
    view: buffer => new Int8Array(buffer),
    nullValue: nullInt8,
    min,
    max,
    expected,
    column: (data, length) => ({ form: 'vector', type, length, data: data as Int8Array }),
  }
}

const shortType: FixedType<Int16Array | Int32Array> = {
  bytesPerRow: 2,
  view: buffer => new Int16Array(buffer),
  nullValue: nullInt16,
  min: -32_767,
  max: 32_767,
  expected: 'a whole number from -32767 to 32767',
  column: (data, length) => ({ form: 'vector', type: 'SHORT', length, data: data as Int16Array }),
}

function int32Type<A extends NumberArray>(type: Int32Type, expected: string): FixedType<A> {
  return {
    bytesPerRow: 4,
    view: buffer => new Int32Array(buffer) as A,
    nullValue: nullInt32,
    min: -2_147_483_647,
    max: 2_147_483_647,
    expected,
    column: (data, length) => ({ form: 'vector', type, length, data: data as Int32Array }),
  }
}

const floatType: FixedType<Float32Array | Float64Array> = {
  bytesPerRow: 4,
  view: buffer => new Float32Array(buffer),
  nullValue: nullFloat,
  // The next number below is the null.
  min: -3.4028232635611926e38,
  max: maxFloat,
  expected: 'a number',
  column: (data, length) => ({ form: 'vector', type: 'FLOAT', length, data: data as Float32Array }),
}

const doubleType: FixedType<Float32Array | Float64Array> = {
  bytesPerRow: 8,
  view: buffer => new Float64Array(buffer),
  nullValue: nullDouble,
  min: -Number.MAX_VALUE,
  max: Number.MAX_VALUE,
  expected: 'a number',
  column: (data, length) => ({
    form: 'vector',
    type: 'DOUBLE',
    length,
    data: data as Float64Array,
  }),
}

function int64Kind(type: Int64Type, expected: string, readCell: ReadInt64): Int64Kind {
  return { expected, readCell, column: (data, length) => ({ form: 'vector', type, length, data }) }
}

function temporalKind(type: Int64Type, expected: string, readCell: ReadInt64): Int64Kind {
  return { ...int64Kind(type, expected, readCell), explain: temporal.explainZone }
}
