/* Which part of a partitioned table may hold the rows of an input, as ranges of values of the partition column, and how processes that
   audit one input together divide its rows: by partition, so that each reads other partitions of the table. */
import { option, usageError } from '../../errors.js'
import { dataTypes, type DataType } from '../../protocol/data-type.js'
import { columnTypeOf, scalarAt, vectorOf } from '../../protocol/element.js'
import type { Scalar, Vector } from '../../protocol/value.js'
import { isPlainName } from '../../schema/field-names.js'
import type { PartitionDimension, PartitionScheme } from '../../schema/target-schema.js'
import type { Shard } from '../options.js'
import type { TargetDescription } from './describe-target.js'
import {
  divisionsOf,
  keyReader,
  outsideMarks,
  type Key,
  type RowsOfColumns,
} from './partition-scheme.js'

/** The lowest and the highest value of a column: raw numbers in decimal, or texts. */
export interface ValueRange {
  readonly column: string
  readonly type: DataType
  readonly low: string
  readonly high: string
}

/** If a process touches more partitions, it reads everything. */
const mostRanges = 4_096

/** @param partition  of the table @throws {UsageError} DDB_USAGE if there is a shard, and nothing to divide by */
export function touchedPartitions(
  partition: PartitionScheme | undefined,
  target: TargetDescription,
  { index, count }: Shard = { index: 1, count: 1 },
) {
  const { columns } = target
  const marksOf = outsideMarks(target)
  // A range of a column with another name cannot be asked for (`selectText`).
  const indexOf = ({ columnName }: PartitionDimension): number =>
    columns.findIndex(({ name }) => name === columnName && isPlainName(name))
  const dimension = partition?.dimensions.find(one => indexOf(one) >= 0 && divisionsOf(one))
  if (dimension === undefined && count > 1) {
    throw usageError(
      `${option('shard')} divides the rows by the partitions of the table, and this table shows none: audit without it`,
    )
  }
  const columnIndex = dimension === undefined ? -1 : indexOf(dimension)
  const placeOf = dimension?.kind === 'RANGE' ? divisionsOf(dimension)!.placeOf : (key: Key) => key
  const isOwn = (place: Key | null): boolean => shareOf(String(place), count) === index - 1
  const extents = new Map<Key, { low: Key; high: Key; readonly isOwn: boolean }>()
  const isMisread = dimension !== undefined && target.misread?.includes(dimension.columnName)
  let isKnown = dimension !== undefined && partition?.unpredictable !== true && isMisread !== true
  let elsewhere = 0
  return {
    /** Number of rows that other shards audit. */
    elsewhere: () => elsewhere,
    /** @returns marks rows that no partition takes, and those of other shards, with 1; undefined if there are none */
    add(this: void, rows: RowsOfColumns): Uint8Array | undefined {
      const { columns, rowCount } = rows
      const outside = marksOf?.(rows)
      if (dimension === undefined || (!isKnown && count === 1)) return outside
      const column = columns[columnIndex]!
      const keyAt = keyReader(column, dimension.type)
      const valueAt = keyReader(column, columnTypeOf(column).type)
      const marks = count === 1 ? outside : (outside ?? new Uint8Array(rowCount))
      let extent: { low: Key; high: Key; readonly isOwn: boolean } | undefined
      for (let row = 0; row < rowCount; row++) {
        if (marks?.[row] === 1) continue
        const value = valueAt?.(row) ?? null
        if (value === null || !extent || value < extent.low || value > extent.high) {
          const key = keyAt?.(row) ?? null
          const place = key === null ? null : placeOf(key)
          isKnown &&= place !== null && value !== null && extents.size < mostRanges * count
          extent = isKnown ? extents.get(place!) : undefined
          extent ??= { low: value!, high: value!, isOwn: isOwn(place) }
          if (value! < extent.low) extent.low = value!
          if (value! > extent.high) extent.high = value!
          if (isKnown) extents.set(place!, extent)
        }
        if (extent.isOwn) continue
        marks![row] = 1
        elsewhere++
      }
      return marks
    },
    /** One range for each query; null reads everything. */
    ranges(): readonly (ValueRange | null)[] {
      const own = [...extents.values()].filter(one => one.isOwn)
      // Servers and JavaScript may order texts differently.
      const isOrdered = own.every(({ low, high }) => typeof low !== 'string' || low === high)
      if (!isKnown || !isOrdered) return [null]
      const { name, type } = columns[columnIndex]!
      return own.map(({ low, high }) => {
        return { column: name, type: type.type, low: String(low), high: String(high) }
      })
    },
  }
}

/** The same in every process; neighbours such as days go to different shares. */
function shareOf(text: string, count: number): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) % 2 ** 31
  return hash % count
}

/** @throws if a bound is not a value of the type */
export function boundsOf({ type, low, high }: ValueRange): Record<string, Scalar> {
  const isText = type === 'SYMBOL' || type === 'STRING'
  const valueOf = dataTypes[type].bytesPerValue === 8 ? BigInt : Number
  const [from, to] = [low, high].map(text => {
    const vector = isText
      ? vectorOf({ type: 'STRING' }, [text])
      : vectorOf({ type }, [valueOf(text)])
    return scalarAt(vector as Vector, 0)
  })
  return { ddbIngestLow: from!, ddbIngestHigh: to! }
}
