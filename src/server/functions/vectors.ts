/* Vectors, dictionaries, sets and matrices (DolphinDB manual). Those that reduce a vector ignore nulls, or return null if none is left. */
import { columnTypeOf, elementAt, isNullAt, scalarAt, takeRows } from '../../protocol/element.js'
import { nullInt128, nullInt64 } from '../../protocol/null-value.js'
import { type Column, type Vector, explicitNull } from '../../protocol/value.js'
import {
  columnOfCells,
  cellsOf,
  keysOf,
  kindOf,
  textsOfVector,
  zeroColumn,
} from '../columns/column-layout.js'
import { scaleOf } from '../columns/convert-column.js'
import {
  dictionaryKeys,
  dictionaryValues,
  emptyDictionary,
  indexValue,
  makeDictionary,
  positionsOf,
} from '../elements/elements.js'
import { applyBinary, castValue, typeArgument } from '../operators/operators.js'
import {
  distinctRows,
  groupRows,
  rowComparison,
  sortRows,
  truthOf,
} from '../operators/comparison.js'
import { isLiteral, operandOf, refused } from '../operators/operands.js'
import { check } from '../script-error.js'
import {
  doubleScalar,
  duplicatePolicies,
  elementsOf,
  intScalar,
  integerOf,
  joinColumns,
  longScalar,
  nullOf,
  stringVector,
  tupleElements,
  tupleOf,
  voidValue,
} from '../values/values.js'
import type { ServerDictionary, ServerValue } from '../values/server-value.js'
import { boolResult, columnArgument, family, isAbsent, vectorArgument } from './arguments.js'

/** The sum is a LONG for integers, a DOUBLE for floating numbers; decimals keep their scale. */
function sumOf(vector: Vector, name = 'sum'): ServerValue {
  const kind = kindOf(vector.type)
  if (kind === undefined || kind === 'text') throw refused(name, vector.type.toLowerCase())
  const cells = cellsOf(vector).filter(cell => cell !== null)
  if (kind === 'double' || kind === 'void') {
    const sum = (cells as number[]).reduce((sum, cell) => sum + cell, 0)
    return doubleScalar(cells.length === 0 ? null : sum)
  }
  const total = cells.reduce((sum: bigint, cell) => sum + BigInt(cell), 0n)
  const value = cells.length === 0 ? null : total
  const scale = scaleOf(vector)
  const wrapped = BigInt.asIntN(64, total)
  if (scale === undefined) return longScalar(wrapped === nullInt64 ? null : value && wrapped)
  check(total > nullInt128 && total < -nullInt128, 'DECIMAL math overflow RefId:S05003')
  const type = vector.type === 'DECIMAL32' ? 'DECIMAL64' : 'DECIMAL128'
  return { form: 'scalar', type, scale, value }
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

/** Looks for the elements of `needle` in a vector, or in the keys of a dictionary. */
function isIn(needle: ServerValue, haystack: ServerValue): ServerValue {
  const within =
    haystack.form === 'serverDictionary' ? dictionaryKeys(haystack) : vectorArgument(haystack, 'in')
  const { vector } = operandOf(needle, 'in')
  const { length } = vector
  // In one type, equal values have equal keys.
  const keys = keysOf([joinColumns([vector, within])], length + within.length)
  const known = new Set(keys.splice(length))
  const flags = keys.map(key => known.has(key))
  return boolResult(needle, flags)
}

/** @param wildcards  characters of the pattern that stand for others, as regular expressions such as `.*` */
export function patternOf(pattern: string, wildcards: Readonly<Record<string, string>>): RegExp {
  const parts = pattern.replace(/\W|_/g, sign => wildcards[sign] ?? `\\${sign}`)
  return new RegExp(`^${parts}$`, 's')
}

function dictionaryArgument(value: ServerValue, name: string): ServerDictionary {
  check(value.form === 'serverDictionary', `${name} takes a dictionary.`)
  return value
}

/** @param what  takes elements of one type */
function ofOneType(vector: Vector, what: string): Vector {
  check(vector.type !== 'ANY', `The elements of a ${what} must be of the same type.`)
  return vector
}

/** Makes a matrix of zeros from a type and the numbers of rows and columns, or a matrix from columns. */
function matrixOf([first, ...others]: readonly ServerValue[]): ServerValue {
  if (first!.form === 'type') {
    const [rows = 0, columns = 0] = others.map(integerOf)
    const elements = zeroColumn(first.column, rows * columns) as Vector
    return { form: 'matrix', rows, columns, elements }
  }
  const vectors = [first!, ...others].map(column => vectorArgument(column, 'matrix'))
  const rows = vectors[0]!.length
  const isEven = vectors.every(({ length }) => length === rows)
  check(isEven, 'All columns must be of the same length. RefId:S02010')
  const elements = ofOneType(joinColumns(vectors), 'matrix')
  return { form: 'matrix', rows, columns: vectors.length, elements }
}

/** `count` positions from the front, or from the back if `count` is negative. Starts over if there are too few rows. */
function takenPositions(rows: number, count: number): Int32Array {
  const length = Math.abs(count)
  check(rows > 0 || length === 0, 'take: there is nothing to take from.')
  const start = count < 0 ? (rows - (length % rows)) % rows : 0
  return Int32Array.from({ length }, (_, i) => (start + i) % rows)
}

/** Random numbers from 0 to below a scalar, in its type, or random elements of a vector. */
function randomColumn(value: ServerValue, length: number, random: () => number): Vector {
  const vector = vectorArgument(value, 'rand')
  const bound = value.form === 'scalar' ? Number(value.value) : vector.length
  check(
    bound > 0 || length === 0,
    'rand: X must be a number greater than 0, or a vector with elements.',
  )
  const numbers = Array.from({ length }, () => random() * bound)
  if (value.form !== 'scalar') return takeRows(vector, Int32Array.from(numbers)) as Vector
  const isWhole = kindOf(value.type) !== 'double'
  return columnOfCells({ type: value.type }, isWhole ? numbers.map(Math.floor) : numbers)
}

export const vectorFunctions = family({
  'sum(X: numbers)': (_, [vector]) => sumOf(vector),
  'avg(X: numbers)': (_, [vector]) =>
    applyBinary('\\', sumOf(vector, 'avg'), intScalar(presentCount(vector))),
  'max(X: numbers)': (_, [vector]) => extremeOf(vector, true),
  'min(X: numbers)': (_, [vector]) => extremeOf(vector, false),
  /** True if no element is false. Nulls do not count as false. */
  'all(X: numbers)': (_, [vector]) =>
    !truthOf(vector, 'all').subarray(0, vector.length).includes(0),
  /** Counts the elements that are not null; for a table, counts rows. */
  'count(X)': (_, [value]) => {
    if (value.form === 'serverTable') return value.rows
    if (value.form === 'serverDictionary') return value.entries.size
    return presentCount(columnArgument(value, 'count'))
  },
  'first(X)': (_, [value]) => indexValue(value, intScalar(0)),
  'last(X)': (_, [value]) => indexValue(value, intScalar(columnArgument(value, 'last').length - 1)),
  'in(X, Y)': (_, [x, y]) => isIn(x, y),
  /** Includes both bounds of the pair Y. */
  'between(X, Y)': (_, [value, bounds]) => {
    check(bounds.form === 'pair', 'between: Y must be a pair.')
    const [low, high] = [0, 1].map(index => elementAt(bounds.elements, index) as ServerValue)
    return applyBinary('&&', applyBinary('>=', value, low!), applyBinary('<=', value, high!))
  },
  'like(X, pattern: text)': (_, [value, pattern]) => {
    const { vector } = operandOf(value, 'like')
    const isText = isLiteral(vector.type) || vector.type === 'CHAR'
    check(isText, 'like: X must be a string or a vector of strings.')
    const wanted = patternOf(pattern, { '%': '.*?', '?': '.', _: '.' })
    const flags = textsOfVector(vector).map(text => wanted.test(text))
    return boolResult(value, flags)
  },
  /** Makes a dictionary from keys and values, or an empty one from their types. Always keeps the order of the keys. */
  'dict(keyObj, valueObj, [ordered])': (_, [keys, values]) => {
    const keyType = keys.form === 'vector' ? undefined : typeArgument(keys)
    const valueType = typeArgument(values)
    if (keyType !== undefined && valueType !== undefined) return emptyDictionary(keyType, valueType)
    const [allKeys, allValues] = [elementsOf(keys), elementsOf(values)]
    const isEven = allKeys.length === allValues.length
    check(isEven, 'The keys and the values of a dictionary must have the same length.')
    const type = values.form === 'vector' ? columnTypeOf(values) : undefined
    return makeDictionary(allKeys, allValues, type)
  },
  'keys(X)': (_, [value]) => {
    if (value.form === 'serverTable') return stringVector(value.columnNames)
    if (value.form === 'set') return value.elements
    return dictionaryKeys(dictionaryArgument(value, 'keys'))
  },
  'values(X)': (_, [value]) =>
    value.form === 'serverTable'
      ? tupleOf(value.columns)
      : dictionaryValues(dictionaryArgument(value, 'values')),
  'set(X: vector)': (_, [vector]) => {
    const rows = distinctRows([ofOneType(vector, 'set')])
    return { form: 'set', elements: takeRows(vector, rows) as Vector }
  },
  'matrix(X, ...rest)': (_, args) => matrixOf(args.map(one => one ?? voidValue)),
  'array(dataType, [initialSize: count], [capacity], [defaultValue])': (
    _,
    [dataType, length = 0, , defaultValue],
  ) => {
    const type = typeArgument(dataType)
    check(type !== undefined, 'array takes a data type.')
    if (isAbsent(defaultValue)) return zeroColumn(type, length)
    const first = columnArgument(castValue(defaultValue, type), 'array')
    return takeRows(first, new Int32Array(length))
  },
  /** index[i] is the position in `value` after the last cell of row i. */
  'arrayVector(index: vector, value: vector)': (_, [index, cells]) => {
    const ends = positionsOf(index)
    const isAscending = ends.every((end, row) => end >= (ends[row - 1] ?? 0) && end <= cells.length)
    check(isAscending, 'The index of arrayVector must be increasing and within the values.')
    return {
      form: 'arrayVector',
      length: index.length,
      offsets: Uint32Array.from([0, ...ends]),
      cells,
    }
  },
  'take(X: column, n: int)': (_, [column, count]) =>
    takeRows(column, takenPositions(column.length, count)),
  'sort(X: vector, [ascending: bool])': (_, [column, ascending = true]) =>
    takeRows(column, sortRows([{ column, descending: !ascending }], column.length)),
  /** Marks all of equal elements but one, the last for LAST. X may be a tuple of vectors, whose rows are compared. */
  'isDuplicated(X, [keep: int])': (_, [value, keep = duplicatePolicies.FIRST]) => {
    const columns = (tupleElements(value) ?? [value]).map(one =>
      vectorArgument(one, 'isDuplicated'),
    )
    check(columns.length > 0, 'isDuplicated needs a vector.')
    const { length } = columns[0]!
    const at = keep === duplicatePolicies.LAST ? -1 : 0
    const kept = new Set(groupRows(columns).map(rows => rows.at(at)))
    return boolResult(
      columns[0]!,
      Array.from({ length }, (_, row) => !kept.has(row)),
    )
  },
  'distinct(X: vector)': (_, [vector]) =>
    takeRows(vector, distinctRows([ofOneType(vector, 'vector of distinct values')])),
  'rand(X, [count: count])': ({ node }, [value, count]) => {
    const picked = randomColumn(value, count ?? 1, () => node.random.number())
    return count === undefined ? scalarAt(picked, 0) : picked
  },
})
