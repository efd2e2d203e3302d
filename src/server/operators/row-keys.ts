/*
  Compares elements and rows for equality and order: keys, distinct rows, groups of equal rows, and sorting with nulls
  first (manual, "Null values in sorting").
*/
import { nullDouble, nullInt32, nullInt64 } from '../../protocol/null-value.js'
import type { Column, Vector } from '../../protocol/value.js'
import { formatElement } from '../../protocol/value-text.js'
import { ScriptError } from '../script-error.js'
import { comparables } from './comparison.js'
import { doubleOf, int32Of, int64Of, isLiteral, numberKindOf, textsOfVector } from './operands.js'

/** Stands for an element in comparisons. Keys are equal exactly if the elements are equal. */
export type Key = number | bigint | string | null

/** One key per row: null for nulls, but '' for nulls of text. Equal integers of all widths have equal keys. */
export function keysOfVector(vector: Vector): readonly Key[] {
  const { type, length } = vector
  if (isLiteral(type)) return textsOfVector(vector)
  switch (numberKindOf(type)) {
    case 'int32':
      return Array.from(int32Of(vector).subarray(0, length), one =>
        one === nullInt32 ? null : one,
      )
    case 'int64':
      return Array.from(int64Of(vector).subarray(0, length), value => {
        if (value === nullInt64) return null
        const narrow = Number(value)
        return Number.isSafeInteger(narrow) ? narrow : value
      })
    case 'double':
      return Array.from(doubleOf(vector).subarray(0, length), one =>
        one === nullDouble ? null : one,
      )
    default:
      return Array.from({ length }, (_, row) => formatElement(vector, row) || null)
  }
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
  rowKeys(columns).forEach((key, row) => {
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
  const groups = new Map<Key, number[]>()
  rowKeys(columns).forEach((key, row) => {
    const rows = groups.get(key)
    if (rows === undefined) groups.set(key, [row])
    else rows.push(row)
  })
  const all = Array.from(groups.values(), rows => Int32Array.from(rows))
  return { length: all.length, rowsOf: group => all[group]! }
}

/** A column to sort by. Rows that are equal in this column are ordered by the next sort column. */
export interface SortColumn {
  readonly column: Column
  readonly descending: boolean
}

type RowComparison = (a: number, b: number) => number

/** Row indexes in sorted order. Equal rows keep their order. */
export function sortRows(columns: readonly SortColumn[], rows: number): Int32Array {
  const comparisons = columns.map(({ column, descending }) => {
    const compare = rowComparison(column)
    return descending ? (a: number, b: number): number => -compare(a, b) : compare
  })
  return Int32Array.from({ length: rows }, (_, row) => row).sort((a, b) => {
    for (const compare of comparisons) {
      const result = compare(a, b)
      if (result !== 0) return result
    }
    return a - b
  })
}

/** Compares two rows of a column; a null comes first. @throws {ScriptError} for columns whose values have no order */
export function rowComparison(column: Column): RowComparison {
  if (column.form !== 'vector' || column.type === 'ANY') {
    throw new ScriptError('Tuples and array vectors can not be sorted.')
  }
  const [values] = comparables(column, column)
  return (a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : 0)
}
