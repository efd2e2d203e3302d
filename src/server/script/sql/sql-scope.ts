/*
  The columns that a SQL statement sees: columns of its table, with only the rows that meet the `where` conditions. Also
  executes insert, update and delete.
*/
import {
  deleteRows,
  discardedRows,
  preparedValues,
  rowsOfValues,
  updateRows,
} from '../../tables/insert-values.js'
import { checkRead, checkWrite } from '../../tables/privileges.js'
import type { ServerTable } from '../../tables/server-table.js'
import { checkTransactionSize, inTransaction } from '../../tables/transactions.js'
import type { Evaluation, ServerValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { evaluate } from '../evaluate/evaluate.js'
import type { ColumnScope, Frame } from '../evaluate/frame.js'
import type { Delete, Expression, Insert, SelectColumn, Update } from '../parse/syntax.js'
import { vectorOfElements } from '../../values/vector-literal.js'
import { sliceColumn, takeRows } from '../../../protocol/element.js'
import type { Column } from '../../../protocol/value.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { operatorNames } from '../../operators/operator-names.js'
import { truthOf } from '../../operators/comparison.js'

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

/** State that all scopes of one statement share. */
interface Source {
  readonly table: ServerTable
  readonly tableName: string | undefined
  /** The columns that have been requested so far. For a query, all columns, fetched when it begins. */
  readonly columns: (Column | undefined)[]
  readonly rows: number
  readonly version: number
}

/** The rows that a table has when the statement begins. Copies the selected rows of a column when it is first used. */
export class TableScope implements ColumnScope {
  /** Positions of the selected rows in the table; undefined if all rows are selected. */
  readonly selected: Int32Array | undefined
  readonly #source: Source
  readonly #cache = new Map<string, Column>()
  /** Name → column of the select list, for `order by`. A column of the table hides a result with the same name. */
  readonly #results: ReadonlyMap<string, ServerValue>

  private constructor(
    source: Source,
    selected?: Int32Array,
    results: ReadonlyMap<string, ServerValue> = new Map(),
  ) {
    this.#source = source
    this.selected = selected
    this.#results = results
  }

  /** @param keepsAll  true for a query, which fetches all columns now; other statements need few columns */
  static of(table: ServerTable, tableName: string | undefined, keepsAll: boolean): TableScope {
    const { rows, version } = table
    const columns = keepsAll ? table.columnNames.map((_, index) => table.column(index)) : []
    return new TableScope({ table, tableName, columns, rows, version })
  }

  get table(): ServerTable {
    return this.#source.table
  }

  get tableName(): string | undefined {
    return this.#source.tableName
  }

  get tableRows(): number {
    return this.#source.rows
  }

  get rows(): number {
    return this.selected?.length ?? this.tableRows
  }

  get countType(): 'INT' | 'LONG' {
    return this.table.partitioning === undefined ? 'INT' : 'LONG'
  }

  /** Returns a new object each time, so that callers may change it without affecting later look-ups. */
  lookup(name: string): ServerValue | undefined {
    const known = this.#cache.get(name)
    if (known !== undefined) return { ...known }
    const whole = this.#wholeColumn(name)
    if (whole === undefined) return this.#results.get(name)
    if (this.selected === undefined) return { ...whole }
    const column = takeRows(whole, this.selected)
    this.#cache.set(name, column)
    return { ...column }
  }

  #wholeColumn(name: string): Column | undefined {
    const { table, columns, rows } = this.#source
    const index = table.columnNames.indexOf(name)
    if (index < 0) return undefined
    const known = columns[index]
    if (known !== undefined) return known
    this.checkUnmoved()
    const column = columnSlice(table.column(index), 0, rows)
    columns[index] = column
    return column
  }

  /** The same table with only the given rows of this scope. */
  at(rows: Int32Array): TableScope {
    const { selected } = this
    if (selected === undefined) return new TableScope(this.#source, rows)
    const inTable = new Int32Array(rows.length)
    for (let i = 0; i < rows.length; i++) inTable[i] = selected[rows[i]!]!
    return new TableScope(this.#source, inTable)
  }

  /** The same rows, with additional columns that the statement has computed. */
  withResults(results: ReadonlyMap<string, ServerValue>): TableScope {
    return new TableScope(this.#source, this.selected, results)
  }

  /** @throws {ScriptError} if the table has lost or moved rows since the statement began */
  checkUnmoved(): void {
    if (this.table.version === this.#source.version) return
    throw new ScriptError(
      'Another session has removed or moved rows of the table meanwhile. Run the statement again.',
    )
  }
}

export function withColumns(frame: Frame, columns: ColumnScope): Frame {
  return { ...frame, columns }
}

/** The rows of the table `node` that meet the conditions. @param keepsAll  see `TableScope.of` */
export function* evaluateScope(
  node: Expression,
  where: readonly Expression[],
  frame: Frame,
  keepsAll: boolean,
): Evaluation<TableScope> {
  const table = yield* evaluateTable(node, frame)
  if (keepsAll) checkRead(frame.runtime, table)
  const tableName = node.kind === 'name' ? node.name : undefined
  return yield* filterRows(TableScope.of(table, tableName, keepsAll), where, frame)
}

/** The table that follows `from`, `insert into`, `update` or `delete from`. */
function* evaluateTable(node: Expression, frame: Frame): Evaluation<ServerTable> {
  const outside: Frame = frame.columns === undefined ? frame : { ...frame, columns: undefined }
  const value = yield* evaluate(node, outside)
  if (value.form !== 'serverTable') throw new ScriptError('The object must be a table.')
  return value
}

function* filterRows(
  scope: TableScope,
  where: readonly Expression[],
  frame: Frame,
): Evaluation<TableScope> {
  let filtered = scope
  for (const condition of where) {
    const value = yield* evaluate(condition, withColumns(frame, filtered))
    filtered = filtered.at(rowsWhere(value, filtered.rows))
  }
  return filtered
}

function rowsWhere(condition: ServerValue, rows: number): Int32Array {
  const isScalar = condition.form === 'scalar'
  const vector = isScalar ? columnOfScalar(condition) : condition
  if (vector.form !== 'vector' || (!isScalar && vector.length !== rows)) {
    throw new ScriptError('The where condition must be a boolean value for each row.')
  }
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

/** The value as a column of `rows` rows; repeats a scalar. */
export function columnOfResult(value: ServerValue, rows: number): Column {
  const column = asColumn(value)
  if (value.form !== 'scalar') return column
  return takeRows(column, new Int32Array(rows))
}

/** A scalar becomes a column of one row. @throws {ScriptError} for values that cannot be a column */
export function asColumn(value: ServerValue): Column {
  if (value.form === 'vector' || value.form === 'arrayVector') return value
  if (value.form === 'scalar') return columnOfScalar(value)
  throw new ScriptError('A column must be a scalar or a vector.')
}

/** Rows `start` to `end` (exclusive) of a column; returns the column itself if these are all of its rows. */
export function columnSlice(column: Column, start: number, end: number): Column {
  return start === 0 && end >= column.length ? column : sliceColumn(column, start, end)
}

/** The name of a result column: its alias, or the name of the column, or a name like `sum_price` for `sum(price)`. */
export function resultName(column: SelectColumn): string {
  if (column.alias !== undefined) return column.alias
  return column.expression === undefined ? '' : derivedName(column.expression)
}

function derivedName(node: Expression): string {
  switch (node.kind) {
    case 'name':
      return node.name === '*' ? '' : node.name
    case 'member':
      return node.name
    case 'call': {
      const callee = node.callee.kind === 'name' ? node.callee.name : ''
      const parts = node.args.map(arg => (arg.value === undefined ? '' : columnName(arg.value)))
      return [callee, ...parts].filter(part => part !== '').join('_')
    }
    case 'binary':
      return joinNames(
        operatorNames[node.operator],
        columnName(node.left) || columnName(node.right),
      )
    case 'unary':
      return joinNames(node.operator === '-' ? 'neg' : 'not', columnName(node.operand))
    case 'named':
      return node.name
    case 'index':
      return derivedName(node.target)
    case 'literal': {
      const { source, start, end } = node.span
      return source.slice(start, end).replace(/[^\w]/g, '_')
    }
    default:
      return node.kind
  }
}

function joinNames(first: string, second: string): string {
  return second === '' ? first : `${first}_${second}`
}

function columnName(node: Expression): string {
  return node.kind === 'literal' ? '' : derivedName(node)
}
