/*
  Functions that make vectors, and that reorder, cut and search them (DolphinDB manual, pages of each name).
*/
import { dataTypes, type ColumnType } from '../../protocol/data-type.js'
import { columnTypeOf, elementAt, sliceColumn, takeRows, vectorOf } from '../../protocol/element.js'
import type { ArrayVector, Column, Value, Vector } from '../../protocol/value.js'
import { explicitNull } from '../../protocol/value.js'
import type { Builtin } from '../script/builtin.js'
import { ScriptError } from '../script/builtin.js'
import { castValue, typeArgument } from '../script/cast.js'
import { indexValue, pickTableRows } from '../script/indexing.js'
import { joinColumns } from '../script/join-vectors.js'
import { distinctRows } from '../script/operators/keys.js'
import { int64Of } from '../script/operators/numbers.js'
import { joinValues } from '../script/operators/operators.js'
import { sortRows } from '../script/operators/order.js'
import { sequence } from '../script/operators/sequence.js'
import { overwrite } from '../script/ownership.js'
import { integerOf, intScalar, isVoid } from '../script/scalar.js'
import type { ServerValue } from '../script/values.js'
import { tupleOf, vectorOfElements } from '../script/vector-literal.js'
import { zeroColumn } from '../tables/column-layout.js'
import { columnOfScalar } from '../tables/convert.js'
import { createTable } from '../tables/memory-table.js'
import type { ServerTable } from '../tables/table.js'
import { alias, binaryFunction, defineFunction, unaryFunction } from './define.js'

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
  (_, [template, sizeArgument, , defaultValue]) => {
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
    if (defaultValue === undefined || isVoid(defaultValue)) return newVector(elementType, length)
    const one = castValue(defaultValue, elementType)
    return takeRows(columnArgument(one, 'array'), new Int32Array(length))
  },
)

function newVector(type: ColumnType, length: number): ServerValue {
  if (type.type !== 'ANY') return zeroColumn(type, length)
  const data = new Array<Value>(length).fill(explicitNull)
  return { form: 'vector', type: 'ANY', length, data }
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
const take = binaryFunction('take', (value, countArgument) => {
  const count = integerOf(countArgument)
  if (count === undefined) return takeEach(value, countArgument)
  const rows = value.form === 'serverTable' ? value.rows : columnArgument(value, 'take').length
  if (Math.abs(count) > 2_147_483_647) throw new ScriptError('take: the number is too large.')
  if (rows === 0 && count !== 0) throw new ScriptError('take: there is nothing to take from.')
  const length = Math.abs(count)
  const start = count < 0 ? (((rows - (length % rows)) % rows) + rows) % rows : 0
  const positions = new Int32Array(length)
  for (let i = 0; i < length; i++) positions[i] = (start + i) % rows
  if (value.form === 'serverTable') {
    return pickTableRows(value, column => takeRows(column, positions))
  }
  return takeRows(columnArgument(value, 'take'), positions)
})

/** take(1..3, 2 0 2): each element as often as its number says. */
function takeEach(value: ServerValue, counts: ServerValue): ServerValue {
  const column = columnArgument(value, 'take')
  const numbers = int64Of(vectorArgument(counts, 'take'))
  const positions: number[] = []
  for (let row = 0; row < column.length; row++) {
    for (let i = 0; i < Number(numbers[row]); i++) positions.push(row)
  }
  return takeRows(column, Int32Array.from(positions))
}

/** til(n): 0 to n − 1. */
const til = unaryFunction('til', value => {
  const length = lengthArgument(value, 'n')
  const type = value.form === 'scalar' && value.type === 'LONG' ? 'LONG' : 'INT'
  if (length === 0) return vectorOf({ type }, [])
  const whole = sequence(intScalar(0), intScalar(length - 1))
  return type === 'LONG' ? castValue(whole, { type }) : whole
})

/** Elements, matrix columns or rows of a table in another order. */
function reordered(value: ServerValue, rowsOf: (length: number) => Int32Array): ServerValue {
  if (value.form === 'serverTable') {
    const rows = rowsOf(value.rows)
    return pickTableRows(value, column => takeRows(column, rows))
  }
  if (value.form === 'list') {
    return tupleOf(Array.from(rowsOf(value.elements.length), row => value.elements[row]!))
  }
  if (value.form === 'scalar') return value
  const column = columnArgument(value, 'reverse')
  return takeRows(column, rowsOf(column.length))
}

const reverse = unaryFunction('reverse', value =>
  reordered(value, length => Int32Array.from({ length }, (_, i) => length - 1 - i)),
)

function isAscending(value: ServerValue | undefined): boolean {
  if (value === undefined || isVoid(value)) return true
  return integerOf(value) !== 0
}

function sortedRows(value: ServerValue | undefined, order: ServerValue | undefined): Int32Array {
  const vector = vectorArgument(value, 'sort')
  return sortRows([{ column: vector, descending: !isAscending(order) }], vector.length)
}

const sort = defineFunction('sort', ['X', 'ascending'], 1, (_, [value, order]) =>
  takeRows(columnArgument(value, 'sort'), sortedRows(value, order)),
)

const sortInPlace = defineFunction(
  'sort!',
  ['X', 'ascending'],
  1,
  (_, [value, order]) => {
    const target = vectorArgument(value, 'sort!')
    overwrite(target, takeRows(target, sortedRows(value, order)))
    return target
  },
  { mutatesFirst: true },
)

const isort = defineFunction('isort', ['X', 'ascending'], 1, (_, [value, order]) => {
  const data = sortedRows(value, order)
  return { form: 'vector', type: 'INT', length: data.length, data }
})

/** sortBy!(table, sortColumns, [ascending]): the table itself, its rows in order. */
const sortBy = defineFunction(
  'sortBy!',
  ['table', 'sortColumns', 'sortDirections'],
  2,
  (_, [table, columns, directions]) => {
    if (table?.form !== 'serverTable') throw new ScriptError('sortBy! takes a table.')
    const names = vectorArgument(columns, 'sortBy!')
    const flags = directions && vectorArgument(castValue(directions, { type: 'INT' }), 'sortBy!')
    const sortColumns = Array.from({ length: names.length }, (_, index) => {
      const flag =
        flags && integerOf(elementAt(flags, flags.length === 1 ? 0 : index) as ServerValue)
      const column = indexValue(table, [elementAt(names, index) as ServerValue]) as Column
      return { column, descending: flag === 0 }
    })
    table.keepRows(sortRows(sortColumns, table.rows))
    return table
  },
  { mutatesFirst: true },
)

const distinct = unaryFunction('distinct', value => {
  const column = columnArgument(value, 'distinct')
  if (column.form !== 'vector' || column.type === 'ANY') {
    throw new ScriptError('The function [distinct] takes a vector of one type.')
  }
  return takeRows(column, distinctRows(column))
})

/** join(X, Y): one behind the other; tables side by side. */
function join(left: ServerValue, right: ServerValue): ServerValue {
  if (left.form !== 'serverTable' || right.form !== 'serverTable') return joinValues(left, right)
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
  const [first, ...others] = parts.map(part => columnArgument(part, 'flatten'))
  if (first === undefined) return value
  return others.reduce(joinColumns, first)
})

function sliceCells(value: ArrayVector): Column {
  return sliceColumn(value.cells, value.offsets[0] ?? 0, value.offsets[value.length] ?? 0)
}

/** subarray(X, range), head(obj, n), tail(obj, n), drop(obj, n). */
const subarray = binaryFunction('subarray', (value, range) => indexValue(value, [range]))

function slice(name: string, bounds: (count: number, length: number) => [number, number]): Builtin {
  return defineFunction(name, ['obj', 'n'], 1, (_, [value, countArgument]) => {
    const count = countArgument === undefined ? 1 : integerOf(countArgument)
    if (count === undefined)
      throw new ScriptError(`The argument [n] of ${name} must be an integer.`)
    const length = sizeOf(value!)
    const [from, to] = bounds(count, length)
    const start = Math.max(0, Math.min(from, length))
    const end = Math.max(start, Math.min(to, length))
    return indexValue(value!, [{ form: 'slice', from: start, to: end }])
  })
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
  unaryFunction('size', value => intScalar(sizeOf(value))),
  array,
  alias(array, 'bigarray'),
  arrayVector,
  take,
  til,
  reverse,
  sort,
  sortInPlace,
  isort,
  sortBy,
  distinct,
  binaryFunction('join', join),
  cut,
  flatten,
  subarray,
  drop,
  head,
  tail,
  at,
  rowNo,
  unaryFunction('enlist', value => vectorOfElements([value])),
]
