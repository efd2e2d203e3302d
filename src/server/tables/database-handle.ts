/*
  A database handle: `database(...)`'s result, named for DFS, nameless for in-memory partitioning.
*/
import type { ServerValue } from '../values/server-value.js'

/** As scripts write them; their numbers are `partitionTypeIds`. */
export type PartitionType = 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'COMPO' | 'HASH'

/** One level of a database. */
export interface LevelScheme {
  type: PartitionType
  /** The scheme as the script gave it: vector, [TYPE, n] for HASH, handles for COMPO. */
  scheme: ServerValue
  /** What it was before partitions were added. */
  first?: ServerValue
}

/** Knows how rows are divided; the tables are the node's. */
export interface DatabaseHandle {
  form: 'database'
  /** `dfs://…`, or '' for an in-memory domain. */
  path: string
  /** One entry a level; COMPO is flattened. */
  levels: readonly LevelScheme[]
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  atomic: 'TRANS' | 'CHUNK'
}
