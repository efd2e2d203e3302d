/* Tables and databases of the embedded server: creates tables. */
import type { PartitionLevel } from './partitions/partition-level.js'
import { type TableOptions, ColumnTable } from './column-table.js'
import type { ColumnType } from '../../protocol/data-type.js'
import { check } from '../script-error.js'
import { checkColumnType } from '../columns/column-layout.js'

/** `partitioned` is a partitioned table in memory, `dfs` a table in a database. */
export type TableKind =
  'basic' | 'stream' | 'keyed' | 'indexed' | 'keyedStream' | 'partitioned' | 'dfs'

/** Arguments of `upsert!` other than the rows. */
export interface UpsertOptions {
  /** If true, a null in the new data leaves the old cell unchanged. */
  ignoreNull?: boolean | undefined
  /** Key columns, for DFS tables, which have no key of their own. Partition columns are always key columns, too. */
  keyColumns?: readonly number[]
  /** For DFS tables: whether a null in a key equals nulls. */
  nullsMatch?: boolean
}

/** Counts of rows. Does not count a row that changed nothing because its nulls were ignored. */
export interface UpsertCount {
  inserted: number
  updated: number
}

/** Properties of a table in a database other than its columns, set by `createPartitionedTable` and `createTable`. */
export interface StoredTableFacts {
  /** `dfs://…` */
  databasePath: string
  tableName: string
  /** Unique among all DFS tables, even dropped tables of the same name. */
  physicalIndex: string
  /** UUID of the table's own file chunk; unique among all DFS tables, like `physicalIndex`. */
  chunkId: string
  owner: string
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  /** The sort columns; for a PKEY table, its primary key. */
  sortColumns: readonly string[]
  keepDuplicates: 'ALL' | 'LAST' | 'FIRST'
}

/** A table that sessions can change. Only copies of its columns are sent (`toWire`). */
export type ServerTable = ColumnTable

/** The result of `database(...)`, with a path for DFS, nameless for partitioned tables in memory. Describes how rows are partitioned. */
export interface DatabaseHandle {
  form: 'database'
  /** `dfs://…`, or '' for a nameless handle. */
  path: string
  /** One entry per level, in which the handles of a COMPO scheme are replaced by their levels. */
  levels: readonly PartitionLevel[]
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  atomic: 'TRANS' | 'CHUNK'
  owner: string
  /** Name → table; empty for a nameless handle. */
  tables: Map<string, ServerTable>
}

/** @throws {ScriptError} for duplicate columns (S05017) or keys (S05012), missing key columns, and types that no table can have */
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
  const isUnique = table.append(columns) === rows || kind === 'keyedStream'
  check(isUnique, "A keyed/indexed table can't contain duplicated keys. RefId: S05012")
  return table
}

/** @throws {ScriptError} if the table has no column with this name */
export function columnIndex(table: ServerTable, name: string): number {
  const index = table.columnNames.indexOf(name)
  check(index >= 0, `Unrecognized column name ${name}. RefId:S02005`)
  return index
}
