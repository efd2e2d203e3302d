/*
  Reads rows of a table in blocks: the ranges of the partition columns that an input touches, or everything. A table in memory is read
  up to the number of rows that it had at first, because later rows are added at its end.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, ServerError, TimeoutError } from '../../errors.js'
import type { Clock } from '../../platform/platform.js'
import { columnTypeText, dataTypes, type DataType } from '../../protocol/data-type.js'
import { columnTypeOf, scalarAt, takeRows, vectorOf } from '../../protocol/element.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Column, Scalar, TypedVector, Value } from '../../protocol/value.js'
import type { PartitionDimension, PartitionScheme } from '../../schema/partition-dimension.js'
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

/** If an input touches more partitions, everything is read. */
const mostParts = 4_096

/** Finds out which part of a partitioned table may hold the rows of an input, by the first partition column that shows it. */
export class TouchedRanges {
  readonly #dimension: PartitionDimension | undefined
  readonly #columnIndex: number
  readonly #type: DataType
  readonly #byPart = new Map<Key, { low: Key; high: Key }>()
  #isKnown: boolean

  /** @param columns  of the batches */
  constructor(scheme: PartitionScheme | undefined, columns: readonly TargetColumn[]) {
    const dimensions = scheme?.unpredictable === true ? [] : (scheme?.dimensions ?? [])
    const indexOf = (one: PartitionDimension): number =>
      columns.findIndex(({ name }) => name === one.columnName)
    this.#dimension = dimensions.find(one => indexOf(one) >= 0 && divisionsOf(one) !== undefined)
    this.#columnIndex = this.#dimension === undefined ? -1 : indexOf(this.#dimension)
    this.#type = columns[this.#columnIndex]?.type.type ?? 'VOID'
    this.#isKnown = this.#dimension !== undefined
  }

  /** @param outside  1 for each row that no partition takes */
  add(batch: RowsOfColumns, outside: Uint8Array | undefined): void {
    if (!this.#isKnown) return
    const values = sortedValues(batch.columns[this.#columnIndex]!, batch.rowCount, outside)
    const keyAt = keyReader(values, this.#dimension!.type)
    const valueAt = keyReader(values, this.#type)
    const isRange = this.#dimension!.kind === 'RANGE'
    const placeOf = isRange ? divisionsOf(this.#dimension!)!.placeOf : (key: Key): Key => key
    for (let first = 0; first < values.length;) {
      const key = keyAt?.(first) ?? null
      const low = valueAt?.(first) ?? null
      this.#isKnown = key !== null && low !== null && this.#byPart.size < mostParts
      if (!this.#isKnown) return
      const part = placeOf(key!)
      let [last, end] = [first, values.length]
      while (last + 1 < end) {
        const middle = (last + end) >> 1
        if (placeOf(keyAt!(middle)!) === part) last = middle
        else end = middle
      }
      this.#extend(part, low!, valueAt!(last)!)
      first = end
    }
  }

  #extend(part: Key, low: Key, high: Key): void {
    const known = this.#byPart.get(part) ?? { low, high }
    this.#byPart.set(part, {
      low: low < known.low ? low : known.low,
      high: high > known.high ? high : known.high,
    })
  }

  /** One range for each query; null reads everything. */
  ranges(): readonly (ValueRange | null)[] {
    const extents = [...this.#byPart.values()]
    // Servers and JavaScript may order texts differently.
    const isOrdered = extents.every(({ low, high }) => typeof low !== 'string' || low === high)
    if (!this.#isKnown || !isOrdered) return [null]
    const plain = (key: Key): number | string => (typeof key === 'bigint' ? String(key) : key)
    const { columnName: column } = this.#dimension!
    return extents.map(({ low, high }) => {
      return { column, type: this.#type, low: plain(low), high: plain(high) }
    })
  }
}

/** The values of the rows that some partition takes, in ascending order; each text once. */
function sortedValues(
  column: Column,
  rowCount: number,
  outside: Uint8Array | undefined,
): TypedVector {
  const marked = outside?.includes(1)
    ? Int32Array.from({ length: rowCount }, (_, row) => row).filter(row => outside[row] === 0)
    : undefined
  const taken = (marked === undefined ? column : takeRows(column, marked)) as TypedVector
  const length = marked?.length ?? rowCount
  if (taken.type === 'SYMBOL' || taken.type === 'STRING') {
    const texts =
      taken.type === 'STRING'
        ? stringsOf(taken).slice(0, length)
        : Array.from(new Set(taken.codes.subarray(0, length)), code => taken.base[code]!)
    return vectorOf({ type: 'STRING' }, [...new Set(texts)].sort()) as TypedVector
  }
  if (!('data' in taken) || taken.data instanceof Array) return taken
  return { ...taken, length, data: taken.data.slice(0, length).sort() } as TypedVector
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
  stored: StoredRows,
  take: (columns: readonly Column[], rows: number) => boolean,
): Promise<void> {
  const { session, table, columns, rows, clock, timeoutMs, signal } = stored
  const names = columns.map(({ name }) => name)
  if (rows !== undefined) {
    for (let from = 0; from < rows; from += sliceRows) {
      const slice = { from, rows: Math.min(sliceRows, rows - from) }
      const script = selectText(table, names, null, slice)
      if (takeBlock(stored, await session.run(script, { timeoutMs, signal }), take)) return
    }
    return
  }
  const silent = new TimeoutError(`No rows within ${timeoutMs} ms.`, 'delivery.confirmTimeoutMs')
  for (const range of stored.ranges) {
    if (range !== null) {
      const [low, high] = [range.low, range.high].map(value => scalarOf(range.type, value))
      await session.upload({ ddbIngestLow: low!, ddbIngestHigh: high! })
    }
    const script = selectText(table, names, range)
    // A time limit for the whole answer would end the reading of a large partition.
    let isEnough = false
    let timer = clock.after(timeoutMs, () => session.abandon(silent))
    try {
      for await (const block of session.readBlocks(script, { fetchSize, signal })) {
        timer.cancel()
        isEnough = takeBlock(stored, block, take)
        timer = clock.after(timeoutMs, () => session.abandon(silent))
      }
    } finally {
      timer.cancel()
    }
    if (isEnough) return
  }
}

function takeBlock(
  { table, columns }: StoredRows,
  block: Value | undefined,
  take: (columns: readonly Column[], rows: number) => boolean,
): boolean {
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

function scalarOf(type: DataType, value: number | string): Scalar {
  const isText = type === 'SYMBOL' || type === 'STRING'
  const is64Bits = !isText && dataTypes[type].bytesPerValue === 8
  const vector = vectorOf({ type: isText ? 'STRING' : type }, [is64Bits ? BigInt(value) : value])
  return scalarAt(vector as TypedVector, 0)
}
