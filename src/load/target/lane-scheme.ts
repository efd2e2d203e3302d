/* Decides which rows must share a lane, one of several connections. Rows of one partition must share a lane, because while one session
   writes to a partition, the server refuses other sessions. In keyed in-memory tables, rows with the same key must share a lane, because
   their order matters. It is enough that equal partitions or keys get equal lanes, so unknown parts of a scheme do not matter. */
import { hash } from 'node:crypto'
import type { ColumnType, DataType } from '../../protocol/data-type.js'
import { isFixedType } from '../../protocol/element.js'
import { murmurHash } from '../../protocol/murmur-hash.js'
import type { PartitionDimension, TargetColumn } from '../../schema/target-schema.js'
import type { TargetDescription } from './describe-target.js'
import { RowHasher } from './row-hash.js'
import type { Target } from './target.js'
import {
  divisionsOf,
  placesBy,
  scalarKey,
  type Key,
  type RowsOfColumns,
} from './partition-scheme.js'

export interface LaneScheme {
  /** Identifies how rows are divided. A resumed run must divide them alike, so that batch numbers keep their rows. */
  readonly digest: string
  /** The lane of each row, from 0. Rows that belong to no partition, or to an unknown one, go into the first lane. */
  lanesOf(batch: RowsOfColumns, lanes: number): Uint8Array
}

/** One column whose values decide about the partition of a row. */
interface Level extends Pick<PartitionDimension, 'columnIndex' | 'type'> {
  /** Describes how the column divides rows, for the scheme's digest: different rules must have different texts. */
  readonly text: string
  /** Number of the group to which a key belongs; −1 if it belongs to none. Rows of one group share a lane. */
  readonly find: (key: Key) => number
}

/** Part of the scheme's digest. Increase this number whenever rows are divided in a new way. */
const version = 3

/** @returns undefined if rows may use any connection; why all must use one, if they must */
export function laneScheme(
  description: TargetDescription,
  target: Target,
): LaneScheme | string | undefined {
  const { partition, keyed, keyColumns = [], isDivided = false } = description
  if (target.kind !== 'table' || (!isDivided && !keyed)) return undefined
  if (target.transform !== undefined) {
    return 'a transform decides which keys and partitions its rows have'
  }
  if (isDivided) {
    if (partition === undefined) return 'it has no partitions'
    const dimensions = partition.unpredictable === true ? [] : partition.dimensions
    const levels = dimensions.flatMap(one => partitionLevel(one, description) ?? [])
    if (levels.length > 0) return partitionScheme(levels)
    return 'its scheme does not show reliably which rows are in the same partition'
  }
  const keys = description.columns.filter(one => keyColumns.includes(one.name) && isExact(one))
  if (keys.length > 0) return keyScheme(keys, description)
  return 'its keys do not identify rows reliably'
}

function partitionScheme(levels: readonly Level[]): LaneScheme {
  return {
    digest: digestOf(levels.map(({ text }) => text)),
    lanesOf({ columns, rowCount }, lanes) {
      const places = levels.map(({ columnIndex, type, find }) =>
        placesBy(columns[columnIndex]!, type, find),
      )
      const chosen = new Uint8Array(rowCount)
      for (let row = 0; row < rowCount; row++) {
        let sum = 0
        for (const place of places) {
          const at = place === undefined ? -1 : place(row)
          sum = at < 0 || sum < 0 ? -1 : (sum * spread + at) % mostPlaces
        }
        chosen[row] = sum < 0 ? 0 : sum % lanes
      }
      return chosen
    },
  }
}

/** Types left out of keys: different floating-point values may compare equal. */
const inexact: readonly DataType[] = ['FLOAT', 'DOUBLE', 'COMPLEX', 'POINT']

function isExact({ type: { type, array } }: TargetColumn): boolean {
  const isText = type === 'STRING' || type === 'SYMBOL'
  return array !== true && !inexact.includes(type) && (isText || isFixedType(type))
}

function keyScheme(keys: readonly TargetColumn[], { columns }: TargetDescription): LaneScheme {
  const hasher = new RowHasher(Int32Array.of(version, 0))
  const indexes = keys.map(key => columns.indexOf(key))
  return {
    digest: digestOf(keys.map(({ name, type }) => JSON.stringify(['key', name, type.type]))),
    lanesOf({ columns, rowCount }, lanes) {
      const { a } = hasher.hash(
        indexes.map(index => columns[index]!),
        rowCount,
      )
      const chosen = new Uint8Array(rowCount)
      for (let row = 0; row < rowCount; row++) chosen[row] = (a[row]! >>> 0) % lanes
      return chosen
    },
  }
}

const digestOf = (texts: readonly string[]): string =>
  hash('sha256', JSON.stringify([version, texts])).slice(0, 16)

/** Multiplies the outer level's place. With an even number every product would be even: for two lanes, that level would have no effect. */
const spread = 31
const mostPlaces = 2 ** 31 - 1
/** Number of hash values. In a VALUE scheme they choose the lane, so that values keep theirs while partitions are added. */
const valueBuckets = 1_048_576

/** @returns undefined if the scheme does not show which values share a partition */
function partitionLevel(
  dimension: PartitionDimension,
  { columns }: TargetDescription,
): Level | undefined {
  const { columnIndex, columnName, kind, type, scheme } = dimension
  const own = columns[columnIndex]?.type
  if (own === undefined || own.array === true) return undefined
  const level = (find: Level['find'], values: string): Level => {
    const text = JSON.stringify([columnName, kind, own.type, type ?? null, values])
    return { columnIndex, type, text, find }
  }
  switch (kind) {
    case 'VALUE':
      return level(key => bucketOf(key, 8, valueBuckets), '')
    case 'HASH': {
      const buckets = scheme === undefined ? null : scalarKey(scheme)
      const width = hashedWidth(own, type)
      if (typeof buckets !== 'number' || buckets < 1 || width === undefined) return undefined
      return level(key => bucketOf(key, width, buckets), String(buckets))
    }
    case 'RANGE':
    case 'LIST': {
      const divisions = divisionsOf(dimension)
      return divisions && level(divisions.placeOf, JSON.stringify(divisions.keys.map(String)))
    }
    case 'SEQ':
      return undefined
  }
}

const hashed: Partial<Record<DataType, number>> = {
  ...{ CHAR: 4, SHORT: 4, INT: 4, DATE: 4, MONTH: 4, TIME: 4, MINUTE: 4, SECOND: 4, DATETIME: 4 },
  ...{ DATEHOUR: 4, LONG: 8, TIMESTAMP: 8, NANOTIME: 8, NANOTIMESTAMP: 8, STRING: 0, SYMBOL: 0 },
}

/** Bytes that the server hashes; 0 for text of any length; undefined if not documented (docs/protocol.md#routing-of-rows). */
function hashedWidth({ type: own }: ColumnType, type: DataType | undefined): number | undefined {
  const width = type === undefined ? undefined : hashed[type]
  if (width === undefined || own === type) return width
  // A converted number may not fit its new type, and no document describes the hash for that case.
  const isText = width === 0 && hashed[own] === 0
  const isTime = width > 0 && own in timeUnits && type! in timeUnits
  return isText || isTime ? width : undefined
}

const timeUnits = { DATE: 0, MONTH: 0, DATEHOUR: 0, DATETIME: 0, TIMESTAMP: 0, NANOTIMESTAMP: 0 }

const encoder = new TextEncoder()
let textBytes = new Uint8Array(256)

/** @param width  bytes of a number; negative numbers count as unsigned */
function bucketOf(key: Key, width: number, buckets: number): number {
  if (typeof key === 'string') {
    if (textBytes.length < 3 * key.length) textBytes = new Uint8Array(6 * key.length)
    return murmurHash(textBytes.subarray(0, encoder.encodeInto(key, textBytes).written)) % buckets
  }
  if (typeof key === 'number' && key >= 0) return Math.floor(key) % buckets
  const whole = typeof key === 'number' ? BigInt(Math.floor(key)) : key
  return Number(BigInt.asUintN(8 * width, whole) % BigInt(buckets))
}
