/*
  Types in text: which JSON values suit a type, and which column reads its cells. temporal-types.ts has the types of dates and
  times.
*/
import type { DataType } from '../../protocol/data-type.js'
import { nullDouble, nullInt32 } from '../../protocol/null-value.js'
import type { CellRules } from '../cell-rules.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import { readDecimal128, readDecimal32, readDecimal64 } from '../cells/read-decimal.js'
import { readBool, readChar } from '../cells/read-logical.js'
import { readDouble, readFloat } from '../cells/read-number.js'
import { readComplex, readDuration, readPoint } from '../cells/read-pair.js'
import { readHexDigits, readIpAddress, readUuid } from '../cells/read-sixteen-bytes.js'
import { readInt64 } from '../cells/read-whole.js'
import type { ClockRules, DateFormat } from '../cells/wall-clock.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import {
  doubleLayout,
  floatLayout,
  int16Layout,
  int32Layout,
  int64Layout,
  int8Layout,
  NumberColumn,
  WideColumn,
  type NumberArray,
  type ReadWide,
  type WideType,
} from '../columns/fixed-columns.js'
import { FloatingColumn, IntegerColumn, LongColumn } from '../columns/number-columns.js'
import { BlobColumn, StringColumn } from '../columns/string-column.js'
import { SymbolColumn } from '../columns/symbol-column.js'
import { jsonKinds } from '../json/json-kinds.js'
import {
  boolColumn,
  doubleColumn,
  floatColumn,
  longColumn,
  symbolColumn,
  textColumn,
  wholeColumn,
  type ValueColumn,
} from '../rows/value-columns.js'

export interface ColumnPlace {
  /** Index of the column in the mapping. A row that the column refuses is reported under this index. */
  readonly columnIndex: number
  readonly pool: BufferPool
  /** Digits after the point; 0 for types without a scale. */
  readonly scale: number
  /** Longest text, in bytes of UTF-8; Infinity for no limit. */
  readonly maxBytes: number
  readonly clock: ClockRules
  /** Rules for the column's texts; for an array column, the rules for its elements. */
  readonly rules: CellRules
}

export interface ValuePlace {
  /** Largest number of values in a piece. */
  readonly capacity: number
  /** Longest text, in bytes of UTF-8; Infinity for no limit. */
  readonly maxBytes: number
  /** The UTC offset that the column's times share. A `Date` needs offset 0, and sets it if none is set yet. */
  readonly offset: () => ColumnOffset | undefined
}

export interface CellType {
  readonly name: DataType
  /** Kinds of JSON values allowed in a cell, as bits of `jsonKinds`; null is always allowed. */
  readonly jsonKinds: number
  readonly column: (place: ColumnPlace) => ColumnBuilder
  /** Makes a column that takes a program's values; undefined if values of the type are always read as text. */
  readonly values?: (place: ValuePlace) => ValueColumn
  /**
   * Set if any text is a value, and blanks around it are part of it. No client sends array vectors of these types
   * (docs/protocol.md#array-vectors).
   */
  readonly isText?: true
  /** Set if the text of a column's name could also be a value of the column, so a header may look like a row. */
  readonly takesNames?: true
  /** The options that may change the notation of the type's texts: those for numbers, or those for true and false. */
  readonly spelling?: 'number' | 'truth'
  /** Set for dates and times, which may follow a format of `cells.dateFormats`. */
  readonly dated?: DatedColumn
}

export interface DatedColumn {
  /** The letters that every format for the type must have: `yMd` for a DATE. */
  readonly needs: string
  /** False if the type has no time of day. */
  readonly keepsTime: boolean
  /** @param expected  describes values of the type in messages */
  readonly column: (format: DateFormat, expected: string, place: ColumnPlace) => ColumnBuilder
}

const { boolean, number, string } = jsonKinds

const logicalTypes: readonly CellType[] = [
  {
    name: 'BOOL',
    spelling: 'truth',
    jsonKinds: boolean | number | string,
    values: ({ capacity }) => boolColumn(capacity, int8Layout),
    column({ columnIndex, pool }) {
      const type = {
        ...int8Layout,
        name: 'BOOL',
        min: 0,
        max: 1,
        expected: 'true or false',
      } as const
      return new NumberColumn(type, columnIndex, pool, readBool)
    },
  },
  {
    name: 'CHAR',
    takesNames: true,
    jsonKinds: number | string,
    column({ columnIndex, pool }) {
      const expected = 'a number from -127 to 127 or one ASCII character'
      const type = { ...int8Layout, name: 'CHAR', expected } as const
      return new NumberColumn(type, columnIndex, pool, readChar)
    },
  },
]

type NumberTypes = readonly Omit<CellType, 'jsonKinds' | 'spelling'>[]

const integerTypes: NumberTypes = [
  {
    name: 'SHORT',
    values: ({ capacity }) => wholeColumn(capacity, int16Layout),
    column({ columnIndex, pool }) {
      const expected = 'a whole number from -32767 to 32767'
      return new IntegerColumn({ ...int16Layout, name: 'SHORT', expected }, columnIndex, pool)
    },
  },
  {
    name: 'INT',
    values: ({ capacity }) => wholeColumn(capacity, int32Layout),
    column({ columnIndex, pool }) {
      const expected = 'a whole number from -2147483647 to 2147483647'
      return new IntegerColumn({ ...int32Layout, name: 'INT', expected }, columnIndex, pool)
    },
  },
  {
    name: 'LONG',
    values: ({ capacity }) => longColumn(capacity),
    column({ columnIndex, pool }) {
      const expected = 'a whole number from -9223372036854775807 to 9223372036854775807'
      const type = { ...int64Layout, name: 'LONG', readCell: readInt64, expected } as const
      return new LongColumn(type, columnIndex, pool)
    },
  },
]

const floatingTypes: NumberTypes = [
  {
    name: 'FLOAT',
    values: ({ capacity }) => floatColumn(capacity, floatLayout),
    column({ columnIndex, pool }) {
      const expected = 'a number in the range of single precision'
      const type = { ...floatLayout, name: 'FLOAT', expected } as const
      return new FloatingColumn(type, columnIndex, pool, readFloat)
    },
  },
  {
    name: 'DOUBLE',
    values: ({ capacity }) => doubleColumn(capacity, doubleLayout),
    column({ columnIndex, pool }) {
      const type = { ...doubleLayout, name: 'DOUBLE', expected: 'a number' } as const
      return new FloatingColumn(type, columnIndex, pool, readDouble)
    },
  },
]

/** Nothing is rounded: a row with digits beyond the scale is refused. */
const decimalTypes: NumberTypes = [
  {
    name: 'DECIMAL32',
    column({ columnIndex, pool, scale }) {
      const type = {
        ...int32Layout,
        name: 'DECIMAL32',
        scale,
        expected: decimalText(scale),
      } as const
      return new NumberColumn(type, columnIndex, pool, readDecimal32(scale))
    },
  },
  wideType('DECIMAL64', scale => ({
    ...{ ...int64Layout, scale, readCell: readDecimal64(scale) },
    expected: decimalText(scale),
  })),
  wideType('DECIMAL128', scale => ({
    ...{ ...fourWords, scale, nullElements: [0, 0, 0, nullInt32] },
    ...{ readCell: readDecimal128(scale), expected: decimalText(scale) },
  })),
]

const decimalText = (scale: number): string =>
  `a decimal number with at most ${scale} digits after the point`

/** Four words of 32 bits, the least significant first. */
const fourWords = { bytesPerRow: 16, Cells: Int32Array, Data: Uint8Array } as const

function wideType<A extends NumberArray>(
  name: DataType,
  typeOf: (scale: number) => Omit<WideType<A>, 'name'>,
): Omit<CellType, 'jsonKinds'> {
  return {
    name,
    column: ({ columnIndex, pool, scale }) =>
      new WideColumn<A>({ ...typeOf(scale), name }, columnIndex, pool),
  }
}

/** 16 bytes per value, sent in reverse order (docs/protocol.md#sixteen-byte-values). */
function sixteenByteType(name: DataType, expected: string, readCell: ReadWide<Int32Array>) {
  return wideType<Int32Array>(name, () => ({
    ...fourWords,
    nullElements: [0, 0, 0, 0],
    // 16 zero bytes are DolphinDB's null. A text with this value is refused, because it would become null.
    readCell: (bytes, view, start, end, array, at) => {
      const outcome = readCell(bytes, view, start, end, array, at)
      const bits = array[at]! | array[at + 1]! | array[at + 2]! | array[at + 3]!
      return outcome === 0 && bits === 0 ? Infinity : outcome
    },
    expected: `${expected}; all zeros are the null of ${name}`,
  }))
}

function pairType(name: DataType, expected: string, readCell: ReadWide<Float64Array>) {
  return wideType<Float64Array>(name, () => ({
    ...{ bytesPerRow: 16, Cells: Float64Array, nullElements: [nullDouble, nullDouble] },
    ...{ readCell, expected },
  }))
}

const otherTypes: readonly Omit<CellType, 'jsonKinds'>[] = [
  sixteenByteType('UUID', 'a UUID such as 00112233-4455-6677-8899-aabbccddeeff', readUuid),
  sixteenByteType('INT128', '32 hexadecimal digits', readHexDigits),
  sixteenByteType('IPADDR', 'an address such as 1.2.3.4 or 2001:db8::1', readIpAddress),
  pairType('COMPLEX', 'a number such as 2.3+4.0i', readComplex),
  pairType('POINT', 'a point such as (1.5, 2.5)', readPoint),
  wideType<Int32Array>('DURATION', () => ({
    ...{ bytesPerRow: 8, Cells: Int32Array, nullElements: [nullInt32, 0] },
    ...{ readCell: readDuration, expected: 'a duration such as 3M or 200ms' },
  })),
]

/** An empty text is null. JSON numbers and booleans are stored as their JSON text. */
const textTypes: readonly Omit<CellType, 'jsonKinds' | 'isText' | 'takesNames'>[] = [
  {
    name: 'SYMBOL',
    values: ({ capacity, maxBytes }) => symbolColumn(capacity, maxBytes),
    column: ({ columnIndex, pool, maxBytes }) =>
      new SymbolColumn('SYMBOL', columnIndex, pool, maxBytes),
  },
  {
    name: 'STRING',
    values: ({ capacity, maxBytes }) => textColumn(capacity, maxBytes),
    column: ({ columnIndex, pool, maxBytes }) =>
      new StringColumn('STRING', columnIndex, pool, maxBytes),
  },
  {
    name: 'BLOB',
    column: ({ columnIndex, pool, maxBytes }) =>
      new BlobColumn('BLOB', columnIndex, pool, maxBytes),
  },
]

/** All types except those of dates and times. */
export const cellTypes: readonly CellType[] = [
  ...logicalTypes,
  ...[...integerTypes, ...floatingTypes, ...decimalTypes].map(
    type => ({ ...type, jsonKinds: number | string, spelling: 'number' }) as const,
  ),
  ...otherTypes.map(type => ({ ...type, jsonKinds: string })),
  ...textTypes.map(
    type =>
      ({ ...type, jsonKinds: string | number | boolean, isText: true, takesNames: true }) as const,
  ),
]
