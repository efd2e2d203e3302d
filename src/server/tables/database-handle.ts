/*
  A database handle, the result of `database(...)`: named for DFS, nameless for in-memory partitioning.
*/
import type { ServerValue } from '../values/server-value.js'

/** Partition types as scripts spell them; their numbers are `partitionTypeIds`. */
export type PartitionType = 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'COMPO' | 'HASH'

export interface LevelScheme {
  type: PartitionType
  /** The scheme as the script gave it: vector, [TYPE, n] for HASH, handles for COMPO. */
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
