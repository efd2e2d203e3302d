/*
  The partitions of a DFS table, as `schema()` describes them (docs/protocol.md#schema-dictionary).
*/
import type { DataType } from '../protocol/data-type.js'
import type { Value } from '../protocol/value.js'

/** How one dimension divides its values. COMPO is missing, because it combines several dimensions. */
export type PartitionKind = 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'HASH'

/** One dimension; a COMPO table has up to three. */
export interface PartitionDimension {
  readonly columnName: string
  readonly columnIndex: number
  readonly kind: PartitionKind
  /** Type of the scheme's values, perhaps coarser than the column's type. Undefined if the server does not send it. */
  readonly type: DataType | undefined
  /** RANGE: boundaries; VALUE: values; LIST: a tuple of vectors; HASH: the number of buckets. */
  readonly scheme: Value | undefined
}

/** All dimensions of a table, outermost first. Together, they determine the partition of a row. */
export interface PartitionScheme {
  readonly dimensions: readonly PartitionDimension[]
  /** Set if a row's partition cannot be predicted, because a transform or an unknown dimension determines it. */
  readonly unpredictable?: true
}
