/*
  Reads rows of a table in blocks: the ranges of the partition columns that an input touches, or everything. A table in memory is read
  up to the number of rows that it had at first, because later rows are added at its end.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, ServerError, TimeoutError } from '../../errors.js'
import { isOf } from '../journal/shape.js'
import type { Clock, Timer } from '../../platform/platform.js'
import { columnTypeText, dataTypes, type DataType } from '../../protocol/data-type.js'
import { columnTypeOf, scalarAt, vectorOf } from '../../protocol/element.js'
import type { Column, Scalar, TypedVector, Value } from '../../protocol/value.js'
import type { PartitionDimension, PartitionScheme } from '../../schema/partition-dimension.js'
import { isIdentifier } from '../../schema/identifier.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import { divisionsOf, keyReader, type Key, type RowsOfColumns } from '../target/partition-scheme.js'
import { selectText, tableText, type TableTarget } from '../target/target.js'
import { isSameType } from './compared.js'

/** The lowest and the highest value of a column, as raw numbers or texts; 64-bit numbers as decimal texts, for JSON. */
export interface ValueRange {
  readonly column: string
  readonly type: DataType
  readonly low: number | string
  readonly high: number | string
}

/** Whether something that was read from a file is a range that the server can be asked for. */
export function isRange(given: unknown): given is ValueRange {
  if (!isOf({ column: 'text', type: 'text' }, given)) return false
  const { type, low, high } = given as ValueRange
  try {
    return [low, high].every(bound => {
      const { value } = scalarOf(type, bound)
      return typeof value !== 'object' && String(value) === String(bound)
    })
  } catch {
    return false
  }
}

/** If an input touches more partitions, everything is read. */
const mostParts = 4_096

export interface TouchedRanges {
  /** @param outside  1 for each row that no partition takes */
  add(batch: RowsOfColumns, outside: Uint8Array | undefined): void
  /** One range for each query; null reads everything. */
  ranges(): readonly (ValueRange | null)[]
}

/**
 * Finds out which part of a partitioned table may hold the rows of an input, by the first partition column that shows it.
 * @param columns  of the batches
 */
export function touchedRanges(
  { dimensions = [], unpredictable }: Partial<PartitionScheme>,
  columns: readonly TargetColumn[],
): TouchedRanges {
  // A range of a column with another name cannot be asked for (`selectText`).
  const indexOf = ({ columnName }: PartitionDimension): number =>
    columns.findIndex(({ name }) => name === columnName && isIdentifier(name))
  const dimension = dimensions.find(one => indexOf(one) >= 0 && divisionsOf(one) !== undefined)
  if (dimension === undefined || unpredictable === true) {
    return { add: () => undefined, ranges: () => [null] }
  }
  const columnIndex = indexOf(dimension)
  const { name: column, type } = columns[columnIndex]!
  const isRange = dimension.kind === 'RANGE'
  const placeOf = isRange ? divisionsOf(dimension)!.placeOf : (key: Key): Key => key
  const extents = new Map<Key, { low: Key; high: Key }>()
  let isKnown = true
  return {
    add(batch, outside) {
      const keyAt = keyReader(batch.columns[columnIndex]!, dimension.type)
      const valueAt = keyReader(batch.columns[columnIndex]!, type.type)
      let extent: { low: Key; high: Key } | undefined
      for (let row = 0; isKnown && row < batch.rowCount; row++) {
        if (outside?.[row] === 1) continue
        const value = valueAt?.(row) ?? null
        if (value !== null && extent && value >= extent.low && value <= extent.high) continue
        const key = keyAt?.(row) ?? null
        isKnown = key !== null && value !== null && extents.size < mostParts
        if (!isKnown) return
        const part = placeOf(key!)
        extent = extents.get(part) ?? { low: value!, high: value! }
        if (value! < extent.low) extent.low = value!
        if (value! > extent.high) extent.high = value!
        extents.set(part, extent)
      }
    },
    ranges() {
      const all = [...extents.values()]
      // Servers and JavaScript may order texts differently.
      const isOrdered = all.every(({ low, high }) => typeof low !== 'string' || low === high)
      if (!isKnown || !isOrdered) return [null]
      const plain = (key: Key): number | string => (typeof key === 'bigint' ? String(key) : key)
      return all.map(({ low, high }) => {
        return { column, type: type.type, low: plain(low), high: plain(high) }
      })
    },
  }
}

/** What to read, and how. */
export interface StoredRows {
  readonly session: Session
  readonly table: TableTarget
  readonly columns: readonly TargetColumn[]
  readonly ranges: readonly (ValueRange | null)[]
  /** Number of rows to read from the first one, in slices; undefined to read each range in blocks of one answer. */
  readonly rows: number | undefined
  readonly clock: Clock
  /** Limit of the time without an answer or a block, ms. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Rows of one query for a table in memory. */
const sliceRows = 65_536
/** Records or bytes, depending on the version of the server (docs/protocol.md#blocks): small enough as bytes, not too many as records. */
const fetchSize = 65_536

/**
 * Reads the rows once.
 * @param take  gets the columns in the order of `columns`; returns true if nothing more need be asked
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 * @throws {DdbError} DDB_TARGET_CHANGED if the table has other columns by now
 */
export async function readStored(
  { session, table, columns, ranges, rows, clock, timeoutMs, signal }: StoredRows,
  take: (columns: readonly Column[], rows: number) => boolean,
): Promise<void> {
  const names = columns.map(({ name }) => name)
  const takeBlock = (block: Value | undefined): boolean => {
    if (block?.form !== 'table') {
      throw new ServerError('', 'DDB_SERVER', 'the server did not answer with rows')
    }
    const found = columns.map(({ name, type }) => {
      const column = block.columns[block.columnNames.indexOf(name)]
      if (column !== undefined && isSameType(columnTypeOf(column), type)) return column
      throw new DdbError(
        'DDB_TARGET_CHANGED',
        `${tableText(table)} has no column ${name} of type ${columnTypeText(type)} any more`,
      )
    })
    return block.rows > 0 && take(found, block.rows)
  }
  for (let from = 0, isEnough = false; from < (rows ?? 0) && !isEnough; from += sliceRows) {
    const slice = { from, rows: Math.min(sliceRows, rows! - from) }
    const script = selectText(table, names, null, slice)
    isEnough = takeBlock(await session.run(script, { timeoutMs, signal }))
  }
  if (rows !== undefined) return
  const silent = new TimeoutError(`No rows within ${timeoutMs} ms.`, 'delivery.confirmTimeoutMs')
  // A time limit for the whole answer would end the reading of a large partition.
  const watch = (): Timer => clock.after(timeoutMs, () => session.abandon(silent))
  for (const range of ranges) {
    if (range !== null) {
      const [low, high] = [range.low, range.high].map(value => scalarOf(range.type, value))
      await session.upload({ ddbIngestLow: low!, ddbIngestHigh: high! })
    }
    const script = selectText(table, names, range)
    let isEnough = false
    let timer = watch()
    try {
      for await (const block of session.readBlocks(script, { fetchSize, signal })) {
        timer.cancel()
        isEnough = takeBlock(block)
        timer = watch()
      }
    } finally {
      timer.cancel()
    }
    if (isEnough) return
  }
}

function scalarOf(type: DataType, value: number | string): Scalar {
  const isText = type === 'SYMBOL' || type === 'STRING'
  const is64Bits = !isText && dataTypes[type].bytesPerValue === 8
  const vector = vectorOf({ type: isText ? 'STRING' : type }, [is64Bits ? BigInt(value) : value])
  return scalarAt(vector as TypedVector, 0)
}
