/*
  Counts the rows of a check by partition. All hash partitions count as one, because the scheme does not show which of them takes a row.
*/
import { formatElement, formatValue } from '../../protocol/value-text.js'
import { elementAt, vectorOf } from '../../protocol/element.js'
import type { Value } from '../../protocol/value.js'
import type { PartitionDimension } from '../../schema/partition-dimension.js'
import {
  keyReader,
  keysOf,
  outsideMarks,
  rangeOf,
  scalarKey,
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

/** The partitions of one dimension, numbered from 0 in the order in which they occur. */
interface Bins {
  /** Whether the scheme shows which values share a partition. */
  readonly tells: boolean
  /** Number of the partition that contains the value; −1 if none does. */
  binOf(key: Key): number
  nameOf(bin: number): string | null
  /** Whether the server has to create the partition. */
  isAdded(bin: number): boolean
}

/** Counts at most this many partitions, because each takes memory. */
const maxPartitions = 100_000
const shownPartitions = 20

/** @returns undefined if the target is not partitioned */
export function newPartitionTally(target: Partitioned): PartitionTally | undefined {
  const { dimensions = [], unpredictable = false } = target.partition ?? {}
  if (dimensions.length === 0) return undefined
  const marksOf = outsideMarks(target)
  const bins = dimensions.map(dimension => (unpredictable ? unknown : binsOf(dimension)))
  const places = newPlaces(dimensions.length)
  let outsideRows = 0
  return {
    add(batch) {
      const marks = marksOf?.(batch)
      const keys = dimensions.map((dimension, i) =>
        bins[i]!.tells
          ? keyReader(batch.columns[dimension.columnIndex]!, dimension.type)
          : undefined,
      )
      for (let row = 0; row < batch.rowCount; row++) {
        if (marks?.[row] === 1) {
          outsideRows++
          continue
        }
        let place = 0
        for (let level = 0; level < bins.length && place >= 0; level++) {
          const key = keys[level]?.(row)
          const bin = key === undefined ? 0 : key === null ? -1 : bins[level]!.binOf(key)
          place = bin < 0 ? -1 : places.inside(place, level, bin)
        }
        if (place >= 0) places.count(place)
      }
      return marks
    },
    result() {
      const tells = bins.some(one => one.tells)
      const found = tells ? places.found() : undefined
      return {
        dimensions: dimensions.map(({ columnName, kind }) => ({ column: columnName, kind })),
        count: found?.length ?? null,
        added: (found ?? []).filter(({ path }) => path.some((bin, i) => bins[i]!.isAdded(bin)))
          .length,
        largest: (found ?? [])
          .sort((a, b) => b.rows - a.rows)
          .slice(0, shownPartitions)
          .map(({ path, rows }) => ({ keys: path.map((bin, i) => bins[i]!.nameOf(bin)), rows })),
        outside: marksOf === undefined ? null : outsideRows,
      }
    },
  }
}

const unknown: Bins = {
  tells: false,
  binOf: () => 0,
  nameOf: () => null,
  isAdded: () => false,
}

function binsOf({ kind, scheme }: PartitionDimension): Bins {
  if (scheme?.form !== 'vector') return unknown
  switch (kind) {
    case 'VALUE': {
      const known = keysOf(scheme)
      const names = known.map((_, i) => formatElement(scheme, i))
      const bins = new Map(known.map((key, i) => [key, i]))
      return {
        tells: true,
        binOf(key) {
          const bin = bins.get(key)
          if (bin !== undefined || bins.size >= maxPartitions) return bin ?? -1
          const next = names.push(keyText(key, elementAt(scheme, 0))) - 1
          bins.set(key, next)
          return next
        },
        nameOf: bin => names[bin]!,
        isAdded: bin => bin >= known.length,
      }
    }
    case 'LIST': {
      if (scheme.type !== 'ANY') return unknown
      const lists = scheme.data
      const bins = new Map(
        lists.flatMap((list, i) =>
          (list.form === 'vector' ? keysOf(list) : [scalarKey(list)]).map(key => [key, i] as const),
        ),
      )
      return {
        tells: true,
        binOf: key => bins.get(key) ?? -1,
        nameOf: bin => formatValue(lists[bin]!),
        isAdded: () => false,
      }
    }
    case 'RANGE': {
      const bounds = keysOf(scheme)
      return {
        tells: true,
        binOf: key => rangeOf(key, bounds),
        nameOf: bin => `[${formatElement(scheme, bin)},${formatElement(scheme, bin + 1)})`,
        isAdded: () => false,
      }
    }
    default:
      return unknown
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

interface Places {
  /** Index of partition `bin` (`Bins`) inside partition `place` of the level above; −1 beyond `maxPartitions`. */
  inside(place: number, level: number, bin: number): number
  count(place: number): void
  /** Partitions with rows, each as the path of bins, outermost first; undefined if there were too many. */
  found(): { path: number[]; rows: number }[] | undefined
}

function newPlaces(levels: number): Places {
  /** One map per level, from `outer index * 2 ** 26 + bin` to the partition's index in this level. */
  const known = Array.from({ length: levels }, () => new Map<number, number>())
  /** Row count of each partition of the last level, by its index there. */
  const rows: number[] = []
  let isFull = false
  return {
    inside(place, level, bin) {
      const map = known[level]!
      const key = place * 2 ** 26 + bin
      const found = map.get(key)
      if (found !== undefined) return found
      if (map.size >= maxPartitions) {
        isFull = true
        return -1
      }
      map.set(key, map.size)
      return map.size - 1
    },
    count: place => void (rows[place] = (rows[place] ?? 0) + 1),
    found() {
      if (isFull) return undefined
      const paths = known.reduce<number[][]>(
        (above, map) =>
          [...map.keys()].map(key => [...(above[Math.floor(key / 2 ** 26)] ?? []), key % 2 ** 26]),
        [[]],
      )
      return paths.flatMap((path, place) =>
        rows[place] === undefined ? [] : [{ path, rows: rows[place] }],
      )
    },
  }
}
