/*
  Compares elements and rows for equality and order: keys, distinct rows, groups of equal rows, and sorting with nulls
  first (manual, "Null values in sorting").
*/
import { isDecimal } from '../../protocol/data-type.js'
import { nullDouble, nullInt64 } from '../../protocol/null-value.js'
import type { Column, SymbolVector, Vector } from '../../protocol/value.js'
import { formatElement } from '../../protocol/value-text.js'
import { ScriptError } from '../script-error.js'
import {
  unscaledOf,
  doubleOf,
  int32Of,
  int64Of,
  numberKindOf,
  isLiteral,
  textsOfVector,
} from './operands.js'

/** Stands for an element in comparisons. Keys are equal exactly if the elements are equal. */
export type Key = number | bigint | string | null

/** One key per row: null for nulls, but '' for nulls of text. Equal integers of all widths have equal keys. */
export function keysOfVector(vector: Vector): readonly Key[] {
  if (vector.type === 'VOID') return new Array<null>(vector.length).fill(null)
  if (isLiteral(vector.type)) return textsOfVector(vector)
  if (isDecimal(vector.type)) return formatted(vector)
  switch (numberKindOf(vector.type)) {
    case 'int32':
      return Array.from(int32Of(vector).subarray(0, vector.length), value =>
        value === -2147483648 ? null : value,
      )
    case 'int64':
      return Array.from(int64Of(vector).subarray(0, vector.length), value => {
        if (value === nullInt64) return null
        const narrow = Number(value)
        return Number.isSafeInteger(narrow) ? narrow : value
      })
    case 'double':
      return Array.from(doubleOf(vector).subarray(0, vector.length), value =>
        value === nullDouble ? null : value,
      )
    default:
      return formatted(vector)
  }
}

function formatted(vector: Vector): readonly Key[] {
  return Array.from({ length: vector.length }, (_, row) => formatElement(vector, row) || null)
}

/** One key per row, made from all columns. Compares the rows of array vectors by their text. */
export function rowKeys(columns: readonly Column[]): readonly Key[] {
  const keys = columns.map(column =>
    column.form === 'vector' && column.type !== 'ANY'
      ? keysOfVector(column)
      : Array.from({ length: column.length }, (_, row) => formatElement(column, row)),
  )
  const [only] = keys
  if (keys.length === 1 && only !== undefined) return only
  return Array.from({ length: only?.length ?? 0 }, (_, row) =>
    keys.map(column => `${typeof column[row]}:${String(column[row])}`).join('\u0000'),
  )
}

/** For each set of equal rows: the index of the first row. */
export function distinctRows(columns: readonly Column[]): Int32Array {
  const seen = new Set<Key>()
  const rows = new Int32Array(columns[0]?.length ?? 0)
  keysOf(columns).forEach((key, row) => {
    if (seen.size !== seen.add(key).size) rows[seen.size - 1] = row
  })
  return rows.subarray(0, seen.size)
}

export interface Groups {
  readonly length: number
  /** The rows of a group, in ascending order. A group has at least one row. */
  rowsOf(group: number): Int32Array
}

/** Groups in the order of their first rows. */
export function groupRows(columns: readonly Column[]): Groups {
  const length = columns[0]?.length ?? 0
  const groups = new Map<Key, number>()
  const groupOfRow = new Int32Array(length)
  const sizes: number[] = []
  keysOf(columns).forEach((key, row) => {
    let group = groups.get(key)
    if (group === undefined) {
      group = sizes.push(0) - 1
      groups.set(key, group)
    }
    groupOfRow[row] = group
    sizes[group]!++
  })
  const rows = new Int32Array(length)
  const ends = new Int32Array(sizes.length)
  for (let group = 1; group < sizes.length; group++) {
    ends[group] = ends[group - 1]! + sizes[group - 1]!
  }
  for (let row = 0; row < length; row++) rows[ends[groupOfRow[row]!]!++] = row
  return {
    length: sizes.length,
    rowsOf: group => rows.subarray(group === 0 ? 0 : ends[group - 1]!, ends[group]),
  }
}

function keysOf(columns: readonly Column[]): readonly Key[] {
  const [only] = columns
  const isOne = columns.length === 1 && only?.form === 'vector' && only.type !== 'ANY'
  return isOne ? keysOfVector(only) : rowKeys(columns)
}

/** A column to sort by. Rows that are equal in this column are ordered by the next sort column. */
export interface SortColumn {
  readonly column: Column
  readonly descending: boolean
}

type RowComparison = (a: number, b: number) => number

/** Row indexes in sorted order. Equal rows keep their order. */
export function sortRows(columns: readonly SortColumn[], rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => row).sort(comparisonOfColumns(columns))
}

function comparisonOfColumns(columns: readonly SortColumn[]): RowComparison {
  const comparisons = columns.map(({ column, descending }) => {
    const compare = rowComparison(column)
    return descending ? (a: number, b: number): number => -compare(a, b) : compare
  })
  return (a, b) => {
    for (const compare of comparisons) {
      const result = compare(a, b)
      if (result !== 0) return result
    }
    return a - b
  }
}

/** Compares two rows of a column. @throws {ScriptError} for columns whose values have no order */
export function rowComparison(column: Column): RowComparison {
  if (column.form !== 'vector' || column.type === 'ANY') {
    throw new ScriptError('Tuples and array vectors can not be sorted.')
  }
  if (column.type === 'SYMBOL') return symbolComparison(column)
  // The values of a column share one scale, so the order of the unscaled integers is the order of the values.
  if (column.type === 'DECIMAL32' || column.type === 'DECIMAL64') return comparisonOf(column.data)
  if (column.type === 'DECIMAL128') {
    const { values } = unscaledOf(column)!
    return comparisonOf(values.map(value => value ?? -(2n ** 127n)))
  }
  if (isLiteral(column.type)) return comparisonOf(textsOfVector(column))
  switch (numberKindOf(column.type)) {
    case 'int32':
      return comparisonOf(int32Of(column))
    case 'int64':
      return comparisonOf(int64Of(column))
    case 'double':
      return comparisonOf(doubleOf(column))
    default:
      return comparisonOf(keysOfVector(column).map(key => key ?? ''))
  }
}

function symbolComparison({ codes, base }: SymbolVector): RowComparison {
  return (a, b) => {
    const x = codes[a]!
    const y = codes[b]!
    if (x === y) return 0
    return compareValues(base[x]!, base[y]!)
  }
}

/** Sorts nulls first, because null sentinels are the smallest values of their types. */
function comparisonOf(
  values:
    ArrayLike<number> | ArrayLike<bigint> | ArrayLike<string> | ArrayLike<number | bigint | string>,
): RowComparison {
  return (a, b) => compareValues(values[a]!, values[b]!)
}

function compareValues(x: number | bigint | string, y: number | bigint | string): number {
  if (x < y) return -1
  return x > y ? 1 : 0
}
