/*
  What tables and databases of the embedded server are.
*/
import type { ServerValue } from '../values/server-value.js'
import type { ColumnTable } from './column-table.js'

/** `partitioned` is a partitioned table in memory, `dfs` a table in a database. */
export type TableKind =
  'basic' | 'stream' | 'keyed' | 'indexed' | 'keyedStream' | 'partitioned' | 'dfs'

/** Arguments of `upsert!` other than the rows. */
export interface UpsertOptions {
  /** If true, a null in the new data leaves the old cell unchanged. */
  ignoreNull?: boolean | undefined
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
  /** The sort columns; for a PKEY table, its primary key. */
  sortColumns: readonly string[]
  keepDuplicates: 'ALL' | 'LAST' | 'FIRST'
}

/** A table that sessions can change. Only copies of its columns are sent (`tableToWire`). */
export type ServerTable = ColumnTable

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
