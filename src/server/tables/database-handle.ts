/*
  A database handle, the result of `database(...)`: named for DFS, nameless for in-memory partitioning.
*/
import type { ServerValue } from '../values/server-value.js'

/** Partition types as scripts spell them; their numbers are `partitionTypeIds`. */
export type PartitionType = 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'COMPO' | 'HASH'

export interface LevelScheme {
  type: PartitionType
  /** The scheme with added partitions, as in scripts: HASH has `[TYPE, n]`, COMPO has handles, others have a vector. */
  scheme: ServerValue
  /** The scheme before partitions were added. */
  first?: ServerValue
}

/** Knows how rows are partitioned; the node holds the tables. */
export interface DatabaseHandle {
  form: 'database'
  /** `dfs://…`, or '' for an in-memory domain. */
  path: string
  /** One entry per level; COMPO is flattened. */
  levels: readonly LevelScheme[]
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  atomic: 'TRANS' | 'CHUNK'
}
