/*
  Counts the rows of a check by partition. All hash partitions count as one, because the scheme does not show which of them takes a row.
*/
import { elementAt, formatElement, vectorOf } from '../../protocol/element.js'
import type { Value, Vector } from '../../protocol/value.js'
import type { PartitionDimension } from '../../schema/partition-dimension.js'
import {
  divisionsOf,
  keyReader,
  outsideMarks,
  type Divisions,
  type Key,
  type Partitioned,
  type RowsOfColumns,
} from '../target/partition-scheme.js'
import type { CheckedPartitions } from './check-result.js'

export interface PartitionTally {
  /**
   * Counts the rows of a batch that lie inside the scheme.
   * @returns a mark per row, 1 for a row outside; undefined if unknown
   */
  add(batch: RowsOfColumns): Uint8Array | undefined
  result(): CheckedPartitions
}

/** Counts at most this many partitions, because each takes memory. */
const maxPartitions = 100_000
const shownPartitions = 20
/** More than the divisions of a dimension. The product for three dimensions, the most of a table, is a safe integer. */
const mostDivisions = 2 ** 17

/** @returns undefined if the target is not partitioned */
export function newPartitionTally(target: Partitioned): PartitionTally | undefined {
  const { dimensions = [], unpredictable = false } = target.partition ?? {}
  if (dimensions.length === 0) return undefined
  const marksOf = outsideMarks(target)
  const divisions = dimensions.map(one => (unpredictable ? undefined : countedDivisions(one)))
  /** Row counts of partitions. A key is made of the numbers of the divisions. */
  const rows = new Map<number, number>()
  let isFull = false
  let outsideRows = 0
  return {
    add(batch) {
      const marks = marksOf?.(batch)
      const keys = dimensions.map(
        (dimension, i) =>
          divisions[i] && keyReader(batch.columns[dimension.columnIndex]!, dimension.type),
      )
      for (let row = 0; row < batch.rowCount; row++) {
        if (marks?.[row] === 1) {
          outsideRows++
          continue
        }
        let partition = 0
        for (let level = 0; level < keys.length && partition >= 0; level++) {
          const key = keys[level]?.(row)
          const place = key === undefined ? 0 : key === null ? -1 : divisions[level]!.placeOf(key)
          partition = place < 0 ? -1 : partition * mostDivisions + place
        }
        if (partition < 0) continue
        const count = rows.get(partition)
        if (count === undefined && rows.size === maxPartitions) isFull = true
        else rows.set(partition, (count ?? 0) + 1)
      }
      return marks
    },
    result() {
      const isKnown = !isFull && divisions.some(one => one !== undefined)
      const found = isKnown
        ? [...rows].map(([key, count]) => ({ places: placesOf(key), count }))
        : []
      return {
        dimensions: dimensions.map(({ columnName, kind }) => ({ column: columnName, kind })),
        count: isKnown ? found.length : null,
        added: found.filter(({ places }) =>
          places.some((place, i) => place >= (divisions[i]?.count ?? Infinity)),
        ).length,
        largest: found
          .sort((a, b) => b.count - a.count)
          .slice(0, shownPartitions)
          .map(({ places, count }) => ({
            keys: places.map((place, i) => divisions[i]?.nameOf(place) ?? null),
            rows: count,
          })),
        outside: marksOf === undefined ? null : outsideRows,
      }
    },
  }

  function placesOf(partition: number): number[] {
    return dimensions.map(
      (_, i) =>
        Math.floor(partition / mostDivisions ** (dimensions.length - 1 - i)) % mostDivisions,
    )
  }
}

/** The divisions of a dimension, and those that the server would add for new values; undefined if there are too many. */
function countedDivisions(dimension: PartitionDimension): Divisions | undefined {
  const known = divisionsOf(dimension)
  if (known === undefined || known.count > mostDivisions) return undefined
  if (dimension.kind !== 'VALUE') return known
  const added = new Map<Key, number>()
  return {
    ...known,
    placeOf(key) {
      const place = known.placeOf(key)
      if (place >= 0) return place
      const next = known.count + added.size
      if (!added.has(key) && next < mostDivisions) added.set(key, next)
      return added.get(key) ?? -1
    },
    nameOf(place) {
      if (place < known.count) return known.nameOf(place)
      return keyText(
        [...added.keys()][place - known.count]!,
        elementAt(dimension.scheme as Vector, 0),
      )
    },
  }
}

/**
 * The key as the server would write it.
 * @param like  a value of the scheme's type
 */
function keyText(key: Key, like: Value): string {
  if (typeof key === 'string' || like.form !== 'scalar') return String(key)
  const value = typeof like.value === 'bigint' ? BigInt(key) : key
  return formatElement(vectorOf({ type: like.type }, [value]), 0)
}
