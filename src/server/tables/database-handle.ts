/*
  A database handle, the result of `database(...)`: with a path for DFS, nameless for partitioned tables in memory.
*/
import type { ServerValue } from '../values/server-value.js'

/** Partition types under their names in scripts. See `partitionTypeIds` for their numbers. */
export type PartitionType = 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'COMPO' | 'HASH'

export interface LevelScheme {
  type: PartitionType
  /** The scheme as in scripts, with added partitions: `[TYPE, n]` for HASH, handles for COMPO, otherwise a vector. */
  scheme: ServerValue
  /** The scheme before the server added partitions; undefined if it has added none. */
  first?: ServerValue
}

/** Describes how rows are partitioned. The tables of the database are in the node. */
export interface DatabaseHandle {
  form: 'database'
  /** `dfs://…`, or '' for a nameless handle. */
  path: string
  /** One entry per level, in which the handles of a COMPO scheme are replaced by their levels. */
  levels: readonly LevelScheme[]
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  atomic: 'TRANS' | 'CHUNK'
}
