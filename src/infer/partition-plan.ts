/*
  How a DFS table for the columns might be partitioned: by day, month or year of a date, and by a hash of a symbol where a
  day is too much for one partition. DolphinDB advises 100 MB to 1 GB of data in each.
*/
import { columnTypeText, type ColumnType, type DataType } from '../protocol/data-type.js'
import { civilFromDays, daysFromCivil, type CivilDate } from '../protocol/civil-date.js'
import type { InferredColumn, InferredSchema } from './inferred-schema.js'

/** One level of partitions. */
export interface PlannedLevel {
  readonly columnName: string
  readonly kind: 'VALUE' | 'RANGE' | 'HASH'
  /** As a script has it. */
  readonly scheme: string
  readonly reason: string
}

/** A scheme, and the engine that goes with it. */
export interface PartitionPlan {
  readonly levels: readonly PlannedLevel[]
  readonly engine: 'OLAP' | 'TSDB'
  /** With TSDB: rows with equal ones lie together, in order of the last. */
  readonly sortColumns: readonly string[]
  readonly engineReason: string
  /** All rows, not compressed. */
  readonly totalBytes: number
}

const megabyte = 1_000_000
const leastBytes = 100 * megabyte
const mostBytes = 1000 * megabyte
/** What a hashed partition is to hold. */
const usualBytes = 300 * megabyte
/** So many days, and months, are no trouble as partitions however small they are. */
const fewDays = 92
const fewMonths = 120
const yearsAhead = 10
const fewestBuckets = 10
const mostBuckets = 1000
const daysPerMonth = 30
/** Days near the end of the calendar stand for "never": a range ahead of them has no end. */
const lastDay = daysFromCivil(9900, 1, 1)

/** Bytes of a value in memory; texts have their length besides. */
const widths: Readonly<Partial<Record<DataType, number>>> = {
  BOOL: 1,
  INT: 4,
  LONG: 8,
  DOUBLE: 8,
  SYMBOL: 4,
  DECIMAL64: 8,
  DECIMAL128: 16,
  UUID: 16,
  IPADDR: 16,
  TIMESTAMP: 8,
  NANOTIME: 8,
  NANOTIMESTAMP: 8,
}
const otherWidth = 4

/** @returns undefined when no column is without nulls: rows whose place is not known are lost */
export function planPartitions(schema: InferredSchema): PartitionPlan | undefined {
  const totalBytes = tableBytes(schema)
  const { columns } = schema
  const whole = columns.filter(({ nulls, type }) => nulls === 0 && type.array !== true)
  const time = whole.find(({ days }) => days !== undefined && days.last < lastDay)
  const key =
    whole.find(({ type }) => type.type === 'SYMBOL') ??
    whole.find(({ type }) => ['INT', 'LONG', 'STRING'].includes(type.type))
  const symbol = key?.type.type === 'SYMBOL' ? key : undefined
  const levels =
    time === undefined
      ? key && [hashLevel(key, totalBytes, 'no column without nulls has a day')]
      : timeLevels(time, symbol ?? key, totalBytes)
  return levels && { levels, totalBytes, ...engineFor(columns, time, symbol) }
}

/** All rows of the inputs, not compressed. */
export function tableBytes({ columns, rows, estimatedRows }: InferredSchema): number {
  return estimatedRows * columns.reduce((sum, column) => sum + cellBytes(column, rows), 0)
}

function cellBytes({ type, textBytes }: InferredColumn, rows: number): number {
  const mean = rows === 0 ? 0 : textBytes / rows
  // An array is at most as long as its text, an element of two characters with its delimiter.
  if (type.array === true) return 4 * mean
  return type.type === 'STRING' || type.type === 'BLOB'
    ? mean + otherWidth
    : (widths[type.type] ?? otherWidth)
}

function timeLevels(
  time: InferredColumn,
  key: InferredColumn | undefined,
  totalBytes: number,
): PlannedLevel[] {
  const { first, last } = time.days!
  const days = last - first + 1
  const perDay = totalBytes / days
  const [from, to] = [civilFromDays(first), civilFromDays(last)]
  const months = (to.year - from.year) * 12 + to.month - from.month + 1
  const level = (kind: 'VALUE' | 'RANGE', scheme: string, reason: string): PlannedLevel => ({
    columnName: time.name,
    kind,
    scheme,
    reason,
  })
  const size = `${bytesText(perDay)} a day`
  if (days <= fewDays || perDay >= leastBytes) {
    const day = level(
      'VALUE',
      `${dayText(from)}..${dayText(to)}`,
      `${days} days, ${size}: one partition a day`,
    )
    if (perDay <= mostBytes || key === undefined) return [day]
    return [day, hashLevel(key, perDay, `more than ${bytesText(mostBytes)} a day`)]
  }
  if (months <= fewMonths || perDay * daysPerMonth >= leastBytes) {
    const scheme = `${monthText(from)}..${monthText(to)}`
    return [level('VALUE', scheme, `${months} months, ${size}: one partition a month`)]
  }
  const years = Array.from(
    { length: to.year - from.year + 2 + yearsAhead },
    (_, i) => `${String(from.year + i).padStart(4, '0')}.01.01`,
  )
  const reason = `${months} months, ${size}: one partition a year, and ${yearsAhead} years ahead, for rows outside are lost`
  return [level('RANGE', years.join(' '), reason)]
}

function hashLevel(key: InferredColumn, bytes: number, why: string): PlannedLevel {
  const wanted = Math.ceil(bytes / usualBytes)
  const buckets = Math.min(mostBuckets, Math.max(fewestBuckets, wanted))
  return {
    columnName: key.name,
    kind: 'HASH',
    scheme: `[${columnTypeText(key.type)}, ${buckets}]`,
    reason: `${why}: ${buckets} partitions by a hash`,
  }
}

function engineFor(
  columns: readonly InferredColumn[],
  time: InferredColumn | undefined,
  symbol: InferredColumn | undefined,
): Pick<PartitionPlan, 'engine' | 'sortColumns' | 'engineReason'> {
  const needsTsdb = columns.some(({ type }) => type.array === true || type.type === 'BLOB')
  const isMoment = time !== undefined && isFine(time.type)
  if (time === undefined || (!needsTsdb && (symbol === undefined || !isMoment))) {
    return {
      engine: 'OLAP',
      sortColumns: [],
      engineReason: 'OLAP: there is no symbol with a time of day to sort by',
    }
  }
  const sortColumns = [...(symbol === undefined ? [] : [symbol.name]), time.name]
  const why =
    symbol === undefined
      ? 'arrays and BLOBs need it'
      : 'rows of a symbol lie together, in order of time'
  return { engine: 'TSDB', sortColumns, engineReason: `TSDB: ${why}` }
}

const isFine = ({ type }: ColumnType): boolean => type !== 'DATE'

function dayText({ year, month, day }: CivilDate): string {
  return `${String(year).padStart(4, '0')}.${twoDigits(month)}.${twoDigits(day)}`
}

function monthText({ year, month }: CivilDate): string {
  return `${String(year).padStart(4, '0')}.${twoDigits(month)}M`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

/** `12.3 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : value.toPrecision(3)} ${units[unit]}`
}
