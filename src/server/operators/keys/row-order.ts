/*
  Sorting: the order of rows by one or several columns, nulls first (manual, "Null values in sorting").
*/
import type { Column, SymbolVector } from '../../../protocol/value.js'
import type { CallContext, Evaluation, Pace } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { isDecimal } from '../../../protocol/data-type.js'
import { checkAtOnce, pieceRows } from '../../values/pieces.js'
import { unscaledOf } from '../operands/operand-decimals.js'
import { keysOfVector } from './row-keys.js'
import { doubleOf, int32Of, int64Of, numberKindOf } from '../operands/operand-numbers.js'
import { isLiteral, textsOfVector } from '../operands/operand-texts.js'

/** One key of a sort; the next one decides among equals. */
export interface SortColumn {
  readonly column: Column
  readonly descending: boolean
}

type RowComparison = (a: number, b: number) => number

/** Positions of the rows in ascending order; rows that are equal keep theirs. */
function sortRows(columns: readonly SortColumn[], rows: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => row).sort(comparisonOfColumns(columns))
}

/** As `sortRows`, for any number of rows: pieces are sorted, and then merged. */
export function* sortRowsInPieces(
  context: CallContext,
  columns: readonly SortColumn[],
  rows: number,
): Evaluation<Int32Array> {
  if (rows <= pieceRows) return sortRows(columns, rows)
  context.memory.expect(rows * sortBytesPerRow * columns.length)
  for (const { column } of columns) {
    if (isSlow(column)) checkAtOnce('sort', [column])
  }
  const compare = comparisonOfColumns(columns)
  let order = new Int32Array(rows)
  for (let from = 0; from < rows; from += pieceRows) {
    const to = Math.min(from + pieceRows, rows)
    for (let row = from; row < to; row++) order[row] = row
    order.subarray(from, to).sort(compare)
    const pause = context.step(sortSteps * pieceRows)
    if (pause !== undefined) yield pause
  }
  let merged = new Int32Array(rows)
  for (let width = pieceRows; width < rows; width *= 2) {
    for (let from = 0; from < rows; from += 2 * width) {
      const middle = Math.min(from + width, rows)
      const end = Math.min(from + 2 * width, rows)
      yield* merge(context, order, merged, { from, middle, end }, compare)
    }
    ;[order, merged] = [merged, order]
  }
  return order
}

/** Positions twice, and numbers that a comparison makes of narrower ones. */
const sortBytesPerRow = 16
/** Comparisons of a row while its piece is sorted. */
const sortSteps = 8

/** The rows `from` to `middle` and those `middle` to `end`, each in order, into one order. */
function* merge(
  pace: Pace,
  source: Int32Array,
  target: Int32Array,
  { from, middle, end }: { from: number; middle: number; end: number },
  compare: RowComparison,
): Evaluation<void> {
  let left = from
  let right = middle
  for (let start = from; start < end; start += pieceRows) {
    const stop = Math.min(start + pieceRows, end)
    for (let at = start; at < stop; at++) {
      const takesLeft =
        right >= end || (left < middle && compare(source[left]!, source[right]!) <= 0)
      target[at] = takesLeft ? source[left++]! : source[right++]!
    }
    const pause = pace.step(pieceRows)
    if (pause !== undefined) yield pause
  }
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

/** True for columns whose elements are made into something else before they are compared. */
function isSlow(column: Column): boolean {
  if (column.form !== 'vector' || column.type === 'DECIMAL128' || column.type === 'BLOB')
    return true
  const isPlain = isLiteral(column.type) || isDecimal(column.type)
  return !isPlain && numberKindOf(column.type) === undefined
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
