/*
  Properties of column types, columns of zeros or nulls, and the texts of text columns.
*/
import { dataTypes, type ColumnType, type DataType } from '../../protocol/data-type.js'
import {
  elementBytes,
  isFixedType,
  vectorOfBytes,
  type FixedVector,
  nullElement,
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
      return {
        form: 'vector',
        type: name,
        length,
        data: new Array<Uint8Array>(length).fill(noBytes),
      }
    case 'ANY':
      return {
        form: 'vector',
        type: name,
        length,
        data: new Array<Value>(length).fill(explicitNull),
      }
    default:
      return { form: 'vector', type: 'STRING', length, data: new Array<string>(length).fill('') }
  }
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
  'FUNCTIONDEF',
  'HANDLE',
  'CODE',
  'DATASOURCE',
  'RESOURCE',
  'DURATION',
])

/** @throws {ScriptError} for a type that no table can have (DolphinDB manual, page data_types) */
export function checkColumnType(name: string, { type }: ColumnType): void {
  if (!noColumnTypes.has(type)) return
  throw new ScriptError(`The column [${name}] can't be of type ${type}: tables don't support it.`)
}
