/*
  Creates tables, and converts tables from and to the form in which they are sent.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import { columnTypeOf, sliceColumn } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import { check } from '../script-error.js'
import { checkColumnType } from '../columns/column-layout.js'
import { ColumnTable, type TableOptions } from './column-table.js'
import type { ServerTable, TableKind } from './server-table.js'

/**
 * Creates an in-memory, stream, keyed or partitioned table.
 * @throws {ScriptError} for duplicate column names (S05017), missing key columns, duplicate keys (S05012), and types
 *   that no table can have
 */
export function createTable(
  kind: TableKind,
  names: readonly string[],
  types: readonly ColumnType[],
  options: TableOptions = {},
): ServerTable {
  check(names.length > 0, 'A table must have at least one column.')
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  const text = `A table cannot contain columns with duplicate name: ${twice}.RefId: S05017`
  check(twice === undefined, text)
  types.forEach((type, index) => checkColumnType(names[index]!, type))
  const { columns } = options
  const rows = columns?.[0]?.length ?? 0
  const isEven = columns?.every(column => column.length === rows) ?? true
  check(isEven, 'All columns must be of the same length. RefId:S02010')
  const table = new ColumnTable(kind, names, types, options)
  if (columns === undefined || table.keyColumns.length === 0) return table
  const isUnique = table.append(columns, rows) === rows || kind === 'keyedStream'
  check(isUnique, "A keyed/indexed table can't contain duplicated keys. RefId: S05012")
  return table
}

/** A plain table over the columns of a received table, without a copy. */
export function tableFromWire({ columnNames, columns }: Table): ServerTable {
  return new ColumnTable('basic', columnNames, columns.map(columnTypeOf), { columns })
}

/** The rows so far, unaffected by later changes. Sends a DFS table without rows, because only SQL reads them. */
export function tableToWire(table: ServerTable): Table {
  const isStored = table.kind === 'dfs'
  const columns = table.columnNames.map((_, index) =>
    isStored ? sliceColumn(table.column(index), 0, 0) : table.column(index),
  )
  return {
    form: 'table',
    name: table.sharedName,
    rows: isStored ? 0 : table.rows,
    columnNames: table.columnNames,
    columns,
  }
}

/** @throws {ScriptError} if the table has no column with this name */
export function columnIndex(table: ServerTable, name: string): number {
  const index = table.columnNames.indexOf(name)
  check(index >= 0, `Unrecognized column name ${name}. RefId:S02005`)
  return index
}
