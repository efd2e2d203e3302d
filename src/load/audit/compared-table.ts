/*
  The table of an audit: which of its columns are compared, what identifies a row there, which part of it may hold the rows of an input, and
  how this part is read.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, option, ServerError, TimeoutError, usageError } from '../../errors.js'
import type { Clock, Timer } from '../../platform/platform.js'
import {
  columnTypeText,
  dataTypes,
  type ColumnType,
  type DataType,
} from '../../protocol/data-type.js'
import { columnTypeOf, scalarAt, vectorOf } from '../../protocol/element.js'
import type { Scalar, TypedVector, Value } from '../../protocol/value.js'
import { isIdentifier } from '../../schema/identifier.js'
import { nearestHint } from '../../schema/nearest.js'
import type { PartitionDimension, PartitionScheme } from '../../schema/partition-dimension.js'
import { member, schemaFromServer } from '../../schema/server-schema.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import type { CheckedOptions } from '../checked-options.js'
import { askSchema } from '../connection/server-queries.js'
import { askIdentity, watchedTable, type TargetIdentity } from '../evidence/identity.js'
import type { TargetDescription } from '../target/describe-target.js'
import { divisionsOf, keyReader, type Key, type RowsOfColumns } from '../target/partition-scheme.js'
import { neverDecreases } from '../target/table-state.js'
import { hasTransform, selectText, tableText, type TableTarget } from '../target/target.js'
import type { Keeps, Rows, Side } from './matching.js'

export interface ComparedTable {
  readonly session: Session
  /** Limit of the time without an answer, ms. */
  readonly timeoutMs: number
  /** What a load sends. */
  readonly target: TargetDescription
  readonly table: TableTarget
  readonly identity: TargetIdentity
  /** Columns to compare, as the table has them. */
  readonly columns: readonly TargetColumn[]
  /** Their indexes among the columns that a load sends. */
  readonly sent: readonly number[]
  /** Those that identify a row, as indexes of `columns`; empty if the table keeps every row. */
  readonly keys: readonly number[]
  readonly keeps: Keeps
  readonly partition: PartitionScheme | undefined
  /** Whether the table is in memory and without partitions, so that rows keep their place. */
  readonly isPlain: boolean
}

/**
 * @param names  columns that the user chose; default all
 * @throws {UsageError} DDB_USAGE if values cannot be compared
 * @throws {DdbError} DDB_UNPROVEN if nothing shows which rows the table keeps
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 */
export async function findCompared(
  session: Session,
  checked: CheckedOptions,
  target: TargetDescription,
  names: readonly string[] | undefined,
): Promise<ComparedTable> {
  const table = watchedTable(checked)
  if (table === undefined) {
    throw usageError(
      `an audit reads a table: name the one that the function writes to with ${option('target.confirmTable')}`,
    )
  }
  const { confirmTimeoutMs: timeoutMs } = checked
  const schema = await askSchema({ session, timeoutMs }, table)
  const { identity } = await askIdentity({ session, checked, description: target })
  const stored = schemaFromServer(schema)
  const columns = columnsToCompare(checked, target.columns, stored.columns, names)
  const { keyColumns = [], keyed, upsert } = target
  const isKeyed = keyed || upsert !== undefined
  const keys = isKeyed ? keyColumns.map(key => columns.findIndex(({ name }) => name === key)) : []
  const { dimensions = [] } = stored.partition ?? {}
  const isByKey = dimensions.every(({ columnName }) => keyColumns.includes(columnName))
  if (isKeyed && (keys.length === 0 || keys.includes(-1) || !isByKey)) {
    throw new DdbError(
      'DDB_UNPROVEN',
      `${tableText(table)} keeps one of several rows, and the compared columns do not show which rows these are: an audit of it decides nothing`,
    )
  }
  const kept = member(schema, 'keepDuplicates')
  const keepsFirst =
    neverDecreases(identity.total) || (kept?.form === 'scalar' && kept.value === 'FIRST')
  return {
    ...{ session, timeoutMs, target, table, identity, columns, keys },
    partition: stored.partition,
    sent: columns.map(({ name }) => target.columns.findIndex(one => one.name === name)),
    keeps: !isKeyed ? 'all' : keepsFirst ? 'first' : 'last',
    isPlain: table.kind === 'shared' && stored.partition === undefined && target.isHandle !== true,
  }
}

function columnsToCompare(
  checked: CheckedOptions,
  sent: readonly TargetColumn[],
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

/** The lowest and the highest value of a column: raw numbers in decimal, or texts. */
export interface ValueRange {
  readonly column: string
  readonly type: DataType
  readonly low: string
  readonly high: string
}

/** If an input touches more partitions, everything is read. */
const mostRanges = 4_096

/** Finds out which part of the table may hold the rows of an input, by the first partition column that shows it. */
export function touchedRanges({ partition, target }: ComparedTable) {
  // A range of a column with another name cannot be asked for (`selectText`).
  const indexOf = ({ columnName }: PartitionDimension): number =>
    target.columns.findIndex(({ name }) => name === columnName && isIdentifier(name))
  const dimension = partition?.dimensions.find(one => indexOf(one) >= 0 && divisionsOf(one))
  const columnIndex = dimension === undefined ? -1 : indexOf(dimension)
  const placeOf = dimension?.kind === 'RANGE' ? divisionsOf(dimension)!.placeOf : (key: Key) => key
  const extents = new Map<Key, { low: Key; high: Key }>()
  let isKnown = dimension !== undefined && partition?.unpredictable !== true
  return {
    /** @param outside  1 for each row that no partition takes */
    add({ columns, rowCount }: RowsOfColumns, outside: Uint8Array | undefined): void {
      if (!isKnown) return
      const column = columns[columnIndex]!
      const keyAt = keyReader(column, dimension!.type)
      const valueAt = keyReader(column, columnTypeOf(column).type)
      let extent: { low: Key; high: Key } | undefined
      for (let row = 0; isKnown && row < rowCount; row++) {
        if (outside?.[row] === 1) continue
        const value = valueAt?.(row) ?? null
        if (value !== null && extent && value >= extent.low && value <= extent.high) continue
        const key = keyAt?.(row) ?? null
        isKnown = key !== null && value !== null && extents.size < mostRanges
        if (!isKnown) return
        const part = placeOf(key!)
        extent = extents.get(part) ?? { low: value!, high: value! }
        if (value! < extent.low) extent.low = value!
        if (value! > extent.high) extent.high = value!
        extents.set(part, extent)
      }
    },
    /** One range for each query; null reads everything. */
    ranges(): readonly (ValueRange | null)[] {
      const all = [...extents.values()]
      // Servers and JavaScript may order texts differently.
      const isOrdered = all.every(({ low, high }) => typeof low !== 'string' || low === high)
      if (!isKnown || !isOrdered) return [null]
      const { name, type } = target.columns[columnIndex]!
      return all.map(({ low, high }) => {
        return { column: name, type: type.type, low: String(low), high: String(high) }
      })
    },
  }
}

/** Rows of one query for a table in memory. */
const sliceRows = 65_536
/** Servers count the size of a block in records or in bytes (docs/protocol.md#blocks): as records, a block may have so many bytes. */
const mostBlockBytes = 8 * 1024 * 1024
const leastFetchSize = 8_192
const bytesOfText = 32

/**
 * @param rows  number of rows to read from the first one; undefined to read the ranges
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 * @throws {DdbError} DDB_TARGET_CHANGED if the table has other columns by now
 */
export function storedRows(
  found: ComparedTable,
  ranges: readonly (ValueRange | null)[],
  rows: number | undefined,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Side {
  const { session, table, columns, timeoutMs } = found
  const names = columns.map(({ name }) => name)
  const widths = columns.map(({ type }) => dataTypes[type.type].bytesPerValue || bytesOfText)
  const rowBytes = widths.reduce((sum, width) => sum + width)
  const fetchSize = Math.max(leastFetchSize, Math.floor(mostBlockBytes / rowBytes))
  const slices = Array.from({ length: Math.ceil((rows ?? 0) / sliceRows) }, (_, i) => {
    return { from: i * sliceRows, rows: Math.min(sliceRows, rows! - i * sliceRows) }
  })
  const queries =
    rows === undefined
      ? ranges.map(range => ({ range, slice: undefined }))
      : slices.map(slice => ({ range: null, slice }))
  const silent = new TimeoutError(`No rows within ${timeoutMs} ms.`, 'delivery.confirmTimeoutMs')
  // A time limit for the whole answer would end the reading of a large partition.
  const watch = (): Timer => clock.after(timeoutMs, () => session.abandon(silent))
  return async take => {
    for (const { range, slice } of queries) {
      if (range !== null) await session.upload(boundsOf(range))
      const script = selectText(table, names, range, slice)
      let timer = watch()
      try {
        for await (const block of session.readBlocks(script, { fetchSize, signal })) {
          timer.cancel()
          take(rowsOf(block, found))
          timer = watch()
        }
      } finally {
        timer.cancel()
      }
    }
  }
}

/** The block with its columns in the order of the table's. */
function rowsOf(block: Value, { table, columns }: ComparedTable): Rows {
  if (block.form !== 'table') throw new ServerError('', 'DDB_SERVER', 'the answer has no rows')
  const found = columns.map(({ name, type }) => {
    const column = block.columns[block.columnNames.indexOf(name)]
    if (column && isSameType(columnTypeOf(column), type)) return column
    const what = `column ${name} of type ${columnTypeText(type)}`
    throw new DdbError('DDB_TARGET_CHANGED', `${tableText(table)} has no ${what} any more`)
  })
  return { columns: found, rowCount: block.rows }
}

/** @throws if a bound is not a value of the type */
export function boundsOf({ type, low, high }: ValueRange): Record<string, Scalar> {
  const isText = type === 'SYMBOL' || type === 'STRING'
  const valueOf = dataTypes[type].bytesPerValue === 8 ? BigInt : Number
  const [from, to] = [low, high].map(text => {
    const vector = isText
      ? vectorOf({ type: 'STRING' }, [text])
      : vectorOf({ type }, [valueOf(text)])
    return scalarAt(vector as TypedVector, 0)
  })
  return { ddbIngestLow: from!, ddbIngestHigh: to! }
}
