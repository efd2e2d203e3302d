/*
  Creates tables, and converts tables from and to the form in which they are sent.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import { columnTypeOf, sliceColumn } from '../../protocol/element.js'
import type { Table } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
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
  if (names.length === 0) throw new ScriptError('A table must have at least one column.')
  if (new Set(names).size < names.length) {
    const duplicate = names.find((name, index) => names.indexOf(name) !== index)
    throw new ScriptError(
      `A table cannot contain columns with duplicate name: ${duplicate}.RefId: S05017`,
    )
  }
  types.forEach((type, index) => checkColumnType(names[index]!, type))
  const { columns } = options
  const rows = columns?.[0]?.length ?? 0
  if (columns?.some(column => column.length !== rows)) {
    throw new ScriptError('All columns must be of the same length. RefId:S02010')
  }
  const table = new ColumnTable(kind, names, types, options)
  if (columns === undefined || table.keyColumns.length === 0) return table
  if (table.append(columns, rows) < rows && kind !== 'keyedStream') {
    throw new ScriptError("A keyed/indexed table can't contain duplicated keys. RefId: S05012")
  }
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
  if (index < 0) throw new ScriptError(`Unrecognized column name ${name}. RefId:S02005`)
  return index
}
