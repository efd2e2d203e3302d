/*
  How a DFS table is partitioned, as far as `schema()` tells (docs/protocol.md#schema-dictionary).
*/
import type { DataType } from '../protocol/data-type.js'
import type { Value } from '../protocol/value.js'

/** How one dimension divides its values; COMPO means several dimensions and is therefore not a kind. */
export type PartitionKind = 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'HASH'

/** One dimension; a COMPO table has up to three. */
export interface PartitionDimension {
  readonly columnName: string
  /** Position in the target's columns. */
  readonly columnIndex: number
  readonly kind: PartitionKind
  /** Type of the scheme's values, which may be coarser than the column's. Undefined if the server does not say. */
  readonly type: DataType | undefined
  /** RANGE: boundaries; VALUE: values; LIST: a tuple of vectors; HASH: the number of buckets. */
  readonly scheme: Value | undefined
}

/** All dimensions of a table, outermost first; a row belongs to the partition where all of them put it. */
export interface PartitionScheme {
  readonly dimensions: readonly PartitionDimension[]
  /** A function divides the values of a column, or a dimension is unknown: the partition of a row cannot be predicted. */
  readonly unpredictable?: true
}
