/* The columns that a run fills, in their order, and the target's partitions (docs/protocol.md#schema-dictionary). Both come from the server
   (`schemaFromServer`). `target.types` can also give the columns, but no partitions (`schemaFromTypes`). */
import { usageError } from '../errors.js'
import { columnTypeText, parseColumnType, type ColumnType } from '../protocol/data-type.js'
import type { Value } from '../protocol/value.js'

/** How one dimension divides its values. COMPO is missing, because it combines several dimensions. */
export type PartitionKind = 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'HASH'

/** One dimension; a COMPO table has up to three. */
export interface PartitionDimension {
  readonly columnName: string
  readonly columnIndex: number
  readonly kind: PartitionKind
  /** Type of the scheme's values, perhaps coarser than the column's type. Undefined if the server does not send it. */
  readonly type: ColumnType['type'] | undefined
  /** RANGE: boundaries; VALUE: values; LIST: a tuple of vectors; HASH: the number of buckets. */
  readonly scheme: Value | undefined
}

/** All dimensions of a table, outermost first. Together, they determine the partition of a row. */
export interface PartitionScheme {
  readonly dimensions: readonly PartitionDimension[]
  /** Set if a row's partition cannot be predicted, because a transform or an unknown dimension determines it. */
  readonly unpredictable?: true
}

export interface TargetColumn {
  readonly name: string
  readonly type: ColumnType
  /** The longest text that the table stores whole, in bytes of UTF-8. Undefined if there is no limit. */
  readonly maxBytes?: number
}

export interface TargetSchema {
  readonly columns: readonly TargetColumn[]
  readonly partition?: PartitionScheme
}

/** Reads `time:TIMESTAMP,price:DECIMAL64(4),levels:DOUBLE[]`. The last colon of an entry ends its name. @throws {UsageError} DDB_USAGE */
export function schemaFromTypes(text: string): TargetSchema {
  const columns = text.split(',').map((entry): TargetColumn => {
    const colon = entry.lastIndexOf(':')
    const name = entry.slice(0, Math.max(0, colon)).trim()
    const type = parseColumnType(entry.slice(colon + 1))
    if (name === '' || type === undefined) {
      throw usageError(
        `"${entry.trim()}" in the column types is not NAME:TYPE, such as price:DOUBLE or amount:DECIMAL64(4)`,
      )
    }
    return { name, type }
  })
  const names = new Set<string>()
  for (const { name } of columns) {
    if (names.has(name)) {
      throw usageError(`column "${name}" is named twice in the column types`)
    }
    names.add(name)
  }
  return { columns }
}

/** The inverse of `schemaFromTypes`: `time:TIMESTAMP,sym:SYMBOL`. */
export function typesText(schema: TargetSchema): string {
  return schema.columns.map(({ name, type }) => `${name}:${columnTypeText(type)}`).join(',')
}
