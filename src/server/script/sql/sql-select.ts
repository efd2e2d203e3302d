/*
  Runs select and exec. Clauses run in this order: from, where, group by, having, the columns, distinct, order by, limit
  (manual, "Execution order").
*/
import { columnTypeOf, elementAt, takeRows } from '../../../protocol/element.js'
import type { Column } from '../../../protocol/value.js'
import { createTable } from '../../tables/memory-table.js'
import type { Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { evaluate } from '../evaluate/evaluate.js'
import type { Frame } from '../evaluate/frame.js'
import { distinctRows, sortRows } from '../../operators/row-keys.js'
import { integerOf } from '../../values/scalar.js'
import { evaluateGroups } from './sql-group.js'
import {
  asColumn,
  columnOfResult,
  columnSlice,
  evaluateScope,
  resultName,
  type TableScope,
  withColumns,
} from './sql-scope.js'
import type { Select, Expression } from '../parse/syntax.js'
import type { ServerValue } from '../../values/server-value.js'

/** A column of the select list. At this stage, several columns may have the same name. */
export interface ResultColumn {
  name: string
  column: Column
}

/** The rows that one clause of a select passes to the next. */
export interface Result {
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
  const fault = frame.runtime.node.beforeSlice?.({ offset, rows: result.rows })
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
