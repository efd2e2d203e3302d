/*
  Plans the partitions of a DFS table by day, month or year of a date. If a day is too large for one partition, adds a hash of a
  symbol. DolphinDB advises 100 MB to 1 GB of data per partition. Engines and sort columns:
  docs/server-semantics.md#tables-in-databases.
*/
import { columnTypeText, dataTypes, isDecimal, type DataType } from '../protocol/data-type.js'
import { civilFromDays, daysFromCivil, type CivilDate } from '../protocol/civil-date.js'
import { formatScalar } from '../protocol/element.js'
import { isTemporal } from '../protocol/types/temporals.js'
import { InputError, option, usageError } from '../errors.js'
import { nearestHint } from '../schema/nearest.js'
import { isCodeName } from './column-names.js'
import {
  dayRange,
  dayText,
  isKeyType,
  requestedLevels,
  type DfsOptions,
  type PartitionLevel,
} from './dfs-options.js'
import type { InferredColumn, InferredSchema } from './inferred-schema.js'
import { unitsPerDay } from './time-range.js'

type Levels = readonly [PartitionLevel, ...PartitionLevel[]]

/** A partition scheme, and the storage engine that goes with it. */
export interface PartitionPlan {
  readonly levels: Levels
  readonly engine: 'OLAP' | 'TSDB'
  /** For TSDB: rows that differ only in the last sort column are stored together, ordered by that column. */
  readonly sortColumns: readonly string[]
  readonly engineReason: string
}

const megabyte = 1_000_000
const leastBytes = 100 * megabyte
const mostBytes = 1000 * megabyte
/** Target size of a hashed partition. */
const usualBytes = 300 * megabyte
/** Up to this many days or months, small partitions do no harm. */
const fewDays = 92
const fewMonths = 120
const yearsAhead = 10
const fewestBuckets = 10
const mostBuckets = 1000
const daysPerMonth = 30
/** Dates from this day on mean "never", so a range of partitions must not extend to them. */
const lastDay = daysFromCivil(9900, 1, 1)

/** Bytes of a text in memory besides its characters. */
const textWidth = 4

/**
 * Plans partitions by columns without nulls, because rows without a partition are lost.
 * @param dfsOptions  the user's requirements
 * @param hasEngines  false for servers before 2.00, which know only OLAP
 * @throws {UsageError} DDB_USAGE for requirements that no table can meet
 * @throws {InputError} DDB_INPUT_COLUMN if no column is fit to partition by, or to sort arrays by
 */
export function planPartitions(
  schema: InferredSchema,
  dfsOptions: DfsOptions = {},
  hasEngines = true,
): PartitionPlan {
  const totalBytes = tableBytes(schema)
  const { columns } = schema
  const whole = columns.filter(({ nulls, type }) => nulls === 0 && type.array !== true)
  const time = whole.find(isDated)
  const key = keyOf(whole)
  const { partition } = dfsOptions
  const levels: Levels | undefined =
    partition !== undefined
      ? requestedLevels(partition, columns)
      : time === undefined
        ? key && [hashLevel(key, totalBytes, 'no column without nulls has a day')]
        : timeLevels(time, key, totalBytes)
  if (levels === undefined) {
    const what =
      'a DFS table needs a column of days, texts or whole numbers without nulls to be partitioned by'
    throw lacking(schema, what, one => isDated(one) || isKey(one))
  }
  checkDfsOptions(dfsOptions)
  const sorted = hasEngines ? sortingFor(columns, whole, time, dfsOptions) : undefined
  const isNeeded = hasEngines && (columns.some(needsTsdb) || wantsTsdb(dfsOptions))
  if (sorted === undefined && isNeeded) {
    const what =
      'a DFS table with arrays needs a column of texts, whole numbers or days without nulls to be sorted by; a TIMESTAMP alone is not enough'
    throw lacking(schema, what, sortsFirst)
  }
  return { levels, ...(sorted ?? olapBecause(hasEngines, dfsOptions)) }
}

/** The error if no column meets a need. @param would  true for columns that would be suitable without their nulls */
function lacking(
  schema: InferredSchema,
  need: string,
  would: (column: InferredColumn) => boolean,
): InputError {
  const named = schema.columns.find(one => one.nulls > 0 && one.type.array !== true && would(one))
  const near = named === undefined ? '' : ` (it would take ${named.name} without nulls)`
  const file = schema.inputs[0]?.path ?? ''
  return columnError(
    schema,
    `${need}, and ${file} has none${near}: make a stream table, fill such a column with ${option('mapping.set')}, or write the script by hand`,
  )
}

export function columnError({ inputs }: InferredSchema, message: string): InputError {
  return new InputError('DDB_INPUT_COLUMN', message, { file: inputs[0]?.path ?? '' })
}

const wantsTsdb = ({ engine, sortColumns, keepDuplicates }: DfsOptions): boolean =>
  engine === 'TSDB' || sortColumns !== undefined || keepDuplicates !== undefined

function checkDfsOptions({ engine, sortColumns, keepDuplicates }: DfsOptions): void {
  if (engine !== 'OLAP' || (sortColumns ?? keepDuplicates) === undefined) return
  const flag = sortColumns === undefined ? '--keep-duplicates' : '--sort-columns'
  throw usageError(`${flag} goes with --engine TSDB: OLAP does not sort`)
}

const nameOf = ({ name }: InferredColumn): string => name

const isDated = ({ days }: InferredColumn): boolean => days !== undefined && days.last < lastDay

const isKey = ({ type }: InferredColumn): boolean => isKeyType(type.type)

const isCode = ({ name, type }: InferredColumn): boolean =>
  isCodeName(name) && (type.type === 'SYMBOL' || type.type === 'STRING')

/** Chooses the column to divide rows by: a code, a symbol, or the first column of texts or whole numbers. */
function keyOf(columns: readonly InferredColumn[]): InferredColumn | undefined {
  const symbol = columns.find(({ type }) => type.type === 'SYMBOL')
  return columns.find(isCode) ?? symbol ?? columns.find(isKey)
}

/** Uncompressed size of the inputs' rows, in bytes. */
export function tableBytes({ columns, rows, estimatedRows }: InferredSchema): number {
  return estimatedRows * columns.reduce((sum, column) => sum + cellBytes(column, rows), 0)
}

function cellBytes({ type, textBytes }: InferredColumn, rows: number): number {
  const mean = rows === 0 ? 0 : textBytes / rows
  // A factor of 4, because an element with its delimiter has at least two characters of text, and at most eight bytes
  // in memory.
  if (type.array === true) return 4 * mean
  const { bytesPerValue } = dataTypes[type.type]
  return bytesPerValue > 0 ? bytesPerValue : mean + textWidth
}

function timeLevels(
  time: InferredColumn,
  key: InferredColumn | undefined,
  totalBytes: number,
): Levels {
  const { first, last } = time.days!
  const days = last - first + 1
  const perDay = totalBytes / days
  const [from, to] = [civilFromDays(first), civilFromDays(last)]
  const months = (to.year - from.year) * 12 + to.month - from.month + 1
  const level = (kind: 'VALUE' | 'RANGE', scheme: string, reason: string): PartitionLevel => ({
    columnName: time.name,
    kind,
    scheme,
    reason,
  })
  const size = `${bytesText(perDay)} a day`
  if (days <= fewDays || perDay >= leastBytes) {
    const day = level(
      'VALUE',
      dayRange({ first, last }),
      `${days} ${days === 1 ? 'day' : 'days'}, ${size}: one partition a day`,
    )
    if (perDay <= mostBytes || key === undefined) return [day]
    return [day, hashLevel(key, perDay, `more than ${bytesText(mostBytes)} a day`)]
  }
  if (months <= fewMonths || perDay * daysPerMonth >= leastBytes) {
    const scheme = `${monthText(from)}..${monthText(to)}`
    return [level('VALUE', scheme, `${months} months, ${size}: one partition a month`)]
  }
  const years = Array.from({ length: to.year - from.year + 2 + yearsAhead }, (_, i) =>
    dayText(daysFromCivil(from.year + i, 1, 1)),
  )
  const reason = `${months} months, ${size}: one partition a year, and ${yearsAhead} years ahead, for rows outside are lost`
  return [level('RANGE', years.join(' '), reason)]
}

function hashLevel(key: InferredColumn, bytes: number, why: string): PartitionLevel {
  const wanted = Math.ceil(bytes / usualBytes)
  const buckets = Math.min(mostBuckets, Math.max(fewestBuckets, wanted))
  return {
    columnName: key.name,
    kind: 'HASH',
    scheme: `[${columnTypeText(key.type)}, ${buckets}]`,
    reason: `${why}: ${buckets} partitions by a hash`,
  }
}

type Engine = Pick<PartitionPlan, 'engine' | 'sortColumns' | 'engineReason'>

function olapBecause(hasEngines: boolean, { engine }: DfsOptions): Engine {
  if (engine === 'OLAP') return { engine, sortColumns: [], engineReason: 'OLAP: as --engine says' }
  const reason = hasEngines
    ? 'there is no symbol with a time of day to sort by'
    : 'servers before 2.00 have no other engine'
  return { engine: 'OLAP', sortColumns: [], engineReason: `OLAP: ${reason}` }
}

/** Types allowed only as the last of several sort columns. */
const momentTypes: readonly DataType[] = ['TIME', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP']

const needsTsdb = ({ type }: InferredColumn): boolean => type.array === true || type.type === 'BLOB'

const sortsFirst = ({ type: { type } }: InferredColumn): boolean =>
  isKeyType(type) || isDecimal(type) || (isTemporal(type) && !momentTypes.includes(type))

const sortsLast = ({ type: { type } }: InferredColumn): boolean =>
  dataTypes[type].category === 'integral' || isTemporal(type)

/**
 * Chooses TSDB on request, for arrays and BLOBs, and for market data: a code and a time, or a symbol and a time of day.
 * @returns undefined if TSDB is not needed, or no column can sort the rows
 */
function sortingFor(
  columns: readonly InferredColumn[],
  whole: readonly InferredColumn[],
  time: InferredColumn | undefined,
  dfsOptions: DfsOptions,
): Engine | undefined {
  const { engine, sortColumns } = dfsOptions
  if (engine === 'OLAP') return undefined
  if (sortColumns !== undefined) {
    return tsdb(saidSorting(sortColumns, columns), 'as --sort-columns says')
  }
  const code = whole.find(isCode)
  const symbol = code ?? whole.find(({ type }) => type.type === 'SYMBOL')
  const moment = momentOf(whole, time)
  const isMarket = code !== undefined || moment?.type.type !== 'DATE'
  if (symbol !== undefined && time !== undefined && moment !== undefined && isMarket) {
    return tsdb(
      [symbol, moment],
      `rows of a ${code === undefined ? 'symbol' : 'code'} lie together, in order of time`,
    )
  }
  if (!columns.some(needsTsdb) && !wantsTsdb(dfsOptions)) return undefined
  const first = keyOf(whole) ?? whole.find(sortsFirst)
  if (first === undefined) return undefined
  const last = time ?? whole.find(sortsLast)
  return tsdb(
    last === undefined || last === first ? [first] : [first, last],
    wantsTsdb(dfsOptions) ? 'as was asked for' : 'arrays and BLOBs need it',
  )
}

/** The column with the finest time: a date with a time, else a separate time of day, else the date. */
function momentOf(
  whole: readonly InferredColumn[],
  time: InferredColumn | undefined,
): InferredColumn | undefined {
  if (time?.type.type !== 'DATE') return time
  const ofDay: readonly DataType[] = ['NANOTIME', 'TIME', 'SECOND', 'MINUTE']
  const finer = whole.find(
    ({ type }) => type.type !== 'DATE' && unitsPerDay[type.type] !== undefined,
  )
  return finer ?? whole.find(({ type }) => ofDay.includes(type.type)) ?? time
}

/** @throws {UsageError} DDB_USAGE for names that are no columns; the server refuses those that it cannot sort rows by */
function saidSorting(
  names: readonly string[],
  columns: readonly InferredColumn[],
): readonly InferredColumn[] {
  return [...new Set(names)].map(name => {
    const column = columns.find(one => one.name === name)
    if (column !== undefined) return column
    const hint = nearestHint(name, columns.map(nameOf))
    throw usageError(`--sort-columns: the table would have no column "${name}"${hint}`)
  })
}

function tsdb(sorted: readonly InferredColumn[], why: string): Engine {
  return { engine: 'TSDB', sortColumns: sorted.map(nameOf), engineReason: `TSDB: ${why}` }
}

const monthText = ({ year, month }: CivilDate): string =>
  formatScalar({ form: 'scalar', type: 'MONTH', value: 12 * year + month - 1 })

/** Formats a size, for example as `12.3 MB`. */
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
