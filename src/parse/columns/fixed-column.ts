/* Columns whose elements all have the same size (docs/protocol.md#data-types). What is particular to a type is in its `ElementReader`.
   Arrays of released batches are used again, so that memory does not grow with the input and V8 need not clear new ones. */
import { option } from '../../errors.js'
import { type Kernel, type KernelRead, mostGivenUp } from '../../kernel/kernel.js'
import { type FixedType, nullElement, vectorOfBytes } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { isRead, notFinite, noValue, type NumberArray, type ReadCell } from '../cells/cell-bytes.js'
import type { RecordBlock } from '../record-block.js'
import type { CellFault, ColumnBuilder } from './column-builder.js'

const smallestBytes = 1024
/** Limit for the total size of free buffers. */
const maxKeptBytes = 64 * 1024 * 1024
/** The pool frees no buffer while the total size of its free buffers is at most this. */
const leastKeptBytes = 1024 * 1024

/** Buffers for the batches of one input. Their content is never cleared. */
export class BufferPool {
  /** Free buffers by size, the least recently used sizes first. */
  readonly #free = new Map<number, ArrayBuffer[]>()
  #keptBytes = 0
  /** Rows that the first batch will probably have at most. */
  batchRows = 1024

  /** Returns a buffer of at least `byteLength` bytes, which may hold old content. */
  take(byteLength: number): ArrayBuffer {
    const size = roundedUp(byteLength)
    const list = this.#free.get(size) ?? []
    this.#free.delete(size)
    this.#free.set(size, list)
    const buffer = list.pop()
    if (buffer === undefined) {
      this.#drop(size)
      return new ArrayBuffer(size)
    }
    this.#keptBytes -= size
    return buffer
  }

  /**
   * Makes room when batches become larger: leaves buffers of the least recently used sizes to the garbage collector. A transfer would free
   * them at once, but after the first transfer in a process, V8 makes all code slower that reads arrays of bytes.
   */
  #drop(bytes: number): void {
    let left = bytes
    for (const [size, list] of this.#free) {
      for (; list.length > 0; left -= size) {
        if (left <= 0 || this.#keptBytes <= leastKeptBytes) return
        list.pop()
        this.#keptBytes -= size
      }
    }
  }

  /** Takes back a buffer from `take` after its last use. */
  give(buffer: ArrayBuffer): void {
    const size = buffer.byteLength
    if (this.#keptBytes + size > maxKeptBytes) return
    this.#keptBytes += size
    const list = this.#free.get(size)
    if (list === undefined) this.#free.set(size, [buffer])
    else list.push(buffer)
  }
}

/** Rounds up to 1, 1.25, 1.5 or 1.75 times a power of two, so that growing arrays use the same few sizes. */
function roundedUp(byteLength: number): number {
  let size = smallestBytes
  while (2 * size < byteLength) size *= 2
  const quarter = size / 4
  return size >= byteLength ? size : Math.ceil(byteLength / quarter) * quarter
}

/** Holds the array of a column under construction. `release` gives its buffer to the batch, which returns it to the pool. */
export class ArrayStore<View> {
  view: View
  #buffer: ArrayBuffer = new ArrayBuffer(0)
  readonly #View: new (buffer: ArrayBuffer) => View
  readonly #pool: BufferPool
  readonly #bytesPerRow: number
  /** Number of bytes that the current batch needs so far. */
  #neededBytes = 0
  /** Number of bytes that the last batch needed, because the next one will probably need as many; 0 in the first batch. */
  #expectedBytes = 0

  constructor(pool: BufferPool, bytesPerRow: number, View: new (buffer: ArrayBuffer) => View) {
    this.#pool = pool
    this.#bytesPerRow = bytesPerRow
    this.#View = View
    this.view = new View(this.#buffer)
  }

  /** Makes room for `rowCount` rows. Returns the array, another one if it has become larger. */
  reserve(rowCount: number): View {
    const needed = rowCount * this.#bytesPerRow
    this.#neededBytes = needed
    const { byteLength } = this.#buffer
    if (needed <= byteLength) return this.view
    const expected = this.#expectedBytes || this.#pool.batchRows * this.#bytesPerRow
    const larger = this.#pool.take(Math.max(needed, 2 * byteLength, expected))
    if (byteLength > 0) {
      new Uint8Array(larger).set(new Uint8Array(this.#buffer))
      this.#pool.give(this.#buffer)
    }
    this.#buffer = larger
    return (this.view = new this.#View(larger))
  }

  /** Returns the array of the batch that ends, and begins the next one with an empty array. */
  release(buffers: ArrayBuffer[]): View {
    const { view } = this
    if (this.#buffer.byteLength === 0) return view
    // Expects the next batch to need as many bytes as this one. The size of the buffer is not a measure, because small
    // batches may follow a large one.
    this.#expectedBytes = this.#neededBytes
    buffers.push(this.#buffer)
    this.#buffer = new ArrayBuffer(0)
    this.view = new this.#View(this.#buffer)
    return view
  }
}

/** How a type reads texts and a program's values. */
export interface ElementReader {
  /** The array into which cells are read. No cell of several words needs a BigInt. */
  readonly Cells: new (buffer: ArrayBuffer, byteOffset?: number, length?: number) => NumberArray
  readonly read: ReadCell
  /** Describes values of the type in messages: `a whole number from … to …`. */
  readonly expected: string
  /** May describe values more precisely than `expected`, for the text that `read` has just refused. */
  readonly explain?:
    ((bytes: Uint8Array, start: number, end: number) => string | undefined) | undefined
  /** The kernel's reader for texts such as the cell, if it has one. */
  readonly kernelRead?: ((block: RecordBlock, cell: number) => KernelRead | undefined) | undefined
  /** Stores a program's value as `read` would store its text; false to leave it to the reader of texts. Undefined if all are left to it. */
  readonly take?: ((value: unknown, into: NumberArray, at: number) => boolean) | undefined
}

export class FixedColumn implements ColumnBuilder {
  readonly #type: FixedType
  readonly #scale: number | undefined
  readonly #reader: ElementReader
  /** Reads the cells that the format itself marks as numbers. */
  readonly #plain: ElementReader
  readonly #nulls: NumberArray
  readonly #store: ArrayStore<NumberArray>

  /** @param scale  set for decimals: digits after the point */
  constructor(
    type: FixedType,
    scale: number | undefined,
    reader: ElementReader,
    pool: BufferPool,
    plain: ElementReader = reader,
  ) {
    this.#type = type
    this.#scale = scale
    this.#reader = reader
    this.#plain = plain
    const none = nullElement(type)
    this.#nulls = new reader.Cells(none.slice().buffer)
    this.#store = new ArrayStore(pool, none.length, reader.Cells)
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { bytes, starts, ends, fieldCount, rowCount, numberCells } = block
    const { read, kernelRead } = this.#reader
    const { read: readPlain } = this.#plain
    const width = this.#nulls.length
    const array = this.#store.reserve(firstRow + rowCount)
    const kernel = kernelRead && block.kernel
    let givenUp = 0
    let nulls = 0
    for (let row = 0; row < rowCount; row++) {
      if (kernel !== undefined && givenUp++ < mostGivenUp) {
        const from = row
        row = kernelRead!(block, field + row * fieldCount)?.(kernel, field, row) ?? row
        if (row > from) {
          this.#copy(kernel, from, row, firstRow)
          nulls += kernel.nullCount
        }
      }
      if (row === rowCount) break
      const cell = field + row * fieldCount
      const at = (firstRow + row) * width
      const start = starts[cell]!
      const end = ends[cell]!
      if (start !== end) {
        const isNumber = numberCells !== undefined && numberCells[cell] === 1
        const outcome = (isNumber ? readPlain : read)(bytes, start, end, array, at)
        if (outcome === isRead) continue
        block.refuse(row)
      }
      nulls++
      this.#setNull(at)
    }
    return nulls
  }

  #copy({ buffer, out }: Kernel, from: number, to: number, firstRow: number): void {
    const { length: width, byteLength } = this.#nulls
    const found = new this.#reader.Cells(buffer, out + from * byteLength, (to - from) * width)
    this.#store.view.set(found, (firstRow + from) * width)
  }

  #setNull(at: number): void {
    const nulls = this.#nulls
    const { view } = this.#store
    for (let i = 0; i < nulls.length; i++) view[at + i] = nulls[i]!
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    const { read, explain, expected } = this.#reader
    const outcome = read(bytes, start, end, this.#nulls.slice(), 0)
    const found = explain?.(bytes, start, end) ?? expected
    return {
      code: outcome === noValue ? 'DDB_INPUT_CELL' : 'DDB_INPUT_RANGE',
      // In DolphinDB, NaN and infinities would be neither nulls nor values.
      expected:
        outcome === notFinite
          ? `${found} that is finite (null stands for NaN and infinities: name them with ${option('cells.nullTexts')})`
          : found,
    }
  }

  encodedBytes(rowCount: number): number {
    return rowCount * this.#nulls.byteLength
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    const { buffer } = this.#store.release(buffers)
    const bytes = new Uint8Array(buffer, 0, this.encodedBytes(rowCount))
    return vectorOfBytes(this.#type, rowCount, bytes, this.#scale)
  }

  put(values: readonly unknown[], count: number, firstRow: number): number {
    const { take } = this.#reader
    const width = this.#nulls.length
    const array = this.#store.reserve(firstRow + count)
    for (let i = 0; i < count; i++) {
      const at = (firstRow + i) * width
      const value = values[i]
      if (value === null || value === '') this.#setNull(at)
      else if (take?.(value, array, at) !== true) return i
    }
    return count
  }
}
