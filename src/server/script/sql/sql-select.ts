/*
  Runs select and exec. Clauses run in this order: from, where, group by, having, the columns, distinct, order by, limit
  (manual, "Execution order"). `group by` gives one row per group, in ascending order of the keys. Keys that are not in the
  select list become the first columns (manual, "group by").
*/
import { columnTypeOf, elementAt, takeRows } from '../../../protocol/element.js'
import type { Column, Scalar } from '../../../protocol/value.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import type { Evaluation, ServerValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { evaluate } from '../evaluate/evaluate.js'
import type { Frame } from '../evaluate/frame.js'
import { joinAll } from '../../values/vector-literal.js'
import { type Groups, distinctRows, groupRows, sortRows } from '../../operators/comparison.js'
import { integerOf, isTrue } from '../../values/scalar.js'
import {
  type TableScope,
  asColumn,
  columnOfResult,
  columnSlice,
  evaluateScope,
  resultName,
  withColumns,
} from './sql-scope.js'
import { type Expression, type Select, sameExpression } from '../parse/syntax.js'
import { createTable } from '../../tables/memory-table.js'

/** @throws {ScriptError} for selected columns that are neither keys nor aggregates */
function* evaluateGroups(node: Select, scope: TableScope, frame: Frame): Evaluation<Result> {
  const keys = yield* evaluateKeys(node, scope, frame)
  const groups = groupRows(keys.map(key => key.column))
  const firstRows = firstRowsOf(groups)
  const keyColumns = keys.map(key => ({ ...key, column: takeRows(key.column, firstRows) }))
  const order = sortRows(
    keyColumns.map(({ column }) => ({ column, descending: false })),
    groups.length,
  )
  const sorted: Groups = {
    length: groups.length,
    rowsOf: group => groups.rowsOf(order[group]!),
  }
  const kept = yield* filterGroups(node, scope, sorted, frame)
  const first = firstRowsOf(kept)
  const columns: ResultColumn[] = []
  const selected = node.columns.map(({ expression }) => keyOf(expression, keys, scope))
  for (const key of keys) {
    if (selected.includes(key)) continue
    columns.push({ name: key.name, column: takeRows(key.column, first) })
  }
  for (const [index, column] of node.columns.entries()) {
    if (column.expression === undefined) {
      throw new ScriptError("Can't select * together with group by.")
    }
    const name = resultName(column)
    const key = selected[index]
    const values =
      key === undefined
        ? yield* aggregateColumn(column.expression, name, scope, kept, frame)
        : takeRows(key.column, first)
    columns.push({ name, column: values })
  }
  return { columns, rows: kept.length, isAggregate: false }
}

/** The `group by` key that a selected expression names or repeats; undefined for other expressions. */
function keyOf(
  node: Expression | undefined,
  keys: readonly Key[],
  { tableName }: TableScope,
): Key | undefined {
  if (node === undefined) return undefined
  const isOfTable =
    node.kind === 'member' && node.target.kind === 'name' && node.target.name === tableName
  const name = node.kind === 'name' || isOfTable ? node.name : undefined
  const named = keys.find(key => key.name === name)
  return named ?? keys.find(key => sameExpression(key.expression, node))
}

function firstRowsOf(groups: Groups): Int32Array {
  return Int32Array.from({ length: groups.length }, (_, group) => groups.rowsOf(group)[0]!)
}

interface Key extends ResultColumn {
  readonly expression: Expression
}

function* evaluateKeys(node: Select, scope: TableScope, frame: Frame): Evaluation<Key[]> {
  const keys: Key[] = []
  for (const item of node.groupBy) {
    if (item.expression === undefined) throw new ScriptError("Can't group by *.")
    const value = yield* evaluate(item.expression, withColumns(frame, scope))
    const column = columnOfResult(value, scope.rows)
    if (column.length !== scope.rows) {
      throw new ScriptError('All columns must be of the same length. RefId:S02010')
    }
    keys.push({ name: resultName(item), column, expression: item.expression })
  }
  return keys
}

function* filterGroups(
  node: Select,
  scope: TableScope,
  groups: Groups,
  frame: Frame,
): Evaluation<Groups> {
  if (node.having === undefined) return groups
  const kept: number[] = []
  for (let index = 0; index < groups.length; index++) {
    const rows = groups.rowsOf(index)
    const pause = frame.runtime.step()
    if (pause !== undefined) yield pause
    const group = scope.at(rows)
    if (isTrue(yield* evaluate(node.having, withColumns(frame, group)))) kept.push(index)
  }
  return { length: kept.length, rowsOf: group => groups.rowsOf(kept[group]!) }
}

/** Evaluates the expression once per group. Each result must be a scalar. */
function* aggregateColumn(
  node: Expression,
  name: string,
  scope: TableScope,
  groups: Groups,
  frame: Frame,
): Evaluation<Column> {
  const { runtime } = frame
  const values: Scalar[] = []
  // For an empty table, evaluates the expression once to determine the type of the result.
  for (let index = 0; index < Math.max(1, groups.length); index++) {
    const rows = groups.length === 0 ? new Int32Array(0) : groups.rowsOf(index)
    const pause = runtime.step()
    if (pause !== undefined) yield pause
    const group = scope.at(rows)
    const value = yield* evaluate(node, withColumns(frame, group))
    if (value.form !== 'scalar') {
      throw new ScriptError(
        `The column [${name}] must be an aggregate or a column of the group by clause.`,
      )
    }
    values.push(value)
  }
  const column = joinAll(values.map(columnOfScalar))
  return groups.length === 0 ? takeRows(column, new Int32Array(0)) : column
}

/** A column of the select list. At this stage, several columns may have the same name. */
interface ResultColumn {
  name: string
  column: Column
}

/** The rows that one clause of a select passes to the next. */
interface Result {
  columns: readonly ResultColumn[]
  rows: number
  /** True if the result is one row, with aggregates over the whole table. */
  isAggregate: boolean
}

/** Returns a table; `exec` may also return a vector or a scalar. Errors have no source text; the caller adds it. */
export function* evaluateSelect(node: Select, frame: Frame): Evaluation<ServerValue> {
  const scope = yield* evaluateScope(node.from, node.where, frame, true)
  const isGrouped = node.groupBy.length > 0
  let result = isGrouped
    ? yield* evaluateGroups(node, scope, frame)
    : yield* evaluateColumns(node, scope, frame)
  if (node.having !== undefined && !isGrouped) {
    throw new ScriptError('having is only supported together with group by.')
  }
  if (node.isDistinct) result = distinctResult(result)
  result = yield* ordered(node, result, isGrouped || node.isDistinct ? undefined : scope, frame)
  result = yield* limited(node, result, frame)
  return node.isExec ? execValue(result) : tableOf(result)
}

function* evaluateColumns(node: Select, scope: TableScope, frame: Frame): Evaluation<Result> {
  const values: { name: string; value: ServerValue }[] = []
  const inside = withColumns(frame, scope)
  for (const column of node.columns) {
    if (column.expression === undefined) {
      for (const name of scope.table.columnNames) values.push({ name, value: scope.lookup(name)! })
    } else {
      const value = yield* evaluate(column.expression, inside)
      values.push({ name: resultName(column), value })
    }
  }
  const isAggregate = values.every(({ value }) => value.form === 'scalar')
  const rows = isAggregate ? 1 : commonLength(values.map(({ value }) => value))
  const columns: ResultColumn[] = []
  for (const { name, value } of values) {
    columns.push({ name, column: columnOfResult(value, rows) })
  }
  return { columns, rows, isAggregate }
}

function commonLength(values: readonly ServerValue[]): number {
  const lengths = new Set(
    values.filter(value => value.form !== 'scalar').map(value => asColumn(value).length),
  )
  if (lengths.size > 1)
    throw new ScriptError('All columns must be of the same length. RefId:S02010')
  return [...lengths][0] ?? 0
}

function distinctResult(result: Result): Result {
  return takeResult(result, distinctRows(result.columns.map(({ column }) => column)))
}

function takeResult(result: Result, rows: Int32Array): Result {
  const columns = result.columns.map(({ name, column }) => ({
    name,
    column: takeRows(column, rows),
  }))
  return { ...result, columns, rows: rows.length }
}

/** Sorts by columns of the result or, if each row of the result is a row of the table, by columns of the table. */
function* ordered(
  node: Select,
  result: Result,
  scope: TableScope | undefined,
  frame: Frame,
): Evaluation<Result> {
  if (node.orderBy.length === 0) return result
  const byName = new Map<string, ServerValue>(
    result.columns.map(({ name, column }) => [name, column]),
  )
  const isInTable = scope?.rows === result.rows && !result.isAggregate
  const inTable = isInTable ? scope.withResults(byName) : undefined
  const columns = inTable ?? {
    rows: result.rows,
    tableName: undefined,
    lookup: (name: string) => byName.get(name),
  }
  const sortColumns = []
  for (const { expression, descending } of node.orderBy) {
    const value = yield* evaluate(expression, withColumns(frame, columns))
    const column = columnOfResult(value, result.rows)
    if (column.length !== result.rows) {
      throw new ScriptError('All columns must be of the same length. RefId:S02010')
    }
    sortColumns.push({ column, descending })
  }
  return takeResult(result, sortRows(sortColumns, result.rows))
}

function* limited(node: Select, result: Result, frame: Frame): Evaluation<Result> {
  if (node.limitCount === undefined) return result
  const count = yield* rowNumber(node.limitCount, frame)
  const offset = node.limitOffset === undefined ? 0 : yield* rowNumber(node.limitOffset, frame)
  const fault = frame.runtime.node.faults.beforeSlice?.({ offset, rows: result.rows })
  if (fault !== undefined) throw new ScriptError(fault.error)
  const start = Math.min(offset, result.rows)
  const end = Math.min(start + count, result.rows)
  const columns = result.columns.map(({ name, column }) => ({
    name,
    column: columnSlice(column, start, end),
  }))
  return { ...result, columns, rows: end - start }
}

function* rowNumber(node: Expression, frame: Frame): Evaluation<number> {
  const value = integerOf(yield* evaluate(node, frame))
  if (value === undefined || value < 0) {
    throw new ScriptError('The limit clause takes non-negative integers.')
  }
  return value
}

/** A vector for one column, a scalar for one aggregate, a table for several columns (manual, "exec"). */
function execValue(result: Result): ServerValue {
  const [only] = result.columns
  if (result.columns.length !== 1 || only === undefined) return tableOf(result)
  if (result.isAggregate && result.rows === 1) return elementAt(only.column, 0) as ServerValue
  return only.column
}

function tableOf(result: Result): ServerValue {
  const names = result.columns.map(({ name }) => name)
  const columns = result.columns.map(({ column }) => column)
  return createTable('basic', names, columns.map(columnTypeOf), { columns })
}
