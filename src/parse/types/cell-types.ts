/*
  The table of types: how text, JSON and a program's values represent each, and which column reads its cells. time-types.ts has the
  types of dates and times.
*/
import { kernelReadOf } from '../../kernel/reads.js'
import type { DataType } from '../../protocol/data-type.js'
import { nullDouble, nullFloat, nullInt16, nullInt32 } from '../../protocol/null-value.js'
import type { CellRules } from '../cell-rules.js'
import type { ClockRules } from '../cells/pattern-format.js'
import type { DateFormat } from '../cells/time-unit.js'
import { isRead, outOfRange, type ReadCell } from '../cells/read-cell.js'
import {
  readChar,
  readDecimal128,
  readDecimal32,
  readDecimal64,
  readInteger,
  readLong,
  storeExact,
  storeLong,
} from '../cells/read-exact.js'
import { readDouble, readFloat } from '../cells/read-number.js'
import {
  readComplex,
  readDuration,
  readHexDigits,
  readIpAddress,
  readPoint,
  readUuid,
} from '../cells/read-compound.js'
import { readBool } from '../cells/truth-texts.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import {
  FixedColumn,
  int32Layout,
  int64Layout,
  int8Layout,
  largeLayout,
  layoutOf,
  pairLayout,
  sixteenBytes,
  type FixedLayout,
  type Rewriting,
  type TakeValue,
} from '../columns/fixed-column.js'
import { StringColumn } from '../columns/string-column.js'
import { SymbolColumn } from '../columns/symbol-column.js'
import { jsonKinds } from '../json/json-kinds.js'

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
  /** Set if the texts of numbers, or of true and false, have another notation. */
  readonly rewriting?: Rewriting | undefined
}

export interface CellType {
  readonly name: DataType
  /** Kinds of JSON values allowed in a cell, as bits of `jsonKinds`; null is always allowed. */
  readonly jsonKinds: number
  readonly column: (place: ColumnPlace) => ColumnBuilder
  /** Set if columns of the type take a program's values; otherwise these are always read as text. */
  readonly takesValues?: true
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
  /** True if the type holds the time that a format has just read. */
  readonly holds: (format: DateFormat) => boolean
  /** False if the type has no time of day. */
  readonly keepsTime: boolean
  /** @param expected  describes values of the type in messages */
  readonly column: (format: DateFormat, expected: string, place: ColumnPlace) => ColumnBuilder
}

const { boolean, number, string } = jsonKinds

const maxInt32 = 2_147_483_647

/** A type whose elements all have the same size. */
interface FixedCellType extends Pick<CellType, 'name' | 'jsonKinds' | 'spelling' | 'takesNames'> {
  readonly layout: FixedLayout
  readonly expected: string | ((scale: number) => string)
  readonly readCell: ReadCell | { readonly of: (scale: number) => ReadCell }
  readonly take?: TakeValue
}

const takeWhole =
  (most: number): TakeValue =>
  (value, into, at) => {
    if (typeof value !== 'number' || !(value >= -most && value <= most)) return false
    if ((value | 0) !== value) return false
    into[at] = value
    return true
  }

const takeLong: TakeValue = (value, into, at) => {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) return false
    storeExact(into, at, value)
    return true
  }
  return typeof value === 'bigint' && storeLong(into, at, value)
}

const double = new Float64Array(1)
const doubleWords = new Uint32Array(double.buffer)

/**
 * Leaves a value to the reader of texts if rounding it to a single may differ from rounding its digits. This happens
 * halfway between two singles, and also below the smallest normal single, because singles are spaced differently there.
 */
const takeFloat: TakeValue = (value, into, at) => {
  if (typeof value !== 'number' || !(value >= -1e38 && value <= 1e38)) return false
  double[0] = value
  const isHalf = (doubleWords[0]! & 0x1fff_ffff) === 0x1000_0000
  if (isHalf || (value !== 0 && value < 2 ** -126 && value > -(2 ** -126))) return false
  into[at] = value
  return true
}

const decimal = (
  of: (scale: number) => ReadCell,
): Pick<FixedCellType, 'expected' | 'readCell'> => ({
  expected: scale => `a decimal number with at most ${scale} digits after the point`,
  readCell: { of },
})

const numberTypes: readonly Omit<FixedCellType, 'jsonKinds'>[] = [
  {
    name: 'SHORT',
    layout: layoutOf(Int16Array, nullInt16),
    expected: 'a whole number from -32767 to 32767',
    readCell: readInteger(-32_767, 32_767),
    take: takeWhole(32_767),
  },
  {
    name: 'INT',
    layout: int32Layout,
    expected: 'a whole number from -2147483647 to 2147483647',
    readCell: readInteger(-maxInt32, maxInt32),
    take: takeWhole(maxInt32),
  },
  {
    name: 'LONG',
    layout: int64Layout,
    expected: 'a whole number from -9223372036854775807 to 9223372036854775807',
    readCell: readLong,
    take: takeLong,
  },
  {
    name: 'FLOAT',
    layout: layoutOf(Float32Array, nullFloat),
    expected: 'a number in the range of single precision',
    readCell: readFloat,
    take: takeFloat,
  },
  {
    name: 'DOUBLE',
    layout: layoutOf(Float64Array, nullDouble),
    expected: 'a number',
    readCell: readDouble,
    take(value, into, at) {
      if (typeof value !== 'number' || !(value >= -1e308 && value <= 1e308)) return false
      into[at] = value
      return true
    },
  },
  { name: 'DECIMAL32', layout: int32Layout, ...decimal(readDecimal32) },
  { name: 'DECIMAL64', layout: int64Layout, ...decimal(readDecimal64) },
  { name: 'DECIMAL128', layout: largeLayout, ...decimal(readDecimal128) },
]

/** 16 zero bytes are DolphinDB's null. A text with this value is refused, because it would become null. */
const notZero =
  (readCell: ReadCell): ReadCell =>
  (bytes, start, end, into, at) => {
    const outcome = readCell(bytes, start, end, into, at)
    const bits = into[at]! | into[at + 1]! | into[at + 2]! | into[at + 3]!
    return outcome === isRead && bits === 0 ? outOfRange : outcome
  }

const fixedTypes: readonly FixedCellType[] = [
  {
    name: 'BOOL',
    layout: int8Layout,
    jsonKinds: boolean | number | string,
    spelling: 'truth',
    expected: 'true or false',
    readCell: readBool,
    take(value, into, at) {
      if (typeof value !== 'boolean') return false
      into[at] = value ? 1 : 0
      return true
    },
  },
  {
    name: 'CHAR',
    layout: int8Layout,
    jsonKinds: number | string,
    takesNames: true,
    expected: 'a number from -127 to 127 or one ASCII character',
    readCell: readChar,
  },
  ...numberTypes.map(
    type => ({ ...type, jsonKinds: number | string, spelling: 'number' }) as const,
  ),
  {
    name: 'UUID',
    layout: sixteenBytes,
    jsonKinds: string,
    expected: 'a UUID such as 00112233-4455-6677-8899-aabbccddeeff; all zeros are the null of UUID',
    readCell: notZero(readUuid),
  },
  {
    name: 'INT128',
    layout: sixteenBytes,
    jsonKinds: string,
    expected: '32 hexadecimal digits; all zeros are the null of INT128',
    readCell: notZero(readHexDigits),
  },
  {
    name: 'IPADDR',
    layout: sixteenBytes,
    jsonKinds: string,
    expected: 'an address such as 1.2.3.4 or 2001:db8::1; all zeros are the null of IPADDR',
    readCell: notZero(readIpAddress),
  },
  {
    name: 'COMPLEX',
    layout: pairLayout,
    jsonKinds: string,
    expected: 'a number such as 2.3+4.0i',
    readCell: readComplex,
  },
  {
    name: 'POINT',
    layout: pairLayout,
    jsonKinds: string,
    expected: 'a point such as (1.5, 2.5)',
    readCell: readPoint,
  },
  {
    name: 'DURATION',
    layout: layoutOf(Int32Array, nullInt32, 0),
    jsonKinds: string,
    expected: 'a duration such as 3M or 200ms',
    readCell: readDuration,
  },
]

function fixedCellType({ layout, expected, readCell, take, ...type }: FixedCellType): CellType {
  return {
    ...type,
    ...(take && { takesValues: true }),
    column({ columnIndex, pool, scale, rewriting }) {
      const hasScale = typeof readCell === 'object'
      const read = kernelReadOf(type.name, scale)
      const fixed = {
        ...layout,
        name: type.name,
        kernelRead: read && (() => read),
        ...(hasScale && { scale }),
        readCell: hasScale ? readCell.of(scale) : readCell,
        rewriting,
        take,
        expected: typeof expected === 'string' ? expected : expected(scale),
      }
      return new FixedColumn(fixed, columnIndex, pool)
    },
  }
}

/** An empty text is null. JSON numbers and booleans are stored as their JSON text. */
const textTypes: readonly Omit<CellType, 'jsonKinds' | 'isText' | 'takesNames'>[] = [
  {
    name: 'SYMBOL',
    takesValues: true,
    column: ({ columnIndex, pool, maxBytes }) =>
      new SymbolColumn('SYMBOL', columnIndex, pool, maxBytes),
  },
  {
    name: 'STRING',
    takesValues: true,
    column: ({ columnIndex, pool, maxBytes }) =>
      new StringColumn('STRING', false, columnIndex, pool, maxBytes),
  },
  {
    name: 'BLOB',
    column: ({ columnIndex, pool, maxBytes }) =>
      new StringColumn('BLOB', true, columnIndex, pool, maxBytes),
  },
]

/** All types except those of dates and times. */
export const cellTypes: readonly CellType[] = [
  ...fixedTypes.map(fixedCellType),
  ...textTypes.map(
    type =>
      ({ ...type, jsonKinds: string | number | boolean, isText: true, takesNames: true }) as const,
  ),
]
