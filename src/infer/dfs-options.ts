/*
  Reads the user's requirements for a new DFS table: partitions such as `date,hash(symbol,10)`, sort columns, engine. The program
  chooses everything else (partition-plan.ts).
*/
import type { UsageError } from '../errors.js'
import { option, usageError } from '../errors.js'
import { dataTypes, type DataType } from '../protocol/data-type.js'
import { formatScalar } from '../protocol/element.js'
import { isTemporal } from '../protocol/types/temporals.js'
import { nearestHint } from '../schema/nearest.js'
import type { InferredColumn } from './inferred-schema.js'

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

/** Limits of servers (docs/server-semantics.md#tables-in-databases). */
const mostLevels = 3
const mostBuckets = 65_535

/** True for whole numbers and texts: rows can be divided by a hash of them, or sorted by them. */
export function isKeyType(type: DataType): boolean {
  const { category } = dataTypes[type]
  return category === 'integral' || (category === 'literal' && type !== 'BLOB')
}

/** @throws {UsageError} DDB_USAGE for an invalid scheme, and for columns that cannot partition rows */
export function requestedLevels(
  text: string,
  columns: readonly InferredColumn[],
): readonly [PartitionLevel, ...PartitionLevel[]] {
  const reason = `as ${option('target.partition')} says`
  const [first, ...others] = entriesOf(text).map(entry => ({ ...levelOf(entry, columns), reason }))
  if (first === undefined || others.length >= mostLevels) {
    throw wrong(text, `a table has one to ${mostLevels} levels of partitions`)
  }
  return [first, ...others]
}

function wrong(entry: string, why: string): UsageError {
  return usageError(`${option('target.partition')} ${entry}: ${why}`)
}

/** Splits at commas outside parentheses. */
function entriesOf(text: string): string[] {
  return (text.match(/[^,(]*\([^)]*\)?|[^,]+/g) ?? [])
    .map(entry => entry.trim())
    .filter(entry => entry !== '')
}

type Scheme = Pick<PartitionLevel, 'columnName' | 'kind' | 'scheme'>

function levelOf(entry: string, columns: readonly InferredColumn[]): Scheme {
  const [, kind = '', inside = entry] = /^([a-z]+)\((.*)\)$/i.exec(entry) ?? []
  const [name = '', ...given] = inside.split(',').map(part => part.trim())
  const column = columnFor(entry, name, columns)
  const { type } = column.type
  switch (kind.toLowerCase()) {
    case '':
      return valueLevel(entry, column, [])
    case 'value':
      return valueLevel(entry, column, given)
    case 'range': {
      if (given.length < 2) throw wrong(entry, 'a range has two ends at least: range(COLUMN,0,100)')
      const scheme = `[${given.map(one => literal(entry, one, type)).join(', ')}]`
      return { columnName: name, kind: 'RANGE', scheme }
    }
    case 'hash': {
      const [buckets = ''] = given
      const count = Number(buckets)
      if (given.length !== 1 || !/^[1-9]\d*$/.test(buckets) || count > mostBuckets) {
        throw wrong(entry, 'it takes a number of partitions: hash(COLUMN,10)')
      }
      return { columnName: name, kind: 'HASH', scheme: `[${type}, ${buckets}]` }
    }
    default:
      throw wrong(entry, 'it is a column with days, value(…), range(…) or hash(…)')
  }
}

function columnFor(
  entry: string,
  name: string,
  columns: readonly InferredColumn[],
): InferredColumn {
  const column = columns.find(one => one.name === name)
  if (column === undefined) {
    const names = columns.map(one => one.name)
    throw wrong(entry, `the table would have no column "${name}"${nearestHint(name, names)}`)
  }
  const { type, array } = column.type
  if (array === true || !(isKeyType(type) || isTemporal(type))) {
    throw wrong(entry, `rows cannot be divided by a column of type ${type}`)
  }
  if (column.nulls > 0) {
    throw wrong(entry, `"${name}" has ${column.nulls} nulls, and rows without a partition are lost`)
  }
  return column
}

function valueLevel(entry: string, column: InferredColumn, given: readonly string[]): Scheme {
  const { name: columnName, type, days } = column
  if (given.length === 0) {
    if (days !== undefined) return { columnName, kind: 'VALUE', scheme: dayRange(days) }
    throw wrong(
      entry,
      `"${columnName}" has no days: name its values, value(${columnName},…), or take hash(${columnName},10)`,
    )
  }
  const [first = ''] = given
  const ends = first.split('..')
  const scheme =
    given.length === 1 && ends.length === 2
      ? ends.map(end => literal(entry, end, type.type)).join('..')
      : `[${given.map(one => literal(entry, one, type.type)).join(', ')}]`
  return { columnName, kind: 'VALUE', scheme }
}

export const dayText = (days: number): string =>
  formatScalar({ form: 'scalar', type: 'DATE', value: days })

/** The days from the first to the last one, as script text. */
export function dayRange({ first, last }: NonNullable<InferredColumn['days']>): string {
  return `${dayText(first)}..${dayText(last)}`
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
