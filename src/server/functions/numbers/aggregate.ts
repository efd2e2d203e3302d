/*
  Functions that make one value of a vector; nulls are left out, and what has no value left is null. Of a matrix every
  column is taken by itself.
*/
import { elementAt, sliceColumn } from '../../../protocol/element.js'
import { type Vector, explicitNull } from '../../../protocol/value.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { matrixColumn } from '../../operators/matrix.js'
import { choose, operate } from '../../operators/operate.js'
import { intScalar, nullOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { vectorOfElements, vectorOfScalars } from '../../values/vector-literal.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { builtin } from '../arguments.js'
import {
  allFold,
  countFold,
  extremeFold,
  meanFold,
  presentRows,
  sumFold,
  type Aggregate,
} from './fold.js'

/** Sums of 32-bit numbers are exact as doubles over so many rows. */
const exactRows = 1_048_576

/** f(X) over whatever X is. */
function aggregateValue(name: string, value: ServerValue, aggregate: Aggregate): ServerValue {
  const compute = (vector: Vector): ServerValue => {
    const fold = aggregate(vector)
    const { length } = vector
    if (length <= exactRows) fold.add(vector, 0)
    else {
      for (let from = 0; from < length; from += exactRows) {
        fold.add(sliceColumn(vector, from, Math.min(from + exactRows, length)) as Vector, from)
      }
    }
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

function vectorOfTuple(value: Extract<Vector, { type: 'ANY' }>, name: string): Vector {
  const elements = value.data.slice(0, value.length)
  const scalars = elements.filter(element => element.form === 'scalar')
  const vector = scalars.length === elements.length ? vectorOfScalars(scalars) : undefined
  if (vector === undefined) throw new ScriptError(`The function [${name}] takes a vector.`)
  return vector
}

function aggregate(name: string, fold: Aggregate): Builtin {
  return builtin(`${name}(X)`, (_, [x]) => aggregateValue(name, x!, fold))
}

/** max(X) of a vector, max(X, Y) element by element. */
function extremeFunction(name: string, wantsLargest: boolean): Builtin {
  return builtin(`${name}(X, [Y])`, (context, [x, y]) => {
    if (y !== undefined) return chosenExtreme(context, wantsLargest, x!, y)
    return aggregateValue(name, x!, vector => extremeFold(vector, wantsLargest))
  })
}

function chosenExtreme(
  context: CallContext,
  wantsLargest: boolean,
  x: ServerValue,
  y: ServerValue,
): ServerValue {
  const isChosen = operate(context, wantsLargest ? '>=' : '<=', x, y)
  if (isChosen.form === 'scalar') return isChosen.value === true ? x : y
  return choose(context, isChosen, x, y)
}

/** The first or the last element, nulls included. */
function edge(name: string, pick: (column: { length: number }) => number): Builtin {
  return builtin(`${name}(X)`, (_, [x]) => {
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

  /** Elements that are not null; rows of a table. */
  builtin('count(X)', (_, [x]) => {
    const value = x!
    if (value.form === 'serverTable') return intScalar(value.rows)
    if (value.form === 'serverDictionary') return intScalar(value.entries.size)
    if (value.form === 'matrix') return aggregateValue('count', value.elements, countFold)
    if (value.form === 'arrayVector' || (value.form === 'vector' && value.type === 'ANY')) {
      return intScalar(presentRows(value).length)
    }
    return aggregateValue('count', value, countFold)
  }),
  edge('first', () => 0),
  edge('last', ({ length }) => length - 1),
  aggregate('all', allFold),
]
