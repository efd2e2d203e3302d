/*
  Creates tables, and converts tables from and to the form in which they are sent.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import { columnTypeOf, sliceColumn } from '../../protocol/element.js'
import type { Column, Table } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { checkColumnType } from '../columns/column-layout.js'
import { ColumnTable, type KeyRule } from './column-table.js'
import type { TablePartitioning } from './partitions/partition-level.js'
import type { ServerTable, StoredTableFacts, TableKind } from './server-table.js'

export interface TableOptions {
  /** Initial capacity in rows, which is only a hint. */
  capacity?: number
  /** Initial rows, in the types of the table. */
  columns?: readonly Column[]
  /** Names of the key columns, for keyed, indexed and keyed stream tables. */
  keyColumns?: readonly string[]
  partitioning?: TablePartitioning
  stored?: StoredTableFacts
}

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
  checkDistinct(names)
  types.forEach((type, index) => checkColumnType(names[index]!, type))
  const { capacity, columns, partitioning, stored } = options
  const keys = keyRule(kind, names, options)
  const facts = { kind, names, types, capacity, keys, partitioning, stored }
  const rows = columns?.[0]?.length ?? 0
  if (columns?.some(column => column.length !== rows)) {
    throw new ScriptError('All columns must be of the same length. RefId:S02010')
  }
  if (keys === undefined) return new ColumnTable({ ...facts, columns, rows })
  const table = new ColumnTable(facts)
  if (
    columns !== undefined &&
    table.append(columns, rows) < rows &&
    keys.onDuplicate === 'update'
  ) {
    throw new ScriptError("A keyed/indexed table can't contain duplicated keys. RefId: S05012")
  }
  return table
}

/** A plain table over the columns of a received table, without a copy. */
export function tableFromWire(table: Table): ServerTable {
  const { columnNames, columns, rows } = table
  return new ColumnTable({
    kind: 'basic',
    names: columnNames,
    types: columns.map(columnTypeOf),
    columns,
    rows,
  })
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

/** @throws {ScriptError} S05017 if a name occurs twice */
function checkDistinct(names: readonly string[]): void {
  const seen = new Set<string>()
  const duplicate = names.find(name => seen.size === seen.add(name).size)
  if (duplicate !== undefined) {
    throw new ScriptError(
      `A table cannot contain columns with duplicate name: ${duplicate}.RefId: S05017`,
    )
  }
}

function keyRule(
  kind: TableKind,
  names: readonly string[],
  { keyColumns = [], stored, partitioning }: TableOptions,
): KeyRule | undefined {
  if (keyColumns.length > 0) {
    return {
      columns: keyColumns.map(name => positionOf(names, name)),
      onDuplicate: kind === 'keyedStream' ? 'ignore' : 'update',
    }
  }
  if (stored === undefined || stored.keepDuplicates === 'ALL' || stored.sortColumns.length === 0) {
    return undefined
  }
  return {
    columns: stored.sortColumns.map(name => positionOf(names, name)),
    onDuplicate: stored.keepDuplicates === 'FIRST' ? 'ignore' : 'update',
    withinPartition: partitioning !== undefined,
  }
}

function positionOf(names: readonly string[], name: string): number {
  const index = names.indexOf(name)
  if (index < 0) throw new ScriptError(`The key column [${name}] does not exist in the table.`)
  return index
}
