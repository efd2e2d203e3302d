/*
  Functions that make one value of a vector; nulls are left out, and what has no value left is null. Of a matrix every
  column is taken by itself.
*/
import { elementAt, isNullAt, sliceColumn, takeRows } from '../../../protocol/element.js'
import type { Column, Vector } from '../../../protocol/value.js'
import { explicitNull } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { matrixColumn } from '../../operators/matrix.js'
import { choose, operate } from '../../operators/operate.js'
import { checkAtOnce, eachPiece, longVector } from '../../values/pieces.js'
import { doubleScalar, intScalar, nullOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { vectorOfElements, vectorOfScalars } from '../../values/vector-literal.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { defineFunction } from '../define.js'
import {
  countFold,
  doubleFold,
  extremeFold,
  extremeValueFold,
  frequencyFold,
  modeFold,
  momentFold,
  presentDoubles,
  presentRows,
  sumFold,
  truthFold,
  type Aggregate,
} from './fold.js'

type Result = ServerValue | Evaluation<ServerValue>

/** f(X) over whatever X is; in pieces where X is a long vector. */
function aggregateValue(
  context: CallContext,
  name: string,
  value: ServerValue,
  aggregate: Aggregate,
): Result {
  const long = longVector(value)
  if (long !== undefined) return foldInPieces(context, long, aggregate)
  checkAtOnce(name, [value])
  const compute = (vector: Vector): ServerValue => {
    const fold = aggregate(vector)
    fold.add(vector, 0)
    return fold.result()
  }
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

function* foldInPieces(
  context: CallContext,
  vector: Vector,
  aggregate: Aggregate,
): Evaluation<ServerValue> {
  const fold = aggregate(vector)
  yield* eachPiece(context, vector.length, (from, to) => {
    fold.add(sliceColumn(vector, from, to) as Vector, from)
  })
  return fold.result()
}

function vectorOfTuple(value: Extract<Vector, { type: 'ANY' }>, name: string): Vector {
  const elements = value.data.slice(0, value.length)
  const scalars = elements.filter(element => element.form === 'scalar')
  const vector = scalars.length === elements.length ? vectorOfScalars(scalars) : undefined
  if (vector === undefined) throw new ScriptError(`The function [${name}] takes a vector.`)
  return vector
}

function aggregate(name: string, fold: Aggregate): Builtin {
  return define(name, ['X'], (context, [x]) => aggregateValue(context, name, x!, fold))
}

function define(
  name: string,
  parameters: readonly string[],
  call: Parameters<typeof defineFunction>[3],
  required: number = parameters.length,
): Builtin {
  return defineFunction(name, parameters, required, call, { pace: 'own' })
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

/** All numbers are sorted in one go. */
function quantileOf(context: CallContext, name: string, x: ServerValue, share: number): Result {
  checkAtOnce(name, [x])
  return aggregateValue(context, name, x, vector => ({
    add: () => undefined,
    result: () => doubleScalar(quantile(presentDoubles(vector, name), share)),
  }))
}

/** max(X) of a vector, max(X, Y) element by element. */
function extremeFunction(name: string, wantsLargest: boolean): Builtin {
  return define(
    name,
    ['X', 'Y'],
    (context, [x, y]) => {
      if (y !== undefined) return chosenExtreme(context, wantsLargest, x!, y)
      return aggregateValue(context, name, x!, vector => extremeValueFold(vector, wantsLargest))
    },
    1,
  )
}

function* chosenExtreme(
  context: CallContext,
  wantsLargest: boolean,
  x: ServerValue,
  y: ServerValue,
): Evaluation<ServerValue> {
  const compared = operate(context, wantsLargest ? '>=' : '<=', x, y)
  const isChosen = 'form' in compared ? compared : yield* compared
  if (isChosen.form === 'scalar') return isChosen.value === true ? x : y
  const chosen = choose(context, isChosen, x, y)
  return 'form' in chosen ? chosen : yield* chosen
}

function rowOrMinusOne(wantsLargest: boolean): Aggregate {
  return vector => extremeFold(vector, wantsLargest, row => intScalar(row ?? -1))
}

/** count(X): elements that are not null; rows of a table. */
const count = define('count', ['X'], (context, [x]) => {
  const value = x!
  if (value.form === 'serverTable') return intScalar(value.rows)
  if (value.form === 'serverDictionary') return intScalar(value.entries.size)
  if (value.form === 'matrix') return aggregateValue(context, 'count', value.elements, countFold)
  if (value.form === 'arrayVector' || (value.form === 'vector' && value.type === 'ANY')) {
    checkAtOnce('count', [value])
    return intScalar(presentRows(value).length)
  }
  return aggregateValue(context, 'count', value, countFold)
})

function edge(
  name: string,
  pick: (
    context: CallContext,
    column: Column,
  ) => number | undefined | Evaluation<number | undefined>,
): Builtin {
  return define(name, ['X'], function* (context, [x]) {
    const value = x!
    if (value.form === 'scalar') return value
    if (value.form === 'list')
      return value.elements[name.startsWith('last') ? value.elements.length - 1 : 0] ?? explicitNull
    const column = value.form === 'pair' || value.form === 'set' ? value.elements : value
    if (column.form !== 'vector' && column.form !== 'arrayVector') {
      throw new ScriptError(`The function [${name}] takes a vector.`)
    }
    const picked = pick(context, column)
    const row = typeof picked === 'object' ? yield* picked : picked
    if (row !== undefined && row >= 0 && row < column.length)
      return elementAt(column, row) as ServerValue
    return column.form === 'vector' && column.type !== 'ANY' ? nullOf(column.type) : explicitNull
  })
}

/** The first row that is not null, or the last one. */
function* presentEdge(
  context: CallContext,
  column: Column,
  backwards: boolean,
): Evaluation<number | undefined> {
  const { length } = column
  let found: number | undefined
  yield* eachPiece(context, length, (from, to) => {
    for (let i = from; i < to && found === undefined; i++) {
      const row = backwards ? length - 1 - i : i
      if (!isNullAt(column, row)) found = row
    }
  })
  return found
}

function weighted(name: string, divides: boolean): Builtin {
  return define(name, ['X', 'Y'], function* (context, [x, y]) {
    const products = operate(context, '*', x!, y!)
    const summed = aggregateValue(
      context,
      name,
      'form' in products ? products : yield* products,
      () => doubleFold(name, 0, (total, value) => total + value),
    )
    const sum = 'form' in summed ? summed : yield* summed
    if (!divides) return sum
    const weights = weightOfPresent(context, name, x!, y!)
    const quotient = operate(context, '\\', sum, 'form' in weights ? weights : yield* weights)
    return 'form' in quotient ? quotient : yield* quotient
  })
}

/** A weight counts only where its value is not null. */
function weightOfPresent(
  context: CallContext,
  name: string,
  values: ServerValue,
  weights: ServerValue,
): Result {
  if (values.form !== 'vector' || weights.form !== 'vector') {
    return aggregateValue(context, name, weights, sumFold)
  }
  if (values.length !== weights.length) throw new ScriptError('Incompatible vector size')
  return aggregateValue(context, name, weights, vector => {
    const fold = sumFold(vector)
    return {
      ...fold,
      add: (piece, start) => {
        const beside = sliceColumn(values, start, start + piece.length)
        fold.add(takeRows(piece, presentRows(beside)) as Vector, start)
      },
    }
  })
}

/** percentile(X, percent): linear between neighbours. */
const percentile = define('percentile', ['X', 'percent'], (context, [x, percentArgument]) => {
  const share = Number(percentArgument?.form === 'scalar' ? percentArgument.value : NaN)
  if (!(share >= 0 && share <= 100)) throw new ScriptError('The percent must be from 0 to 100.')
  return quantileOf(context, 'percentile', x!, share / 100)
})

function moment(name: string, finish: Parameters<typeof momentFold>[1]): Builtin {
  return aggregate(name, () => momentFold(name, finish))
}

export const aggregateFunctions: readonly Builtin[] = [
  aggregate('sum', sumFold),
  moment('avg', ({ mean }) => mean),
  moment('mean', ({ mean }) => mean),
  moment('std', ({ squares, count: n }) => (n === 1 ? null : Math.sqrt(squares / (n - 1)))),
  moment('var', ({ squares, count: n }) => (n === 1 ? null : squares / (n - 1))),
  moment('stdp', ({ squares, count: n }) => Math.sqrt(squares / n)),
  moment('varp', ({ squares, count: n }) => squares / n),
  define('med', ['X'], (context, [x]) => quantileOf(context, 'med', x!, 0.5)),
  aggregate('prod', () => doubleFold('prod', 1, (product, x) => product * x)),
  aggregate('sum2', () => doubleFold('sum2', 0, (total, x) => total + x * x)),
  extremeFunction('max', true),
  extremeFunction('min', false),
  aggregate('imax', rowOrMinusOne(true)),
  aggregate('imin', rowOrMinusOne(false)),
  count,
  define('nunique', ['X'], (context, [x]) =>
    aggregateValue(context, 'nunique', x!, vector =>
      frequencyFold(context, vector, ({ size }) => intScalar(size)),
    ),
  ),
  define('mode', ['X'], (context, [x]) =>
    aggregateValue(context, 'mode', x!, vector => modeFold(context, vector)),
  ),
  edge('first', () => 0),
  edge('last', (_, column) => column.length - 1),
  edge('firstNot', (context, column) => presentEdge(context, column, false)),
  edge('lastNot', (context, column) => presentEdge(context, column, true)),
  aggregate('all', () => truthFold('all', 0)),
  aggregate('any', () => truthFold('any', 1)),
  weighted('wsum', false),
  weighted('wavg', true),
  percentile,
]
