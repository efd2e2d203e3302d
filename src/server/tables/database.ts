/*
  A database handle: `database(...)`'s result, named for DFS, nameless for in-memory partitioning.
*/
import type { ServerValue } from '../script/values.js'

export type PartitionType = 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'COMPO' | 'HASH'

export interface PartitionScheme {
  type: PartitionType
  /** The scheme as the script gave it: vector, [TYPE, n] for HASH, handles for COMPO. */
  scheme: ServerValue
}

export interface DatabaseHandle {
  form: 'database'
  /** `dfs://…`, or '' for an in-memory domain. */
  path: string
  /** One entry a level; COMPO is flattened. */
  levels: readonly PartitionScheme[]
  engine: 'OLAP' | 'TSDB' | 'PKEY'
  atomic: 'TRANS' | 'CHUNK'
}
