/* Plans the partitions of a DFS table: those that the user requires, such as `date,hash(symbol,10)`, or by day, month or year of a date,
   with a hash of a symbol if a day is too large for one partition. DolphinDB advises 100 MB to 1 GB of data per partition. Engines, sort
   columns and limits: docs/server-semantics.md#tables-in-databases. */
import { columnTypeText, dataTypes, isDecimal, type DataType } from '../protocol/data-type.js'
import {
  type CivilDate,
  civilFromDays,
  daysFromCivil,
  isTemporal,
} from '../protocol/types/temporals.js'
import { formatScalar } from '../protocol/element.js'
import { InputError, option, usageError, type UsageError } from '../errors.js'
import { bytesText } from '../parse/cells/cell-bytes.js'
import { nearestHint } from '../schema/nearest.js'
import { isCodeName } from './column-names.js'
import type { InferredColumn, InferredSchema } from './inferred-schema.js'
import { unitsPerDay } from './time-range.js'

/** Options of `schema` for a new DFS table; `load` has only `partition`. */
export interface DfsOptions {
  /** One to three levels: a column of dates, `value(COLUMN,…)`, `range(COLUMN,…)`, `hash(COLUMN,N)`. */
  readonly partition?: string
  readonly sortColumns?: readonly string[]
  readonly keepDuplicates?: 'all' | 'first' | 'last'
  readonly engine?: 'OLAP' | 'TSDB'
  readonly atomic?: 'trans' | 'chunk'
}

/** A level of partitions. Its texts are valid script code. */
export interface PartitionLevel {
  readonly columnName: string
  readonly kind: 'VALUE' | 'RANGE' | 'HASH'
  /** Partition values of the level. */
  readonly scheme: string
  readonly reason: string
}

/** A partition scheme, and the storage engine that goes with it. */
export interface PartitionPlan {
  /** One to three. */
  readonly levels: readonly PartitionLevel[]
  readonly engine: 'OLAP' | 'TSDB'
  /** For TSDB: rows that differ only in the last sort column are stored together, ordered by that column. */
  readonly sortColumns: readonly string[]
  readonly engineReason: string
}

type Engine = Omit<PartitionPlan, 'levels'>
type Columns = readonly InferredColumn[]

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
const mostLevels = 3
const mostAskedBuckets = 65_535

/**
 * Plans partitions by columns without nulls, because rows without a partition are lost. @param hasEngines  false before 2.00: only OLAP
 * @throws {UsageError} DDB_USAGE for requirements that no table can meet
 * @throws {InputError} DDB_INPUT_COLUMN if no column is fit to partition by, or to sort arrays by
 */
export function planPartitions(
  schema: InferredSchema,
  dfsOptions: DfsOptions = {},
  hasEngines = true,
): PartitionPlan {
  const { columns } = schema
  const whole = columns.filter(({ nulls, type }) => nulls === 0 && type.array !== true)
  const time = whole.find(isDated)
  const key = keyOf(whole)
  const bytes = tableBytes(schema)
  const { partition } = dfsOptions
  const levels =
    partition !== undefined
      ? requestedLevels(partition, columns)
      : time !== undefined
        ? timeLevels(time, key, bytes)
        : key && [hashLevel(key, bytes, 'no column without nulls has a day')]
  if (levels === undefined) {
    const what =
      'a DFS table needs a column of days, texts or whole numbers without nulls to be partitioned by'
    throw lacking(schema, what, one => isDated(one) || isKey(one))
  }
  return { levels, ...engineFor(schema, whole, time, dfsOptions, hasEngines) }
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

const isDated = ({ days }: InferredColumn): boolean => days !== undefined && days.last < lastDay

/** True for whole numbers and texts: rows can be divided by a hash of them, or sorted by them. */
function isKey({ type: { type } }: InferredColumn): boolean {
  const { category } = dataTypes[type]
  return category === 'integral' || (category === 'literal' && type !== 'BLOB')
}

const isSymbol = ({ type }: InferredColumn): boolean => type.type === 'SYMBOL'

const isCode = (column: InferredColumn): boolean =>
  isCodeName(column.name) && (isSymbol(column) || column.type.type === 'STRING')

/** Chooses the column to divide rows by: a code, a symbol, or the first column of texts or whole numbers. */
const keyOf = (columns: Columns): InferredColumn | undefined =>
  columns.find(isCode) ?? columns.find(isSymbol) ?? columns.find(isKey)

/** Uncompressed size of the inputs' rows, in bytes. */
export function tableBytes({ columns, rows, estimatedRows }: InferredSchema): number {
  return estimatedRows * columns.reduce((sum, column) => sum + cellBytes(column, rows), 0)
}

function cellBytes({ type, textBytes }: InferredColumn, rows: number): number {
  const mean = rows === 0 ? 0 : textBytes / rows
  // A factor of 4, because an element with its delimiter has at least two characters of text, and at most eight bytes in memory.
  if (type.array === true) return 4 * mean
  const { bytesPerValue } = dataTypes[type.type]
  return bytesPerValue > 0 ? bytesPerValue : mean + textWidth
}

function timeLevels(
  { name: columnName, days: span }: InferredColumn,
  key: InferredColumn | undefined,
  totalBytes: number,
): readonly PartitionLevel[] {
  const { first, last } = span!
  const days = last - first + 1
  const perDay = totalBytes / days
  const [from, to] = [civilFromDays(first), civilFromDays(last)]
  const months = (to.year - from.year) * 12 + to.month - from.month + 1
  const size = `${bytesText(perDay)} a day`
  if (days <= fewDays || perDay >= leastBytes) {
    const reason = `${days} ${days === 1 ? 'day' : 'days'}, ${size}: one partition a day`
    const day = { columnName, kind: 'VALUE', scheme: dayRange(span!), reason } as const
    if (perDay <= mostBytes || key === undefined) return [day]
    return [day, hashLevel(key, perDay, `more than ${bytesText(mostBytes)} a day`)]
  }
  if (months <= fewMonths || perDay * daysPerMonth >= leastBytes) {
    const reason = `${months} months, ${size}: one partition a month`
    return [{ columnName, kind: 'VALUE', scheme: `${monthText(from)}..${monthText(to)}`, reason }]
  }
  const years = Array.from({ length: to.year - from.year + 2 + yearsAhead }, (_, i) =>
    dayText(daysFromCivil(from.year + i, 1, 1)),
  )
  const reason = `${months} months, ${size}: one partition a year, and ${yearsAhead} years ahead, for rows outside are lost`
  return [{ columnName, kind: 'RANGE', scheme: years.join(' '), reason }]
}

function hashLevel(
  { name: columnName, type }: InferredColumn,
  bytes: number,
  why: string,
): PartitionLevel {
  const wanted = Math.ceil(bytes / usualBytes)
  const buckets = Math.min(mostBuckets, Math.max(fewestBuckets, wanted))
  const reason = `${why}: ${buckets} partitions by a hash`
  return { columnName, kind: 'HASH', scheme: `[${columnTypeText(type)}, ${buckets}]`, reason }
}

const dayText = (days: number): string =>
  formatScalar({ form: 'scalar', type: 'DATE', value: days })

const monthText = ({ year, month }: CivilDate): string =>
  formatScalar({ form: 'scalar', type: 'MONTH', value: 12 * year + month - 1 })

const dayRange = ({ first, last }: NonNullable<InferredColumn['days']>): string =>
  `${dayText(first)}..${dayText(last)}`

const needsTsdb = ({ type }: InferredColumn): boolean => type.array === true || type.type === 'BLOB'

/** Types allowed only as the last of several sort columns. */
const momentTypes: readonly DataType[] = ['TIME', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP']
/** Types that no scheme of partitions can have (DolphinDB manual, page db_partitioning). */
const unhashed: readonly DataType[] = momentTypes.filter(type => type !== 'TIME')

const sortsFirst = (column: InferredColumn): boolean => {
  const { type } = column.type
  return isKey(column) || isDecimal(type) || (isTemporal(type) && !momentTypes.includes(type))
}

const sortsLast = ({ type: { type } }: InferredColumn): boolean =>
  dataTypes[type].category === 'integral' || isTemporal(type)

/**
 * Chooses TSDB on request, for arrays and BLOBs, and for market data: a code and a time, or a symbol and a time of day.
 * @param whole  the columns without nulls @param time  the first of them with a day
 */
function engineFor(
  schema: InferredSchema,
  whole: Columns,
  time: InferredColumn | undefined,
  { engine, sortColumns, keepDuplicates }: DfsOptions,
  hasEngines: boolean,
): Engine {
  const { columns } = schema
  if (engine === 'OLAP' && (sortColumns ?? keepDuplicates) !== undefined) {
    const flag = sortColumns === undefined ? '--keep-duplicates' : '--sort-columns'
    throw usageError(`${flag} goes with --engine TSDB: OLAP does not sort`)
  }
  const tsdb = (why: string, sorted: readonly string[]): Engine => ({
    ...{ engine: 'TSDB', sortColumns: [...new Set(sorted)], engineReason: `TSDB: ${why}` },
  })
  const isOpen = hasEngines && engine !== 'OLAP'
  if (isOpen && sortColumns !== undefined) {
    const unknown = sortColumns.find(name => !columns.some(one => one.name === name))
    if (unknown !== undefined) throw unknownColumn('--sort-columns', unknown, columns)
    return tsdb('as --sort-columns says', sortColumns)
  }
  const code = whole.find(isCode)
  const symbol = code ?? whole.find(isSymbol)
  const moment = momentOf(whole, time)
  const isMarket = code !== undefined || moment?.type.type !== 'DATE'
  if (isOpen && symbol !== undefined && moment !== undefined && isMarket) {
    const what = code === undefined ? 'symbol' : 'code'
    const why = `rows of a ${what} lie together, in order of time`
    return tsdb(why, [symbol.name, moment.name])
  }
  const isAsked = engine === 'TSDB' || keepDuplicates !== undefined
  if (!hasEngines || !(isAsked || columns.some(needsTsdb))) {
    const why =
      engine === 'OLAP'
        ? 'as --engine says'
        : hasEngines
          ? 'there is no symbol with a time of day to sort by'
          : 'servers before 2.00 have no other engine'
    return { engine: 'OLAP', sortColumns: [], engineReason: `OLAP: ${why}` }
  }
  const first = isOpen ? (keyOf(whole) ?? whole.find(sortsFirst)) : undefined
  if (first === undefined) {
    const what =
      'a DFS table with arrays needs a column of texts, whole numbers or days without nulls to be sorted by; a TIMESTAMP alone is not enough'
    throw lacking(schema, what, sortsFirst)
  }
  const last = time ?? whole.find(sortsLast) ?? first
  return tsdb(isAsked ? 'as was asked for' : 'arrays and BLOBs need it', [first.name, last.name])
}

/** The column with the finest time: a date with a time, else a separate time of day, else the date. */
function momentOf(whole: Columns, time: InferredColumn | undefined): InferredColumn | undefined {
  if (time?.type.type !== 'DATE') return time
  const ofDay: readonly DataType[] = ['NANOTIME', 'TIME', 'SECOND', 'MINUTE']
  const finer = whole.find(
    ({ type }) => type.type !== 'DATE' && unitsPerDay(type.type) !== undefined,
  )
  return finer ?? whole.find(({ type }) => ofDay.includes(type.type)) ?? time
}

function unknownColumn(where: string, name: string, columns: Columns): UsageError {
  const names = columns.map(one => one.name)
  return usageError(`${where}: the table would have no column "${name}"${nearestHint(name, names)}`)
}

/** @throws {UsageError} DDB_USAGE for an invalid scheme, and for columns that cannot partition rows */
function requestedLevels(text: string, columns: Columns): readonly PartitionLevel[] {
  const reason = `as ${option('target.partition')} says`
  // Divides at commas outside parentheses.
  const entries = (text.match(/[^,(]*\([^)]*\)?|[^,]+/g) ?? []).map(entry => entry.trim())
  const levels = entries.filter(Boolean).map(entry => ({ ...levelOf(entry, columns), reason }))
  const names = levels.map(({ columnName }) => columnName)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw wrong(text, `it names "${twice}" twice: name each column once`)
  if (levels.length > 0 && levels.length <= mostLevels) return levels
  throw wrong(text, `a table has one to ${mostLevels} levels of partitions`)
}

const wrong = (entry: string, why: string): UsageError =>
  usageError(`${option('target.partition')} ${entry}: ${why}`)

function levelOf(entry: string, columns: Columns): Omit<PartitionLevel, 'reason'> {
  const [, kind = 'value', inside = entry] = /^([a-z]+)\((.*)\)$/i.exec(entry) ?? []
  const [columnName = '', ...given] = inside.split(',').map(part => part.trim())
  const column = columns.find(({ name }) => name === columnName)
  if (column === undefined) {
    throw unknownColumn(`${option('target.partition')} ${entry}`, columnName, columns)
  }
  const { nulls } = column
  const { type, array } = column.type
  if (array === true || !(isKey(column) || isTemporal(type))) {
    throw wrong(entry, `rows cannot be divided by a column of type ${type}`)
  }
  if (nulls > 0) {
    throw wrong(entry, `"${columnName}" has ${nulls} nulls, and rows without a partition are lost`)
  }
  const scripted = (texts: readonly string[]): string[] =>
    texts.map(one => literal(entry, one, type))
  switch (kind.toLowerCase()) {
    case 'value': {
      const [first] = given
      const ends = given.length === 1 ? first!.split('..') : []
      if (first !== undefined) {
        const isSpan = ends.length === 2
        const scheme = isSpan ? scripted(ends).join('..') : `[${scripted(given).join(', ')}]`
        return { columnName, kind: 'VALUE', scheme }
      }
      if (column.days !== undefined)
        return { columnName, kind: 'VALUE', scheme: dayRange(column.days) }
      throw wrong(
        entry,
        `"${columnName}" has no days: name its values, value(${columnName},…), or take hash(${columnName},10)`,
      )
    }
    case 'range': {
      if (given.length < 2) throw wrong(entry, 'a range has two ends at least: range(COLUMN,0,100)')
      const bounds = scripted(given)
      // A server takes other bounds, but then no row has a place in their partitions.
      const keys = bounds.map(one => (/^-?\d+$/.test(one) ? BigInt(one) : one.replaceAll('"', '')))
      const at = keys.findIndex((key, i) => i > 0 && key <= keys[i - 1]!)
      if (at >= 0) {
        const why = `${bounds[at - 1]} is before ${bounds[at]}`
        throw wrong(entry, `each end must be greater than the one before: ${why}`)
      }
      return { columnName, kind: 'RANGE', scheme: `[${bounds.join(', ')}]` }
    }
    case 'hash': {
      const [buckets = ''] = given
      if (unhashed.includes(type))
        throw wrong(entry, `servers divide no rows by a hash of a ${type}`)
      const isCount = /^[1-9]\d*$/.test(buckets) && Number(buckets) <= mostAskedBuckets
      if (isCount && given.length === 1)
        return { columnName, kind: 'HASH', scheme: `[${type}, ${buckets}]` }
      throw wrong(entry, 'it takes a number of partitions: hash(COLUMN,10)')
    }
    default:
      throw wrong(entry, 'it is a column with days, value(…), range(…) or hash(…)')
  }
}

/** Patterns of the values that a scheme may contain, and examples for messages. */
const literals = {
  texts: [/^[^"\\\p{Cc}]+$/u, 'a text'],
  numbers: [/^-?\d{1,18}$/, 'a whole number'],
  days: [/^\d{4}\.\d\d(?:M|\.\d\d)$/, 'such as 2024.01.02 or 2024.01M'],
} as const

/** Writes a value as a script literal. Throws for anything else, so that the user's text cannot become code. */
function literal(entry: string, text: string, type: DataType): string {
  const isText = dataTypes[type].category === 'literal'
  const [pattern, like] = literals[isText ? 'texts' : isTemporal(type) ? 'days' : 'numbers']
  const plain = isText ? text.replace(/^(["'`])(.*)\1$/, '$2') : text
  if (pattern.test(plain)) return isText ? `"${plain}"` : plain
  throw wrong(entry, `"${text}" is not a value for a column of type ${type}: it is ${like}`)
}
