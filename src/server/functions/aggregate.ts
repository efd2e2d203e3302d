/*
  Functions that make one value of a vector; nulls are left out, and what has no value left is null. Of a matrix every
  column is taken by itself.
*/
import { elementAt, isNullAt, takeRows } from '../../protocol/element.js'
import { isDecimal } from '../../protocol/data-type.js'
import { nullDouble, nullInt64, nullInt128 } from '../../protocol/null-value.js'
import type { Column, Scalar, Vector } from '../../protocol/value.js'
import { explicitNull } from '../../protocol/value.js'
import type { Builtin } from '../script/builtin.js'
import { ScriptError } from '../script/builtin.js'
import { nullOf } from '../script/literal.js'
import { chooseElements } from '../script/operators/choose.js'
import { decimalAsDouble, unscaledOf } from '../script/operators/decimal.js'
import { distinctRows } from '../script/operators/keys.js'
import { truthOf } from '../script/operators/logic.js'
import { matrixColumn } from '../script/operators/matrix.js'
import { doubleOf, int32Of, int64Of, numberKindOf } from '../script/operators/numbers.js'
import { applyBinary } from '../script/operators/operators.js'
import { sortRows } from '../script/operators/order.js'
import { boolScalar, doubleScalar, intScalar, longScalar } from '../script/scalar.js'
import type { ServerValue } from '../script/values.js'
import { vectorOfElements, vectorOfScalars } from '../script/vector-literal.js'
import { columnOfScalar } from '../tables/convert.js'
import { binaryFunction, defineFunction, unaryFunction } from './define.js'

type Aggregate = (vector: Vector) => ServerValue

/** f(X) over whatever X is. */
function aggregateValue(name: string, value: ServerValue, compute: Aggregate): ServerValue {
  switch (value.form) {
    case 'scalar':
      return compute(columnOfScalar(value))
    case 'vector':
      return compute(value.type === 'ANY' ? vectorOfTuple(value, name) : value)
    case 'pair':
    case 'set':
      return compute(value.elements)
    case 'matrix':
      return vectorOfElements(
        Array.from({ length: value.columns }, (_, index) => compute(matrixColumn(value, index))),
      )
    case 'arrayVector':
      return vectorOfElements(
        Array.from({ length: value.length }, (_, row) => compute(elementAt(value, row) as Vector)),
      )
    default:
      throw new ScriptError(`The function [${name}] takes a vector.`)
  }
}

function vectorOfTuple(value: Extract<Vector, { type: 'ANY' }>, name: string): Vector {
  const elements = value.data.slice(0, value.length)
  const scalars = elements.filter(element => element.form === 'scalar')
  const vector = scalars.length === elements.length ? vectorOfScalars(scalars) : undefined
  if (vector === undefined) throw new ScriptError(`The function [${name}] takes a vector.`)
  return vector
}

function aggregate(name: string, compute: Aggregate): Builtin {
  return unaryFunction(name, value => aggregateValue(name, value, compute))
}

/** The numbers of a vector that are not null, as doubles. */
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

/** LONG for integers, DOUBLE for floating numbers, decimals stay what they are. */
function sum(vector: Vector): ServerValue {
  if (isDecimal(vector.type)) return sumOfDecimals(vector)
  const kind = numberKindOf(vector.type)
  if (kind === 'int32') return sumOfInt32(int32Of(vector), vector.length)
  if (kind === 'int64') return sumOfInt64(int64Of(vector), vector.length)
  const values = presentDoubles(vector, 'sum')
  return doubleScalar(values.length === 0 ? null : values.reduce((total, x) => total + x, 0))
}

/** At most 2^31 summands of 32 bits: the sum is exact as a double up to 2^53, and beyond it as two halves. */
function sumOfInt32(data: Int32Array, length: number): ServerValue {
  let total = 0n
  let partial = 0
  let count = 0
  for (let i = 0; i < length; i++) {
    const value = data[i]!
    if (value === -2147483648) continue
    partial += value
    if (++count % 1_000_000 === 0) {
      total += BigInt(partial)
      partial = 0
    }
  }
  return longScalar(count === 0 ? null : total + BigInt(partial))
}

function sumOfInt64(data: BigInt64Array, length: number): ServerValue {
  let total = 0n
  let count = 0
  for (let i = 0; i < length; i++) {
    if (data[i] === nullInt64) continue
    total += data[i]!
    count++
  }
  return longScalar(count === 0 ? null : BigInt.asIntN(64, total))
}

function sumOfDecimals(vector: Vector): ServerValue {
  const { values, scale } = unscaledOf(vector)!
  const present = values.filter(value => value !== null)
  const total = present.reduce((sum, value) => sum + value, 0n)
  const type = vector.type === 'DECIMAL32' ? 'DECIMAL64' : 'DECIMAL128'
  if (total <= nullInt128 || total >= -nullInt128) {
    throw new ScriptError('DECIMAL math overflow RefId:S05003')
  }
  return { form: 'scalar', type, scale, value: present.length === 0 ? null : total }
}

function mean(values: Float64Array): number | null {
  if (values.length === 0) return null
  return values.reduce((total, x) => total + x, 0) / values.length
}

/** Sum of squared distances from the mean. */
function squares(values: Float64Array): number {
  const center = mean(values) ?? 0
  return values.reduce((total, x) => total + (x - center) ** 2, 0)
}

/** @param lost  degrees of freedom: 1 for a sample, 0 for a population */
function variance(values: Float64Array, lost: 0 | 1): number | null {
  return values.length <= lost ? null : squares(values) / (values.length - lost)
}

function rooted(value: number | null): number | null {
  return value === null ? null : Math.sqrt(value)
}

function doubleAggregate(name: string, compute: (values: Float64Array) => number | null): Builtin {
  return aggregate(name, vector => doubleScalar(compute(presentDoubles(vector, name))))
}

/** The value at `share` (0 to 1) of the way through the sorted numbers, between neighbours linearly. */
function quantile(values: Float64Array, share: number): number | null {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]!
  const above = sorted[Math.ceil(place)]!
  return below + (above - below) * (place - Math.floor(place))
}

function presentRows(column: Column): Int32Array {
  const rows: number[] = []
  for (let row = 0; row < column.length; row++) if (!isNullAt(column, row)) rows.push(row)
  return Int32Array.from(rows)
}

/** Row of the smallest or largest element that is not null; undefined when there is none. */
function extremeRow(vector: Vector, wantsLargest: boolean): number | undefined {
  const rows = presentRows(vector)
  if (rows.length === 0) return undefined
  const present = takeRows(vector, rows)
  const order = sortRows([{ column: present, descending: wantsLargest }], present.length)
  return rows[order[0]!]
}

function extreme(wantsLargest: boolean): Aggregate {
  return vector => {
    if (vector.type === 'VOID') return explicitNull
    const quick = extremeNumber(vector, wantsLargest)
    if (quick !== undefined) return quick
    const row = extremeRow(vector, wantsLargest)
    return row === undefined ? nullOf(vector.type) : (elementAt(vector, row) as ServerValue)
  }
}

/** Without sorting for the types of 32 bits and the floating ones. */
function extremeNumber(vector: Vector, wantsLargest: boolean): ServerValue | undefined {
  const isFloating = vector.type === 'DOUBLE' || vector.type === 'FLOAT'
  if (!isFloating && vector.type !== 'INT') return undefined
  const values = isFloating ? doubleOf(vector) : int32Of(vector)
  const nullValue = isFloating ? nullDouble : -2147483648
  let best: number | null = null
  for (let i = 0; i < vector.length; i++) {
    const value = values[i]!
    if (value === nullValue || (best !== null && (wantsLargest ? value <= best : value >= best))) {
      continue
    }
    best = value
  }
  return { form: 'scalar', type: vector.type, value: best }
}

/** max(X) of a vector, max(X, Y) element by element. */
function extremeFunction(name: string, wantsLargest: boolean): Builtin {
  return defineFunction(name, ['X', 'Y'], 1, (_, [x, y]) => {
    if (y === undefined) return aggregateValue(name, x!, extreme(wantsLargest))
    const isChosen = applyBinary(wantsLargest ? '>=' : '<=', x!, y)
    if (isChosen.form !== 'scalar') return chooseElements(isChosen, x!, y)
    return isChosen.value === true ? x! : y
  })
}

function rowOrMinusOne(wantsLargest: boolean): Aggregate {
  return vector => intScalar(extremeRow(vector, wantsLargest) ?? -1)
}

/** count(X): elements that are not null; rows of a table. */
const count = unaryFunction('count', value => {
  if (value.form === 'serverTable') return intScalar(value.rows)
  if (value.form === 'serverDictionary') return intScalar(value.entries.size)
  if (value.form === 'arrayVector') return intScalar(presentRows(value).length)
  if (value.form === 'vector' && value.type === 'ANY') return intScalar(presentRows(value).length)
  if (value.form === 'matrix') return intScalar(presentRows(value.elements).length)
  return aggregateValue('count', value, vector => intScalar(presentRows(vector).length))
})

function edge(name: string, pick: (column: Column) => number | undefined): Builtin {
  return unaryFunction(name, value => {
    if (value.form === 'scalar') return value
    if (value.form === 'list')
      return value.elements[name.startsWith('last') ? value.elements.length - 1 : 0] ?? explicitNull
    const column = value.form === 'pair' || value.form === 'set' ? value.elements : value
    if (column.form !== 'vector' && column.form !== 'arrayVector') {
      throw new ScriptError(`The function [${name}] takes a vector.`)
    }
    const row = pick(column)
    if (row !== undefined && row >= 0 && row < column.length)
      return elementAt(column, row) as ServerValue
    return column.form === 'vector' && column.type !== 'ANY' ? nullOf(column.type) : explicitNull
  })
}

/** Every element, or any element, is true; nulls count as neither. */
function truthAggregate(name: string, wanted: 0 | 1): Builtin {
  return aggregate(name, vector => {
    const truth = truthOf(vector, name).subarray(0, vector.length)
    const isFound = truth.includes(wanted)
    return boolScalar(wanted === 1 ? isFound : !isFound)
  })
}

function weighted(name: string, divides: boolean): Builtin {
  return binaryFunction(name, (x, y) => {
    const product = aggregateValue(name, applyBinary('*', x, y), vector =>
      doubleScalar(presentDoubles(vector, name).reduce((total, value) => total + value, 0)),
    )
    if (!divides) return product
    return applyBinary('\\', product, aggregateValue(name, weightsOf(x, y), sum))
  })
}

/** A weight counts only where its value is not null. */
function weightsOf(values: ServerValue, weights: ServerValue): ServerValue {
  if (values.form !== 'vector' || weights.form !== 'vector') return weights
  if (values.length !== weights.length) throw new ScriptError('Incompatible vector size')
  return takeRows(weights, presentRows(values))
}

/** percentile(X, percent): linear between neighbours. */
const percentile = defineFunction('percentile', ['X', 'percent'], 2, (_, [x, percentArgument]) => {
  const share = Number(percentArgument?.form === 'scalar' ? percentArgument.value : NaN)
  if (!(share >= 0 && share <= 100)) throw new ScriptError('The percent must be from 0 to 100.')
  return aggregateValue('percentile', x!, vector =>
    doubleScalar(quantile(presentDoubles(vector, 'percentile'), share / 100)),
  )
})

/** The most frequent value, the smallest of several. */
function mode(vector: Vector): ServerValue {
  const rows = presentRows(vector)
  if (rows.length === 0) return nullOf(vector.type)
  const sorted = takeRows(vector, rows) as Vector
  const order = sortRows([{ column: sorted, descending: false }], sorted.length)
  let best = { row: order[0]!, count: 0 }
  let run = { row: order[0]!, count: 0 }
  for (const row of order) {
    const same = applyBinary(
      '==',
      elementAt(sorted, row) as Scalar,
      elementAt(sorted, run.row) as Scalar,
    )
    run =
      same.form === 'scalar' && same.value === true
        ? { ...run, count: run.count + 1 }
        : { row, count: 1 }
    if (run.count > best.count) best = run
  }
  return elementAt(sorted, best.row) as ServerValue
}

export const aggregateFunctions: readonly Builtin[] = [
  aggregate('sum', sum),
  doubleAggregate('avg', mean),
  doubleAggregate('mean', mean),
  doubleAggregate('std', values => rooted(variance(values, 1))),
  doubleAggregate('var', values => variance(values, 1)),
  doubleAggregate('stdp', values => rooted(variance(values, 0))),
  doubleAggregate('varp', values => variance(values, 0)),
  doubleAggregate('med', values => quantile(values, 0.5)),
  doubleAggregate('prod', values =>
    values.length === 0 ? null : values.reduce((product, x) => product * x, 1),
  ),
  doubleAggregate('sum2', values =>
    values.length === 0 ? null : values.reduce((total, x) => total + x * x, 0),
  ),
  extremeFunction('max', true),
  extremeFunction('min', false),
  aggregate('imax', rowOrMinusOne(true)),
  aggregate('imin', rowOrMinusOne(false)),
  count,
  aggregate('nunique', vector =>
    intScalar(distinctRows(takeRows(vector, presentRows(vector)) as Vector).length),
  ),
  aggregate('mode', mode),
  edge('first', () => 0),
  edge('last', column => column.length - 1),
  edge('firstNot', column => presentRows(column)[0]),
  edge('lastNot', column => presentRows(column).at(-1)),
  truthAggregate('all', 0),
  truthAggregate('any', 1),
  weighted('wsum', false),
  weighted('wavg', true),
  percentile,
]
