/* The earliest and the latest time of a column, and whether its unit is right. */
import { unusualTimes } from '../parse/times/time-counts.js'
import type { DataType } from '../protocol/data-type.js'
import { nullInt32, nullInt64 } from '../protocol/null-value.js'
import { isTemporal, temporalTypes, type TemporalType } from '../protocol/types/temporals.js'
import type { Column } from '../protocol/value.js'

/** Units a day of a type with days, by which a table may be partitioned; undefined for others. */
export function unitsPerDay(type: DataType): number | undefined {
  if (!isTemporal(type) || type === 'MONTH') return undefined
  const { isDated, perDay } = temporalTypes[type]
  return isDated ? perDay : undefined
}

/** As raw numbers. */
export interface TimeRange {
  readonly type: TemporalType
  readonly min: number | bigint
  readonly max: number | bigint
}

/** Adds the times of a column's first rows to the range, which stays undefined without any, and for columns of other types. */
export function widened(
  range: TimeRange | undefined,
  column: Column,
  rowCount: number,
): TimeRange | undefined {
  if (column.form !== 'vector' || !isTemporal(column.type) || !('data' in column)) return range
  const { data, type } = column
  if (!(data instanceof Int32Array || data instanceof BigInt64Array)) return range
  let { min, max } = range ?? {}
  for (let row = 0; row < rowCount; row++) {
    const value = data[row]!
    if (value === nullInt32 || value === nullInt64) continue
    if (min === undefined || value < min) min = value
    if (max === undefined || value > max) max = value
  }
  return min === undefined || max === undefined ? undefined : { type, min, max }
}

/** Asks about the unit of counts if all times are unusual. @param format  such as `epoch:ms`; no other format has a unit */
export function unitQuestion(
  format: string,
  type: DataType,
  range: TimeRange | undefined,
): string | undefined {
  const units = unitsPerDay(type)
  if (!format.startsWith('epoch:') || units === undefined || range === undefined) return undefined
  const seconds = (raw: number | bigint): number => (Number(raw) / units) * 86_400
  return unusualTimes(format, seconds(range.min), seconds(range.max))
}
