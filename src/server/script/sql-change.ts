/*
  insert, update and delete.
*/
import { checkStoredWrite } from '../functions/privilege.js'
import { insertColumns } from '../tables/insert.js'
import { deleteRows, updateRows } from '../tables/row-changes.js'
import type { ServerTable } from '../tables/table.js'
import type { Evaluation } from './builtin.js'
import { ScriptError } from './builtin.js'
import { evaluate } from './evaluate.js'
import type { Frame } from './frame.js'
import { columnOfResult, evaluateScope, evaluateTable, withColumns } from './sql-scope.js'
import type { Delete, Insert, Update } from './syntax.js'
import type { ServerValue } from './values.js'
import { vectorOfElements } from './vector-literal.js'

/**
 * Nothing is inserted when any row fails.
 * @throws {ScriptError} in the words of server notes §1.6
 */
export function* executeInsert(node: Insert, frame: Frame): Evaluation<void> {
  const table = yield* evaluateTable(node.target, frame)
  checkStatement(table, frame)
  checkStoredWrite(frame.runtime, table)
  const rows: ServerValue[][] = []
  for (const nodes of node.rows) {
    const values: ServerValue[] = []
    for (const value of nodes) values.push(yield* evaluate(value, frame))
    rows.push(values)
  }
  const [first] = rows
  const values = rows.length === 1 && first !== undefined ? first : transposed(rows)
  insertColumns(table, values, node.columnNames)
}

/** DFS tables take the statement only when the node is configured so (server notes §1.3). */
function checkStatement(table: ServerTable, frame: Frame): void {
  if (table.kind !== 'dfs' || frame.runtime.node.config.enableInsertStatementForDFSTable) return
  throw new ScriptError(
    "Can't use the insert into statement on a DFS table unless enableInsertStatementForDFSTable is true.",
  )
}

/** `values (1, "a"), (2, "b")`: one column from the values at the same place. */
function transposed(rows: readonly (readonly ServerValue[])[]): ServerValue[] {
  const width = rows[0]?.length ?? 0
  if (rows.some(row => row.length !== width)) {
    throw new ScriptError('Inconsistent length of values to insert.')
  }
  return Array.from({ length: width }, (_, column) =>
    vectorOfElements(rows.map(row => row[column]!)),
  )
}

/**
 * All new values are computed before the first one is stored.
 * @throws {ScriptError}
 */
export function* executeUpdate(node: Update, frame: Frame): Evaluation<void> {
  const scope = yield* evaluateScope(node.target, node.where, frame)
  const { table } = scope
  checkStoredWrite(frame.runtime, table, 'UPDATE')
  const rows = scope.selected ?? Int32Array.from({ length: table.rows }, (_, row) => row)
  const changes = []
  for (const { columnName, value: valueNode } of node.assignments) {
    const value = yield* evaluate(valueNode, withColumns(frame, scope))
    changes.push({ columnName, column: columnOfResult(value, scope.rows) })
  }
  for (const { columnName, column } of changes) {
    if (column.length !== rows.length) {
      throw new ScriptError('All columns must be of the same length. RefId:S02010')
    }
    updateRows(table, columnName, rows, column)
  }
}

/**
 * Without conditions all rows go.
 * @throws {ScriptError} for tables whose rows stay, such as stream tables
 */
export function* executeDelete(node: Delete, frame: Frame): Evaluation<void> {
  const scope = yield* evaluateScope(node.target, node.where, frame)
  const { table } = scope
  checkStoredWrite(frame.runtime, table, 'DELETE')
  deleteRows(table, scope.selected ?? Int32Array.from({ length: table.rows }, (_, row) => row))
}
