/* The table of an audit: which of its columns are compared, what identifies a row there, which ranges of its partition column may hold the
   rows of an input, and its rows, read in blocks. Processes that audit one input together divide its rows by partition, so that each reads
   other partitions. */
import { DdbError, option, ServerError, TimeoutError, usageError } from '../../errors.js'
import type { Timer } from '../../platform/platform.js'
import { columnTypeText, dataTypes } from '../../protocol/data-type.js'
import type { ColumnType, DataType } from '../../protocol/data-type.js'
import { columnTypeOf, scalarAt, vectorOf } from '../../protocol/element.js'
import type { Scalar, Value, Vector } from '../../protocol/value.js'
import { isPlainName } from '../../schema/field-names.js'
import { nearestHint } from '../../schema/nearest.js'
import { member, schemaFromServer, type TargetColumn } from '../../schema/target-schema.js'
import type { PartitionDimension, PartitionScheme } from '../../schema/target-schema.js'
import { defined } from '../checked-options.js'
import { askCount } from '../connection/server-queries.js'
import { watchedTable } from '../evidence/sample-rows.js'
import type { Shard } from '../options.js'
import type { Run } from '../run.js'
import { leavesMemory, neverDecreases, type TargetDescription } from '../target/describe-target.js'
import { divisionsOf, keyReader, outsideMarks } from '../target/partition-scheme.js'
import type { Key, RowsOfColumns } from '../target/partition-scheme.js'
import { hasTransform, selectText, tableText } from '../target/target.js'
import type { Keeps } from './hashes.js'

export type ComparedTable = ReturnType<typeof comparedTable>

/**
 * @param names  of the columns to compare; undefined for all @throws {UsageError} DDB_USAGE if values cannot be compared, or if there is a
 * shard, and nothing to divide by @throws {DdbError} DDB_UNPROVEN if it is unclear which rows stay
 */
export function comparedTable(run: Run, names: readonly string[] | undefined, shard?: Shard) {
  const { checked, target } = run
  const { state, keyColumns = [], partitionColumns = [], keyed } = target
  const table = watchedTable(checked)
  if (table === undefined || state?.schema === undefined) {
    throw usageError(
      `an audit reads a table: name the one that the function writes to with ${option('target.confirmTable')}`,
    )
  }
  const { schema, total, chunkId, physicalIndex } = state
  const { columns: stored, partition } = schemaFromServer(schema)
  const columns = columnsToCompare(run, stored, names)
  const keys = keyed ? keyColumns.map(key => columns.findIndex(({ name }) => name === key)) : []
  const isByKey = partitionColumns.every(name => keyColumns.includes(name))
  if (keyed && (keys.length === 0 || keys.includes(-1) || !isByKey)) {
    throw new DdbError(
      'DDB_UNPROVEN',
      `${tableText(table)} keeps one of several rows, and the compared columns do not show which rows these are: an audit of it decides nothing`,
    )
  }
  const kept = member(schema, 'keepDuplicates')
  const keepsFirst = neverDecreases(total) || (kept?.form === 'scalar' && kept.value === 'FIRST')
  const keeps: Keeps = !keyed ? 'all' : keepsFirst ? 'first' : 'last'
  const sent = columns.map(({ name }) => target.columns.findIndex(one => one.name === name))
  return {
    table,
    /** Identifiers of its storage; null if the server gives none. */
    identity: chunkId === null && physicalIndex === null ? null : `${chunkId}/${physicalIndex}`,
    /** Columns to compare, as the table has them. */
    columns,
    /** Takes these columns from a batch. */
    rowsOf: ({ columns: all, rowCount }: RowsOfColumns): RowsOfColumns => {
      return { rowCount, columns: sent.map(index => all[index]!) }
    },
    /** Those that identify a row, as indexes of `columns`; empty if the table keeps every row. */
    keys,
    keeps,
    touched: touchedPartitions(partition, target, shard),
  }
}

function columnsToCompare(
  { checked, target: { columns: sent } }: Run,
  stored: readonly TargetColumn[],
  names: readonly string[] | undefined,
): readonly TargetColumn[] {
  const refuse = (why: string): never => {
    throw usageError(`${why}: name the columns to compare in ${option('columns')}`)
  }
  if (names === undefined && hasTransform(checked)) {
    refuse(`only columns that ${option('target.transform')} leaves as they are can be compared`)
  }
  if (names?.length === 0) refuse('there is no column to compare')
  const known = stored.map(({ name }) => name)
  return [...new Set(names ?? sent.map(({ name }) => name))].map(name => {
    const [source, column] = [sent, stored].map(all => all.find(one => one.name === name))
    if (source && column && isSameType(source.type, column.type)) return column
    const types = [source, column].map(one => (one ? columnTypeText(one.type) : 'no such column'))
    const hint = nearestHint(name, known)
    return refuse(`column "${name}" is sent as ${types[0]} and stored as ${types[1]}${hint}`)
  })
}

/** Texts are compared whatever their type: SYMBOL columns may come as STRING. */
function isSameType(a: ColumnType, b: ColumnType): boolean {
  const isText = ({ type }: ColumnType): boolean => type === 'SYMBOL' || type === 'STRING'
  return columnTypeText(a) === columnTypeText(b) || (isText(a) && isText(b))
}

/** Rows of one query for a table in memory. */
const sliceRows = 65_536
/** Servers count the size of a block in records or in bytes (docs/protocol.md#blocks): as records, a block may have so many bytes. */
const mostBlockBytes = 8 * 1024 * 1024
const leastFetchSize = 8_192
const bytesOfText = 32

/**
 * Prepares to read these ranges of the table; if it is in memory and without partitions, so that rows keep their place, its first rows.
 * @param mostRows  limit for a table in memory
 * @returns `read` may fail with any error of a session, or DDB_TARGET_CHANGED if the table has other columns by now
 */
export async function openTable(
  { control, checked, platform, options: { signal }, target }: Run,
  { table, columns }: Pick<ComparedTable, 'table' | 'columns'>,
  touched: readonly (ValueRange | null)[],
  mostRows = Infinity,
) {
  const session = control!
  const timeoutMs = checked.confirmTimeoutMs
  const { state, isDivided = false, partitionColumns = [] } = target
  const isPlain = table.kind === 'shared' && !isDivided && partitionColumns.length === 0
  const count = isPlain ? await askCount({ session, timeoutMs }, table) : 0
  const rows = Math.min(count, mostRows)
  const ranges = isPlain ? [null] : touched
  const slices = Array.from({ length: Math.ceil(rows / sliceRows) }, (_, i) => {
    return { from: i * sliceRows, rows: Math.min(sliceRows, rows - i * sliceRows) }
  })
  const names = columns.map(({ name }) => name)
  const widths = columns.map(({ type }) => dataTypes[type.type].bytesPerValue || bytesOfText)
  const rowBytes = widths.reduce((sum, width) => sum + width)
  const fetchSize = Math.max(leastFetchSize, Math.floor(mostBlockBytes / rowBytes))
  const silent = new TimeoutError(`No rows within ${timeoutMs} ms.`, 'delivery.confirmTimeoutMs')
  // A time limit for the whole answer would end the reading of a large partition.
  const watch = (): Timer => platform.clock.after(timeoutMs, () => session.abandon(silent))
  const columnsOf = (block: Value): RowsOfColumns => {
    if (block.form !== 'table') throw new ServerError('', 'DDB_SERVER', 'the answer has no rows')
    const found = columns.map(({ name, type }) => {
      const column = block.columns[block.columnNames.indexOf(name)]
      if (column && isSameType(columnTypeOf(column), type)) return column
      const what = `column ${name} of type ${columnTypeText(type)}`
      throw new DdbError('DDB_TARGET_CHANGED', `${tableText(table)} has no ${what} any more`)
    })
    return { columns: found, rowCount: block.rows }
  }
  async function* read(): AsyncGenerator<RowsOfColumns> {
    for (const range of ranges) {
      if (range !== null) await session.upload(boundsOf(range))
      for (const slice of isPlain ? slices : [undefined]) {
        const script = selectText(table, names, range, slice)
        let timer = watch()
        try {
          for await (const block of session.readBlocks(script, defined({ fetchSize, signal }))) {
            timer.cancel()
            yield columnsOf(block)
            timer = watch()
          }
        } finally {
          timer.cancel()
        }
      }
    }
  }
  const goneRows = isPlain && leavesMemory(state!.total) ? state!.rows! - count : 0
  return { ranges, goneRows, read }
}

/** The lowest and the highest value of a column: raw numbers in decimal, or texts. */
export interface ValueRange {
  readonly column: string
  readonly type: DataType
  readonly low: string
  readonly high: string
}

/** If a process touches more partitions, it reads everything. */
const mostRanges = 4_096

/** Divides rows of an input by the partitions of the table. */
function touchedPartitions(
  partition: PartitionScheme | undefined,
  target: TargetDescription,
  { index, count }: Shard = { index: 1, count: 1 },
) {
  const { columns } = target
  const marksOf = outsideMarks(target)
  // A range of a column with another name cannot be asked for (`selectText`).
  const indexOf = ({ columnName }: PartitionDimension): number =>
    columns.findIndex(({ name }) => name === columnName && isPlainName(name))
  const dimension = partition?.dimensions.find(one => indexOf(one) >= 0 && divisionsOf(one))
  if (dimension === undefined && count > 1) {
    throw usageError(
      `${option('shard')} divides the rows by the partitions of the table, and this table shows none: audit without it`,
    )
  }
  const columnIndex = dimension === undefined ? -1 : indexOf(dimension)
  const placeOf = dimension?.kind === 'RANGE' ? divisionsOf(dimension)!.placeOf : (key: Key) => key
  const extents = new Map<Key, { low: Key; high: Key; readonly isOwn: boolean }>()
  let isKnown = dimension !== undefined && partition?.unpredictable !== true
  let elsewhere = 0
  return {
    /** Number of rows that other shards audit. */
    elsewhere: () => elsewhere,
    /** @returns marks rows that no partition takes, and those of other shards, with 1; undefined if there are none */
    add(this: void, rows: RowsOfColumns): Uint8Array | undefined {
      const { columns, rowCount } = rows
      const outside = marksOf?.(rows)
      if (dimension === undefined || (!isKnown && count === 1)) return outside
      const column = columns[columnIndex]!
      const keyAt = keyReader(column, dimension.type)
      const valueAt = keyReader(column, columnTypeOf(column).type)
      const marks = count === 1 ? outside : (outside ?? new Uint8Array(rowCount))
      let extent: { low: Key; high: Key; readonly isOwn: boolean } | undefined
      for (let row = 0; row < rowCount; row++) {
        if (marks?.[row] === 1) continue
        const value = valueAt?.(row) ?? null
        if (value === null || !extent || value < extent.low || value > extent.high) {
          const key = keyAt?.(row) ?? null
          const place = key === null ? null : placeOf(key)
          isKnown &&= place !== null && value !== null && extents.size < mostRanges * count
          extent = isKnown ? extents.get(place!) : undefined
          const isOwn = shareOf(String(place), count) === index - 1
          extent ??= { low: value!, high: value!, isOwn }
          if (value! < extent.low) extent.low = value!
          if (value! > extent.high) extent.high = value!
          if (isKnown) extents.set(place!, extent)
        }
        if (extent.isOwn) continue
        marks![row] = 1
        elsewhere++
      }
      return marks
    },
    /** One range for each query; null reads everything. */
    ranges(): readonly (ValueRange | null)[] {
      const own = [...extents.values()].filter(one => one.isOwn)
      // Servers and JavaScript may order texts differently.
      const isOrdered = own.every(({ low, high }) => typeof low !== 'string' || low === high)
      if (!isKnown || !isOrdered) return [null]
      const { name, type } = columns[columnIndex]!
      return own.map(({ low, high }) => {
        return { column: name, type: type.type, low: String(low), high: String(high) }
      })
    },
  }
}

/** The same in every process; neighbours such as days go to different shares. */
function shareOf(text: string, count: number): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) % 2 ** 31
  return hash % count
}

/** @throws if a bound is not a value of the type */
export function boundsOf({ type, low, high }: ValueRange): Record<string, Scalar> {
  const isText = type === 'SYMBOL' || type === 'STRING'
  const valueOf = dataTypes[type].bytesPerValue === 8 ? BigInt : Number
  const [from, to] = [low, high].map(text => {
    const vector = isText
      ? vectorOf({ type: 'STRING' }, [text])
      : vectorOf({ type }, [valueOf(text)])
    return scalarAt(vector as Vector, 0)
  })
  return { ddbIngestLow: from!, ddbIngestHigh: to! }
}
