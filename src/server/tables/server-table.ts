/*
  The interface of all tables of the embedded server, and the handles of its databases.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import type { ServerValue } from '../values/server-value.js'
import type { TablePartitioning } from './partitions/place-rows.js'

/** `partitioned` is a partitioned table in memory, `dfs` a table in a database. */
export type TableKind =
  'basic' | 'stream' | 'keyed' | 'indexed' | 'keyedStream' | 'partitioned' | 'dfs'

/** Arguments of `upsert!` other than the rows. */
export interface UpsertOptions {
  /** If true, a null in the new data leaves the old cell unchanged. */
  ignoreNull?: boolean
  /** Key columns, for DFS tables, which have no key of their own. Partition columns are always key columns, too. */
  keyColumns?: readonly number[]
}

/** Counts of rows. Does not count a row that changed nothing because its nulls were ignored. */
export interface UpsertCount {
  inserted: number
  updated: number
}

/** Properties of a stored table other than its columns, set by `createPartitionedTable` and `createTable`. */
export interface StoredTableFacts {
  /** `dfs://…`; '' for a partitioned table in memory. */
  databasePath: string
  tableName: string
  /** Unique among all DFS tables, even dropped tables of the same name; '' for tables in memory. */
  physicalIndex: string
  /** UUID of the table's own file chunk; unique among all DFS tables, like `physicalIndex`. */
  chunkId: string
  owner: string
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  compressMethods: ReadonlyMap<string, string>
  /** The sort columns; for a PKEY table, its primary key. */
  sortColumns: readonly string[]
  keepDuplicates: 'ALL' | 'LAST' | 'FIRST'
}

/** A table that sessions can change. Only copies of its columns are sent (`tableToWire`). */
export interface ServerTable {
  readonly form: 'serverTable'
  readonly kind: TableKind
  /** Name under which the table is shared; '' if it is not shared. */
  sharedName: string
  /** Set by share(t, name, readonly=true). */
  readOnly: boolean
  /** True after the table was dropped. Sessions that still refer to it can read it but not write it. */
  isDropped: boolean
  readonly columnNames: readonly string[]
  readonly columnTypes: readonly ColumnType[]
  readonly rows: number
  /** Rows that were ever appended, including rows that are no longer in memory. */
  readonly totalRows: number
  /** Adds to `totalRows` the number of rows that `serve --discard` drops. */
  countDropped(rows: number): void
  /** The rows that a persisted stream table keeps in memory; if there are more, it drops the older half. */
  cachedRows: number | undefined
  /** Changes whenever the table removes or moves rows, because positions from before are then invalid. */
  readonly version: number
  /** Indexes of the key columns; empty for tables without keys. */
  readonly keyColumns: readonly number[]
  /** How the table is partitioned; undefined for tables without partitions. */
  readonly partitioning: TablePartitioning | undefined
  readonly stored: StoredTableFacts | undefined
  /** Column `index` with its rows so far. Later appends do not change the returned column. */
  column(index: number): Column
  /**
   * Appends `rows` rows, given as columns in the table's order. Converts types as DolphinDB does.
   * @returns the number of rows with new keys for a keyed table in memory, else the number of rows inside the scheme
   * @throws {ScriptError} with the server's message; the table is then unchanged
   */
  append(columns: readonly Column[], rows: number): number
  /** Like `append`, but changes the stored row if a key exists (docs/server-semantics.md#upsert-and-tableupsert). */
  upsert(columns: readonly Column[], rows: number, options?: UpsertOptions): UpsertCount
  /** Sets row `rows[i]` of column `index` to `values[i]`, after conversion to the type of the column. */
  update(index: number, rows: Int32Array, values: Column): void
  /** Keeps only these rows, in this order. */
  keepRows(rows: Int32Array): void
  renameColumns(names: readonly string[]): void
  /** Replaces a column. The table takes the type of the new column. */
  replaceColumn(index: number, column: Column): void
  addColumn(name: string, type: ColumnType, column: Column): void
}

/** Partition types under their names in scripts. See `partitionTypeIds` for their numbers. */
export type PartitionType = 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'COMPO' | 'HASH'

export interface LevelScheme {
  type: PartitionType
  /** The scheme as in scripts, with added partitions: `[TYPE, n]` for HASH, handles for COMPO, otherwise a vector. */
  scheme: ServerValue
  /** The scheme before the server added partitions; undefined if it has added none. */
  first?: ServerValue
}

/**
 * The result of `database(...)`, with a path for DFS, nameless for partitioned tables in memory. Describes how rows are
 * partitioned. The tables of the database are in the node.
 */
export interface DatabaseHandle {
  form: 'database'
  /** `dfs://…`, or '' for a nameless handle. */
  path: string
  /** One entry per level, in which the handles of a COMPO scheme are replaced by their levels. */
  levels: readonly LevelScheme[]
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  atomic: 'TRANS' | 'CHUNK'
}
