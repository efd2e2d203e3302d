/*
  Functions that reduce a vector to one value. They ignore nulls, and return null if no value is left.
*/
import { elementAt, isNullAt } from '../../protocol/element.js'
import { nullInt128 } from '../../protocol/null-value.js'
import { type Column, type Vector, explicitNull } from '../../protocol/value.js'
import { rowComparison, truthOf } from '../operators/comparison.js'
import { cellsOf, kindOf } from '../columns/column-layout.js'
import { cellsAs, scaleOf } from '../columns/convert-column.js'
import { ScriptError } from '../script-error.js'
import type { Builtin, ServerValue } from '../values/server-value.js'
import { boolScalar, doubleScalar, intScalar, longScalar, nullOf } from '../values/scalar.js'
import { indexValue } from '../elements/indexing.js'
import { tupleElements, vectorOfElements } from '../values/vector-literal.js'
import { columnArgument, unaryFunction, vectorArgument } from './arguments.js'

type Aggregate = (vector: Vector) => ServerValue

function aggregate(name: string, compute: Aggregate): Builtin {
  return unaryFunction(name, value => compute(valuesOf(value, name)))
}

/** The argument as a vector. A tuple of scalars counts as a vector. */
function valuesOf(value: ServerValue, name: string): Vector {
  const elements = tupleElements(value)
  return vectorArgument(elements === undefined ? value : vectorOfElements(elements), name)
}

/** The elements that are not null. @throws {ScriptError} unless they are numbers */
function presentCells(vector: Vector, name: string): (number | bigint)[] {
  const kind = kindOf(vector.type)
  if (kind === undefined || kind === 'text') {
    throw new ScriptError(`Arguments for ${name} method can not be ${vector.type.toLowerCase()}.`)
  }
  return cellsOf(vector).filter(cell => cell !== null)
}

/** The sum is a LONG for integers, a DOUBLE for floating numbers; decimals keep their scale. */
function sumOf(vector: Vector): ServerValue {
  const cells = presentCells(vector, 'sum')
  const kind = kindOf(vector.type)
  if (kind === 'double' || kind === 'void') {
    return doubleScalar(cells.length === 0 ? null : sumOfNumbers(cells as number[]))
  }
  // A sum of 32-bit integers is exact as a double for every length of a vector up to 2^22.
  const isExact = kind === 'int' && cells.length < 2 ** 22
  const total = isExact
    ? BigInt(sumOfNumbers(cells as number[]))
    : cells.reduce((sum: bigint, cell) => sum + BigInt(cell), 0n)
  const value = cells.length === 0 ? null : total
  const scale = scaleOf(vector)
  if (scale === undefined) return longScalar(value && BigInt.asIntN(64, value))
  const type = vector.type === 'DECIMAL32' ? 'DECIMAL64' : 'DECIMAL128'
  if (total <= nullInt128 || total >= -nullInt128) {
    throw new ScriptError('DECIMAL math overflow RefId:S05003')
  }
  return { form: 'scalar', type, scale, value }
}

function sumOfNumbers(cells: readonly number[]): number {
  return cells.reduce((sum, cell) => sum + cell, 0)
}

/** The arithmetic mean, always a DOUBLE. */
function meanOf(vector: Vector): ServerValue {
  presentCells(vector, 'avg')
  const cells = cellsAs('double', vector).filter(cell => cell !== null)
  return doubleScalar(cells.length === 0 ? null : sumOfNumbers(cells) / cells.length)
}

/** The smallest or largest element; the first one if several are equal. */
function extremeOf(vector: Vector, wantsLargest: boolean): ServerValue {
  if (vector.type === 'VOID') return explicitNull
  const compare = rowComparison(vector)
  let best: number | undefined
  for (let row = 0; row < vector.length; row++) {
    if (isNullAt(vector, row)) continue
    const order = best === undefined ? 0 : compare(row, best)
    if (best === undefined || (wantsLargest ? order > 0 : order < 0)) best = row
  }
  return best === undefined ? nullOf(vector.type) : (elementAt(vector, best) as ServerValue)
}

function presentCount(column: Column): number {
  let count = 0
  for (let row = 0; row < column.length; row++) if (!isNullAt(column, row)) count++
  return count
}

/** The first or the last element, which may be null. @param position  for a number of elements */
function edge(name: string, position: (size: number) => number): Builtin {
  return unaryFunction(name, value => {
    const { length } = columnArgument(value, name)
    return indexValue(value, intScalar(position(length)))
  })
}

export const aggregateFunctions: readonly Builtin[] = [
  aggregate('sum', sumOf),
  aggregate('avg', meanOf),
  aggregate('max', vector => extremeOf(vector, true)),
  aggregate('min', vector => extremeOf(vector, false)),

  /** Counts the elements that are not null; for a table, counts rows. */
  unaryFunction('count', value => {
    if (value.form === 'serverTable') return intScalar(value.rows)
    if (value.form === 'serverDictionary') return intScalar(value.entries.size)
    return intScalar(presentCount(columnArgument(value, 'count')))
  }),
  edge('first', () => 0),
  edge('last', size => size - 1),

  /** True if no element is false. Nulls do not count as false. */
  aggregate('all', vector =>
    boolScalar(!truthOf(vector, 'all').subarray(0, vector.length).includes(0)),
  ),
]
