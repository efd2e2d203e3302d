/*
  Functions that make vectors, and that reorder, cut and search them (DolphinDB manual, pages of each name).
*/
import { dataTypes, type ColumnType } from '../../../protocol/data-type.js'
import {
  columnTypeOf,
  elementAt,
  sliceColumn,
  takeRows,
  vectorOf,
} from '../../../protocol/element.js'
import type { ArrayVector, Column, Vector } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castValue, typeArgument } from '../../operators/cast.js'
import { indexInPieces } from '../../elements/index-in-pieces.js'
import { indexValue, pickTableRows } from '../../elements/indexing.js'
import { joinAll } from '../../values/join-vectors.js'
import { int64Of } from '../../operators/operands/operand-numbers.js'
import { operate } from '../../operators/operate.js'
import { checkAtOnce, checkCount, columnInPieces } from '../../values/pieces.js'
import { integerOf, intScalar, isVoid, longScalar } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'
import { zeroColumn } from '../../columns/column-layout.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { createTable } from '../../tables/memory-table.js'
import type { ServerTable } from '../../tables/server-table.js'
import { alias, binaryFunction, defineFunction, unaryFunction } from '../define.js'

/** Whatever a vector function works on, as a column. */
export function columnArgument(value: ServerValue | undefined, name: string): Column {
  switch (value?.form) {
    case 'vector':
    case 'arrayVector':
      return value
    case 'scalar':
      return columnOfScalar(value)
    case 'type':
      return columnOfScalar(intScalar(dataTypes[value.column.type].id))
    case 'pair':
    case 'set':
    case 'matrix':
      return value.elements
    default:
      throw new ScriptError(`The function [${name}] takes a vector.`)
  }
}

/**
 * As `columnArgument`, without array vectors.
 * @throws {ScriptError} naming the function
 */
export function vectorArgument(value: ServerValue | undefined, name: string): Vector {
  const column = columnArgument(value, name)
  if (column.form !== 'vector') throw new ScriptError(`The function [${name}] takes a vector.`)
  return column
}

function lengthArgument(value: ServerValue | undefined, name: string): number {
  const length = integerOf(value)
  if (length === undefined || length < 0 || length > 2_147_483_647) {
    throw new ScriptError(`The argument [${name}] must be a non-negative integer.`)
  }
  return length
}

/** size(X): elements, nulls included; rows of a table. */
export function sizeOf(value: ServerValue): number {
  switch (value.form) {
    case 'vector':
    case 'arrayVector':
      return value.length
    case 'matrix':
    case 'set':
      return value.elements.length
    case 'pair':
      return 2
    case 'list':
      return value.elements.length
    case 'serverDictionary':
      return value.entries.size
    case 'serverTable':
      return value.rows
    default:
      return 1
  }
}

/** array(dataType|template, [initialSize=0], [capacity], [defaultValue]) */
const array = defineFunction(
  'array',
  ['template', 'initialSize', 'capacity', 'defaultValue'],
  1,
  (context, [template, sizeArgument, , defaultValue]) => {
    const type = typeArgument(template)
    if (type === undefined && template?.form !== 'vector' && template?.form !== 'arrayVector') {
      throw new ScriptError('array takes a data type or a vector as template.')
    }
    const isTemplate = template?.form === 'vector' || template?.form === 'arrayVector'
    const elementType: ColumnType = type ?? (isTemplate ? columnTypeOf(template) : { type: 'ANY' })
    const length =
      sizeArgument === undefined || isVoid(sizeArgument)
        ? isTemplate && type === undefined
          ? template.length
          : 0
        : lengthArgument(sizeArgument, 'initialSize')
    if (defaultValue === undefined || isVoid(defaultValue)) {
      return zerosInPieces(context, elementType, length)
    }
    const one = castValue(defaultValue, elementType)
    return filledInPieces(context, columnArgument(one, 'array'), length)
  },
  { pace: 'own' },
)

/** `length` elements of a type: zeros, empty texts, NULL in a tuple. */
export function zerosInPieces(
  context: CallContext,
  type: ColumnType,
  length: number,
): Evaluation<Column> {
  return columnInPieces(context, length, (from, to) => zeroColumn(type, to - from))
}

/** The first element of a column again and again. */
export function filledInPieces(
  context: CallContext,
  column: Column,
  length: number,
): Evaluation<Column> {
  return columnInPieces(context, length, (from, to) => takeRows(column, new Int32Array(to - from)))
}

/** arrayVector(index, value): row i ends before position index[i] of the values. */
const arrayVector = binaryFunction('arrayVector', (index, value) => {
  const ends = int64Of(vectorArgument(index, 'arrayVector'))
  const cells = vectorArgument(value, 'arrayVector')
  const length = sizeOf(index)
  const offsets = new Uint32Array(length + 1)
  for (let row = 0; row < length; row++) {
    const end = Number(ends[row])
    if (end < offsets[row]! || end > cells.length) {
      throw new ScriptError('The index of arrayVector must be increasing and within the values.')
    }
    offsets[row + 1] = end
  }
  return { form: 'arrayVector', length, offsets, cells }
})

/** take(X, n): n elements from the front, again and again; from the back when n is negative. */
const take = binaryFunction(
  'take',
  function* (value, countArgument, context): Evaluation<ServerValue> {
    const count = integerOf(countArgument)
    if (count === undefined) return takeEach(value, countArgument)
    const rows = value.form === 'serverTable' ? value.rows : columnArgument(value, 'take').length
    if (Math.abs(count) > 2_147_483_647) throw new ScriptError('take: the number is too large.')
    if (rows === 0 && count !== 0) throw new ScriptError('take: there is nothing to take from.')
    const length = Math.abs(count)
    const start = count < 0 ? (((rows - (length % rows)) % rows) + rows) % rows : 0
    const rowsBetween = (from: number, to: number): Int32Array => {
      const picked = new Int32Array(to - from)
      for (let i = 0; i < picked.length; i++) picked[i] = (start + from + i) % rows
      return picked
    }
    return yield* pickedInPieces(context, value, 'take', length, rowsBetween)
  },
  { pace: 'own' },
)

/** Rows of a column, or of all columns of a table, at positions that are made piece by piece. */
export function* pickedInPieces(
  context: CallContext,
  value: ServerValue,
  name: string,
  length: number,
  rowsBetween: (from: number, to: number) => Int32Array,
): Evaluation<ServerValue> {
  if (value.form !== 'serverTable') {
    const column = columnArgument(value, name)
    return yield* columnInPieces(context, length, (from, to) =>
      takeRows(column, rowsBetween(from, to)),
    )
  }
  const columns: Column[] = []
  // All of them as they are now: others may add rows while the first ones are gone through.
  for (const column of value.columnNames.map((_, index) => value.column(index))) {
    columns.push(
      yield* columnInPieces(context, length, (from, to) => takeRows(column, rowsBetween(from, to))),
    )
  }
  return createTable('basic', value.columnNames, value.columnTypes, { columns })
}

/** take(1..3, 2 0 2): each element as often as its number says. */
function takeEach(value: ServerValue, counts: ServerValue): ServerValue {
  checkAtOnce('take', [value, counts])
  const column = columnArgument(value, 'take')
  const numbers = int64Of(vectorArgument(counts, 'take'))
  const wanted = Array.from(numbers.subarray(0, column.length), one => Math.max(0, Number(one)))
  const length = wanted.reduce((sum, count) => sum + count, 0)
  checkCount('take', length)
  const positions = new Int32Array(length)
  let at = 0
  wanted.forEach((count, row) => {
    positions.fill(row, at, at + count)
    at += count
  })
  return takeRows(column, positions)
}

/** til(n): 0 to n − 1. */
const til = unaryFunction(
  'til',
  (value, context) => {
    const length = lengthArgument(value, 'n')
    const type = value.form === 'scalar' && value.type === 'LONG' ? 'LONG' : 'INT'
    if (length === 0) return vectorOf({ type }, [])
    const numberOf = type === 'LONG' ? (n: number) => longScalar(BigInt(n)) : intScalar
    return operate(context, '..', numberOf(0), numberOf(length - 1))
  },
  { pace: 'own' },
)

/** join(X, Y): one behind the other; tables side by side. */
function join(
  left: ServerValue,
  right: ServerValue,
  context: CallContext,
): ServerValue | Evaluation<ServerValue> {
  if (left.form !== 'serverTable' || right.form !== 'serverTable') {
    return operate(context, '<-', left, right)
  }
  const names = [...left.columnNames, ...right.columnNames]
  const columnsOf = (table: ServerTable): Column[] =>
    table.columnNames.map((_, index) => table.column(index))
  const columns = [...columnsOf(left), ...columnsOf(right)]
  return createTable('basic', names, columns.map(columnTypeOf), { columns })
}

/** cut(X, size) makes pieces of that size, cut(X, positions) begins a piece at each position. */
const cut = binaryFunction('cut', (value, where) => {
  const length = sizeOf(value)
  const size = integerOf(where)
  const starts =
    size === undefined
      ? Array.from(int64Of(vectorArgument(where, 'cut')).subarray(0, sizeOf(where)), Number)
      : Array.from({ length: Math.ceil(length / pieceSize(size)) }, (_, i) => i * size)
  if (starts.some((start, i) => start < (starts[i - 1] ?? 0) || start > length)) {
    throw new ScriptError('The positions of cut must be increasing and within the object.')
  }
  return tupleOf(
    starts.map((start, i) => {
      const end = Math.min(starts[i + 1] ?? length, length)
      if (value.form === 'serverTable') {
        return pickTableRows(value, column => sliceColumn(column, start, end))
      }
      const column = columnArgument(value, 'cut')
      return size === 1
        ? (elementAt(column, start) as ServerValue)
        : sliceColumn(column, start, end)
    }),
  )
})

function pieceSize(size: number): number {
  if (size < 1) throw new ScriptError('The size of cut must be positive.')
  return size
}

/** flatten(X): the elements of a tuple's elements, the columns of a matrix, the cells of an array vector. */
const flatten = unaryFunction('flatten', value => {
  if (value.form === 'matrix') return value.elements
  if (value.form === 'arrayVector') return sliceCells(value)
  if (value.form !== 'vector' || value.type !== 'ANY') return value
  const parts = value.data.slice(0, value.length) as readonly ServerValue[]
  const columns = parts.map(part => columnArgument(part, 'flatten'))
  return columns.length === 0 ? value : joinAll(columns)
})

function sliceCells(value: ArrayVector): Column {
  return sliceColumn(value.cells, value.offsets[0] ?? 0, value.offsets[value.length] ?? 0)
}

/** subarray(X, range), head(obj, n), tail(obj, n), drop(obj, n). */
const subarray = binaryFunction(
  'subarray',
  (value, range, context) => indexInPieces(context, value, [range]),
  { pace: 'own' },
)

function slice(name: string, bounds: (count: number, length: number) => [number, number]): Builtin {
  return defineFunction(
    name,
    ['obj', 'n'],
    1,
    (_, [value, countArgument]) => {
      const count = countArgument === undefined ? 1 : integerOf(countArgument)
      if (count === undefined)
        throw new ScriptError(`The argument [n] of ${name} must be an integer.`)
      const length = sizeOf(value!)
      const [from, to] = bounds(count, length)
      const start = Math.max(0, Math.min(from, length))
      const end = Math.max(start, Math.min(to, length))
      return indexValue(value!, [{ form: 'slice', from: start, to: end }])
    },
    { pace: 'own' },
  )
}

const drop = slice('drop', (count, length) => (count < 0 ? [0, length + count] : [count, length]))
const head = slice('head', count => [0, count])
const tail = slice('tail', (count, length) => [length - count, length])

const at = binaryFunction('at', (value, index) => indexValue(value, [index]))

/** rowNo(X): 0, 1, 2, … */
const rowNo = unaryFunction('rowNo', value => {
  const length = sizeOf(value)
  const data = Int32Array.from({ length }, (_, row) => row)
  return { form: 'vector', type: 'INT', length, data }
})

export const vectorFunctions: readonly Builtin[] = [
  unaryFunction('size', value => intScalar(sizeOf(value)), { pace: 'own' }),
  array,
  alias(array, 'bigarray'),
  arrayVector,
  take,
  til,
  binaryFunction('join', join, { pace: 'own' }),
  cut,
  flatten,
  subarray,
  drop,
  head,
  tail,
  at,
  rowNo,
  unaryFunction('enlist', value => vectorOfElements([value]), { pace: 'own' }),
]
