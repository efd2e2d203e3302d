/*
  The earliest and the latest time of a column, and whether its unit is right.
*/
import { unusualTimes } from '../parse/times/time-counts.js'
import type { DataType } from '../protocol/data-type.js'
import { nullInt32, nullInt64 } from '../protocol/null-value.js'
import { isTemporal, type TemporalType } from '../protocol/types/temporals.js'
import type { Column } from '../protocol/value.js'

/** Type with a date → its units per day. A table may be partitioned by these types. */
export const unitsPerDay: Readonly<Partial<Record<DataType, number>>> = {
  DATE: 1,
  DATEHOUR: 24,
  DATEMINUTE: 1440,
  DATETIME: 86_400,
  TIMESTAMP: 86_400_000,
  NANOTIMESTAMP: 86_400_000_000_000,
}

/** As raw numbers. */
export interface TimeRange {
  readonly type: TemporalType
  readonly min: number | bigint
  readonly max: number | bigint
}

/**
 * Adds the times of a column's first rows to the range.
 * @returns undefined without any time, and for columns of other types
 */
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

/**
 * Asks about the unit of counts if all times are unusual.
 * @param format  such as `epoch:ms`; no other format has a unit
 */
export function unitQuestion(
  format: string,
  type: DataType,
  range: TimeRange | undefined,
): string | undefined {
  const units = unitsPerDay[type]
  if (!format.startsWith('epoch:') || units === undefined || range === undefined) return undefined
  const seconds = (raw: number | bigint): number => (Number(raw) / units) * 86_400
  return unusualTimes(format, seconds(range.min), seconds(range.max))
}
