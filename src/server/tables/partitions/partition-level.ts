/*
  Finds the partition of each row, level by level of the scheme, and the path of a partition. Tables do not store partitions;
  the scheme only decides which rows a table keeps, and which share a partition
  (docs/server-semantics.md#rows-outside-the-scheme, docs/protocol.md#routing-of-rows).
*/
import type { Column, SymbolVector, Vector } from '../../../protocol/value.js'
import { formatElement } from '../../../protocol/value-text.js'
import type { LevelScheme } from '../server-table.js'
import { type ColumnType, dataTypes, parseColumnType } from '../../../protocol/data-type.js'
import { columnTypeOf, concatColumns, sliceColumn, takeRows } from '../../../protocol/element.js'
import { elementBytes } from '../../../protocol/element-bytes.js'
import { murmurHash } from '../../../protocol/murmur-hash.js'
import { ScriptError } from '../../script-error.js'
import { intScalar, integerOf, textOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { columnTexts, isFixedVector, numbersOf } from '../../columns/column-layout.js'
import { columnOfScalar, convertColumn } from '../../columns/convert-column.js'

/** The path of a partition in its table. @param partition  a number from `placeRows` other than −1 */
export function chunkPath(levels: readonly LevelScheme[], partition: number): string {
  let rest = partition
  let path = ''
  for (let level = levels.length - 1; level >= 0; level--) {
    path = `/${labelOf(levels[level]!, rest % maxPartitions)}${path}`
    rest = Math.floor(rest / maxPartitions)
  }
  return path
}

/** The folder name of a partition within its level. */
function labelOf(scheme: LevelScheme, number: number): string {
  switch (scheme.type) {
    case 'HASH':
      return `Key${number}`
    case 'LIST':
      return `List${number}`
    case 'RANGE':
      return `${valueText(scheme, number)}_${valueText(scheme, number + 1)}`
    default:
      return valueText(scheme, number)
  }
}

/** The text of a value in a folder name, which has dates without dots: 20240102. */
function valueText(scheme: LevelScheme, index: number): string {
  const text = formatElement(levelOf(scheme).schema as Vector, index)
  return /^\d[\d.:]*M?$/.test(text) ? text.replaceAll(/[.:]/g, '') : text
}

/** Returned instead of a partition number for a value outside the scheme. */
const outsidePartition = -1
/** Returned instead of a partition number for a null. In a VALUE level of a DFS table, a null makes the insert fail. */
const nullPartition = -2
const unknownPartition = -3

/** Limit per level. It keeps the combined number over three levels exact as a double (place-rows.ts). */
export const maxPartitions: number = 2 ** 17

export function tooManyPartitions(): ScriptError {
  return new ScriptError(
    `A level of the embedded server's databases has at most ${maxPartitions} partitions.`,
  )
}

interface PartitionLevel {
  /** The type into which values are converted for the look-up: `partitionColumnType` of `schema()`. */
  readonly type: ColumnType
  /** The scheme as `schema()` returns it: values, bounds or lists, or the number of HASH buckets. */
  readonly schema: ServerValue
  /** For each row, the partition number, `outsidePartition` or `nullPartition`. */
  locate(column: Column): Int32Array
}

const compiled = new WeakMap<LevelScheme, { scheme: ServerValue; level: PartitionLevel }>()

/** Prepares a scheme for look-ups; cached until it changes. @throws {ScriptError} if scheme and type do not fit */
export function levelOf(scheme: LevelScheme): PartitionLevel {
  const known = compiled.get(scheme)
  if (known?.scheme === scheme.scheme) return known.level
  const level = compile(scheme)
  compiled.set(scheme, { scheme: scheme.scheme, level })
  return level
}

/** Adds a partition for each value of the column that has no partition yet. @returns the number of added partitions */
export function addValues(scheme: LevelScheme, column: Column): number {
  const level = levelOf(scheme)
  const values = convertColumn(column, level.type)
  const numbers = level.locate(values)
  const firstRows = new Map<Entry, number>()
  entriesOf(values).forEach((entry, row) => {
    if (entry === undefined || numbers[row] !== outsidePartition || firstRows.has(entry)) return
    firstRows.set(entry, row)
  })
  const { length } = scheme.scheme as Vector
  if (length + firstRows.size > maxPartitions) throw tooManyPartitions()
  if (firstRows.size > 0) {
    const fresh = takeRows(values, Int32Array.from(firstRows.values()))
    scheme.first ??= scheme.scheme
    scheme.scheme = concatColumns(scheme.scheme as Vector, fresh)
  }
  return firstRows.size
}

/** @throws {ScriptError} S01018 if a text contains blanks or control characters */
function checkVisible(column: Column): void {
  for (const text of columnTexts(column) ?? []) {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit > 32 && unit !== 127) continue
      throw new ScriptError(
        'A STRING or SYMBOL column used for value-partitioning cannot contain invisible characters. RefId:S01018',
      )
    }
  }
}

function compile({ type, scheme }: LevelScheme): PartitionLevel {
  switch (type) {
    case 'VALUE': {
      const values = vectorScheme(scheme)
      const entries = entriesOf(values)
      return lookupLevel(
        columnTypeOf(values),
        scheme,
        new Map(entries.map((entry, at) => [entry, at])),
      )
    }
    case 'LIST': {
      const lists = listScheme(scheme)
      const partitions = lists.flatMap((list, at) =>
        entriesOf(list).map((entry): [Entry | undefined, number] => [entry, at]),
      )
      return lookupLevel(columnTypeOf(lists[0]!), scheme, new Map(partitions))
    }
    case 'RANGE': {
      const bounds = vectorScheme(scheme)
      return rangeLevel(columnTypeOf(bounds), scheme, entriesOf(bounds))
    }
    case 'HASH':
      return hashLevel(scheme)
    case 'COMPO':
    case 'SEQ':
      throw new ScriptError(`A ${type} scheme has no values of its own.`)
  }
}

function vectorScheme(scheme: ServerValue): Vector {
  if (scheme.form === 'vector' && scheme.type !== 'ANY' && scheme.type !== 'VOID') return scheme
  throw new ScriptError('The partition scheme should be a vector.')
}

function listScheme(scheme: ServerValue): readonly Vector[] {
  if (scheme.form !== 'vector' || scheme.length === 0) {
    throw new ScriptError('The LIST partition scheme should be a vector or a tuple of vectors.')
  }
  if (scheme.type !== 'ANY') {
    return Array.from(
      { length: scheme.length },
      (_, row) => sliceColumn(scheme, row, row + 1) as Vector,
    )
  }
  return scheme.data.slice(0, scheme.length).map(element => {
    if (element.form === 'vector') return element
    if (element.form === 'scalar') return columnOfScalar(element)
    throw new ScriptError('The LIST partition scheme should be a vector or a tuple of vectors.')
  })
}

type Entry = number | string

function entriesOf(column: Column): (Entry | undefined)[] {
  const texts = columnTexts(column)
  if (texts !== undefined) {
    return Array.from({ length: column.length }, (_, row) => texts[row] || undefined)
  }
  if (!isFixedVector(column))
    throw new ScriptError('A partitioning column of this type is not supported.')
  return Array.from(numbersOf(column), number => (Number.isNaN(number) ? undefined : number))
}

function lookupLevel(
  type: ColumnType,
  schema: ServerValue,
  partitions: ReadonlyMap<Entry | undefined, number>,
): PartitionLevel {
  return level(type, schema, entry => partitions.get(entry) ?? outsidePartition)
}

/** Each partition begins at a bound and ends before the next bound. The last bound only ends the last partition. */
function rangeLevel(
  type: ColumnType,
  schema: ServerValue,
  bounds: readonly (Entry | undefined)[],
): PartitionLevel {
  return level(type, schema, entry => {
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (bounds[middle]! <= entry) low = middle + 1
      else high = middle
    }
    return low === 0 || low === bounds.length ? outsidePartition : low - 1
  })
}

const encoder = new TextEncoder()

function hashLevel(scheme: ServerValue): PartitionLevel {
  const [typeName, count] = scheme.form === 'list' ? scheme.elements : []
  const buckets = integerOf(count)
  const type = typeName?.form === 'type' ? typeName.column : parseColumnType(textOf(typeName) ?? '')
  if (type === undefined || buckets === undefined || buckets < 1) {
    throw new ScriptError('The HASH partition scheme should be [type, number of buckets].')
  }
  const schema = intScalar(buckets)
  const { category, bytesPerValue } = dataTypes[type.type]
  if (category === 'binary') return { type, schema, locate: column => locateBytes(column, buckets) }
  const unsignedOverflow = (bytesPerValue === 8 ? 2 ** 64 : 2 ** 32) % buckets
  return level(type, schema, entry => {
    if (typeof entry === 'string') return murmurHash(encoder.encode(entry)) % buckets
    // Hashes a negative value like the unsigned number with the same bits.
    return entry >= 0 ? entry % buckets : ((entry % buckets) + unsignedOverflow + buckets) % buckets
  })
}

function level(
  type: ColumnType,
  schema: ServerValue,
  find: (entry: Entry) => number,
): PartitionLevel {
  const isText = dataTypes[type.type].category === 'literal'
  return {
    type,
    schema,
    locate(given) {
      if (isText && given.form === 'vector' && given.type === 'SYMBOL')
        return locateSymbols(given, find)
      return Int32Array.from(entriesOf(convertColumn(given, type)), entry =>
        entry === undefined ? nullPartition : find(entry),
      )
    },
  }
}

/** Looks up each distinct text of a SYMBOL column once. */
function locateSymbols(column: SymbolVector, find: (entry: Entry) => number): Int32Array {
  const partitionOfCode = new Int32Array(column.base.length).fill(unknownPartition)
  const numbers = new Int32Array(column.length)
  for (let row = 0; row < column.length; row++) {
    const code = column.codes[row]!
    let number = partitionOfCode[code]!
    if (number === unknownPartition) {
      const text = column.base[code]!
      number = text === '' ? nullPartition : find(text)
      partitionOfCode[code] = number
    }
    numbers[row] = number
  }
  return numbers
}

function locateBytes(column: Column, buckets: number): Int32Array {
  const numbers = new Int32Array(column.length)
  if (!isFixedVector(column)) return numbers.fill(nullPartition)
  const bytes = elementBytes(column)
  for (let row = 0; row < column.length; row++) {
    const value = bytes.subarray(row * 16, row * 16 + 16)
    numbers[row] = value.every(byte => byte === 0) ? nullPartition : murmurHash(value) % buckets
  }
  return numbers
}

/** Treatment of rows that have no partition in a VALUE scheme. */
export type NewValuePartitionPolicy = 'add' | 'skip' | 'fail'

export interface TablePartitioning {
  readonly columns: readonly number[]
  /** Shared with the database, which may add partitions. */
  readonly levels: readonly LevelScheme[]
  /** The policy for values without a VALUE partition; `memory` for in-memory tables, which drop the rows. */
  readonly newValues: () => NewValuePartitionPolicy | 'memory'
}

/**
 * A number for the partition of each row; −1 for rows outside the scheme.
 * @param columns  all columns of the table, in the types of the table
 * @throws {ScriptError} S01001, S01016 or S01018 for a value that a VALUE level refuses
 */
export function placeRows(
  partitioning: TablePartitioning,
  columns: readonly Column[],
  rows: number,
): Float64Array {
  const placed = new Float64Array(rows)
  partitioning.levels.forEach((scheme, level) => {
    const numbers = placeLevel(partitioning, scheme, columns[partitioning.columns[level]!]!)
    for (let row = 0; row < rows; row++) {
      const above = placed[row]!
      placed[row] = above < 0 || numbers[row]! < 0 ? -1 : above * maxPartitions + numbers[row]!
    }
  })
  return placed
}

function placeLevel(
  partitioning: TablePartitioning,
  scheme: LevelScheme,
  column: Column,
): Int32Array {
  const numbers = levelOf(scheme).locate(column)
  const policy = partitioning.newValues()
  if (scheme.type !== 'VALUE' || policy === 'memory') return numbers
  if (numbers.includes(nullPartition)) {
    throw new ScriptError(
      'The column used for value-partitioning cannot contain NULL values. RefId: S01001',
    )
  }
  checkVisible(column)
  if (!numbers.includes(outsidePartition)) return numbers
  switch (policy) {
    case 'skip':
      return numbers
    case 'fail':
      throw new ScriptError(
        'Some of the data being written is not defined in the partitioning scheme of the target database. RefId:S01016',
      )
    case 'add':
      addValues(scheme, column)
      return levelOf(scheme).locate(column)
  }
}

/**
 * The largest number of columns that a row had, for each partition of a DFS table. The table accepts rows without the
 * last columns only into partitions that have no rows with more columns (DolphinDB manual, page insert_data, question 3).
 */
export class PartitionWidths {
  readonly #columns = new Map<number, number>()

  /**
   * Notes that rows with `given` columns are added to these partitions.
   * @throws {ScriptError} if one of the partitions has rows with more columns; nothing is noted then
   */
  note(partitions: Float64Array, given: number): void {
    const touched = new Set<number>()
    let last = -1
    for (const partition of partitions) {
      if (partition !== last) touched.add(partition)
      last = partition
    }
    for (const partition of touched) {
      if ((this.#columns.get(partition) ?? 0) > given) {
        throw new ScriptError('The data to append contains fewer columns than the schema.')
      }
    }
    for (const partition of touched) this.#columns.set(partition, given)
  }

  /** Call this when the table has lost all its rows. */
  clear(): void {
    this.#columns.clear()
  }
}
