/* Columns of zeros or nulls, and the elements of columns as JavaScript values ("cells") and back. */
import { type ColumnType, type DataType, dataTypes, isDecimal } from '../../protocol/data-type.js'
import type { Category } from '../../protocol/types/type-facts.js'
import {
  type FixedVector,
  formatElement,
  isFixedType,
  scalarAt,
  takeRows,
  vectorOf,
  vectorOfBytes,
} from '../../protocol/element.js'
import { stringsOf } from '../../protocol/types/strings.js'
import { type Column, type Vector } from '../../protocol/value.js'
import { check } from '../script-error.js'
import { nullInt64, nullInt8 } from '../../protocol/null-value.js'

/** True for columns whose data is one typed array. Excludes SYMBOL, whose codes mean nothing without their base. */
export function isFixedVector(column: Column): column is FixedVector {
  return column.form === 'vector' && isFixedType(column.type)
}

export function sameColumnType(a: ColumnType, b: ColumnType): boolean {
  return a.type === b.type && a.scale === b.scale && (a.array ?? false) === (b.array ?? false)
}

export function cellType(type: ColumnType): ColumnType {
  return type.scale === undefined ? { type: type.type } : { type: type.type, scale: type.scale }
}

/** `length` zeros (DolphinDB manual, page streamTable). In an array column, each row is an empty array. */
export function zeroColumn(type: ColumnType, length: number): Column {
  if (type.array) {
    const cells = zeroColumn(cellType(type), 0) as Vector
    return { form: 'arrayVector', length, offsets: new Uint32Array(length + 1), cells }
  }
  if (!isFixedType(type.type)) return nullColumn(type, length)
  const bytes = new Uint8Array(length * dataTypes[type.type].bytesPerValue)
  return vectorOfBytes(type.type, length, bytes, type.scale)
}

/** `length` nulls. In an array column, each row is an array with one null cell (docs/protocol.md#array-vectors). */
export function nullColumn(type: ColumnType, length: number): Column {
  if (type.type === 'VOID') return { form: 'vector', type: 'VOID', length }
  return takeRows(vectorOf(type, [null]), new Int32Array(length))
}

/** Texts of a STRING or SYMBOL column, whichever way the column stores them; undefined for other column types. */
export function columnTexts(column: Column): readonly string[] | undefined {
  if (column.form !== 'vector') return undefined
  if (column.type === 'SYMBOL') {
    const { base, codes, length } = column
    const texts = new Array<string>(length)
    for (let row = 0; row < length; row++) texts[row] = base[codes[row]!] ?? ''
    return texts
  }
  if (column.type !== 'STRING') return undefined
  const texts = stringsOf(column)
  return texts.length === column.length ? texts : texts.slice(0, column.length)
}

/** Every element as the text that string(x) returns; '' for nulls. */
export function textsOfVector(vector: Vector): readonly string[] {
  const texts = columnTexts(vector)
  if (texts !== undefined) return texts
  if (vector.type === 'CHAR') return Array.from(vector.data.subarray(0, vector.length), charText)
  return Array.from({ length: vector.length }, (_, row) => formatElement(vector, row))
}

/** Prints a CHAR without quotes. An unprintable CHAR becomes its number. */
function charText(code: number): string {
  if (code === nullInt8) return ''
  return code > 31 && code < 127 ? String.fromCharCode(code) : String(code)
}

/** @throws {ScriptError} for a type that no table can have (DolphinDB manual, page data_types) */
export function checkColumnType(name: string, { type }: ColumnType): void {
  const isKnown = dataTypes[type].category !== 'system'
  check(isKnown, `The column [${name}] can't be of type ${type}: tables don't support it.`)
}

/** How to compute with the values of a type: as whole numbers of 32 or 64 bits, floating numbers, decimals or texts. */
export type Kind = 'int' | 'long' | 'double' | 'decimal' | 'text' | 'void'

const kinds: Partial<Record<Category, Kind>> = {
  logical: 'int',
  integral: 'int',
  temporal: 'int',
  floating: 'double',
  denary: 'decimal',
  literal: 'text',
  nothing: 'void',
}

/** The kind of a type. Temporal values and BOOLs are whole numbers. Undefined for UUIDs, tuples and the like. */
export function kindOf(type: DataType): Kind | undefined {
  const { category, bytesPerValue } = dataTypes[type]
  const kind = kinds[category]
  return kind === 'int' && bytesPerValue === 8 ? 'long' : kind
}

/** Types from narrow to wide, or from coarse to fine. Two types of one group meet in the later one. */
const typeRanks: Readonly<Record<'numbers' | 'times', readonly DataType[]>> = {
  numbers: ['CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE'],
  times: [
    'MONTH', 'DATE', 'DATEHOUR', 'DATEMINUTE', 'DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP', 'MINUTE', 'SECOND', 'TIME',
    'NANOTIME',
  ],
} // prettier-ignore

/** The later of two types of a group; undefined if one of them is not in the group. */
export function widerType(
  group: keyof typeof typeRanks,
  a: DataType,
  b: DataType,
): DataType | undefined {
  const ranks = [a, b].map(type => typeRanks[group].indexOf(type))
  return ranks.includes(-1) ? undefined : typeRanks[group][Math.max(...ranks)]
}

function sentinelOf({ type }: FixedVector): number | bigint {
  return (vectorOf({ type }, [null]) as FixedVector).data[0]!
}

/** The number of an element: a bigint for 64-bit types and unscaled decimals; null for a null. A BOOL is 0 or 1. */
export type Cell = number | bigint | null

/** Longer lists of cells could end the process, which no error would explain. */
export const maxCells: number = 2 ** 26

/** @throws {ScriptError} for types without numbers @throws {RangeError} for vectors that are too long to compute with */
export function cellsOf(vector: Vector): Cell[] {
  const { type, length } = vector
  if (length > maxCells) throw new RangeError(`Invalid array length ${length}`)
  const kind = kindOf(type)
  if (kind === 'void') return new Array<Cell>(length).fill(null)
  const isNumeric = kind !== undefined && kind !== 'text'
  check(isNumeric, `A vector of numbers is expected, but the actual type is ${type}.`)
  const cells = new Array<Cell>(length)
  if (kind === 'decimal') {
    for (let i = 0; i < length; i++) cells[i] = scalarAt(vector, i).value as Cell
    return cells
  }
  const { data } = vector as FixedVector
  const nullValue = sentinelOf(vector as FixedVector)
  for (let i = 0; i < length; i++) cells[i] = data[i] === nullValue ? null : data[i]!
  return cells
}

/** Rounds half away from zero. Numbers beyond the type become null. @throws {ValueError} if a decimal type cannot hold a number */
export function columnOfCells(type: ColumnType, cells: ArrayLike<Cell>): FixedVector {
  if (isDecimal(type.type)) return vectorOf(type, Array.from(cells)) as FixedVector
  const column = zeroColumn(type, cells.length) as FixedVector
  const data = column.data as { [row: number]: Cell }
  const nullValue = sentinelOf(column)
  const fit = fits[type.type] ?? (typeof nullValue === 'bigint' ? wholeInt64 : whole)
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row]!
    data[row] = (cell === null ? null : fit(cell, Number(nullValue))) ?? nullValue
  }
  return column
}

/** How a number becomes a value of a type; other types take whole numbers. */
const fits: Partial<Record<DataType, (value: number | bigint) => number | null>> = {
  BOOL: value => (Number.isNaN(value) ? null : Number(Number(value) !== 0)),
  DOUBLE: Number,
  // Numbers too large for FLOAT become null (DolphinDB manual, page data_types, note 7). Infinities stay infinite.
  FLOAT: cell => {
    const value = Number(cell)
    return Number.isFinite(value) && !Number.isFinite(Math.fround(value)) ? null : value
  },
}

/** Excludes the smallest value of a type of whole numbers, because that value is the null. */
function whole(value: number | bigint, nullValue: number): number | null {
  const number = Number(value)
  const rounded = number < 0 ? -Math.round(-number) : Math.round(number)
  return rounded > nullValue && rounded < -nullValue ? rounded : null
}

function wholeInt64(value: number | bigint): bigint | null {
  if (typeof value === 'bigint') return value > nullInt64 && value < -nullInt64 ? value : null
  const rounded = whole(value, Number(nullInt64))
  return rounded === null ? null : BigInt(rounded)
}

/** Stands for the values of a row in look-ups. Rows with equal values have equal keys, and vice versa. */
export type Key = number | bigint | string

export function keysOf(columns: readonly Column[], rows: number): Key[] {
  const parts = columns.map((column): ArrayLike<Key> => {
    if (isFixedVector(column) && dataTypes[column.type].bytesPerValue <= 8) return column.data
    const texts = column.form === 'vector' && columnTexts(column)
    return texts || Array.from({ length: column.length }, (_, row) => formatElement(column, row))
  })
  const [only] = parts
  return Array.from({ length: rows }, (_, row) =>
    parts.length === 1 ? only![row]! : parts.map(part => part[row]).join('\0'),
  )
}
