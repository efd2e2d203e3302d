/*
  Runs `group by`: one row per group, in ascending order of the keys. Keys that are not in the select list become the
  first columns (manual, "group by").
*/
import { takeRows } from '../../../protocol/element.js'
import type { Column, Scalar } from '../../../protocol/value.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import type { Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { evaluate } from '../evaluate/evaluate.js'
import type { Frame } from '../evaluate/frame.js'
import { joinAll } from '../../values/vector-literal.js'
import { groupRows, type Groups, sortRows } from '../../operators/row-keys.js'
import { isTrue } from '../../values/scalar.js'
import type { Result, ResultColumn } from './sql-select.js'
import { columnOfResult, resultName, type TableScope, withColumns } from './sql-scope.js'
import { sameExpression, type Select, type Expression } from '../parse/syntax.js'

/** @throws {ScriptError} for selected columns that are neither keys nor aggregates */
export function* evaluateGroups(node: Select, scope: TableScope, frame: Frame): Evaluation<Result> {
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
