/*
  Functions about vectors, dictionaries, sets and matrices, and membership tests (DolphinDB manual, one page per function).
  Scripts can create and send sets and matrices but not compute with them.
*/
import { type DataType, dataTypes } from '../../protocol/data-type.js'
import { columnTypeOf, elementAt, takeRows } from '../../protocol/element.js'
import { isTemporal } from '../../protocol/types/temporals.js'
import type { Column, Scalar, Vector } from '../../protocol/value.js'
import type { Builtin, ServerDictionary, ServerValue } from '../values/server-value.js'
import { ScriptError } from '../script-error.js'
import { castValue, castVector, typeArgument } from '../operators/cast.js'
import {
  dictionaryKeys,
  dictionaryValues,
  emptyDictionary,
  makeDictionary,
} from '../elements/dictionary.js'
import { type Key, distinctRows, keysOfVector, sortRows } from '../operators/comparison.js'
import { isLiteral, operandOf, scalarAt } from '../operators/operands.js'
import { applyBinary } from '../operators/operators.js'
import { integerOf, stringVector, voidValue } from '../values/scalar.js'
import {
  elementsOf,
  joinColumns,
  tupleElements,
  tupleOf,
  vectorOfElements,
} from '../values/vector-literal.js'
import { cellsAs, columnOfScalar } from '../columns/convert-column.js'
import {
  binaryFunction,
  builtin,
  columnArgument,
  isAbsent,
  unaryFunction,
  unsuitable,
  vectorArgument,
} from './arguments.js'
import { columnOfCells, kindOf, textsOfVector, zeroColumn } from '../columns/column-layout.js'
import { createTable } from '../tables/memory-table.js'

/** The values in which the function `in` searches, as a vector. */
function haystackOf(value: ServerValue): Vector {
  switch (value.form) {
    case 'scalar':
      return columnOfScalar(value)
    case 'vector':
      return value
    case 'serverDictionary':
      return dictionaryKeys(value)
    default:
      throw new ScriptError('in: Y must be a vector or a dictionary.')
  }
}

/** Keys of `vector`'s elements, to compare with keys of `other`. Equal keys mean equal values, and vice versa. */
function keysFor(vector: Vector, other: Vector): readonly Key[] {
  const meets =
    vector.type === other.type ||
    vector.type === 'VOID' ||
    other.type === 'VOID' ||
    (isLiteral(vector.type) && isLiteral(other.type)) ||
    (isPlainNumber(vector.type) && isPlainNumber(other.type))
  return keysOfVector(meets ? vector : castVector(vector, columnTypeOf(other)))
}

function isPlainNumber(type: DataType): boolean {
  return ['int', 'long', 'double'].includes(kindOf(type) ?? '') && !isTemporal(type)
}

function isIn(needle: ServerValue, haystack: ServerValue): ServerValue {
  const tuple = tupleElements(needle)
  if (tuple !== undefined) return vectorOfElements(tuple.map(element => isIn(element, haystack)))
  const within = haystackOf(haystack)
  const isNothing = haystack.form === 'scalar' && haystack.value === null
  const known = new Set(isNothing ? [] : keysOfVector(within))
  const operand = operandOf(needle, 'in')
  const data = Int8Array.from(keysFor(operand.vector, within), key => (known.has(key) ? 1 : 0))
  return operand.rebuild({ form: 'vector', type: 'BOOL', length: data.length, data })
}

/** between(X, a:b) includes both bounds. */
function between(value: ServerValue, bounds: ServerValue): ServerValue {
  if (bounds.form !== 'pair') throw new ScriptError('between: Y must be a pair.')
  const [low, high] = [0, 1].map(index => elementAt(bounds.elements, index) as ServerValue)
  return applyBinary('&&', applyBinary('>=', value, low!), applyBinary('<=', value, high!))
}

/**
 * `%` matches any text; `?` and `_` match one character. Each `%` matches as little as possible, so only the last `%`
 * ever needs a second attempt. The time is at most the pattern's length times the text's length.
 */
function likeMatcher(pattern: string): (text: string) => boolean {
  return text => {
    let at = 0
    let next = 0
    let afterAny = -1
    let retry = 0
    while (at < text.length) {
      const wanted = pattern[next]
      if (wanted === '%') {
        afterAny = ++next
        retry = at
      } else if (wanted === '?' || wanted === '_' || wanted === text[at]) {
        next++
        at++
      } else if (afterAny >= 0) {
        next = afterAny
        at = ++retry
      } else return false
    }
    while (pattern[next] === '%') next++
    return next === pattern.length
  }
}

function dictionaryArgument(value: ServerValue, name: string): ServerDictionary {
  if (value.form === 'serverDictionary') return value
  throw new ScriptError(`${name} takes a dictionary.`)
}

/** @param what  takes elements of one type */
function ofOneType(vector: Vector, what: string): Vector {
  if (vector.type !== 'ANY') return vector
  throw new ScriptError(`The elements of a ${what} must be of the same type.`)
}

function lengthArgument(value: ServerValue, name: string): number {
  const length = integerOf(value)
  if (length !== undefined && length >= 0 && length <= 2_147_483_647) return length
  throw unsuitable(name, 'must be a non-negative integer.')
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
  const { category } = dataTypes[limit.type]
  if (!['integral', 'floating', 'logical'].includes(category)) {
    throw new ScriptError(`rand does not make values of type ${limit.type}.`)
  }
  const bound = Number(limit.value) * (category === 'logical' ? 2 : 1)
  if (!(bound > 0)) throw new ScriptError('rand: X must be greater than 0.')
  const round = category === 'floating' ? (value: number) => value : Math.floor
  const numbers = Array.from({ length: count }, () => round(random() * bound))
  return columnOfCells({ type: limit.type }, numbers)
}

export const vectorFunctions: readonly Builtin[] = [
  binaryFunction('in', isIn),
  binaryFunction('between', between),
  builtin('like(X, pattern: text)', (_, [value, pattern]) => {
    const operand = operandOf(value, 'like')
    if (!isLiteral(operand.vector.type) && operand.vector.type !== 'CHAR') {
      throw new ScriptError('like: X must be a string or a vector of strings.')
    }
    const matches = likeMatcher(pattern)
    const data = Int8Array.from(textsOfVector(operand.vector), text => (matches(text) ? 1 : 0))
    return operand.rebuild({ form: 'vector', type: 'BOOL', length: data.length, data })
  }),

  /** Makes a dictionary from keys and values, or an empty one from their types. Always keeps the order of the keys. */
  builtin('dict(keyObj, valueObj, [ordered])', (_, [keys, values]) => {
    const keyType = keys.form === 'vector' ? undefined : typeArgument(keys)
    const valueType = typeArgument(values)
    if (keyType !== undefined && valueType !== undefined) return emptyDictionary(keyType, valueType)
    const keyElements = elementsOf(keys)
    const valueElements = elementsOf(values)
    if (keyElements.length !== valueElements.length) {
      throw new ScriptError('The keys and the values of a dictionary must have the same length.')
    }
    const type = values.form === 'vector' ? columnTypeOf(values) : undefined
    return makeDictionary(keyElements, valueElements, type)
  }),

  unaryFunction('keys', value => {
    if (value.form === 'serverTable') return stringVector(value.columnNames)
    if (value.form === 'set') return value.elements
    return dictionaryKeys(dictionaryArgument(value, 'keys'))
  }),

  unaryFunction('values', value => {
    if (value.form !== 'serverTable') return dictionaryValues(dictionaryArgument(value, 'values'))
    return tupleOf(value.columnNames.map((_, index) => value.column(index)))
  }),

  builtin('set(X: vector)', (_, [vector]) => {
    const rows = distinctRows([ofOneType(vector, 'set')])
    return { form: 'set', elements: takeRows(vector, rows) as Vector }
  }),

  /** Makes a matrix from columns. From a type and the numbers of rows and columns, makes a matrix of zeros. */
  builtin('matrix(X, ...rest)', (_, args) => {
    const [first, ...counts] = args
    if (first.form === 'type') {
      const [rows = 0, columns = 0] = counts.map(one => lengthArgument(one ?? voidValue, 'rest'))
      const elements = zeroColumn(first.column, rows * columns) as Vector
      return { form: 'matrix', rows, columns, elements }
    }
    const vectors = args.map(column => vectorArgument(column ?? voidValue, 'matrix'))
    const { length } = vectors[0]!
    if (vectors.some(vector => vector.length !== length)) {
      throw new ScriptError('All columns must be of the same length. RefId:S02010')
    }
    const elements = ofOneType(joinColumns(vectors), 'matrix')
    return { form: 'matrix', rows: length, columns: vectors.length, elements }
  }),

  /** The template is a type, or a vector of the wanted type. */
  builtin(
    'array(template, [initialSize], [capacity], [defaultValue])',
    (_, [template, initialSize, , defaultValue]) => {
      const model = template.form === 'vector' || template.form === 'arrayVector'
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
  builtin('arrayVector(index: vector, value: vector)', (_, [index, cells]) => {
    const ends = cellsAs('long', index)
    const { length } = index
    const offsets = new Uint32Array(length + 1)
    for (let row = 0; row < length; row++) {
      const end = Number(ends[row] ?? -1)
      if (end < offsets[row]! || end > cells.length) {
        throw new ScriptError('The index of arrayVector must be increasing and within the values.')
      }
      offsets[row + 1] = end
    }
    return { form: 'arrayVector', length, offsets, cells }
  }),

  builtin('take(X, n: int)', (_, [value, count]): ServerValue => {
    if (value.form === 'serverTable') {
      const positions = takenPositions(value.rows, count)
      const columns = value.columnNames.map((_, at) => takeRows(value.column(at), positions))
      return createTable('basic', value.columnNames, value.columnTypes, { columns })
    }
    const column = columnArgument(value, 'take')
    return takeRows(column, takenPositions(column.length, count))
  }),

  binaryFunction('join', (x, y) => applyBinary('<-', x, y)),

  builtin('sort(X: vector, [ascending: bool])', (_, [column, ascending = true]) =>
    takeRows(column, sortRows([{ column, descending: !ascending }], column.length)),
  ),

  builtin('distinct(X: vector)', (_, [column]) => {
    if (column.type === 'ANY') {
      throw new ScriptError('The function [distinct] takes a vector of one type.')
    }
    return takeRows(column, distinctRows([column]))
  }),

  builtin('rand(X, [count])', ({ node }, [value, number]) => {
    const random = (): number => node.random.number()
    const count = number === undefined ? 1 : lengthArgument(number, 'count')
    const made = value.form === 'scalar' ? randomNumbers(value, count, random) : undefined
    const column: Column = made ?? columnArgument(value, 'rand')
    if (column.length === 0 && count > 0) {
      throw new ScriptError('rand: there is nothing to choose from.')
    }
    const positions = Int32Array.from({ length: count }, () => Math.floor(random() * column.length))
    const picked = made ?? takeRows(column, positions)
    return number === undefined ? scalarAt(picked as Vector, 0) : picked
  }),
]
