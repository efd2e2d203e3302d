/*
  `x[i]` where i may be long: piece by piece.
*/
import { sliceColumn } from '../../protocol/element.js'
import type { Column, Vector } from '../../protocol/value.js'
import { createTable } from '../tables/memory-table.js'
import type { ServerTable } from '../tables/server-table.js'
import type { CallContext, Evaluation } from '../values/builtin.js'
import { checkDirectAccess } from './dictionary.js'
import { indexValue, type IndexValue } from './indexing.js'
import { isLiteral } from '../operators/operands/operand-texts.js'
import { checkAtOnce, columnInPieces, longVector, pieceOf } from '../values/pieces.js'
import type { ServerValue } from '../values/server-value.js'

/** As `indexValue`, for indexes of any length. */
export function indexInPieces(
  context: CallContext,
  target: ServerValue,
  indexes: readonly IndexValue[],
): ServerValue | Evaluation<ServerValue> {
  const [first] = indexes
  const rows = first?.form === 'vector' && indexes.length === 1 ? longVector(first) : undefined
  if (rows !== undefined && (target.form === 'vector' || target.form === 'arrayVector')) {
    return pickedColumn(context, target, rows)
  }
  if (rows !== undefined && target.form === 'serverTable' && !isLiteral(rows.type)) {
    return pickedTable(context, target, rows)
  }
  for (const index of indexes) {
    const isWhole = index.form === 'scalar' && index.type === 'BOOL'
    if (index.form !== 'slice') checkAtOnce('[]', [isWhole ? target : index])
  }
  return indexValue(target, indexes)
}

/** @param rows  positions, or a condition for each row */
function pickedColumn(context: CallContext, column: Column, rows: Vector): Evaluation<Column> {
  if (rows.type === 'BOOL') {
    const count = Math.min(rows.length, column.length)
    return columnInPieces(
      context,
      count,
      (from, to) =>
        indexValue(sliceColumn(column, from, to), [sliceColumn(rows, from, to)]) as Column,
    )
  }
  return columnInPieces(
    context,
    rows.length,
    (from, to) => indexValue(column, [pieceOf(rows, from, to)]) as Column,
  )
}

function* pickedTable(
  context: CallContext,
  table: ServerTable,
  rows: Vector,
): Evaluation<ServerValue> {
  checkDirectAccess(table)
  const columns: Column[] = []
  // All of them as they are now: others may add rows while the first ones are gone through.
  for (const column of table.columnNames.map((_, index) => table.column(index))) {
    columns.push(yield* pickedColumn(context, column, rows))
  }
  return createTable('basic', table.columnNames, table.columnTypes, { columns })
}
