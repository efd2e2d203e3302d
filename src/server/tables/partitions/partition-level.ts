/* Finds the partition of each row, which decides if a table keeps it, and which rows share one
   (docs/server-semantics.md#rows-outside-the-scheme, docs/protocol.md#routing-of-rows). */
import type { Column, Vector } from '../../../protocol/value.js'
import { type ColumnType, dataTypes, parseColumnType } from '../../../protocol/data-type.js'
import { columnTypeOf, concatColumns, elementBytes, takeRows } from '../../../protocol/element.js'
import { murmurHash } from '../../../protocol/murmur-hash.js'
import { check } from '../../script-error.js'
import { elementsOf, intScalar, integerOf, textOf, tupleElements } from '../../values/values.js'
import type { ServerValue } from '../../values/server-value.js'
import { cellsOf, columnTexts, isFixedVector } from '../../columns/column-layout.js'
import { columnOfScalar, convertColumn } from '../../columns/convert-column.js'

/** Returned instead of a partition number for a value outside the scheme. */
const outsidePartition = -1
/** Returned instead of a partition number for a null. In a VALUE level of a DFS table, a null makes the insert fail. */
const nullPartition = -2

/** Limit per level. It keeps the combined number over three levels exact as a double (`placeRows`). */
const maxPartitions: number = 2 ** 17

export function checkPartitions(count: number): void {
  const text = `A level of the embedded server's databases has at most ${maxPartitions} partitions.`
  check(count <= maxPartitions, text)
}

/** Kinds of levels under their names in scripts. See `partitionTypeIds` for their numbers. */
export type LevelKind = 'VALUE' | 'RANGE' | 'LIST' | 'HASH'

export interface PartitionLevel {
  readonly kind: LevelKind
  /** The type into which values are converted for the look-up: `partitionColumnType` of `schema()`. */
  readonly type: ColumnType
  /** The scheme as `schema()` returns it: values, bounds or lists, or the number of HASH buckets. */
  readonly schema: ServerValue
  /** The schema before the server added partitions; undefined if it has added none. */
  readonly first?: ServerValue
  /** For each row, the partition number, `outsidePartition` or `nullPartition`. */
  locate(column: Column): Int32Array
}

/** Adds a partition for each value of the column that has no partition yet. @returns the number of added partitions */
export function addValues(level: PartitionLevel, column: Column): number {
  const values = convertColumn(column, level.type)
  const numbers = level.locate(values)
  const firstRows = new Map<Entry, number>()
  entriesOf(values).forEach((entry, row) => {
    if (entry === undefined || numbers[row] !== outsidePartition || firstRows.has(entry)) return
    firstRows.set(entry, row)
  })
  const { schema, first = schema } = level
  checkPartitions((schema as Vector).length + firstRows.size)
  if (firstRows.size > 0) {
    const fresh = takeRows(values, Int32Array.from(firstRows.values()))
    const extended = concatColumns([schema as Vector, fresh])
    Object.assign(level, levelOf('VALUE', extended), { first })
  }
  return firstRows.size
}

/** @param scheme  as in scripts: `[TYPE, n]` for HASH, otherwise a vector @throws {ScriptError} if it is invalid */
export function levelOf(kind: LevelKind, scheme: ServerValue): PartitionLevel {
  switch (kind) {
    case 'VALUE':
    case 'LIST': {
      const isList = kind === 'LIST'
      const listOf = (one: ServerValue): Vector =>
        one.form === 'scalar' ? columnOfScalar(one) : vectorScheme(one)
      const lists = isList ? elementsOf(scheme).map(listOf) : [vectorScheme(scheme)]
      check(lists.length > 0, 'The LIST partition scheme should be a tuple of vectors.')
      const entries = lists.flatMap((list, no) =>
        entriesOf(list).map((entry, at) => [entry, isList ? no : at] as const),
      )
      const partitions = new Map(entries)
      const find = (entry: Entry): number => partitions.get(entry) ?? outsidePartition
      return level(kind, columnTypeOf(lists[0]!), scheme, find)
    }
    case 'RANGE':
      return rangeLevel(scheme)
    case 'HASH':
      return hashLevel(scheme)
  }
}

function vectorScheme(scheme: ServerValue): Vector {
  const isVector = scheme.form === 'vector' && scheme.type !== 'ANY' && scheme.type !== 'VOID'
  check(isVector, 'The partition scheme should be a vector.')
  return scheme
}

type Entry = number | string

function entriesOf(column: Column): (Entry | undefined)[] {
  const texts = columnTexts(column)
  if (texts !== undefined) return texts.map(text => text || undefined)
  check(isFixedVector(column), 'A partitioning column of this type is not supported.')
  return cellsOf(column).map(cell => (cell === null ? undefined : Number(cell)))
}

/** Each partition begins at a bound and ends before the next bound. The last bound only ends the last partition. */
function rangeLevel(scheme: ServerValue): PartitionLevel {
  const vector = vectorScheme(scheme)
  const bounds = entriesOf(vector)
  return level('RANGE', columnTypeOf(vector), scheme, entry => {
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
  const [typeName, count] = tupleElements(scheme) ?? []
  const buckets = integerOf(count)
  const type = typeName?.form === 'type' ? typeName.column : parseColumnType(textOf(typeName) ?? '')
  check(
    type !== undefined && buckets !== undefined && buckets >= 1,
    'The HASH partition scheme should be [type, number of buckets].',
  )
  const schema = intScalar(buckets)
  const { category, bytesPerValue } = dataTypes[type.type]
  const kind = 'HASH'
  if (category === 'binary') {
    return { kind, type, schema, locate: column => locateBytes(column, buckets) }
  }
  const unsignedOverflow = (bytesPerValue === 8 ? 2 ** 64 : 2 ** 32) % buckets
  return level(kind, type, schema, entry => {
    if (typeof entry === 'string') return murmurHash(encoder.encode(entry)) % buckets
    // Hashes a negative value like the unsigned number with the same bits.
    return entry >= 0 ? entry % buckets : ((entry % buckets) + unsignedOverflow + buckets) % buckets
  })
}

/** Types of partition schemes; hashes may also be of LONG and of 16 bytes (manual, page db_partitioning). */
const dividing =
  'CHAR SHORT INT DATE MONTH TIME MINUTE SECOND DATETIME DATEHOUR STRING SYMBOL'.split(' ')

function level(
  kind: LevelKind,
  type: ColumnType,
  schema: ServerValue,
  find: (entry: Entry) => number,
): PartitionLevel {
  const isText = dataTypes[type.type].category === 'literal'
  const isKnown = dividing.includes(type.type) || (kind === 'HASH' && type.type === 'LONG')
  check(isKnown, `The data type ${type.type} can't be used for a partition column`)
  return {
    kind,
    type,
    schema,
    locate(given) {
      if (isText && given.form === 'vector' && given.type === 'SYMBOL') {
        // Looks up each distinct text once.
        const numbers = given.base.map(text => (text === '' ? nullPartition : find(text)))
        return given.codes.subarray(0, given.length).map(code => numbers[code]!)
      }
      return Int32Array.from(entriesOf(convertColumn(given, type)), entry =>
        entry === undefined ? nullPartition : find(entry),
      )
    },
  }
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
  readonly levels: readonly PartitionLevel[]
  /** The policy for values without a VALUE partition; `memory` for in-memory tables, which drop the rows. */
  readonly newValues: () => NewValuePartitionPolicy | 'memory'
  /** Whether refusals have the words of servers before 2.00.11 (docs/server-semantics.md#error-texts). */
  readonly hasOldWords?: boolean
}

/** The partition of each row; −1 outside the scheme. @throws {ScriptError} S01001, S01016, S01018 for values that a VALUE level refuses */
export function placeRows(
  partitioning: TablePartitioning,
  columns: readonly Column[],
): Float64Array {
  const rows = columns[0]!.length
  const placed = new Float64Array(rows)
  partitioning.levels.forEach((level, at) => {
    const column = columns[partitioning.columns[at]!]!
    const numbers = placeLevel(level, column, partitioning)
    for (let row = 0; row < rows; row++) {
      const above = placed[row]!
      placed[row] = above < 0 || numbers[row]! < 0 ? -1 : above * maxPartitions + numbers[row]!
    }
  })
  return placed
}

function placeLevel(
  level: PartitionLevel,
  column: Column,
  { newValues, hasOldWords = false }: TablePartitioning,
): Int32Array {
  const numbers = level.locate(column)
  const policy = newValues()
  if (level.kind !== 'VALUE' || policy === 'memory') return numbers
  check(
    !numbers.includes(nullPartition),
    hasOldWords
      ? "A value-partition column can't contain null values."
      : 'The column used for value-partitioning cannot contain NULL values. RefId: S01001',
  )
  // Blanks and control characters.
  const isVisible = columnTexts(column)?.every(text => !/[\0- \x7f]/.test(text)) ?? true
  const text = hasOldWords
    ? "A string or symbol value-partitioning column can't contain any invisible character."
    : 'A STRING or SYMBOL column used for value-partitioning cannot contain invisible characters. RefId:S01018'
  check(isVisible, text)
  if (policy === 'skip' || !numbers.includes(outsidePartition)) return numbers
  const refusal =
    'Some of the data being written is not defined in the partitioning scheme of the target database. RefId:S01016'
  check(policy === 'add', refusal)
  addValues(level, column)
  return level.locate(column)
}
