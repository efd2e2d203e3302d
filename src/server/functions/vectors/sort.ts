/*
  Functions that put the elements of vectors and the rows of tables into an order, and that leave out equal ones
  (DolphinDB manual, pages of each name).
*/
import { elementAt, takeRows } from '../../../protocol/element.js'
import type { Column } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castValue } from '../../operators/cast.js'
import { indexValue } from '../../elements/indexing.js'
import { distinctInPieces } from '../../operators/keys/distinct.js'
import { sortRowsInPieces } from '../../operators/keys/row-order.js'
import { overwrite } from '../../values/ownership.js'
import { checkAtOnce, columnInPieces } from '../../values/pieces.js'
import { integerOf, isVoid } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleOf } from '../../values/vector-literal.js'
import { defineFunction, unaryFunction } from '../define.js'
import { columnArgument, pickedInPieces, sizeOf, vectorArgument } from './vector.js'

/** Elements, cells of a matrix or rows of a table from the last to the first. */
const reverse = unaryFunction(
  'reverse',
  (value, context) => {
    if (value.form === 'scalar') return value
    const length = value.form === 'matrix' ? value.elements.length : sizeOf(value)
    const rowsBetween = (from: number, to: number): Int32Array =>
      Int32Array.from({ length: to - from }, (_, i) => length - 1 - from - i)
    if (value.form !== 'list') return pickedInPieces(context, value, 'reverse', length, rowsBetween)
    checkAtOnce('reverse', [value])
    return tupleOf(value.elements.toReversed())
  },
  { pace: 'own' },
)

function isAscending(value: ServerValue | undefined): boolean {
  if (value === undefined || isVoid(value)) return true
  return integerOf(value) !== 0
}

function sortedRows(
  context: CallContext,
  value: ServerValue | undefined,
  order: ServerValue | undefined,
): Evaluation<Int32Array> {
  const vector = vectorArgument(value, 'sort')
  const column = { column: vector, descending: !isAscending(order) }
  return sortRowsInPieces(context, [column], vector.length)
}

function* sortedColumn(
  context: CallContext,
  value: ServerValue | undefined,
  order: ServerValue | undefined,
): Evaluation<Column> {
  const column = columnArgument(value, 'sort')
  const rows = yield* sortedRows(context, value, order)
  return yield* columnInPieces(context, rows.length, (from, to) =>
    takeRows(column, rows.subarray(from, to)),
  )
}

const sort = defineFunction(
  'sort',
  ['X', 'ascending'],
  1,
  (context, [value, order]) => sortedColumn(context, value, order),
  { pace: 'own' },
)

const sortInPlace = defineFunction(
  'sort!',
  ['X', 'ascending'],
  1,
  function* (context, [value, order]) {
    const target = vectorArgument(value, 'sort!')
    overwrite(target, yield* sortedColumn(context, target, order))
    return target
  },
  { mutatesFirst: true, pace: 'own' },
)

const isort = defineFunction(
  'isort',
  ['X', 'ascending'],
  1,
  function* (context, [value, order]) {
    const data = yield* sortedRows(context, value, order)
    return { form: 'vector', type: 'INT', length: data.length, data }
  },
  { pace: 'own' },
)

/** sortBy!(table, sortColumns, [ascending]): the table itself, its rows in order. */
const sortBy = defineFunction(
  'sortBy!',
  ['table', 'sortColumns', 'sortDirections'],
  2,
  function* (context, [table, columns, directions]) {
    if (table?.form !== 'serverTable') throw new ScriptError('sortBy! takes a table.')
    const names = vectorArgument(columns, 'sortBy!')
    const flags = directions && vectorArgument(castValue(directions, { type: 'INT' }), 'sortBy!')
    const sortColumns = Array.from({ length: names.length }, (_, index) => {
      const flag =
        flags && integerOf(elementAt(flags, flags.length === 1 ? 0 : index) as ServerValue)
      const column = indexValue(table, [elementAt(names, index) as ServerValue]) as Column
      return { column, descending: flag === 0 }
    })
    const { rows, version } = table
    const order = yield* sortRowsInPieces(context, sortColumns, rows)
    if (table.rows !== rows || table.version !== version) {
      throw new ScriptError('The table has changed while it was sorted. Sort it again.')
    }
    table.keepRows(order)
    return table
  },
  { mutatesFirst: true, pace: 'own' },
)

const distinct = unaryFunction(
  'distinct',
  (value, context) => {
    const column = columnArgument(value, 'distinct')
    if (column.form !== 'vector' || column.type === 'ANY') {
      throw new ScriptError('The function [distinct] takes a vector of one type.')
    }
    return distinctInPieces(context, column)
  },
  { pace: 'own' },
)

export const orderFunctions: readonly Builtin[] = [
  reverse,
  sort,
  sortInPlace,
  isort,
  sortBy,
  distinct,
]
