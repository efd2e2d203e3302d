/*
  Executes insert, update and delete.
*/
import {
  deleteRows,
  discardedRows,
  preparedValues,
  rowsOfValues,
  updateRows,
} from '../../tables/insert-values.js'
import { checkWrite } from '../../tables/privileges.js'
import type { ServerTable } from '../../tables/server-table.js'
import { checkTransactionSize, inTransaction } from '../../tables/transactions.js'
import type { Evaluation, ServerValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { evaluate } from '../evaluate/evaluate.js'
import type { Frame } from '../evaluate/frame.js'
import {
  type TableScope,
  columnOfResult,
  evaluateScope,
  evaluateTable,
  withColumns,
} from './sql-scope.js'
import type { Delete, Insert, Update } from '../parse/syntax.js'
import { vectorOfElements } from '../../values/vector-literal.js'

/** Inserts all rows or none. @throws {ScriptError} with the texts of docs/server-semantics.md#error-texts */
export function* executeInsert(node: Insert, frame: Frame): Evaluation<void> {
  const table = yield* evaluateTable(node.target, frame)
  checkStatement(table, frame)
  checkWrite(frame.runtime, table)
  const rows: ServerValue[][] = []
  for (const nodes of node.rows) {
    const values: ServerValue[] = []
    for (const value of nodes) values.push(yield* evaluate(value, frame))
    rows.push(values)
  }
  const [first] = rows
  const values = rows.length === 1 && first !== undefined ? first : transposed(rows)
  const { runtime } = frame
  if (discardedRows(runtime, table, values) !== undefined) return
  checkTransactionSize(runtime.node, table, values)
  const { columns, rows: count } = rowsOfValues(table, values, node.columnNames)
  const inserted = inTransaction(runtime, table, { columns, rows: count }, () => {
    table.append(columns, count)
  })
  if (inserted !== undefined) yield* inserted
}

/** Refuses `insert into` for DFS tables unless the configuration allows it (docs/server-semantics.md#insert-into). */
function checkStatement(table: ServerTable, frame: Frame): void {
  if (table.kind !== 'dfs' || frame.runtime.node.config.enableInsertStatementForDFSTable) return
  throw new ScriptError(
    "Can't use the insert into statement on a DFS table unless enableInsertStatementForDFSTable is true.",
  )
}

/** Turns the rows of `values (1, "a"), (2, "b")` into columns. */
function transposed(rows: readonly (readonly ServerValue[])[]): ServerValue[] {
  const width = rows[0]?.length ?? 0
  if (rows.some(row => row.length !== width)) {
    throw new ScriptError('Inconsistent length of values to insert.')
  }
  return Array.from({ length: width }, (_, column) =>
    vectorOfElements(rows.map(row => row[column]!)),
  )
}

/** Computes all new values and converts them to the column types before it stores the first value. */
export function* executeUpdate(node: Update, frame: Frame): Evaluation<void> {
  const scope = yield* evaluateScope(node.target, node.where, frame, false)
  const { table } = scope
  checkWrite(frame.runtime, table, 'UPDATE')
  const rows = allRows(scope)
  const changes = []
  for (const { columnName, value: valueNode } of node.assignments) {
    const value = yield* evaluate(valueNode, withColumns(frame, scope))
    const column = columnOfResult(value, scope.rows)
    if (column.length !== rows.length) {
      throw new ScriptError('All columns must be of the same length. RefId:S02010')
    }
    changes.push({ columnName, column })
  }
  scope.checkUnmoved()
  const prepared = changes.map(({ columnName, column }) => ({
    columnName,
    column: preparedValues(table, columnName, rows, column),
  }))
  for (const { columnName, column } of prepared) updateRows(table, columnName, rows, column)
}

/** Without conditions, deletes all rows. @throws {ScriptError} for tables that keep all rows, such as stream tables */
export function* executeDelete(node: Delete, frame: Frame): Evaluation<void> {
  const scope = yield* evaluateScope(node.target, node.where, frame, false)
  const { table } = scope
  checkWrite(frame.runtime, table, 'DELETE')
  scope.checkUnmoved()
  deleteRows(table, allRows(scope))
}

/** Positions of the rows that a statement affects. */
function allRows({ selected, tableRows }: TableScope): Int32Array {
  if (selected !== undefined) return selected
  const rows = new Int32Array(tableRows)
  for (let row = 0; row < tableRows; row++) rows[row] = row
  return rows
}
