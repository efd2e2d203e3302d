/*
  sort, distinct and cutPoints: the elements of a vector in order, each of them once, and what divides them (DolphinDB manual, pages of each name).
*/
import { columnTypeOf, elementAt, isNullAt, takeRows, vectorOf } from '../../../protocol/element.js'
import type { Column, Scalar, Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { distinctRows } from '../../operators/keys/row-keys.js'
import { rowComparison, sortRows } from '../../operators/keys/row-order.js'
import { integerOf, isVoid } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import {
  builtin,
  integerArgument,
  unaryFunction,
  columnArgument,
  vectorArgument,
} from '../arguments.js'

function isAscending(value: ServerValue | undefined): boolean {
  if (value === undefined || isVoid(value)) return true
  return integerOf(value) !== 0
}

function sortedColumn(value: ServerValue | undefined, order: ServerValue | undefined): Column {
  const vector = vectorArgument(value, 'sort')
  return takeRows(
    vector,
    sortRows([{ column: vector, descending: !isAscending(order) }], vector.length),
  )
}

/** The elements of a matrix are sorted as those of one vector, column after column. */
function sorted(value: ServerValue | undefined, order: ServerValue | undefined): ServerValue {
  const column = sortedColumn(value, order)
  if (value?.form !== 'matrix') return column
  const { rows, columns } = value
  return { form: 'matrix', rows, columns, elements: column as Vector }
}

const sort = builtin('sort(X, [ascending])', (_, [value, order]) => sorted(value, order))

/** How many elements there are up to each, itself included. */
function endsOf(rows: readonly number[], counts: readonly number[] | undefined): number[] {
  let end = 0
  return rows.map(row => (end += counts?.[row] ?? 1))
}

function frequencies(freq: ServerValue, length: number): number[] {
  const vector = vectorArgument(freq, 'cutPoints')
  const counts = Array.from({ length: vector.length }, (_, row) =>
    Number(integerOf(elementAt(vector, row) as ServerValue) ?? NaN),
  )
  if (counts.length !== length || counts.some(count => !(count >= 1))) {
    throw new ScriptError(
      'cutPoints(X, binNum, freq). freq must have a whole number above 0 for each element of X.',
    )
  }
  return counts
}

/** The next value of a scalar's type. */
function above(scalar: Scalar): Scalar {
  const { value } = scalar
  if (typeof value === 'number') return { ...scalar, value: value + 1 }
  if (typeof value === 'bigint') return { ...scalar, value: value + 1n }
  if (typeof value === 'string') return { form: 'scalar', type: 'STRING', value: `${value}~` }
  throw new ScriptError('cutPoints(X, binNum). X must be numbers, dates or texts.')
}

function withLast(bounds: Vector, last: Scalar): Vector {
  const type = columnTypeOf(bounds)
  const values = Array.from({ length: bounds.length - 1 }, (_, row) => {
    return (elementAt(bounds, row) as Scalar).value
  })
  return vectorOf(type, [...values, last.value]) as Vector
}

export const sortFunctions: readonly Builtin[] = [
  sort,
  /** X itself, in order. */
  builtin(
    'sort!(X, [ascending])',
    (_, [value, order]) => {
      const column = sortedColumn(value, order)
      return value!.form === 'matrix'
        ? Object.assign(value, { elements: column })
        : Object.assign(value!, column)
    },
    { mutatesFirst: true },
  ),
  unaryFunction('distinct', value => {
    const column = columnArgument(value, 'distinct')
    if (column.form !== 'vector' || column.type === 'ANY') {
      throw new ScriptError('The function [distinct] takes a vector of one type.')
    }
    return takeRows(column, distinctRows([column]))
  }),
  /**
   * The bounds of so many bins of about as many elements each; the last one lies just above
   * the largest element, for a bin does not hold its upper bound. With freq, X has each element once, in order, and freq
   * says how often it counts. What a server puts above a text is not documented [?].
   */
  builtin('cutPoints(X, binNum, [freq])', (_, [value, binNum, freq]) => {
    const vector = vectorArgument(value, 'cutPoints')
    const bins = integerArgument(binNum, 'binNum')
    const known = Array.from({ length: vector.length }, (__, row) => row).filter(
      row => !isNullAt(vector, row),
    )
    if (bins < 1 || bins > known.length) {
      throw new ScriptError(
        'cutPoints(X, binNum). binNum must be from 1 to the number of elements.',
      )
    }
    const compare = rowComparison(vector)
    const isOnce = known.every((row, at) => at === 0 || compare(known[at - 1]!, row) < 0)
    const isCounted = freq !== undefined && !isVoid(freq)
    if (isCounted && !isOnce) {
      throw new ScriptError('cutPoints(X, binNum, freq). X must be distinct and in order.')
    }
    const rows = known.sort(compare)
    const ends = endsOf(rows, isCounted ? frequencies(freq, vector.length) : undefined)
    const total = ends.at(-1)!
    const starts = Array.from({ length: bins }, (__, bin) => {
      const place = Math.floor((bin * total) / bins)
      return rows[ends.findIndex(end => end > place)]!
    })
    const bounds = takeRows(vector, Int32Array.from([...starts, rows.at(-1)!])) as Vector
    return withLast(bounds, above(elementAt(bounds, bins) as Scalar))
  }),
]
