/*
  What every table of the embedded server can do, whatever stores it.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import type { TablePartitioning } from './partitions/place-rows.js'

/** What made the table; `partitioned` is in memory. */
export type TableKind =
  'basic' | 'stream' | 'keyed' | 'indexed' | 'keyedStream' | 'partitioned' | 'dfs'

/** Arguments of `upsert!` beyond the rows. */
export interface UpsertOptions {
  /** A null in the new data leaves the old cell as it is. */
  ignoreNull?: boolean
  /** Columns that make two rows the same in a table without keys (DFS); partition columns always do. */
  keyColumns?: readonly number[]
}

/** A stream table that keeps its latest rows in memory (DolphinDB manual, page enableTablePersistence). */
export interface TableCache {
  /** When there are more rows, the older half leaves. */
  readonly rows: number
  /** Whether they are on disk; the embedded server has none. */
  readonly isPersisted: boolean
}

/** What became of the rows; one whose nulls were all ignored is in neither. */
export interface UpsertCount {
  inserted: number
  updated: number
}

/** What `createPartitionedTable` and `createTable` tell of a stored table beyond its columns. */
export interface StoredTableFacts {
  /** `dfs://…`; '' for an in-memory partitioned table. */
  databasePath: string
  tableName: string
  /** Of no other DFS table, not even of one with the same name before; '' in memory. */
  physicalIndex: string
  /** Of its own file chunk, a UUID; as `physicalIndex`. */
  chunkId: string
  owner: string
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  compressMethods: ReadonlyMap<string, string>
  /** Of a PKEY table its primary key. */
  sortColumns: readonly string[]
  keepDuplicates: 'ALL' | 'LAST' | 'FIRST'
}

/** A table that sessions change; what travels is a copy of its columns (`tableToWire`). */
export interface ServerTable {
  readonly form: 'serverTable'
  readonly kind: TableKind
  /** Name under which it is shared; '' while it is not. */
  sharedName: string
  /** Set by share(t, name, readonly=true). */
  readOnly: boolean
  /** Set when its database no longer has it: code that still holds it can read, not write. */
  isDropped: boolean
  readonly columnNames: readonly string[]
  readonly columnTypes: readonly ColumnType[]
  readonly rows: number
  /** Rows that were ever appended, those that have left memory included. */
  readonly totalRows: number
  /** Counts rows that leave memory the moment they come (`serve --discard`). */
  forget(rows: number): void
  /** How old rows of a stream table leave memory; undefined for tables that keep them. */
  cache: TableCache | undefined
  /** Changes whenever rows go or move, so that positions from before mean nothing any more. */
  readonly version: number
  /** Positions of the columns whose values tell rows apart; empty for tables without keys. */
  readonly keyColumns: readonly number[]
  /** How rows are divided; undefined for tables that are not partitioned. */
  readonly partitioning: TablePartitioning | undefined
  /** Set for tables made in a database. */
  readonly stored: StoredTableFacts | undefined
  /** Column `index` as it is now: a view that later appends do not change. */
  column(index: number): Column
  /**
   * Appends `rows` rows given column by column in the table's own order, converting types as DolphinDB does.
   * @returns rows really inserted (keyed tables count new keys, partitioned ones rows inside the scheme)
   * @throws {ScriptError} in the server's words; nothing is inserted then
   */
  append(columns: readonly Column[], rows: number): number
  /**
   * Like append, but a row whose key is there already is overwritten (docs/server-semantics.md#upsert-and-tableupsert).
   */
  upsert(columns: readonly Column[], rows: number, options?: UpsertOptions): UpsertCount
  /** Row `rows[i]` of column `index` becomes `values[i]`, converted to the column's type. */
  update(index: number, rows: Int32Array, values: Column): void
  /** Keeps these rows, in this order, and forgets all others. */
  keepRows(rows: Int32Array): void
  /** Gives every column its new name, in order. */
  renameColumns(names: readonly string[]): void
  /** Puts a column in the place of another; the table takes its type. */
  replaceColumn(index: number, column: Column): void
  /** Adds a column after the others. */
  addColumn(name: string, type: ColumnType, column: Column): void
}
