/* The columns that a SQL statement sees, with the rows that meet its conditions. Also executes insert, update and delete. */
import {
  type ColumnChange,
  deleteRows,
  rowsOfValues,
  updateColumns,
  writeRows,
} from '../../tables/write-rows.js'
import { checkRead, checkWrite } from '../../tables/privileges.js'
import type { ServerTable } from '../../tables/server-table.js'
import type { Evaluation, ServerValue } from '../../values/server-value.js'
import { check } from '../../script-error.js'
import { evaluate, evaluateList, type ColumnScope, type Frame } from '../evaluate/evaluate.js'
import {
  type Expression,
  type SelectColumn,
  textOfSpan,
  type ExpressionOf,
} from '../parse/syntax.js'
import { vectorOfElements, voidValue } from '../../values/values.js'
import { takeRows } from '../../../protocol/element.js'
import { civilFromDays } from '../../../protocol/types/temporals.js'
import type { Column } from '../../../protocol/value.js'
import { firstReleases, isAtLeast, type ServerNode } from '../../node.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { operatorNames } from '../../operators/operands.js'
import { truthOf } from '../../operators/comparison.js'

/** Inserts all rows or none. @throws {ScriptError} with the texts of docs/server-semantics.md#error-texts */
export function* executeInsert(node: ExpressionOf<'insert'>, frame: Frame): Evaluation<void> {
  const { runtime } = frame
  const table = yield* evaluateTable(node.target, frame)
  // docs/server-semantics.md#insert-into
  check(
    table.kind !== 'dfs' || runtime.node.config.enableInsertStatementForDFSTable,
    "Can't use the insert into statement on a DFS table unless enableInsertStatementForDFSTable is true.",
  )
  checkWrite(runtime, table)
  const rows: ServerValue[][] = []
  for (const nodes of node.rows) rows.push(yield* evaluateList(nodes, frame))
  const first = rows[0]!
  const isEven = rows.every(row => row.length === first.length)
  check(isEven, 'Inconsistent length of values to insert.')
  const values =
    rows.length === 1 ? first : first.map((_, at) => vectorOfElements(rows.map(row => row[at]!)))
  const written = rowsOfValues(table, values, node.columnNames)
  const begun = writeRows(runtime, table, written, false, () => voidValue)
  if (!('form' in begun)) yield* begun
}

/** Computes all new values and converts them to the column types before it stores the first value. */
export function* executeUpdate(node: ExpressionOf<'update'>, frame: Frame): Evaluation<void> {
  const scope = yield* evaluateScope(node.target, node.where, frame)
  const { table, positions } = scope
  checkWrite(frame.runtime, table, 'UPDATE')
  const changes: ColumnChange[] = []
  for (const { columnName: name, value } of node.assignments) {
    changes.push({ name, rows: positions, values: yield* evaluateColumn(value, scope, frame) })
  }
  scope.checkUnmoved()
  updateColumns(table, changes)
}

/** Without conditions, deletes all rows. @throws {ScriptError} for tables that keep all rows, such as stream tables */
export function* executeDelete(node: ExpressionOf<'delete'>, frame: Frame): Evaluation<void> {
  const scope = yield* evaluateScope(node.target, node.where, frame)
  checkWrite(frame.runtime, scope.table, 'DELETE')
  scope.checkUnmoved()
  deleteRows(scope.table, scope.positions)
}

/** The rows that a table has when the statement begins. Copies the selected rows of a column when it is first used. */
export class TableScope implements ColumnScope {
  readonly table: ServerTable
  readonly tableName: string | undefined
  /** Positions of the selected rows in the table; undefined if all rows are selected. */
  readonly #selected: Int32Array | undefined
  readonly #source: { columns: readonly (() => Column)[]; rows: number; version: number }
  readonly #cache = new Map<string, Column>()

  constructor(
    table: ServerTable,
    tableName: string | undefined,
    from?: TableScope,
    selected?: Int32Array,
  ) {
    this.table = table
    this.tableName = tableName
    const { columnNames, rows, version } = table
    this.#source =
      from === undefined
        ? { columns: columnNames.map((_, index) => table.snapshot(index)), rows, version }
        : from.#source
    this.#selected = selected
  }

  get rows(): number {
    return this.#selected?.length ?? this.#source.rows
  }

  get positions(): Int32Array {
    return this.#selected ?? Int32Array.from({ length: this.#source.rows }, (_, row) => row)
  }

  get countType(): 'INT' | 'LONG' {
    return this.table.partitioning === undefined ? 'INT' : 'LONG'
  }

  /** Returns a new object each time, so that callers may change it without affecting later look-ups. */
  lookup(name: string): ServerValue | undefined {
    const whole = this.#source.columns[this.table.columnNames.indexOf(name)]?.()
    if (whole === undefined || this.#selected === undefined) return whole && { ...whole }
    const column = this.#cache.get(name) ?? takeRows(whole, this.#selected)
    this.#cache.set(name, column)
    return { ...column }
  }

  /** The same table with only the given rows of this scope. */
  at(rows: Int32Array): TableScope {
    const selected = this.#selected
    const inTable = selected === undefined ? rows : rows.map(row => selected[row]!)
    return new TableScope(this.table, this.tableName, this, inTable)
  }

  /** @throws {ScriptError} if the table has lost or moved rows since the statement began */
  checkUnmoved(): void {
    const text =
      'Another session has removed or moved rows of the table meanwhile. Run the statement again.'
    check(this.table.version === this.#source.version, text)
  }
}

/** The rows of the table `node` that meet the conditions. @param isQuery  true if the user needs the right to read */
export function* evaluateScope(
  node: Expression,
  where: readonly Expression[],
  frame: Frame,
  isQuery = false,
): Evaluation<TableScope> {
  const table = yield* evaluateTable(node, frame)
  if (isQuery) checkRead(frame.runtime, table)
  let scope = new TableScope(table, node.kind === 'name' ? node.name : undefined)
  for (const condition of where) {
    checkLengthOf(condition, frame.runtime.node)
    const value = yield* evaluate(condition, { ...frame, columns: scope })
    const isMissed = missedRows(condition, scope, frame.runtime.node)
    const rows = rowsWhere(value, scope.rows)
    scope = scope.at(isMissed === undefined ? rows : rows.filter(row => !isMissed(row)))
  }
  return scope
}

/** @throws {ScriptError} for more operators than a server allows */
function checkLengthOf(condition: Expression, { release }: ServerNode): void {
  if (!isAtLeast(release, firstReleases.limitedConditions)) return
  const nodes = [condition]
  for (const node of nodes) if (node.kind === 'binary') nodes.push(node.left, node.right)
  const text = 'The number of objects in an expression cannot exceed 1024.'
  // Each operator has added two nodes.
  check(nodes.length <= 2 * 1024 + 1, text)
}

/** Rows on the first day of a month, which an old server does not find by their date if each month has a partition. */
function missedRows(condition: Expression, scope: TableScope, { release }: ServerNode) {
  const { partitioning, columnNames } = scope.table
  const name = condition.kind === 'binary' && condition.left.kind === 'name' && condition.left.name
  if (name === false || partitioning === undefined) return undefined
  const level = partitioning.levels[partitioning.columns.indexOf(columnNames.indexOf(name))]
  const isOfMonths = level?.kind === 'VALUE' && level.type.type === 'MONTH'
  if (!isOfMonths || isAtLeast(release, firstReleases.firstsOfMonths, [1, 30, 21, 3])) return
  const dates = scope.lookup(name)
  return (row: number): boolean =>
    dates?.form === 'vector' && dates.type === 'DATE' && civilFromDays(dates.data[row]!).day === 1
}

/** The table that follows `from`, `insert into`, `update` or `delete from`. */
function* evaluateTable(node: Expression, frame: Frame): Evaluation<ServerTable> {
  const outside: Frame = frame.columns === undefined ? frame : { ...frame, columns: undefined }
  const value = yield* evaluate(node, outside)
  check(value.form === 'serverTable', 'The object must be a table.')
  return value
}

function rowsWhere(condition: ServerValue, rows: number): Int32Array {
  const isScalar = condition.form === 'scalar'
  const vector = isScalar ? columnOfScalar(condition) : condition
  const isEven = vector.form === 'vector' && (isScalar || vector.length === rows)
  check(isEven, 'The where condition must be a boolean value for each row.')
  const truths = truthOf(vector, 'where')
  const truth = isScalar ? new Int8Array(rows).fill(truths[0]!) : truths.subarray(0, rows)
  const first = truth.indexOf(1)
  // Looks only at the rows from the first match to the last, because often few of many rows meet a condition.
  const length = first < 0 ? 0 : truth.lastIndexOf(1) + 1 - first
  const picked = new Int32Array(length)
  let count = 0
  for (let i = 0; i < length; i++) if (truth[first + i] === 1) picked[count++] = first + i
  return picked.subarray(0, count)
}

/** The value of an expression as a column with one element per row of the scope. */
export function* evaluateColumn(
  node: Expression,
  scope: ColumnScope,
  frame: Frame,
): Evaluation<Column> {
  const column = columnOfResult(yield* evaluate(node, { ...frame, columns: scope }), scope.rows)
  checkLength(column.length === scope.rows)
  return column
}

export function checkLength(isEven: boolean): void {
  check(isEven, 'All columns must be of the same length. RefId:S02010')
}

/** The value as a column; repeats a scalar `rows` times. @throws {ScriptError} for values that cannot be a column */
export function columnOfResult(value: ServerValue, rows: number): Column {
  if (value.form === 'vector' || value.form === 'arrayVector') return value
  check(value.form === 'scalar', 'A column must be a scalar or a vector.')
  return takeRows(columnOfScalar(value), new Int32Array(rows))
}

/** The name of a result column: its alias, or the name of the column, or a name like `sum_price` for `sum(price)`. */
export function resultName({ alias, expression }: SelectColumn): string {
  return alias ?? (expression === undefined ? '' : derivedName(expression))
}

function derivedName(node: Expression): string {
  switch (node.kind) {
    case 'name':
    case 'member':
    case 'named':
      return node.name === '*' ? '' : node.name
    case 'call': {
      const callee = node.callee.kind === 'name' ? node.callee.name : ''
      return joined(callee, ...node.args.map(({ value }) => (value ? columnName(value) : '')))
    }
    case 'binary':
      return joined(operatorNames[node.operator], columnName(node.left) || columnName(node.right))
    case 'unary':
      return joined(node.operator === '-' ? 'neg' : 'not', columnName(node.operand))
    default:
      return textOfSpan(node.span).replace(/\W/g, '_')
  }
}

function joined(...parts: string[]): string {
  return parts.filter(part => part !== '').join('_')
}

function columnName(node: Expression): string {
  return node.kind === 'literal' ? '' : derivedName(node)
}
