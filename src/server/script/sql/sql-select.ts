/*
  Runs select and exec. Clauses run in this order: from, where, group by, having, the columns, distinct, order by, limit
  (manual, "Execution order"). `group by` gives one row per group, in ascending order of the keys. Keys that are not in the
  select list become the first columns (manual, "group by").
*/
import { columnTypeOf, elementAt, sliceColumn, takeRows } from '../../../protocol/element.js'
import type { Column, Scalar } from '../../../protocol/value.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import type { Evaluation, ServerValue } from '../../values/server-value.js'
import { ScriptError, check } from '../../script-error.js'
import { evaluate } from '../evaluate/evaluate.js'
import type { ColumnScope, Frame } from '../evaluate/frame.js'
import { integerOf, isTrue, joinColumns } from '../../values/values.js'
import { distinctRows, groupRows, sortRows } from '../../operators/comparison.js'
import {
  type TableScope,
  checkLength,
  columnOfResult,
  evaluateColumn,
  evaluateScope,
  resultName,
  withColumns,
} from './sql-scope.js'
import { type Expression, type Select, textOfSpan } from '../parse/syntax.js'
import { createTable } from '../../tables/server-table.js'

/** A column of the select list. At this stage, several columns may have the same name. */
interface ResultColumn {
  readonly name: string
  readonly column: Column
}

/** The rows that one clause of a select passes to the next. */
interface Result {
  readonly columns: readonly ResultColumn[]
  readonly rows: number
  /** True if the result is one row, with aggregates over the whole table. */
  readonly isAggregate: boolean
}

/** Returns a table; `exec` may also return a vector or a scalar. Errors have no source text; the caller adds it. */
export function* evaluateSelect(node: Select, frame: Frame): Evaluation<ServerValue> {
  const scope = yield* evaluateScope(node.from, node.where, frame, true)
  const isGrouped = node.groupBy.length > 0
  let result = isGrouped
    ? yield* evaluateGroups(node, scope, frame)
    : yield* evaluateColumns(node, scope, frame)
  const isKnown = node.having === undefined || isGrouped
  check(isKnown, 'having is only supported together with group by.')
  if (node.isDistinct) {
    const rows = distinctRows(result.columns.map(({ column }) => column))
    result = changed(result, rows.length, column => takeRows(column, rows))
  }
  result = yield* ordered(node, result, isGrouped || node.isDistinct ? undefined : scope, frame)
  result = yield* limited(node, result, frame)
  return node.isExec ? execValue(result) : tableOf(result)
}

function* evaluateColumns(node: Select, scope: TableScope, frame: Frame): Evaluation<Result> {
  const values: [name: string, value: ServerValue][] = []
  const inside = withColumns(frame, scope)
  for (const column of node.columns) {
    if (column.expression === undefined) {
      for (const name of scope.table.columnNames) values.push([name, scope.lookup(name)!])
    } else values.push([resultName(column), yield* evaluate(column.expression, inside)])
  }
  const vectors = values.filter(([, value]) => value.form !== 'scalar')
  const lengths = new Set(vectors.map(([, value]) => columnOfResult(value, 0).length))
  checkLength(lengths.size <= 1)
  const [rows = 1] = lengths
  const columns = values.map(([name, value]) => ({ name, column: columnOfResult(value, rows) }))
  return { columns, rows, isAggregate: vectors.length === 0 }
}

interface Key extends ResultColumn {
  readonly expression: Expression
}

/** @throws {ScriptError} for selected columns that are neither keys nor aggregates */
function* evaluateGroups(node: Select, scope: TableScope, frame: Frame): Evaluation<Result> {
  const keys: Key[] = []
  for (const item of node.groupBy) {
    const { expression } = item
    check(expression !== undefined, "Can't group by *.")
    const column = yield* evaluateColumn(expression, scope, frame)
    keys.push({ name: resultName(item), column, expression })
  }
  const all = groupRows(keys.map(({ column }) => column))
  const keyColumns = keys.map(({ column }) => takeRows(column, firstRows(all)))
  const order = sortRows(
    keyColumns.map(column => ({ column, descending: false })),
    all.length,
  )
  const kept: Int32Array[] = []
  for (const index of order) {
    const rows = all[index]!
    if (node.having !== undefined) {
      const holds = yield* evaluateGroup(node.having, scope, rows, frame)
      if (!isTrue(holds)) continue
    }
    kept.push(rows)
  }
  const valuesOf = ({ column }: Key): Column => takeRows(column, firstRows(kept))
  const selected = node.columns.map(({ expression }) => keyOf(expression, keys, scope))
  const columns: ResultColumn[] = keys
    .filter(key => !selected.includes(key))
    .map(key => ({ name: key.name, column: valuesOf(key) }))
  for (const [index, column] of node.columns.entries()) {
    check(column.expression !== undefined, "Can't select * together with group by.")
    const name = resultName(column)
    const key = selected[index]
    const values = key
      ? valuesOf(key)
      : yield* aggregateColumn(column.expression, name, scope, kept, frame)
    columns.push({ name, column: values })
  }
  return { columns, rows: kept.length, isAggregate: false }
}

function firstRows(groups: readonly Int32Array[]): Int32Array {
  return Int32Array.from(groups, rows => rows[0]!)
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
  return named ?? keys.find(key => textWithoutBlanks(key.expression) === textWithoutBlanks(node))
}

function* evaluateGroup(
  node: Expression,
  scope: TableScope,
  rows: Int32Array,
  frame: Frame,
): Evaluation<ServerValue> {
  const pause = frame.runtime.step()
  if (pause !== undefined) yield pause
  return yield* evaluate(node, withColumns(frame, scope.at(rows)))
}

/** Equal expressions have equal texts. */
function textWithoutBlanks({ span }: Expression): string {
  return textOfSpan(span).replace(/\s+/g, '')
}

/** Evaluates the expression once per group. Each result must be a scalar. */
function* aggregateColumn(
  node: Expression,
  name: string,
  scope: TableScope,
  groups: readonly Int32Array[],
  frame: Frame,
): Evaluation<Column> {
  const values: Scalar[] = []
  const none = new Int32Array(0)
  // For an empty table, evaluates the expression once to determine the type of the result.
  for (const rows of groups.length === 0 ? [none] : groups) {
    const value = yield* evaluateGroup(node, scope, rows, frame)
    check(
      value.form === 'scalar',
      `The column [${name}] must be an aggregate or a column of the group by clause.`,
    )
    values.push(value)
  }
  const column = joinColumns(values.map(columnOfScalar))
  return groups.length === 0 ? takeRows(column, none) : column
}

function changed(result: Result, rows: number, change: (column: Column) => Column): Result {
  const columns = result.columns.map(({ name, column }) => ({ name, column: change(column) }))
  return { ...result, columns, rows }
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
  const columns: ColumnScope = isInTable
    ? scope.withResults(byName)
    : { rows: result.rows, tableName: undefined, lookup: name => byName.get(name) }
  const sortColumns: { column: Column; descending: boolean }[] = []
  for (const { expression, descending } of node.orderBy) {
    sortColumns.push({ column: yield* evaluateColumn(expression, columns, frame), descending })
  }
  const order = sortRows(sortColumns, result.rows)
  return changed(result, result.rows, column => takeRows(column, order))
}

function* limited(node: Select, result: Result, frame: Frame): Evaluation<Result> {
  if (node.limitCount === undefined) return result
  const count = yield* rowNumber(node.limitCount, frame)
  const offset = node.limitOffset === undefined ? 0 : yield* rowNumber(node.limitOffset, frame)
  const fault = frame.runtime.node.faults.beforeSlice?.({ offset, rows: result.rows })
  if (fault !== undefined) throw new ScriptError(fault.error)
  const start = Math.min(offset, result.rows)
  const end = Math.min(start + count, result.rows)
  return changed(result, end - start, column => sliceColumn(column, start, end))
}

function* rowNumber(node: Expression, frame: Frame): Evaluation<number> {
  const value = integerOf(yield* evaluate(node, frame))
  check(value !== undefined && value >= 0, 'The limit clause takes non-negative integers.')
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
