/*
  Sorting: the order of rows by one or several columns, nulls first (manual, "Null values in sorting").
*/
import type { Column, SymbolVector } from '../../../protocol/value.js'
import { ScriptError } from '../../script-error.js'
import {
  unscaledOf,
  doubleOf,
  int32Of,
  int64Of,
  numberKindOf,
  isLiteral,
  textsOfVector,
} from '../operands/operands.js'
import { keysOfVector } from './row-keys.js'

/** One key of a sort; the next one decides among equals. */
export interface SortColumn {
  readonly column: Column
  readonly descending: boolean
}

type RowComparison = (a: number, b: number) => number

/** Positions of the rows in ascending order; rows that are equal keep theirs. */
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

/**
 * The order of two rows of a column.
 * @throws {ScriptError} for columns that have no order
 */
export function rowComparison(column: Column): RowComparison {
  if (column.form !== 'vector' || column.type === 'ANY') {
    throw new ScriptError('Tuples and array vectors can not be sorted.')
  }
  if (column.type === 'SYMBOL') return symbolComparison(column)
  // Of one scale, so that the unscaled integers have the same order.
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

/** The null sentinels are the smallest values of their types. */
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
