/*
  Columns of 64-bit integers: LONG, TIMESTAMP, NANOTIME, NANOTIMESTAMP, DECIMAL64. Builders write two 32-bit halves per element.
  Only the finished column is a BigInt64Array.
*/
import type { Column } from '../../protocol/value.js'
import { ArrayStore } from './array-store.js'
import type { BufferPool } from './buffer-pool.js'
import { numberRead, readShortLong } from '../cells/read-number.js'
import type { ColumnOffset } from '../cells/column-offset.js'
import type { CellFault, ColumnBuilder, WireRoom } from './column-builder.js'
import type { ColumnPart, FixedPart } from './column-part.js'
import { Int64Parts } from '../cells/int64-parts.js'
import type { RecordBlock } from '../record-block.js'

const bytesPerRow = 8
const nullHigh = -2_147_483_648

/** Reads one cell into `into`. Returns 0; NaN if the text is not a value; ±Infinity if the value does not fit. */
export type ReadInt64 = (bytes: Uint8Array, start: number, end: number, into: Int64Parts) => number

/** The parts of an `Int64Column` that depend on its type. */
export interface Int64Kind {
  /** Describes values of the type in messages. */
  readonly expected: string
  readonly readCell: ReadInt64
  /** For times: the column's common time zone offset; undefined if such offsets do not matter. */
  readonly offset?: ColumnOffset | undefined
  /** For a text that is not a value, a more precise description than `expected`; undefined if there is none. */
  readonly explain?: (bytes: Uint8Array, start: number, end: number) => string | undefined
  readonly column: (data: BigInt64Array, rowCount: number) => Column
}

/** Stores a whole number that a double holds exactly; the low word comes first. */
export function storeExact(words: Int32Array, word: number, value: number): void {
  const high = Math.floor(value / 4_294_967_296)
  words[word] = value - high * 4_294_967_296
  words[word + 1] = high
}

/** A column of any 64-bit type without a loop of its own. */
export class Int64Column implements ColumnBuilder {
  protected readonly type: Int64Kind
  protected readonly columnIndex: number
  protected readonly parts: Int64Parts = new Int64Parts()
  /** Two words for each row, the low word first. */
  protected words: Int32Array = new Int32Array(0)
  readonly #store: ArrayStore

  constructor(type: Int64Kind, columnIndex: number, pool: BufferPool) {
    this.type = type
    this.columnIndex = columnIndex
    this.#store = new ArrayStore(pool, bytesPerRow)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { starts, ends, fieldCount, rowCount } = block
    this.reserve(firstRow + rowCount)
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      nulls += this.readOther(block, row, firstRow, starts[cell]!, ends[cell]!)
    }
    return nulls
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const isValue = !Number.isNaN(this.type.readCell(bytes, start, end, this.parts))
    return {
      code: isValue ? 'DDB_INPUT_RANGE' : 'DDB_INPUT_CELL',
      expected: this.type.explain?.(bytes, start, end) ?? this.type.expected,
    }
  }

  undo(): void {
    return
  }

  encodedBytes(rowCount: number): number {
    return rowCount * bytesPerRow
  }

  get most(): WireRoom {
    return { row: bytesPerRow, textByte: 0 }
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const column = this.type.column(new BigInt64Array(this.#store.buffer), rowCount)
    this.#store.release(buffers)
    this.words = new Int32Array(0)
    return column
  }

  append(part: ColumnPart, from: number, to: number, firstRow: number): void {
    this.reserve(firstRow + to - from)
    this.#store.put((part as FixedPart).data, from, to, firstRow)
  }

  protected reserve(rowCount: number): void {
    if (this.#store.reserve(rowCount)) this.words = new Int32Array(this.#store.buffer)
  }

  /** Reads any cell; subclasses read common notations faster. Returns 1 if the cell becomes null. */
  protected readOther(
    block: RecordBlock,
    row: number,
    firstRow: number,
    start: number,
    end: number,
  ): number {
    const { parts, words } = this
    const word = 2 * (firstRow + row)
    if (start !== end) {
      if (this.type.readCell(block.bytes, start, end, parts) === 0) {
        words[word] = parts.low
        words[word + 1] = parts.high
        return 0
      }
      block.refuse(row, this.columnIndex)
    }
    words[word] = 0
    words[word + 1] = nullHigh
    return 1
  }
}

/** A LONG column. Its loop is made for short numbers, because most are short. */
export class LongColumn extends Int64Column {
  override read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, view, starts, ends, fieldCount, rowCount } = block
    this.reserve(firstRow + rowCount)
    const { words } = this
    let nulls = 0
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      if (readShortLong(bytes, view, start, end)) {
        storeExact(words, 2 * (firstRow + row), numberRead[0]!)
      } else {
        nulls += this.readOther(block, row, firstRow, start, end)
      }
    }
    return nulls
  }
}
