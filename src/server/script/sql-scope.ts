/*
  The columns a SQL statement sees: those of its table, at the rows that are left after `where`.
*/
import { sliceColumn, takeRows } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { columnOfScalar } from '../tables/convert.js'
import type { ServerTable } from '../tables/table.js'
import type { Evaluation } from './builtin.js'
import { ScriptError } from './builtin.js'
import { evaluate } from './evaluate.js'
import type { ColumnScope, Frame } from './frame.js'
import { operatorNames } from './operator-names.js'
import { truthOf } from './operators/logic.js'
import type { Expression, SelectColumn } from './syntax.js'
import type { ServerValue } from './values.js'

/** Columns are picked when they are asked for, and once. */
export class TableScope implements ColumnScope {
  readonly table: ServerTable
  readonly tableName: string | undefined
  /** Rows of the table in question; undefined: all. */
  readonly selected: Int32Array | undefined
  private readonly cache = new Map<string, Column>()
  /** Results by name, for `order by` and `having`; columns of the table come first. */
  private readonly results: ReadonlyMap<string, ServerValue>

  constructor(
    table: ServerTable,
    tableName?: string,
    selected?: Int32Array,
    results: ReadonlyMap<string, ServerValue> = new Map(),
  ) {
    this.table = table
    this.tableName = tableName
    this.selected = selected
    this.results = results
  }

  /** Rows that are left. */
  get rows(): number {
    return this.selected?.length ?? this.table.rows
  }

  /** An object of its own each time: what a statement does to it must not reach the next one. */
  lookup(name: string): ServerValue | undefined {
    const known = this.cache.get(name)
    if (known !== undefined) return { ...known }
    const index = this.table.columnNames.indexOf(name)
    if (index < 0) return this.results.get(name)
    const whole = this.table.column(index)
    const column = this.selected === undefined ? whole : takeRows(whole, this.selected)
    this.cache.set(name, column)
    return { ...column }
  }

  /** The same table at some of this scope's rows. */
  at(rows: Int32Array): TableScope {
    const { selected } = this
    return new TableScope(
      this.table,
      this.tableName,
      selected === undefined ? rows : rows.map(row => selected[row]!),
    )
  }

  /** The same rows, with columns that the statement itself has made. */
  withResults(results: ReadonlyMap<string, ServerValue>): TableScope {
    return new TableScope(this.table, this.tableName, this.selected, results)
  }
}

/** The same frame inside a SQL statement. */
export function withColumns(frame: Frame, columns: ColumnScope): Frame {
  return { ...frame, columns }
}

/** The rows that a statement on the table `node` names is about. */
export function* evaluateScope(
  node: Expression,
  where: readonly Expression[],
  frame: Frame,
): Evaluation<TableScope> {
  const table = yield* evaluateTable(node, frame)
  const name = node.kind === 'name' ? node.name : undefined
  return yield* filterRows(new TableScope(table, name), where, frame)
}

/** The table a `from`, `insert into`, `update` or `delete from` names. */
export function* evaluateTable(node: Expression, frame: Frame): Evaluation<ServerTable> {
  const outside: Frame = frame.columns === undefined ? frame : { ...frame, columns: undefined }
  const value = yield* evaluate(node, outside)
  if (value.form !== 'serverTable') throw new ScriptError('The object must be a table.')
  return value
}

/** Applies the conditions of a `where` one after the other. */
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
  if (condition.form === 'scalar') {
    const holds = truthOf(columnOfScalar(condition), 'where')[0] === 1
    return Int32Array.from({ length: holds ? rows : 0 }, (_, row) => row)
  }
  if (condition.form !== 'vector' || condition.length !== rows) {
    throw new ScriptError('The where condition must be a boolean value for each row.')
  }
  const truth = truthOf(condition, 'where')
  const picked = new Int32Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) if (truth[row] === 1) picked[count++] = row
  return picked.subarray(0, count)
}

/** A value as a column of `rows` rows; a scalar stands in every row. */
export function columnOfResult(value: ServerValue, rows: number): Column {
  const column = asColumn(value)
  if (value.form !== 'scalar') return column
  return takeRows(column, new Int32Array(rows))
}

/**
 * A scalar becomes one row.
 * @throws {ScriptError} for what is no column
 */
export function asColumn(value: ServerValue): Column {
  if (value.form === 'vector' || value.form === 'arrayVector') return value
  if (value.form === 'scalar') return columnOfScalar(value)
  throw new ScriptError('A column must be a scalar or a vector.')
}

/** Rows of a column from `start` to `end` (exclusive), or the column itself when that is all. */
export function columnSlice(column: Column, start: number, end: number): Column {
  return start === 0 && end >= column.length ? column : sliceColumn(column, start, end)
}

/** The name of a result column: its alias, the column's own, or function and columns as `sum_price`. */
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
