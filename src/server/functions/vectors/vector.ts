/*
  Functions that create, join and sort vectors (DolphinDB manual, one page per function).
*/
import { columnTypeOf, takeRows } from '../../../protocol/element.js'
import type { Column, Scalar, Vector } from '../../../protocol/value.js'
import { zeroColumn } from '../../columns/column-layout.js'
import { pickTableRows } from '../../elements/indexing.js'
import { castValue, castVector, typeArgument } from '../../operators/cast.js'
import { distinctRows, sortRows } from '../../operators/row-keys.js'
import { applyBinary } from '../../operators/operators.js'
import { int64Of, scalarAt } from '../../operators/operands.js'
import { ScriptError } from '../../script-error.js'
import type { Builtin } from '../../values/builtin.js'
import { integerOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf } from '../../values/vector-literal.js'
import {
  binaryFunction,
  booleanArgument,
  builtin,
  columnArgument,
  isAbsent,
  unaryFunction,
  vectorArgument,
} from '../arguments.js'

function lengthArgument(value: ServerValue | undefined, name: string): number {
  const length = integerOf(value)
  if (length === undefined || length < 0 || length > 2_147_483_647) {
    throw new ScriptError(`The argument [${name}] must be a non-negative integer.`)
  }
  return length
}

/** `count` positions from the front, or from the back if `count` is negative. Starts over if there are too few rows. */
function takenPositions(rows: number, count: number): Int32Array {
  const length = Math.abs(count)
  if (length > 2_147_483_647) throw new ScriptError('take: the number is too large.')
  if (rows === 0 && length > 0) throw new ScriptError('take: there is nothing to take from.')
  const start = count < 0 ? (rows - (length % rows)) % rows : 0
  const positions = new Int32Array(length)
  for (let i = 0; i < length; i++) positions[i] = (start + i) % rows
  return positions
}

/** Random numbers from 0 to below `limit`, of the type of `limit`. */
function randomNumbers(limit: Scalar, count: number, random: () => number): Vector {
  const bound = Number(limit.value)
  const isFloating = limit.type === 'DOUBLE' || limit.type === 'FLOAT'
  if (!isFloating && !['INT', 'SHORT', 'CHAR', 'LONG', 'BOOL'].includes(limit.type)) {
    throw new ScriptError(`rand does not make values of type ${limit.type}.`)
  }
  if (!(bound > 0)) throw new ScriptError('rand: X must be greater than 0.')
  const most = limit.type === 'BOOL' ? 2 : bound
  const data = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    data[i] = isFloating ? random() * most : Math.floor(random() * most)
  }
  return castVector({ form: 'vector', type: 'DOUBLE', length: count, data }, { type: limit.type })
}

export const vectorFunctions: readonly Builtin[] = [
  /** The template is a type, or a vector of the wanted type. */
  builtin(
    'array(template, [initialSize], [capacity], [defaultValue])',
    (_, [template, initialSize, , defaultValue]) => {
      const model = template?.form === 'vector' || template?.form === 'arrayVector'
      const type = model ? columnTypeOf(template) : typeArgument(template)
      if (type === undefined) {
        throw new ScriptError('array takes a data type or a vector as template.')
      }
      const usual = model ? template.length : 0
      const length = isAbsent(initialSize) ? usual : lengthArgument(initialSize, 'initialSize')
      if (isAbsent(defaultValue)) return zeroColumn(type, length)
      const first = columnArgument(castValue(defaultValue, type), 'array')
      return takeRows(first, new Int32Array(length))
    },
  ),

  /** index[i] is the position in `value` after the last cell of row i. */
  builtin('arrayVector(index, value)', (_, [index, value]) => {
    const ends = int64Of(vectorArgument(index, 'arrayVector'))
    const cells = vectorArgument(value, 'arrayVector')
    const { length } = vectorArgument(index, 'arrayVector')
    const offsets = new Uint32Array(length + 1)
    for (let row = 0; row < length; row++) {
      const end = Number(ends[row])
      if (end < offsets[row]! || end > cells.length) {
        throw new ScriptError('The index of arrayVector must be increasing and within the values.')
      }
      offsets[row + 1] = end
    }
    return { form: 'arrayVector', length, offsets, cells }
  }),

  builtin('take(X, n)', (_, [value, n]): ServerValue => {
    const count = integerOf(n)
    if (count === undefined) throw new ScriptError('take: n must be an integer.')
    if (value?.form === 'list') {
      const { elements } = value
      const positions = takenPositions(elements.length, count)
      return tupleOf(Array.from(positions, position => elements[position]!))
    }
    if (value?.form === 'serverTable') {
      const positions = takenPositions(value.rows, count)
      return pickTableRows(value, column => takeRows(column, positions))
    }
    const column = columnArgument(value, 'take')
    return takeRows(column, takenPositions(column.length, count))
  }),

  binaryFunction('join', (x, y) => applyBinary('<-', x, y)),

  builtin('sort(X, [ascending])', (_, [value, ascending]) => {
    const column = vectorArgument(value, 'sort')
    const descending = !booleanArgument(ascending, 'ascending', true)
    return takeRows(column, sortRows([{ column, descending }], column.length))
  }),

  unaryFunction('distinct', value => {
    const column = vectorArgument(value, 'distinct')
    if (column.type === 'ANY') {
      throw new ScriptError('The function [distinct] takes a vector of one type.')
    }
    return takeRows(column, distinctRows([column]))
  }),

  builtin('rand(X, [count])', (context, [value, number]) => {
    const random = (): number => context.node.random.number()
    const count = number === undefined ? 1 : lengthArgument(number, 'count')
    const made = value?.form === 'scalar' ? randomNumbers(value, count, random) : undefined
    const column: Column = made ?? columnArgument(value, 'rand')
    if (column.length === 0 && count > 0) {
      throw new ScriptError('rand: there is nothing to choose from.')
    }
    const positions = Int32Array.from({ length: count }, () => Math.floor(random() * column.length))
    const picked = made ?? takeRows(column, positions)
    return number === undefined ? scalarAt(picked as Vector, 0) : picked
  }),
]
