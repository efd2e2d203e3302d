/*
  Functions that make one value of a vector; nulls are left out, and what has no value left is null. Of a matrix every
  column is taken by itself.
*/
import { elementAt, sliceColumn } from '../../../protocol/element.js'
import type { Vector } from '../../../protocol/value.js'
import { explicitNull } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { matrixColumn } from '../../operators/matrix.js'
import { choose, operate } from '../../operators/operate.js'
import { checkAtOnce, eachPiece, longVector } from '../../values/pieces.js'
import { intScalar, nullOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { vectorOfElements, vectorOfScalars } from '../../values/vector-literal.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { defineFunction } from '../define.js'
import {
  allFold,
  countFold,
  extremeFold,
  meanFold,
  presentRows,
  sumFold,
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

/** max(X) of a vector, max(X, Y) element by element. */
function extremeFunction(name: string, wantsLargest: boolean): Builtin {
  return define(
    name,
    ['X', 'Y'],
    (context, [x, y]) => {
      if (y !== undefined) return chosenExtreme(context, wantsLargest, x!, y)
      return aggregateValue(context, name, x!, vector => extremeFold(vector, wantsLargest))
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

/** The first or the last element, nulls included. */
function edge(name: string, pick: (column: { length: number }) => number): Builtin {
  return define(name, ['X'], (_, [x]) => {
    const value = x!
    if (value.form === 'scalar') return value
    if (value.form === 'list') {
      return value.elements[pick(value.elements)] ?? explicitNull
    }
    const column = value.form === 'pair' || value.form === 'set' ? value.elements : value
    if (column.form !== 'vector' && column.form !== 'arrayVector') {
      throw new ScriptError(`The function [${name}] takes a vector.`)
    }
    const row = pick(column)
    if (row >= 0 && row < column.length) return elementAt(column, row) as ServerValue
    return column.form === 'vector' && column.type !== 'ANY' ? nullOf(column.type) : explicitNull
  })
}

export const aggregateFunctions: readonly Builtin[] = [
  aggregate('sum', sumFold),
  aggregate('avg', meanFold),
  extremeFunction('max', true),
  extremeFunction('min', false),
  count,
  edge('first', () => 0),
  edge('last', ({ length }) => length - 1),
  aggregate('all', allFold),
]
