/*
  Sorting: the order of rows by one or several columns, nulls first (manual, "Null values in sorting").
*/
import type { Column } from '../../../protocol/value.js'
import { ScriptError } from '../builtin.js'
import { isDecimal } from '../../../protocol/data-type.js'
import { unscaledOf } from './decimal.js'
import { keysOfVector } from './keys.js'
import { doubleOf, int32Of, int64Of, numberKindOf } from './numbers.js'
import { isLiteral, textsOfVector } from './text.js'

/** One key of a sort; the next one decides among equals. */
export interface SortColumn {
  readonly column: Column
  readonly descending: boolean
}

type RowComparison = (a: number, b: number) => number

/** Positions of the rows in ascending order; rows that are equal keep theirs. */
export function sortRows(columns: readonly SortColumn[], rows: number): Int32Array {
  const comparisons = columns.map(({ column, descending }) => {
    const compare = rowComparison(column)
    return descending ? (a: number, b: number): number => -compare(a, b) : compare
  })
  const order = Array.from({ length: rows }, (_, row) => row)
  order.sort((a, b) => {
    for (const compare of comparisons) {
      const result = compare(a, b)
      if (result !== 0) return result
    }
    return a - b
  })
  return Int32Array.from(order)
}

/** @throws {ScriptError} for columns that have no order */
function rowComparison(column: Column): RowComparison {
  if (column.form !== 'vector' || column.type === 'ANY') {
    throw new ScriptError('Tuples and array vectors can not be sorted.')
  }
  if (isLiteral(column.type)) return comparisonOf(textsOfVector(column))
  if (isDecimal(column.type)) {
    const { values } = unscaledOf(column)!
    return comparisonOf(values.map(value => value ?? -(2n ** 127n)))
  }
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

/** The null sentinels are the smallest values of their types. */
function comparisonOf(
  values:
    ArrayLike<number> | ArrayLike<bigint> | ArrayLike<string> | ArrayLike<number | bigint | string>,
): RowComparison {
  return (a, b) => {
    const x = values[a]!
    const y = values[b]!
    if (x < y) return -1
    return x > y ? 1 : 0
  }
}
