/*
  Functions that reduce a vector to one value. They ignore nulls, and return null if no value is left.
*/
import { isDecimal } from '../../../protocol/data-type.js'
import { elementAt, isNullAt } from '../../../protocol/element.js'
import { nullDouble, nullInt128, nullInt32, nullInt64 } from '../../../protocol/null-value.js'
import { type Column, type Vector, explicitNull } from '../../../protocol/value.js'
import { rowComparison, truthOf } from '../../operators/comparison.js'
import { applyBinary, choose } from '../../operators/operators.js'
import {
  decimalAsDouble,
  doubleOf,
  int32Of,
  int64Of,
  numberKindOf,
  unscaledOf,
} from '../../operators/operands.js'
import { ScriptError } from '../../script-error.js'
import type { Builtin, ServerValue } from '../../values/server-value.js'
import { boolScalar, doubleScalar, intScalar, longScalar, nullOf } from '../../values/scalar.js'
import { tupleElements, vectorOfElements } from '../../values/vector-literal.js'
import { builtin, columnArgument, unaryFunction, vectorArgument } from '../arguments.js'

type Aggregate = (vector: Vector) => ServerValue

function aggregate(name: string, compute: Aggregate): Builtin {
  return unaryFunction(name, value => compute(valuesOf(value, name)))
}

/** The argument as a vector. A tuple of scalars counts as a vector. */
function valuesOf(value: ServerValue, name: string): Vector {
  const elements = tupleElements(value)
  return vectorArgument(elements === undefined ? value : vectorOfElements(elements), name)
}

/** The numbers of a vector as doubles, without nulls. */
function presentDoubles(vector: Vector, name: string): Float64Array {
  const isNumber =
    vector.type === 'VOID' || isDecimal(vector.type) || numberKindOf(vector.type) !== undefined
  if (!isNumber) {
    throw new ScriptError(`Arguments for ${name} method can not be ${vector.type.toLowerCase()}.`)
  }
  return doubleOf(decimalAsDouble(vector))
    .subarray(0, vector.length)
    .filter(value => value !== nullDouble)
}

/** The sum is a LONG for integers, a DOUBLE for floating numbers; decimals keep their type. */
function sumOf(vector: Vector): ServerValue {
  if (isDecimal(vector.type)) return sumOfDecimals(vector)
  const kind = numberKindOf(vector.type)
  if (kind === 'int32' || kind === 'int64') return sumOfIntegers(vector, kind)
  const values = presentDoubles(vector, 'sum')
  return doubleScalar(values.length === 0 ? null : values.reduce((sum, x) => sum + x, 0))
}

/** For up to this many rows, a sum of 32-bit integers is exact even as a double. */
const exactRows = 1_048_576

function sumOfIntegers(vector: Vector, kind: 'int32' | 'int64'): ServerValue {
  let total = 0n
  let count = 0
  if (kind === 'int64') {
    for (const value of int64Of(vector).subarray(0, vector.length)) {
      if (value === nullInt64) continue
      total += value
      count++
    }
  } else {
    const values = int32Of(vector)
    for (let start = 0; start < vector.length; start += exactRows) {
      let sum = 0
      for (const value of values.subarray(start, Math.min(start + exactRows, vector.length))) {
        if (value === nullInt32) continue
        sum += value
        count++
      }
      total += BigInt(sum)
    }
  }
  return longScalar(count === 0 ? null : BigInt.asIntN(64, total))
}

function sumOfDecimals(vector: Vector): ServerValue {
  const type = vector.type === 'DECIMAL32' ? 'DECIMAL64' : 'DECIMAL128'
  const { values, scale } = unscaledOf(vector)!
  const present = values.filter(value => value !== null)
  const total = present.reduce((sum, value) => sum + value, 0n)
  if (total <= nullInt128 || total >= -nullInt128) {
    throw new ScriptError('DECIMAL math overflow RefId:S05003')
  }
  return { form: 'scalar', type, scale, value: present.length === 0 ? null : total }
}

/** The arithmetic mean, always a DOUBLE. */
function meanOf(vector: Vector): ServerValue {
  const values = presentDoubles(vector, 'avg')
  return doubleScalar(
    values.length === 0 ? null : values.reduce((sum, x) => sum + x, 0) / values.length,
  )
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

/** max or min: f(X) returns one element of a vector, f(X, Y) compares element by element. */
function extremeFunction(name: string, wantsLargest: boolean): Builtin {
  return builtin(`${name}(X, [Y])`, (_, [x, y]) => {
    if (y !== undefined) return chosenExtreme(wantsLargest, x, y)
    return extremeOf(valuesOf(x, name), wantsLargest)
  })
}

function chosenExtreme(wantsLargest: boolean, x: ServerValue, y: ServerValue): ServerValue {
  const isChosen = applyBinary(wantsLargest ? '>=' : '<=', x, y)
  if (isChosen.form === 'scalar') return isChosen.value === true ? x : y
  return choose(isChosen, x, y)
}

function presentCount(column: Column): number {
  let count = 0
  for (let row = 0; row < column.length; row++) if (!isNullAt(column, row)) count++
  return count
}

/** The first or the last element, which may be null. */
function edge(name: string, pick: (column: { length: number }) => number): Builtin {
  return unaryFunction(name, value => {
    if (value.form === 'scalar') return value
    if (value.form === 'list') return value.elements[pick(value.elements)] ?? explicitNull
    const column = columnArgument(value, name)
    const row = pick(column)
    if (row >= 0 && row < column.length) return elementAt(column, row) as ServerValue
    return column.form === 'vector' && column.type !== 'ANY' ? nullOf(column.type) : explicitNull
  })
}

export const aggregateFunctions: readonly Builtin[] = [
  aggregate('sum', sumOf),
  aggregate('avg', meanOf),
  extremeFunction('max', true),
  extremeFunction('min', false),

  /** Counts the elements that are not null; for a table, counts rows. */
  unaryFunction('count', value => {
    if (value.form === 'serverTable') return intScalar(value.rows)
    if (value.form === 'serverDictionary') return intScalar(value.entries.size)
    return intScalar(presentCount(columnArgument(value, 'count')))
  }),
  edge('first', () => 0),
  edge('last', ({ length }) => length - 1),

  /** True if no element is false. Nulls do not count as false. */
  aggregate('all', vector =>
    boolScalar(!truthOf(vector, 'all').subarray(0, vector.length).includes(0)),
  ),
]
