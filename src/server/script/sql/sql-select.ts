/* Runs select and exec, in the order of the manual ("Execution order"). `group by` gives one row per group, in ascending order of the keys;
   keys that are not in the select list become the first columns (manual, "group by"). */
import { columnTypeOf, elementAt, sliceColumn, takeRows } from '../../../protocol/element.js'
import type { Column, Vector } from '../../../protocol/value.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import type { Evaluation, ServerValue } from '../../values/server-value.js'
import { ScriptError, check } from '../../script-error.js'
import { evaluate, type ColumnScope, type Frame } from '../evaluate/evaluate.js'
import { integerOf, isTrue, joinColumns } from '../../values/values.js'
import { distinctRows, groupRows, sortRows } from '../../operators/comparison.js'
import {
  type TableScope,
  checkLength,
  columnOfResult,
  evaluateColumn,
  evaluateScope,
  resultName,
} from './sql-scope.js'
import {
  type Expression,
  type SelectColumn,
  textOfSpan,
  type ExpressionOf,
} from '../parse/syntax.js'
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
export function* evaluateSelect(
  node: ExpressionOf<'select'>,
  frame: Frame,
): Evaluation<ServerValue> {
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

function* evaluateColumns(
  node: ExpressionOf<'select'>,
  scope: TableScope,
  frame: Frame,
): Evaluation<Result> {
  const values: [name: string, value: ServerValue][] = []
  const inside = { ...frame, columns: scope }
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

/** One row per group. A column is a key, or an aggregate, which is evaluated once per group. */
function* evaluateGroups(
  node: ExpressionOf<'select'>,
  scope: TableScope,
  frame: Frame,
): Evaluation<Result> {
  const { groupBy, having } = node
  const keys: Column[] = []
  for (const { expression } of groupBy) {
    check(expression !== undefined, "Can't group by *.")
    keys.push(yield* evaluateColumn(expression, scope, frame))
  }
  const all = groupRows(keys)
  const sorted = keys.map(key => ({ column: takeRows(key, firstRows(all)), descending: false }))
  const kept: Int32Array[] = []
  for (const index of sortRows(sorted, all.length)) {
    const rows = all[index]!
    const isKept = !having || isTrue(yield* evaluateGroup(having, scope.at(rows), frame))
    if (isKept) kept.push(rows)
  }
  const keyOf = (item: SelectColumn): number =>
    groupBy.findIndex(key => [keyText(key), resultName(key)].includes(keyText(item)))
  const selected = node.columns.map(keyOf)
  const items = [...groupBy.filter((_, at) => !selected.includes(at)), ...node.columns]
  const columns: ResultColumn[] = []
  for (const item of items) {
    check(item.expression !== undefined, "Can't select * together with group by.")
    const name = resultName(item)
    const at = keyOf(item)
    const column =
      at < 0
        ? yield* aggregateColumn(item.expression, name, scope, kept, frame)
        : takeRows(keys[at]!, firstRows(kept))
    columns.push({ name, column })
  }
  return { columns, rows: kept.length, isAggregate: false }
}

function firstRows(groups: readonly Int32Array[]): Int32Array {
  return Int32Array.from(groups, rows => rows[0]!)
}

/** Equal expressions have equal texts; `t.sym` is `sym`. */
function keyText({ expression }: SelectColumn): string {
  if (expression?.kind === 'name' || expression?.kind === 'member') return expression.name
  return expression === undefined ? '*' : textOfSpan(expression.span).replace(/\s+/g, '')
}

/** Each result must be a scalar. */
function* aggregateColumn(
  node: Expression,
  name: string,
  scope: TableScope,
  groups: readonly Int32Array[],
  frame: Frame,
): Evaluation<Column> {
  const values: Vector[] = []
  // For an empty table, evaluates the expression once to determine the type of the result.
  for (const rows of groups.length === 0 ? [new Int32Array(0)] : groups) {
    const value = yield* evaluateGroup(node, scope.at(rows), frame)
    const text = `The column [${name}] must be an aggregate or a column of the group by clause.`
    check(value.form === 'scalar', text)
    values.push(columnOfScalar(value))
  }
  return sliceColumn(joinColumns(values), 0, groups.length)
}

function* evaluateGroup(
  node: Expression,
  group: TableScope,
  frame: Frame,
): Evaluation<ServerValue> {
  const pause = frame.runtime.step()
  if (pause !== undefined) yield pause
  return yield* evaluate(node, { ...frame, columns: group })
}

function changed(result: Result, rows: number, change: (column: Column) => Column): Result {
  const columns = result.columns.map(({ name, column }) => ({ name, column: change(column) }))
  return { ...result, columns, rows }
}

/** Sorts by columns of the result or, if each row of the result is a row of the table, by columns of the table. */
function* ordered(
  node: ExpressionOf<'select'>,
  result: Result,
  scope: TableScope | undefined,
  frame: Frame,
): Evaluation<Result> {
  if (node.orderBy.length === 0) return result
  const byName = new Map<string, ServerValue>(
    result.columns.map(({ name, column }) => [name, column]),
  )
  const source = scope?.rows === result.rows && !result.isAggregate ? scope : undefined
  // A column of the table hides a result with the same name.
  const columns: ColumnScope = {
    rows: result.rows,
    tableName: source?.tableName,
    lookup: name => source?.lookup(name) ?? byName.get(name),
  }
  const sortColumns: { column: Column; descending: boolean }[] = []
  for (const { expression, descending } of node.orderBy) {
    sortColumns.push({ column: yield* evaluateColumn(expression, columns, frame), descending })
  }
  const order = sortRows(sortColumns, result.rows)
  return changed(result, result.rows, column => takeRows(column, order))
}

function* limited(node: ExpressionOf<'select'>, result: Result, frame: Frame): Evaluation<Result> {
  if (node.limitCount === undefined) return result
  const count = yield* rowNumber(node.limitCount, frame)
  const offset = node.limitOffset === undefined ? 0 : yield* rowNumber(node.limitOffset, frame)
  const fault = frame.runtime.session.fault?.limit?.(offset, result.rows)
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
