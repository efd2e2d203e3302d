/*
  Reads rows of a table in blocks: the ranges of the partition columns that an input touches, or everything. A table in memory is read
  up to the number of rows that it had at first, because later rows are added at its end.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, ServerError, TimeoutError } from '../../errors.js'
import type { Clock } from '../../platform/platform.js'
import {
  columnTypeText,
  dataTypes,
  type ColumnType,
  type DataType,
} from '../../protocol/data-type.js'
import { columnTypeOf, scalarAt, vectorOf } from '../../protocol/element.js'
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

/** Beyond this many partitions, one query reads the range of all values. */
const mostParts = 4_096

interface Extent {
  low: Key
  high: Key
}

/** Finds out which part of a partitioned table may hold the rows of an input, by the first partition column that shows it. */
export class TouchedRanges {
  readonly #dimension: PartitionDimension | undefined
  /** Number of the partition with this key; undefined if each key has its own. */
  #placeOf: ((key: Key) => number) | undefined
  readonly #columnIndex: number
  readonly #type: ColumnType | undefined
  readonly #byPart = new Map<Key, Extent>()
  #isKnown: boolean

  /** @param columns  of the batches */
  constructor(scheme: PartitionScheme | undefined, columns: readonly TargetColumn[]) {
    const dimensions = scheme?.unpredictable === true ? [] : (scheme?.dimensions ?? [])
    const indexOf = ({ columnName }: PartitionDimension): number =>
      columns.findIndex(({ name }) => name === columnName)
    this.#dimension = dimensions.find(one => indexOf(one) >= 0 && divisionsOf(one) !== undefined)
    const isRange = this.#dimension?.kind === 'RANGE'
    this.#placeOf = isRange ? divisionsOf(this.#dimension)!.placeOf : undefined
    this.#columnIndex = this.#dimension === undefined ? -1 : indexOf(this.#dimension)
    this.#type = columns[this.#columnIndex]?.type
    this.#isKnown = this.#dimension !== undefined
  }

  /** @param outside  1 for each row that no partition takes */
  add({ columns, rowCount }: RowsOfColumns, outside: Uint8Array | undefined): void {
    if (!this.#isKnown) return
    const column = columns[this.#columnIndex]!
    const keyAt = keyReader(column, this.#dimension!.type)
    const valueAt = keyReader(column, this.#type!.type)
    this.#isKnown = keyAt !== undefined && valueAt !== undefined
    let [lastPart, extent]: [Key | undefined, Extent | undefined] = [undefined, undefined]
    for (let row = 0; row < rowCount && this.#isKnown; row++) {
      if (outside?.[row] === 1) continue
      const key = keyAt!(row)
      const value = valueAt!(row)
      if (key === null || value === null) {
        this.#isKnown = false
        break
      }
      if (this.#byPart.size > mostParts) this.#join()
      const part = this.#placeOf?.(key) ?? key
      if (part !== lastPart) extent = this.#byPart.get(part)
      lastPart = part
      if (extent === undefined) this.#byPart.set(part, (extent = { low: value, high: value }))
      else if (value < extent.low) extent.low = value
      else if (value > extent.high) extent.high = value
    }
  }

  #join(): void {
    const all = [...this.#byPart.values()]
    const low = all.map(extent => extent.low).reduce((a, b) => (b < a ? b : a))
    const high = all.map(extent => extent.high).reduce((a, b) => (b > a ? b : a))
    this.#byPart.clear()
    this.#byPart.set(0, { low, high })
    this.#placeOf = () => 0
  }

  /** One range for each query; null reads everything. */
  ranges(): readonly (ValueRange | null)[] {
    const extents = [...this.#byPart.values()]
    // Servers and JavaScript may order texts differently.
    const isOrdered = extents.every(({ low, high }) => typeof low !== 'string' || low === high)
    if (!this.#isKnown || !isOrdered) return [null]
    const plain = (key: Key): number | string => (typeof key === 'bigint' ? String(key) : key)
    const column = this.#dimension!.columnName
    const type = this.#type!.type
    return extents.map(({ low, high }) => ({ column, type, low: plain(low), high: plain(high) }))
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
 * @param take  gets the columns in the order of `columns`
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 * @throws {DdbError} DDB_TARGET_CHANGED if the table has other columns by now
 */
export async function readStored(
  stored: StoredRows,
  take: (columns: readonly Column[], rows: number) => void,
): Promise<void> {
  const { session, table, columns, rows, timeoutMs, signal } = stored
  const names = columns.map(({ name }) => name)
  if (rows !== undefined) {
    for (let from = 0; from < rows; from += sliceRows) {
      const slice = { from, rows: Math.min(sliceRows, rows - from) }
      const script = selectText(table, names, null, slice)
      takeBlock(stored, await session.run(script, { timeoutMs, signal }), take)
    }
    return
  }
  for (const range of stored.ranges) {
    if (range !== null) {
      const [low, high] = [range.low, range.high].map(value => scalarOf(range.type, value))
      await session.upload({ ddbIngestLow: low!, ddbIngestHigh: high! })
    }
    await takeBlocks(stored, selectText(table, names, range), take)
  }
}

/** A time limit for the whole answer would end the reading of a large partition. */
async function takeBlocks(
  stored: StoredRows,
  script: string,
  take: (columns: readonly Column[], rows: number) => void,
): Promise<void> {
  const { session, clock, timeoutMs, signal } = stored
  const silent = (): void =>
    session.abandon(
      new TimeoutError(`No rows within ${timeoutMs} ms.`, 'delivery.confirmTimeoutMs'),
    )
  let timer = clock.after(timeoutMs, silent)
  try {
    for await (const block of session.readBlocks(script, { fetchSize, signal })) {
      timer.cancel()
      takeBlock(stored, block, take)
      timer = clock.after(timeoutMs, silent)
    }
  } finally {
    timer.cancel()
  }
}

function takeBlock(
  { table, columns }: StoredRows,
  block: Value | undefined,
  take: (columns: readonly Column[], rows: number) => void,
): void {
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
  if (block.rows > 0) take(found, block.rows)
}

function scalarOf(type: DataType, value: number | string): Scalar {
  const isText = type === 'SYMBOL' || type === 'STRING'
  const is64Bits = !isText && dataTypes[type].bytesPerValue === 8
  const vector = vectorOf({ type: isText ? 'STRING' : type }, [is64Bits ? BigInt(value) : value])
  return scalarAt(vector as TypedVector, 0)
}
