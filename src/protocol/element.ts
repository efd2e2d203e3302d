/* Columns and their elements, of every type: made from JavaScript values, cut, joined, read one by one (loops should read typed arrays),
   and printed as DolphinDB prints them: dates with points, '' for nulls, printable CHARs in quotes. Slices share memory. */
import { ValueError } from '../errors.js'
import { columnTypeText, dataTypes, type ColumnType, type DataType } from './data-type.js'
import { type ColumnAccess, type ElementValue, unsuitableValue } from './types/type-facts.js'
import { isTuple } from './types/tuples.js'
import type { ArrayVector, Column, FixedVector, Scalar, Value, Vector } from './value.js'

export type { ElementValue } from './types/type-facts.js'
export type { FixedVector } from './value.js'

/** Types whose elements have a fixed size. SYMBOL is excluded; `types/symbols.ts` handles its codes. */
export type FixedType = FixedVector['type']

/** True for types whose columns are one typed array. Excludes SYMBOL, whose codes mean nothing without their base. */
export function isFixedType(type: DataType): type is FixedType {
  return dataTypes[type].fixed !== undefined
}

/** The bytes in which the elements are sent: the first `length`, or those from `start` to `end` (exclusive). */
export function elementBytes(
  vector: FixedVector,
  start: number = 0,
  end: number = vector.length,
): Uint8Array {
  return dataTypes[vector.type].fixed!.bytesOf(vector, start, end)
}

/** A vector that shares the memory of received bytes. The bytes must be aligned for its typed array. */
export function vectorOfBytes(
  type: FixedType,
  length: number,
  bytes: Uint8Array,
  scale?: number,
): FixedVector {
  return dataTypes[type].fixed!.vectorOver(type, length, bytes, scale)
}

const nullElements = new Map<FixedType, Uint8Array>()

/** The bytes of the type's null in a vector. The caller must not change them. */
export function nullElement(type: FixedType): Uint8Array {
  let bytes = nullElements.get(type)
  if (bytes === undefined) {
    bytes = new Uint8Array(dataTypes[type].bytesPerValue)
    dataTypes[type].fixed!.store(vectorOfBytes(type, 1, bytes), 0, null)
    nullElements.set(type, bytes)
  }
  return bytes
}

export function columnTypeOf(column: Column): ColumnType {
  if (column.form === 'arrayVector') return { ...columnTypeOf(column.cells), array: true }
  return 'scale' in column ? { type: column.type, scale: column.scale } : { type: column.type }
}

function accessOf(type: DataType): ColumnAccess {
  const { columns } = dataTypes[type]
  if (columns !== undefined) return columns
  throw new ValueError('DDB_USAGE', `There are no columns of type ${type}`)
}

/** An empty column with room for `capacity` rows. The caller fills the arrays and sets `length`. */
export function emptyVector(type: ColumnType, capacity: number): Column {
  if (!type.array) return accessOf(type.type).emptyVector(capacity, type)
  const cells = emptyVector({ ...type, array: false }, capacity) as Vector
  return { form: 'arrayVector', length: 0, offsets: new Uint32Array(capacity + 1), cells }
}

/** Null becomes the null of the type. @throws {ValueError} DDB_INPUT_RANGE outside the type, DDB_USAGE for a value of the wrong kind */
export function vectorOf(type: ColumnType, values: readonly ElementValue[]): Column {
  if (!type.array) return accessOf(type.type).vectorOf(values, type)
  const offsets = new Uint32Array(values.length + 1)
  const cells: ElementValue[] = []
  for (const [row, value] of values.entries()) {
    if (value !== null && !Array.isArray(value)) throw unsuitableValue(type.type, value)
    for (const cell of (value ?? [null]) as readonly ElementValue[]) cells.push(cell)
    offsets[row + 1] = cells.length
  }
  return {
    form: 'arrayVector',
    length: values.length,
    offsets,
    cells: vectorOf({ ...type, array: false }, cells) as Vector,
  }
}

/** Rows `start` to `end` (exclusive), sharing memory with `column`. */
export function sliceColumn(column: Column, start: number, end: number): Column {
  const length = end - start
  if (start === 0 && length === column.length) return column
  if (column.form === 'arrayVector') {
    return { ...column, length, offsets: column.offsets.subarray(start, end + 1) }
  }
  return accessOf(column.type).slice(column, start, end)
}

/** The rows of all columns, one column after the other. There must be a first column; all have its type. */
export function concatColumns(columns: readonly Column[]): Column {
  const [first] = columns
  if (first === undefined) throw new ValueError('DDB_USAGE', 'There is no column to join')
  if (columns.length === 1) return first
  const type = columnTypeOf(first)
  for (const column of columns) {
    const other = columnTypeOf(column)
    if (other.type === type.type && other.scale === type.scale && other.array === type.array)
      continue
    const texts = [other, type].map(columnTypeText)
    throw new ValueError('DDB_USAGE', `A ${texts[0]} column cannot follow a ${texts[1]} column`)
  }
  return first.form === 'arrayVector'
    ? concatArrays(columns as readonly ArrayVector[])
    : accessOf(first.type).concat(columns as readonly Vector[])
}

function concatArrays(columns: readonly ArrayVector[]): ArrayVector {
  const length = columns.reduce((sum, column) => sum + column.length, 0)
  const offsets = new Uint32Array(length + 1)
  let row = 0
  for (const column of columns) {
    const shift = offsets[row]! - column.offsets[0]!
    for (let i = 1; i <= column.length; i++) offsets[++row] = column.offsets[i]! + shift
  }
  const cells = columns.map(column =>
    sliceColumn(column.cells, column.offsets[0]!, column.offsets[column.length]!),
  )
  return { form: 'arrayVector', length, offsets, cells: concatColumns(cells) as Vector }
}

/** The first rows, with texts in wire form decoded: to read them one by one from `column` would decode all of them for each. */
export const firstRows = (column: Column, rows: number): Column =>
  takeRows(
    column,
    new Int32Array(rows).map((_, row) => row),
  )

/** Row i of the result is row `indexes[i]` of `column`. */
export function takeRows(column: Column, indexes: Int32Array): Column {
  if (column.form === 'vector') return accessOf(column.type).take(column, indexes)
  const { length } = indexes
  const offsets = new Uint32Array(length + 1)
  for (let row = 0; row < length; row++) {
    const from = indexes[row]!
    offsets[row + 1] = offsets[row]! + column.offsets[from + 1]! - column.offsets[from]!
  }
  const cellIndexes = new Int32Array(offsets[length]!)
  for (let row = 0; row < length; row++) {
    const from = column.offsets[indexes[row]!]!
    const end = offsets[row + 1]!
    for (let at = offsets[row]!; at < end; at++) cellIndexes[at] = from + at - offsets[row]!
  }
  const cells = takeRows(column.cells, cellIndexes) as Vector
  return { form: 'arrayVector', length, offsets, cells }
}

/** Element `index`, from 0: a scalar, a row of an array vector as a vector, or any value of a tuple. */
export function elementAt(column: Column, index: number): Value {
  if (column.form === 'arrayVector') {
    return sliceColumn(column.cells, column.offsets[index]!, column.offsets[index + 1]!)
  }
  return isTuple(column) ? column.data[index]! : scalarAt(column, index)
}

/** Element `index`, from 0, as a scalar that shares no memory with `vector`, which must not be a tuple; null for a null sentinel. */
export function scalarAt(vector: Vector, index: number): Scalar {
  return accessOf(vector.type).scalarAt(vector, index)
}

/** True for a null. A row of an array vector is null if all its cells are null. */
export function isNullAt(column: Column, index: number): boolean {
  if (column.form === 'vector') return accessOf(column.type).isNullAt(column, index)
  const end = column.offsets[index + 1]!
  for (let cell = column.offsets[index]!; cell < end; cell++) {
    if (!isNullAt(column.cells, cell)) return false
  }
  return true
}

/** The text of one element; '' for null. A row of an array vector gives `[1,2,3]`. */
export function formatElement(column: Column, index: number): string {
  return formatValue(elementAt(column, index))
}

/** The text of a value. A table, matrix, set or dictionary gives only its form. */
export function formatValue(value: Value): string {
  switch (value.form) {
    case 'scalar':
      return formatScalar(value)
    case 'vector':
    case 'arrayVector':
      return `[${formatElements(value).join(',')}]`
    case 'pair':
      return formatElements(value.elements).join(':')
    default:
      return value.form
  }
}

function formatElements(column: Column): string[] {
  return Array.from({ length: column.length }, (_, index) => formatElement(column, index))
}

/** The text of a scalar; '' for null. */
export function formatScalar(scalar: Scalar): string {
  return scalar.value === null ? '' : dataTypes[scalar.type].format(scalar.value, scalar)
}
