/*
  sort and distinct: the elements of a vector in order, and each of them once (DolphinDB manual, pages of each name).
*/
import { takeRows } from '../../../protocol/element.js'
import type { Column } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { distinctInPieces } from '../../operators/keys/distinct.js'
import { sortRowsInPieces } from '../../operators/keys/row-order.js'
import { columnInPieces } from '../../values/pieces.js'
import { integerOf, isVoid } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { defineFunction, unaryFunction } from '../define.js'
import { columnArgument, vectorArgument } from '../vector-arguments.js'

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

export const sortFunctions: readonly Builtin[] = [sort, distinct]
