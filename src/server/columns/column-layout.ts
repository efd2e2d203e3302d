/*
  Columns of zeros or nulls, the texts of text columns, and columns of numbers as arrays of doubles and back. Null becomes
  NaN. In types without NaN, NaN becomes null.
*/
import { type ColumnType, type DataType, dataTypes } from '../../protocol/data-type.js'
import {
  type FixedVector,
  elementBytes,
  isFixedType,
  nullElement,
  vectorOfBytes,
} from '../../protocol/element-bytes.js'
import { stringsOf } from '../../protocol/types/strings.js'
import {
  type Column,
  type SymbolVector,
  type Value,
  type Vector,
  explicitNull,
} from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt8 } from '../../protocol/null-value.js'

/** The null of BLOB. */
export const noBytes: Uint8Array = new Uint8Array(0)

/**
 * True for columns whose data is one typed array. Excludes SYMBOL, whose codes mean nothing without their base (the
 * list of distinct texts).
 */
export function isFixedVector(column: Column): column is FixedVector {
  return column.form === 'vector' && isFixedType(column.type)
}

/** Compares element type, scale, and whether rows are arrays. */
export function sameColumnType(a: ColumnType, b: ColumnType): boolean {
  return a.type === b.type && a.scale === b.scale && (a.array ?? false) === (b.array ?? false)
}

export function cellType(type: ColumnType): ColumnType {
  return type.scale === undefined ? { type: type.type } : { type: type.type, scale: type.scale }
}

/** `length` zeros (DolphinDB manual, page streamTable). In an array column, each row is an empty array. */
export function zeroColumn(type: ColumnType, length: number): Column {
  const name = type.type
  if (type.array) {
    const cells = zeroColumn(cellType(type), 0) as Vector
    return { form: 'arrayVector', length, offsets: new Uint32Array(length + 1), cells }
  }
  if (isFixedType(name)) {
    const bytes = new Uint8Array(length * dataTypes[name].bytesPerValue)
    return vectorOfBytes(name, length, bytes, type.scale)
  }
  switch (name) {
    case 'VOID':
      return { form: 'vector', type: name, length }
    case 'SYMBOL':
      return { form: 'vector', type: name, length, codes: new Int32Array(length), base: [''] }
    case 'BLOB':
      return { form: 'vector', type: name, length, data: filled(length, noBytes) }
    case 'ANY':
      return { form: 'vector', type: name, length, data: filled<Value>(length, explicitNull) }
    default:
      return { form: 'vector', type: 'STRING', length, data: filled(length, '') }
  }
}

function filled<T>(length: number, element: T): T[] {
  return new Array<T>(length).fill(element)
}

/** `length` nulls. In an array column, each row is an array with one null cell (docs/protocol.md#array-vectors). */
export function nullColumn(type: ColumnType, length: number): Column {
  if (type.array) {
    const cells = nullColumn(cellType(type), length) as Vector
    const offsets = Uint32Array.from({ length: length + 1 }, (_, row) => row)
    return { form: 'arrayVector', length, offsets, cells }
  }
  const column = zeroColumn(type, length)
  if (isFixedVector(column)) fillNulls(column)
  return column
}

function fillNulls(column: FixedVector): void {
  const bytes = elementBytes(column)
  const nullBytes = nullElement(column.type)
  if (bytes.length === 0) return
  bytes.set(nullBytes)
  // Doubles the filled part until everything is filled.
  for (let filled = nullBytes.length; filled < bytes.length; filled *= 2) {
    bytes.copyWithin(filled, 0, Math.min(filled, bytes.length - filled))
  }
}

/** Texts of a STRING or SYMBOL column, whichever way the column stores them; undefined for other column types. */
export function columnTexts(column: Column): readonly string[] | undefined {
  if (column.form !== 'vector') return undefined
  if (column.type === 'STRING') return stringsOf(column)
  return column.type === 'SYMBOL' ? symbolTexts(column) : undefined
}

function symbolTexts(column: SymbolVector): string[] {
  const texts = new Array<string>(column.length)
  for (let row = 0; row < column.length; row++) texts[row] = column.base[column.codes[row]!] ?? ''
  return texts
}

// Does not list VOID, because `select NULL as x` makes a VOID column.
const noColumnTypes: ReadonlySet<DataType> = new Set<DataType>([
  'FUNCTIONDEF', 'HANDLE', 'CODE', 'DATASOURCE', 'RESOURCE', 'DURATION',
]) // prettier-ignore

/** @throws {ScriptError} for a type that no table can have (DolphinDB manual, page data_types) */
export function checkColumnType(name: string, { type }: ColumnType): void {
  if (!noColumnTypes.has(type)) return
  throw new ScriptError(`The column [${name}] can't be of type ${type}: tables don't support it.`)
}

const twoTo32 = 2 ** 32
const nullHighWord = nullInt32

/**
 * Rows of an integral, floating, temporal or BOOL column as doubles; NaN for null. Rounds 64-bit integers beyond 2^53
 * to the nearest double.
 */
export function numbersOf(column: FixedVector): Float64Array {
  const { data, length } = column
  if (data instanceof BigInt64Array) return numbersOfInt64(data, length)
  const numbers = new Float64Array(length)
  const nullValue = nullOf(column)
  for (let row = 0; row < length; row++) {
    const value = data[row]!
    numbers[row] = value === nullValue ? NaN : value
  }
  return numbers
}

function nullOf(column: FixedVector): number {
  switch (column.type) {
    case 'BOOL':
    case 'CHAR':
      return nullInt8
    case 'SHORT':
      return nullInt16
    case 'FLOAT':
      return nullFloat
    case 'DOUBLE':
      return nullDouble
    default:
      return nullInt32
  }
}

/** Two int32 words per row, the low word first. Loops over words are faster than loops over BigInts. */
export function wordsOfInt64(data: BigInt64Array): Int32Array {
  return new Int32Array(data.buffer, data.byteOffset, data.length * 2)
}

function numbersOfInt64(data: BigInt64Array, length: number): Float64Array {
  const numbers = new Float64Array(length)
  const words = wordsOfInt64(data)
  for (let row = 0; row < length; row++) {
    const low = words[row * 2]! >>> 0
    const high = words[row * 2 + 1]!
    numbers[row] = high === nullHighWord && low === 0 ? NaN : high * twoTo32 + low
  }
  return numbers
}

/** How a number that is not null becomes a value of a type; other types take whole numbers. */
const fits: Partial<Record<DataType, (value: number) => number>> = {
  BOOL: value => (value === 0 ? 0 : 1),
  DOUBLE: value => value,
  // Numbers too large for FLOAT become null (DolphinDB manual, page data_types, note 7). Infinities stay infinite.
  FLOAT: value => (Number.isFinite(value) && !Number.isFinite(Math.fround(value)) ? NaN : value),
}

/**
 * Makes a column of an integral, floating, temporal or BOOL type from doubles. Rounds fractions half away from zero.
 * NaN and values out of range become null.
 */
export function columnOfNumbers(type: ColumnType, numbers: Float64Array): FixedVector {
  const column = zeroColumn(type, numbers.length) as FixedVector
  const { data } = column
  if (data instanceof BigInt64Array) {
    fillInt64(data, numbers)
    return column
  }
  const nullValue = nullOf(column)
  // Excludes the smallest value of a type of whole numbers, because that value is the null.
  const whole = (value: number): number => {
    const rounded = roundAway(value)
    return rounded > nullValue && rounded < -nullValue ? rounded : NaN
  }
  const fit = fits[column.type] ?? whole
  for (let row = 0; row < numbers.length; row++) {
    const value = fit(numbers[row]!)
    data[row] = Number.isNaN(value) || Number.isNaN(numbers[row]!) ? nullValue : value
  }
  return column
}

/** Writes each whole number as two words. NaN and values beyond int64 become null. */
export function fillInt64(target: BigInt64Array, numbers: Float64Array): void {
  const words = wordsOfInt64(target)
  for (let row = 0; row < numbers.length; row++) {
    const value = roundAway(numbers[row]!)
    const fits = value > -(2 ** 63) && value < 2 ** 63
    words[row * 2] = fits ? value >>> 0 : 0
    words[row * 2 + 1] = fits ? Math.floor(value / twoTo32) : nullHighWord
  }
}

function roundAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value)
}
