/*
  The interface of every table of the embedded server, however it is stored.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import type { TablePartitioning } from './partitions/place-rows.js'

/** The kind of a table; `partitioned` means partitioned in memory, `dfs` stored in a database. */
export type TableKind =
  'basic' | 'stream' | 'keyed' | 'indexed' | 'keyedStream' | 'partitioned' | 'dfs'

/** Arguments of `upsert!` beyond the rows. */
export interface UpsertOptions {
  /** A null in the new data does not change the old cell. */
  ignoreNull?: boolean
  /** Key columns for a table without keys (DFS); partition columns always count as well. */
  keyColumns?: readonly number[]
}

/** Limits the rows that a stream table keeps in memory (DolphinDB manual, page enableTablePersistence). */
export interface TableCache {
  /** Limit of rows; if there are more, the older half is dropped. */
  readonly rows: number
  /** Whether the rows are also on disk; the embedded server has no disk. */
  readonly isPersisted: boolean
}

/** Counts of rows. A row that changed nothing, because its nulls were ignored, is not counted. */
export interface UpsertCount {
  inserted: number
  updated: number
}

/** Properties of a stored table beyond its columns, from `createPartitionedTable` and `createTable`. */
export interface StoredTableFacts {
  /** `dfs://…`; '' for an in-memory partitioned table. */
  databasePath: string
  tableName: string
  /** Unique among all DFS tables, even earlier ones with the same name; '' for tables in memory. */
  physicalIndex: string
  /** A UUID for the table's own file chunk; unique like `physicalIndex`. */
  chunkId: string
  owner: string
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  compressMethods: ReadonlyMap<string, string>
  /** Sort columns; for a PKEY table its primary key. */
  sortColumns: readonly string[]
  keepDuplicates: 'ALL' | 'LAST' | 'FIRST'
}

/** A table that sessions change; only copies of its columns are sent (`tableToWire`). */
export interface ServerTable {
  readonly form: 'serverTable'
  readonly kind: TableKind
  /** Name under which the table is shared; '' if it is not. */
  sharedName: string
  /** Set by share(t, name, readonly=true). */
  readOnly: boolean
  /** Set after the table was dropped: code that still refers to the table can read, but not write. */
  isDropped: boolean
  readonly columnNames: readonly string[]
  readonly columnTypes: readonly ColumnType[]
  readonly rows: number
  /** Rows ever appended, including rows that have left memory. */
  readonly totalRows: number
  /** Counts rows that `serve --discard` drops instead of storing. */
  forget(rows: number): void
  /** Which rows of a stream table leave memory; undefined if none do. */
  cache: TableCache | undefined
  /** Changes whenever rows are removed or moved, which invalidates earlier positions. */
  readonly version: number
  /** Indexes of the key columns; empty for tables without keys. */
  readonly keyColumns: readonly number[]
  /** How rows are partitioned; undefined for tables without partitions. */
  readonly partitioning: TablePartitioning | undefined
  readonly stored: StoredTableFacts | undefined
  /** Column `index` as it is now: a view that later appends do not change. */
  column(index: number): Column
  /**
   * Appends `rows` rows, given column by column in the table's order, converting types as DolphinDB does.
   * @returns rows really inserted (keyed tables count new keys, partitioned ones rows inside the scheme)
   * @throws {ScriptError} with the server's message; nothing is inserted then
   */
  append(columns: readonly Column[], rows: number): number
  /** Like append, but overwrites rows with an existing key (docs/server-semantics.md#upsert-and-tableupsert). */
  upsert(columns: readonly Column[], rows: number, options?: UpsertOptions): UpsertCount
  /** Sets row `rows[i]` of column `index` to `values[i]`, converted to the column's type. */
  update(index: number, rows: Int32Array, values: Column): void
  /** Keeps these rows, in this order, and removes all others. */
  keepRows(rows: Int32Array): void
  /** Gives every column its new name, in order. */
  renameColumns(names: readonly string[]): void
  /** Replaces a column; the table takes over the new column's type. */
  replaceColumn(index: number, column: Column): void
  addColumn(name: string, type: ColumnType, column: Column): void
}
