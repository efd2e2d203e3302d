/*
  group by: one row a group, groups in ascending order of their keys. Keys that the select list does not name stand
  in front of it (manual, "group by").
*/
import { takeRows } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import type { Evaluation } from './builtin.js'
import { ScriptError } from './builtin.js'
import { evaluate } from './evaluate.js'
import type { Frame } from './frame.js'
import { joinColumns } from './join-vectors.js'
import { groupRows } from './operators/keys.js'
import { sortRows } from './operators/order.js'
import { isTrue } from './scalar.js'
import type { Result, ResultColumn } from './sql-select.js'
import { asColumn, columnOfResult, resultName, type TableScope, withColumns } from './sql-scope.js'
import type { Expression, Select } from './syntax.js'
import type { ServerValue } from './values.js'

/** @throws {ScriptError} for columns that are neither keys nor aggregates */
export function* evaluateGroups(node: Select, scope: TableScope, frame: Frame): Evaluation<Result> {
  const keys = yield* evaluateKeys(node, scope, frame)
  const groups = groupRows(keys.map(key => key.column))
  const firstRows = Int32Array.from(groups, rows => rows[0]!)
  const keyColumns = keys.map(key => ({ ...key, column: takeRows(key.column, firstRows) }))
  const order = sortRows(
    keyColumns.map(({ column }) => ({ column, descending: false })),
    groups.length,
  )
  const rowsOfGroups = Array.from(order, group => groups[group]!)
  const kept = yield* filterGroups(node, scope, rowsOfGroups, frame)
  const first = Int32Array.from(kept, rows => rows[0]!)
  const columns: ResultColumn[] = []
  const named = new Set(node.columns.map(resultName))
  for (const key of keys) {
    if (!named.has(key.name)) columns.push({ name: key.name, column: takeRows(key.column, first) })
  }
  for (const column of node.columns) {
    if (column.expression === undefined) {
      throw new ScriptError("Can't select * together with group by.")
    }
    const name = resultName(column)
    const key = keys.find(one => one.name === name)
    const values =
      key === undefined
        ? yield* aggregateColumn(column.expression, name, scope, kept, frame)
        : takeRows(key.column, first)
    columns.push({ name, column: values })
  }
  return { columns, rows: kept.length, isAggregate: false }
}

function* evaluateKeys(node: Select, scope: TableScope, frame: Frame): Evaluation<ResultColumn[]> {
  const keys: ResultColumn[] = []
  for (const item of node.groupBy) {
    if (item.expression === undefined) throw new ScriptError("Can't group by *.")
    const value = yield* evaluate(item.expression, withColumns(frame, scope))
    const column = columnOfResult(value, scope.rows)
    if (column.length !== scope.rows) {
      throw new ScriptError('All columns must be of the same length. RefId:S02010')
    }
    keys.push({ name: resultName(item), column })
  }
  return keys
}

function* filterGroups(
  node: Select,
  scope: TableScope,
  groups: readonly Int32Array[],
  frame: Frame,
): Evaluation<readonly Int32Array[]> {
  if (node.having === undefined) return groups
  const kept: Int32Array[] = []
  for (const rows of groups) {
    const inside = withColumns(frame, scope.at(rows))
    if (isTrue(yield* evaluate(node.having, inside))) kept.push(rows)
  }
  return kept
}

/** The expression's value for each group, which must be one scalar. */
function* aggregateColumn(
  node: Expression,
  name: string,
  scope: TableScope,
  groups: readonly Int32Array[],
  frame: Frame,
): Evaluation<Column> {
  // An empty table tells the type of the result all the same.
  const samples = groups.length === 0 ? [new Int32Array(0)] : groups
  const values: ServerValue[] = []
  for (const rows of samples) {
    const pause = frame.runtime.step()
    if (pause !== undefined) yield pause
    const value = yield* evaluate(node, withColumns(frame, scope.at(rows)))
    if (value.form !== 'scalar') {
      throw new ScriptError(
        `The column [${name}] must be an aggregate or a column of the group by clause.`,
      )
    }
    values.push(value)
  }
  const column = joinAll(values.map(asColumn))
  return groups.length === 0 ? takeRows(column, new Int32Array(0)) : column
}

/** Halves at a time, so that many small columns are not copied over and over. */
function joinAll(columns: readonly Column[]): Column {
  if (columns.length === 1) return columns[0]!
  const middle = columns.length >> 1
  return joinColumns(joinAll(columns.slice(0, middle)), joinAll(columns.slice(middle)))
}
