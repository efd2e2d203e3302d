/* The table of types: how text, JSON and a program's values represent each. time-types.ts has the types of dates and times. Reads UUIDs and
   hexadecimal digits into 16 bytes (docs/protocol.md#sixteen-byte-values), as four words of which the text's first four bytes become the
   last, the first byte highest; COMPLEX, POINT, DURATION and CHAR; and words for null, true and false, also those of the user. */
import * as ascii from '../ascii.js'
import { kernelReadOf } from '../../kernel/reads.js'
import { type DataType, dataTypes } from '../../protocol/data-type.js'
import type { FixedType } from '../../protocol/element.js'
import { parseSixteenBytes } from '../../protocol/types/sixteen-bytes.js'
import {
  hexDigit,
  indexOfText,
  isRead,
  notFinite,
  noValue,
  type NumberArray,
  type Outcome,
  outOfRange,
  type ReadCell,
  trimmedEnd,
  trimmedStart,
} from '../cells/cell-bytes.js'
import {
  exactReader,
  isHalfway,
  numberRead,
  readDouble,
  readFloat,
  readNumberText,
  storeExact,
  storeWords,
  trimmedText,
} from '../cells/read-number.js'
import type { BufferPool, ElementReader } from '../columns/fixed-column.js'
import type { ColumnBuilder } from '../columns/column-builder.js'
import { StringColumn, SymbolColumn } from '../columns/text-columns.js'
import { jsonKinds } from '../json/json-kinds.js'
import { nullDouble } from '../../protocol/null-value.js'
import { durationUnits } from '../../protocol/types/fixed-types.js'
import { option, usageError } from '../../errors.js'
import type { CellOptions } from '../cell-rules.js'
import type { RecordBlock } from '../record-block.js'

/** Reads `true` or `false` in any case, 1 or 0. */
const readBool: ReadCell = (bytes, start, end, into, at) => {
  const text = trimmedText(bytes, start, end).toLowerCase()
  const isTrue = text === 'true' || text === '1'
  if (!isTrue && text !== 'false' && text !== '0') return noValue
  into[at] = isTrue ? 1 : 0
  return isRead
}

/** The reader that also reads the user's words. @throws {UsageError} DDB_USAGE for no pair, and for a word that means both */
export function withTruthTexts(
  reader: ElementReader,
  { booleans = [] }: Pick<CellOptions, 'booleans'>,
): ElementReader {
  if (booleans.length === 0) return reader
  const pairs = booleans.map(text => text.split('/'))
  const odd = booleans.find((text, i) => pairs[i]!.length !== 2 || text === '/')
  if (odd !== undefined) {
    throw usageError(`${option('cells.booleans')} ${odd}: expected TRUE/FALSE, such as Y/N`)
  }
  const [no = [], yes = []] = [1, 0].map(side => pairs.map(pair => pair[side]!).filter(Boolean))
  const both = yes.find(text => no.includes(text))
  if (both !== undefined) {
    throw usageError(
      `${option('cells.booleans')} says that "${both}" means true and false: leave out one of them`,
    )
  }
  const texts = [...yes, ...no].map(text => new TextEncoder().encode(text))
  const named = [...yes, ...no].map(text => `"${text}"`).join(', ')
  return {
    ...reader,
    expected: `${reader.expected}, or ${named}`,
    kernelRead: undefined,
    read(bytes, start, end, into, at) {
      const first = trimmedStart(bytes, start, end)
      const found = indexOfText(texts, bytes, first, trimmedEnd(bytes, first, end))
      if (found < 0) return reader.read(bytes, start, end, into, at)
      into[at] = found < yes.length ? 1 : 0
      return isRead
    },
  }
}

const encoder = new TextEncoder()

export class NullTexts {
  readonly #exact: readonly Uint8Array[]
  /** The same texts without blanks around them, for columns that ignore such blanks. */
  readonly #trimmed: readonly Uint8Array[]

  constructor(texts: readonly string[]) {
    const given = texts.filter(text => text !== '')
    this.#exact = given.map(text => encoder.encode(text))
    this.#trimmed = given.map(text => encoder.encode(text.replace(/^[ \t]+|[ \t]+$/g, '')))
  }

  /**
   * Empties the cells of a field that hold one of the texts without quotes.
   * @param trims  true to ignore blanks around a text @param onFound  gets the index of the text, and the cell with its former end
   */
  apply(
    block: RecordBlock,
    field: number,
    trims: boolean,
    onFound?: (text: number, cell: number, end: number) => void,
  ): void {
    const texts = trims ? this.#trimmed : this.#exact
    if (texts.length === 0) return
    const { bytes, starts, ends, fieldCount, rowCount } = block
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const from = trims ? trimmedStart(bytes, start, end) : start
      const text = indexOfText(texts, bytes, from, trims ? trimmedEnd(bytes, from, end) : end)
      if (text < 0 || block.isQuoted(row, cell)) continue
      ends[cell] = start
      onFound?.(text, cell, end)
    }
  }
}

/** Reads 32 hexadecimal digits, with a hyphen wherever the bit of that place is set: `length` bytes. */
const hexReader =
  (length: number, hyphens: number): ReadCell =>
  (bytes, start, end, into, at) => {
    const first = trimmedStart(bytes, start, end)
    if (trimmedEnd(bytes, first, end) - first !== length) return noValue
    let p = first
    for (let word = 3; word >= 0; word--) {
      let value = 0
      for (let left = 8; left > 0; left--) {
        if (((hyphens >> (p - first)) & 1) === 1 && bytes[p++] !== ascii.minus) return noValue
        const digit = hexDigit(bytes[p++]!)
        if (digit < 0) return noValue
        value = (value << 4) | digit
      }
      into[at + word] = value
    }
    return isRead
  }

const readAddress: ReadCell = (bytes, start, end, into, at) => {
  const found = parseSixteenBytes('IPADDR', trimmedText(bytes, start, end))
  if (found === undefined) return noValue
  into.set(new Int32Array(found.buffer), at)
  return isRead
}

/** The sign between the two numbers is the last one that does not belong to an exponent. */
const complex = /^(\S*[^\seE])([+-]\S*)i$/
const point = /^\(([^,]*),(.*)\)$/

const pairReader =
  (form: RegExp): ReadCell =>
  (bytes, start, end, into, at) => {
    const match = form.exec(trimmedText(bytes, start, end))
    const outcomes = [1, 2].map(part => {
      const outcome = readNumberText(match?.[part]?.replace(/^[ \t]+|[ \t]+$/g, '') ?? '')
      into[at + part - 1] = numberRead[0]!
      return outcome === isRead && numberRead[0] === nullDouble ? outOfRange : outcome
    })
    if (outcomes.includes(noValue) || outcomes.includes(notFinite)) return noValue
    return outcomes.includes(outOfRange) ? outOfRange : isRead
  }

const duration = /^([+-]?\d+)([^]{0,4})$/
const largestCount = 2_147_483_647
/** The longest code of an exchange, such as `XNYS`. */
const exchangeLetters = 4

/** Reads `3M`, `200ms`, or `5XNYS` with the code of an exchange's calendar. */
const readDuration: ReadCell = (bytes, start, end, into, at) => {
  const [, count, letters = ''] = duration.exec(trimmedText(bytes, start, end)) ?? []
  const unit = unitOf(letters)
  if (count === undefined || unit === undefined) return noValue
  if (Math.abs(Number(count)) > largestCount) return outOfRange
  into[at] = Number(count)
  into[at + 1] = unit
  return isRead
}

/** The number that stores a time unit (`ms`) or an exchange (`XNYS`), whose letters are digits in base 256. */
function unitOf(letters: string): number | undefined {
  if (letters.length < exchangeLetters) return durationUnits.get(letters)
  return /^[A-Z]+$/.test(letters) ? Buffer.from(letters).readInt32BE() : undefined
}

const readByte = exactReader(1, 0, noValue)

/** Reads a CHAR: a whole number, one quoted ASCII character `'a'`, or one ASCII character that is not a digit. */
const readChar: ReadCell = (bytes, start, end, into, at) => {
  const length = end - start
  if (length === 3 && bytes[start] === ascii.apostrophe && bytes[start + 2] === ascii.apostrophe) {
    return storeCharacter(bytes[start + 1]!, into, at)
  }
  const outcome = readByte(bytes, start, end, into, at)
  return outcome === noValue && length === 1 ? storeCharacter(bytes[start]!, into, at) : outcome
}

function storeCharacter(byte: number, into: NumberArray, at: number): Outcome {
  if (byte === 0 || byte > 0x7f) return noValue
  into[at] = byte
  return isRead
}

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
function sixteenBytes(name: 'UUID' | 'INT128' | 'IPADDR', what: string, read: ReadCell) {
  const expected = `${what}; all zeros are the null of ${name}`
  return elementType(name, Int32Array, expected, (bytes, start, end, into, at) => {
    const outcome = read(bytes, start, end, into, at)
    const bits = into[at]! | into[at + 1]! | into[at + 2]! | into[at + 3]!
    return outcome === isRead && bits === 0 ? outOfRange : outcome
  })
}

const readUuid = hexReader(36, 0x842100)

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
  elementType('COMPLEX', Float64Array, 'a number such as 2.3+4.0i', pairReader(complex)),
  elementType('POINT', Float64Array, 'a point such as (1.5, 2.5)', pairReader(point)),
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
