/*
  Makes rows of the values that statements insert, writes them, and changes and deletes rows. Also decides which rows
  `serve --discard` counts and drops.
*/
import { type ColumnType, columnTypeText } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { check } from '../script-error.js'
import type {
  CallContext,
  Evaluation,
  ServerDictionary,
  ServerValue,
} from '../values/server-value.js'
import { textOf, tupleElements, tupleOf } from '../values/values.js'
import { checkColumnType, nullColumn } from '../columns/column-layout.js'
import { columnOfScalar } from '../columns/convert-column.js'
import {
  checkWritable,
  isStream,
  prepareColumn,
  prepareColumns,
  valueCountError,
} from './prepare.js'
import { type ServerTable, columnIndex } from './server-table.js'
import { type WrittenRows, inTransaction } from './transactions.js'
import { columnTypeOf } from '../../protocol/element.js'

/**
 * The rows that the arguments of `tableInsert(table, args…)` give.
 * @throws {ScriptError} with the texts of docs/server-semantics.md#error-texts
 */
export function rowsOfArguments(table: ServerTable, args: readonly ServerValue[]): WrittenRows {
  const only = args.length === 1 ? args[0] : undefined
  if (only?.form === 'serverTable') return rowsOfTable(only)
  const isPlain = table.partitioning === undefined && table.kind !== 'dfs'
  check(isPlain, 'Only a table can be inserted into a partitioned or DFS table.')
  if (only?.form === 'serverDictionary') return rowsOfDictionary(table, only)
  return rowsOfValues(table, (only && tupleElements(only)) ?? args)
}

/** All rows of a table. Its columns match those of the target by position, whatever their names. */
export function rowsOfTable(source: ServerTable): WrittenRows {
  const columns = source.columnNames.map((_, index) => source.column(index))
  return { columns, rows: source.rows }
}

/** The dictionary must accept any type and have an entry per column (docs/server-semantics.md#tableinsert). */
function rowsOfDictionary(table: ServerTable, dictionary: ServerDictionary): WrittenRows {
  const entries = [...dictionary.entries.values()]
  const isComplete = entries.length === table.columnNames.length
  if (dictionary.valueType !== undefined || !isComplete) throw valueCountError(table)
  const values = entries.map(({ value }) => value)
  const names = entries.map(({ key }) => textOf(key) ?? '')
  return rowsOfValues(table, values, names)
}

/**
 * Writes rows in a transaction, or only counts them (`serve --discard`). Rows are counted and dropped for shared and
 * stored tables, except rows for keyed stream tables that were not given as a table: the loader inserts receipts in this
 * way, and needs to know which of them the table already has.
 * @param isTable  true if the caller gave the rows as a table
 * @param count  makes the result if the rows are only counted
 * @throws {ScriptError} if the table refuses the rows
 */
export function writeRows<T>(
  context: CallContext,
  table: ServerTable,
  written: WrittenRows,
  isTable: boolean,
  { count, write }: { count: (rows: number) => T; write: () => T },
): T | Evaluation<T> {
  const isVisible = table.sharedName !== '' || table.stored !== undefined
  if (!context.discards || !isVisible || (table.kind === 'keyedStream' && !isTable)) {
    return inTransaction(context, table, written, write)
  }
  const { columns, rows } = written
  prepareColumns(table, columns, rows)
  table.countDropped(rows)
  return count(rows)
}

/**
 * The rows of one value per column, like SQL's `insert into t values(…)`: all scalars, or all vectors of one length. For
 * a column of arrays, a vector is one row.
 * @param names  the columns of the values; all other columns become null. Default: all columns in order
 * @throws {ScriptError} `Inconsistent length of values to insert.`
 */
export function rowsOfValues(
  table: ServerTable,
  values: readonly ServerValue[],
  names?: readonly string[],
): WrittenRows {
  const positions = names === undefined ? undefined : namedPositions(table, names)
  if (values.length !== (positions ?? table.columnNames).length) throw valueCountError(table)
  const given = values.map((value, index) =>
    columnOfValue(value, table.columnTypes[positions?.[index] ?? index]!),
  )
  const rows = given[0]?.length ?? 0
  const isEven = given.every(column => column.length === rows)
  check(isEven, 'Inconsistent length of values to insert.')
  if (positions === undefined) return { columns: given, rows }
  const columns = table.columnTypes.map((type, at) => {
    const position = positions.indexOf(at)
    return position < 0 ? nullColumn(type, rows) : given[position]!
  })
  return { columns, rows }
}

function columnOfValue(value: ServerValue, target: ColumnType): Column {
  if (value.form === 'arrayVector') return value
  if (value.form === 'scalar') {
    return target.type === 'ANY' ? tupleOf([value]) : columnOfScalar(value)
  }
  check(
    value.form === 'vector',
    `Incompatible type. Expected: ${columnTypeText(target)}, Actual: ${value.form.toUpperCase()}`,
  )
  const isRow = target.array === true && value.type !== 'ANY' && value.type !== 'VOID'
  return isRow ? tupleOf([value]) : value
}

function namedPositions(table: ServerTable, names: readonly string[]): number[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  check(twice === undefined, `The column ${twice} is named twice.`)
  return names.map(name => columnIndex(table, name))
}

/** Removes rows at distinct, ascending positions. @throws {ScriptError} for stream and read-only tables */
export function deleteRows(table: ServerTable, rows: Int32Array): void {
  checkChangeable(table)
  let next = 0
  const all = Int32Array.from({ length: table.rows }, (_, row) => row)
  table.keepRows(all.filter(row => row !== rows[next] || ++next === 0))
}

/** New values of a column, one per row. A new name adds a column, with nulls in all other rows. */
export interface ColumnChange {
  readonly name: string
  readonly rows: Int32Array
  readonly values: Column
}

/**
 * Changes columns. Converts all values before it changes the first column.
 * @throws {ScriptError} for stream tables, key columns, partition columns, and types that do not convert
 */
export function updateColumns(table: ServerTable, changes: readonly ColumnChange[]): void {
  checkChangeable(table)
  const prepared = changes.map(change => preparedValues(table, change))
  changes.forEach(({ name, rows }, at) => {
    const values = prepared[at]!
    if (!table.columnNames.includes(name)) {
      const type = columnTypeOf(values)
      table.addColumn(name, type, nullColumn(type, table.rows))
    }
    table.update(table.columnNames.indexOf(name), rows, values)
  })
}

function preparedValues(table: ServerTable, { name, rows, values }: ColumnChange): Column {
  const index = table.columnNames.indexOf(name)
  if (index < 0) {
    checkColumnType(name, columnTypeOf(values))
    return values
  }
  const isPartitioning = table.partitioning?.columns.includes(index)
  check(!isPartitioning, `Can't update a partitioning column [${name}].`)
  table.checkNoKey(index)
  return prepareColumn(table, index, values, rows.length)
}

function checkChangeable(table: ServerTable): void {
  checkWritable(table)
  check(!isStream(table), "Can't update or delete rows of a stream table.")
}
