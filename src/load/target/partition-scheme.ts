/* Finds rows of a batch outside the target's partition scheme, to count them: servers drop such rows silently
   (docs/server-semantics.md#rows-outside-the-scheme). Of new values of a VALUE scheme, nothing can be counted if the policy is unknown. */
import { unitsPerDay } from '../../infer/time-range.js'
import type { Batch } from '../../parse/batch.js'
import { elementAt } from '../../protocol/element.js'
import type { DataType } from '../../protocol/data-type.js'
import { nullDouble, nullInt32, nullInt64, nullInt8, nullInt16 } from '../../protocol/null-value.js'
import { stringsOf } from '../../protocol/types/strings.js'
import { civilFromDays } from '../../protocol/types/temporals.js'
import type { Column, Value, Vector } from '../../protocol/value.js'
import type { PartitionDimension } from '../../schema/target-schema.js'
import type { TargetDescription } from './describe-target.js'

/** The value that determines the partition: a bigint if a number would not be exact. */
export type Key = number | bigint | string

export type RowsOfColumns = Pick<Batch, 'rowCount' | 'columns'>

/**
 * @returns a function that marks rows outside the scheme with 1; undefined if the program cannot decide that: unknown policy, HASH over
 * several columns, types that cannot be compared, functions in the scheme
 */
export function outsideMarks({ partition, state }: Pick<TargetDescription, 'partition' | 'state'>) {
  if (partition === undefined || partition.unpredictable === true) return undefined
  const newValues = state?.newValues
  const checks = partition.dimensions.flatMap(dimension => {
    const { kind } = dimension
    if (kind === 'VALUE' && newValues === undefined) return []
    const takesAll = kind === 'HASH' || kind === 'SEQ' || (kind === 'VALUE' && newValues === 'add')
    const placeOf = takesAll ? () => 0 : divisionsOf(dimension)?.placeOf
    return placeOf === undefined ? [] : [{ ...dimension, placeOf }]
  })
  if (checks.length < partition.dimensions.length) return undefined
  return ({ columns, rowCount }: RowsOfColumns): Uint8Array => {
    const outside = new Uint8Array(rowCount)
    for (const { columnIndex, type, placeOf } of checks) {
      const placeAt = placesBy(columns[columnIndex]!, type, placeOf)
      if (placeAt === undefined) continue
      for (let row = 0; row < rowCount; row++) if (placeAt(row) < 0) outside[row] = 1
    }
    return outside
  }
}

const notLookedUp = -2

/**
 * @param type  of the scheme @param placeOf  the division that holds a key @returns a function that finds the division of a row, and of a
 * symbol only once: −1 for a null, which is outside of every scheme; undefined if the column does not match the server's description
 */
export function placesBy(
  column: Column,
  type: DataType | undefined,
  placeOf: (key: Key) => number,
): ((row: number) => number) | undefined {
  const keyAt = keyReader(column, type)
  if (keyAt === undefined) return undefined
  const placeAt = (row: number): number => {
    const key = keyAt(row)
    return key === null ? -1 : placeOf(key)
  }
  if (column.form !== 'vector' || column.type !== 'SYMBOL') return placeAt
  const { codes, base } = column
  const known = new Int32Array(base.length).fill(notLookedUp)
  return row => {
    const code = codes[row]!
    if (known[code] === notLookedUp) known[code] = placeAt(row)
    return known[code]!
  }
}

/**
 * The divisions of one dimension, numbered from 0 in the order of its scheme; undefined for HASH, SEQ and unknown schemes.
 * @returns `keys`: the bounds, or the values of each division. `placeOf`: number of the division that holds the key; −1 if none does
 */
export function divisionsOf({ kind, scheme }: PartitionDimension) {
  if (scheme?.form !== 'vector') return undefined
  if (kind === 'RANGE') {
    const bounds = keysOf(scheme).filter(bound => bound !== null)
    if (bounds.length === 0 || bounds.length < scheme.length) return undefined
    return { keys: bounds, placeOf: (key: Key) => rangeOf(key, bounds) }
  }
  const lists = kind === 'LIST' && scheme.type === 'ANY' ? scheme.data : undefined
  if (kind !== 'VALUE' && lists === undefined) return undefined
  const keys =
    lists?.map(list => (list.form === 'vector' ? keysOf(list) : [scalarKey(list)])) ??
    keysOf(scheme).map(key => [key])
  const places = new Map(keys.flatMap((each, place) => each.map(key => [key, place] as const)))
  return { keys, placeOf: (key: Key) => places.get(key) ?? -1 }
}

function keysOf(vector: Vector): (Key | null)[] {
  return Array.from({ length: vector.length }, (_, i) => scalarKey(elementAt(vector, i)))
}

/** The index of the range that holds a key, from 0; −1 if no range does. */
function rangeOf(key: Key, bounds: readonly Key[]): number {
  let low = 0
  let high = bounds.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (bounds[middle]! <= key) low = middle + 1
    else high = middle
  }
  return low < bounds.length ? low - 1 : -1
}

/** Null for a null, which is outside every scheme. */
export function scalarKey(value: Value): Key | null {
  if (value.form !== 'scalar') return null
  if (typeof value.value === 'string') return value.value === '' ? null : value.value
  if (typeof value.value === 'bigint') return exactKey(value.value)
  if (typeof value.value === 'boolean') return value.value ? 1 : 0
  return typeof value.value === 'number' ? value.value : null
}

/** Reads keys in the unit of the scheme; undefined if the scheme's type cannot be compared with the column's. */
export function keyReader(
  column: Column,
  schemeType: DataType | undefined,
): ((row: number) => Key | null) | undefined {
  if (column.form !== 'vector') return undefined
  if (column.type === 'SYMBOL') {
    const { codes, base } = column
    return row => (codes[row] === 0 ? null : base[codes[row]!]!)
  }
  if (column.type === 'STRING') {
    const texts = stringsOf(column)
    return row => (texts[row] === '' ? null : texts[row]!)
  }
  if (!('data' in column) || column.data instanceof Array) return undefined
  const toScheme = unitChange(column.type, schemeType)
  const { data } = column
  if (toScheme === undefined) return undefined
  if (data instanceof BigInt64Array) {
    const halves = new Int32Array(data.buffer, data.byteOffset, 2 * data.length)
    return row => {
      const high = halves[2 * row + 1]!
      // Usual numbers are exact without a BigInt, which takes memory.
      if (high >> 20 === high >> 31) return toScheme(high * 2 ** 32 + (halves[2 * row]! >>> 0))
      return data[row] === nullInt64 ? null : toScheme(exactKey(data[row]!))
    }
  }
  const nullValue = nulls.get(data.constructor)
  if (nullValue === undefined) return undefined
  return row => (data[row] === nullValue ? null : toScheme(data[row]!))
}

/** The number that means null, by class of array. */
const nulls = new Map<unknown, number>()
  .set(Int32Array, nullInt32)
  .set(Int16Array, nullInt16)
  .set(Int8Array, nullInt8)
  .set(Float64Array, nullDouble)

function unitChange(
  from: DataType,
  to: DataType | undefined,
): ((raw: number | bigint) => number | bigint) | undefined {
  if (to === undefined || from === to) return raw => raw
  const perDay = unitsPerDay(from)
  const toPerDay = unitsPerDay(to)
  if (perDay !== undefined && toPerDay !== undefined) {
    return raw => unitsBefore(raw, perDay, toPerDay)
  }
  if (perDay !== undefined && to === 'MONTH') {
    return raw => {
      const { year, month } = civilFromDays(Number(unitsBefore(raw, perDay, 1)))
      return year * 12 + month - 1
    }
  }
  const numeric: readonly DataType[] = ['CHAR', 'SHORT', 'INT', 'LONG']
  return numeric.includes(from) && numeric.includes(to) ? raw => raw : undefined
}

/** Converts a time to another unit, rounded down. A day has `perDay` of the old and `toPerDay` of the new units. */
function unitsBefore(raw: number | bigint, perDay: number, toPerDay: number): number | bigint {
  if (typeof raw === 'number') return Math.floor((raw * toPerDay) / perDay)
  const scaled = raw * BigInt(toPerDay)
  const divisor = BigInt(perDay)
  const cut = scaled / divisor
  return exactKey(scaled < 0n && cut * divisor !== scaled ? cut - 1n : cut)
}

/** A number cannot hold nanoseconds since 1970 exactly: rounding could move a time at the end of a day to the next day. */
function exactKey(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
