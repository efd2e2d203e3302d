/* The table of types: how text, JSON and a program's values represent each. time-types.ts has the types of dates and times. */
import { kernelReadOf } from '../../kernel/reads.js'
import { dataTypes, type DataType } from '../../protocol/data-type.js'
import type { FixedType } from '../../protocol/element.js'
import { parseSixteenBytes } from '../../protocol/types/sixteen-bytes.js'
import { isRead, noValue, outOfRange, type ReadCell } from '../cells/cell-bytes.js'
import {
  bytesReader,
  hexReader,
  readChar,
  readComplex,
  readDuration,
  readPoint,
} from '../cells/read-compound.js'
import {
  exactReader,
  isHalfway,
  readDouble,
  readFloat,
  storeExact,
  storeWords,
} from '../cells/read-number.js'
import { readBool } from '../cells/cell-words.js'
import type { BufferPool } from '../columns/buffer-pool.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import type { ElementReader } from '../columns/fixed-column.js'
import { StringColumn, SymbolColumn } from '../columns/text-columns.js'
import { jsonKinds } from '../json/json-kinds.js'

export interface CellType {
  readonly name: DataType
  /** Kinds of JSON values allowed in a cell, as bits of `jsonKinds`; null is always allowed. */
  readonly jsonKinds: number
  /** True if columns of the type take a program's values; otherwise these are always read as text. */
  readonly takesValues: boolean
  /** Set if the text of a column's name could also be a value of the column, so a header may look like a row. */
  readonly takesNames?: boolean
}

/** A type whose elements all have the same size. */
export interface ElementType extends CellType {
  readonly name: FixedType
  /** The options that may change the notation of the type's texts: those for numbers, or those for true and false. */
  readonly spelling?: 'number' | 'truth' | undefined
  /** @param scale  digits after the point; 0 for types without a scale */
  readonly readerOf: (scale: number) => ElementReader
}

/** Any text is a value, and blanks around it are part of it. No client sends array vectors (docs/protocol.md#array-vectors). */
export interface TextType extends CellType {
  /** @param maxBytes  longest text, in bytes of UTF-8; Infinity for no limit */
  readonly newColumn: (pool: BufferPool, maxBytes: number) => ColumnBuilder
}

const { boolean, number, string } = jsonKinds

type Take = NonNullable<ElementReader['take']>

const takeNumber =
  (fits: (value: number) => boolean): Take =>
  (value, into, at) => {
    if (typeof value !== 'number' || !fits(value)) return false
    into[at] = value
    return true
  }

const takeLong: Take = (value, into, at) => {
  if (typeof value === 'bigint') return storeWords(into, at, 2, value)
  if (!Number.isSafeInteger(value)) return false
  storeExact(into, at, value as number)
  return true
}

const takeTruth: Take = (value, into, at) => {
  if (typeof value !== 'boolean') return false
  into[at] = value ? 1 : 0
  return true
}

/** Leaves values to the reader of texts whose digits may round to another single than the value itself. */
const takeFloat = takeNumber(value => Math.abs(value) <= 1e38 && !isHalfway(value))
const takeDouble = takeNumber(value => Math.abs(value) <= 1e308)

type Cells = ElementReader['Cells']
type Facts = Pick<ElementType, 'spelling' | 'takesNames'> & { take?: Take; jsonKinds?: number }

function elementType(
  name: FixedType,
  Cells: Cells,
  expected: string | ((scale: number) => string),
  read: ReadCell | { of: (scale: number) => ReadCell },
  { take, jsonKinds = string, ...facts }: Facts = {},
): ElementType {
  return {
    ...{ name, jsonKinds, takesValues: take !== undefined, ...facts },
    readerOf(scale) {
      const kernelRead = kernelReadOf(name, scale)
      return {
        Cells,
        read: typeof read === 'function' ? read : read.of(scale),
        expected: typeof expected === 'string' ? expected : expected(scale),
        take,
        kernelRead: kernelRead && (() => kernelRead),
      }
    },
  }
}

const asNumber = { jsonKinds: number | string, spelling: 'number' } as const

/** Whole numbers of up to 8 bytes, whose smallest is the null. */
function wholeNumbers(name: 'SHORT' | 'INT' | 'LONG', Cells: Cells): ElementType {
  const { bytesPerValue } = dataTypes[name]
  const most = (1n << BigInt(8 * bytesPerValue - 1)) - 1n
  const limit = Number(most)
  const expected = `a whole number from -${most} to ${most}`
  const take =
    bytesPerValue === 8
      ? takeLong
      : takeNumber(value => (value | 0) === value && value <= limit && value >= -limit)
  const read = exactReader(bytesPerValue, 0, noValue)
  return elementType(name, Cells, expected, read, { ...asNumber, take })
}

function decimals(name: 'DECIMAL32' | 'DECIMAL64' | 'DECIMAL128'): ElementType {
  const expected = (scale: number): string =>
    `a decimal number with at most ${scale} digits after the point`
  const read = {
    of: (scale: number) => exactReader(dataTypes[name].bytesPerValue, scale, outOfRange),
  }
  return elementType(name, Int32Array, expected, read, asNumber)
}

/** 16 zero bytes are DolphinDB's null. A text with this value is refused, because it would become null. */
function sixteenBytes(
  name: 'UUID' | 'INT128' | 'IPADDR',
  what: string,
  read: ReadCell,
): ElementType {
  const expected = `${what}; all zeros are the null of ${name}`
  return elementType(name, Int32Array, expected, (bytes, start, end, into, at) => {
    const outcome = read(bytes, start, end, into, at)
    const bits = into[at]! | into[at + 1]! | into[at + 2]! | into[at + 3]!
    return outcome === isRead && bits === 0 ? outOfRange : outcome
  })
}

const readUuid = hexReader(36, 0x842100)
const readAddress = bytesReader(text => parseSixteenBytes('IPADDR', text))

/** All types of fixed-size elements, except those of dates and times. */
export const elementTypes: readonly ElementType[] = [
  elementType('BOOL', Int8Array, 'true or false', readBool, {
    ...{ jsonKinds: boolean | number | string, spelling: 'truth', take: takeTruth },
  }),
  elementType('CHAR', Int8Array, 'a number from -127 to 127 or one ASCII character', readChar, {
    ...{ jsonKinds: number | string, takesNames: true },
  }),
  wholeNumbers('SHORT', Int16Array),
  wholeNumbers('INT', Int32Array),
  wholeNumbers('LONG', Int32Array),
  elementType('FLOAT', Float32Array, 'a number in the range of single precision', readFloat, {
    ...{ ...asNumber, take: takeFloat },
  }),
  elementType('DOUBLE', Float64Array, 'a number', readDouble, { ...asNumber, take: takeDouble }),
  decimals('DECIMAL32'),
  decimals('DECIMAL64'),
  decimals('DECIMAL128'),
  sixteenBytes('UUID', 'a UUID such as 00112233-4455-6677-8899-aabbccddeeff', readUuid),
  sixteenBytes('INT128', '32 hexadecimal digits', hexReader(32, 0)),
  sixteenBytes('IPADDR', 'an address such as 1.2.3.4 or 2001:db8::1', readAddress),
  elementType('COMPLEX', Float64Array, 'a number such as 2.3+4.0i', readComplex),
  elementType('POINT', Float64Array, 'a point such as (1.5, 2.5)', readPoint),
  elementType('DURATION', Int32Array, 'a duration such as 3M or 200ms', readDuration),
]

/** An empty text is null. JSON numbers and booleans are stored as their JSON text. */
export const textTypes: readonly TextType[] = (['SYMBOL', 'STRING', 'BLOB'] as const).map(name => ({
  ...{ name, jsonKinds: string | number | boolean, takesNames: true },
  takesValues: name !== 'BLOB',
  newColumn: (...place) =>
    name === 'SYMBOL'
      ? new SymbolColumn(name, ...place)
      : new StringColumn(name, name === 'BLOB', ...place),
}))
