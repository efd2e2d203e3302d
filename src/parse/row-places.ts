/* Records the place of each row of a batch in its input, so that the loader can name the row and fetch it again, and keeps the bytes of
   records. The rows of decoded text are first mapped to their places and bytes in the input. */
import { ArrayStore, type BufferPool } from './columns/fixed-column.js'
import type { Batch, InputRange, ResumePoint } from './batch.js'
import { lineFeed } from './window.js'
import type { RecordBlock } from './record-block.js'
import { mostFedRows } from './rows/fed-rows.js'

/** The parts of a block from which the places and the records of its rows are computed. */
export type RowBounds = Pick<RecordBlock, 'rowCount' | 'bytes' | 'bytesOffset' | 'window'> &
  Pick<RecordBlock, 'recordStarts' | 'recordEnds' | 'lineNumbers' | 'unbroken'>

/** A block's first row in the batch, the block's place in the input, and where its bytes would begin among those kept. */
interface BlockPlace {
  readonly firstRow: number
  /** Index of the number that is the start of the first row. The starts of its other rows follow. */
  readonly at: number
  /** How many numbers after a row's start its end is: 1 if each row begins where the one before ended. */
  readonly toEnd: number
  readonly offsetBytes: number
  readonly firstLine: number
  /** The line of each row, unless each is one after the line of the row before. */
  readonly lines: Float64Array | undefined
  readonly keptFrom: number
}

export class RowPlaces {
  /** Starts and ends of rows, relative to their block. Absolute numbers would take twice the memory. */
  readonly #store: ArrayStore<Int32Array>
  #length = 0
  #blocks: BlockPlace[] = []
  /** The bytes from each block's first record to its last one; undefined if they are not kept. */
  readonly #kept: ArrayStore<Uint8Array> | undefined
  #keptBytes = 0

  constructor(pool: BufferPool, keepsRecords: boolean) {
    this.#store = new ArrayStore(pool, Int32Array.BYTES_PER_ELEMENT, Int32Array)
    this.#kept = keepsRecords ? new ArrayStore(pool, 1, Uint8Array) : undefined
  }

  /** Adds the rows of a block, of which the first is row `firstRow` of the batch. Returns the length of their records in bytes. */
  append(block: RowBounds, firstRow: number): number {
    const { recordStarts, recordEnds, lineNumbers, rowCount, window } = block
    if (rowCount === 0) return 0
    const firstLine = lineNumbers[0]!
    let unbroken = Math.max(1, block.unbroken)
    while (unbroken < rowCount && recordStarts[unbroken] === recordEnds[unbroken - 1]) unbroken++
    // Records of a document may share a line, or have lines between them, so the last one alone does not show it.
    let lined = Math.max(1, block.unbroken)
    while (lined < rowCount && lineNumbers[lined] === firstLine + lined) lined++
    const isUnbroken = unbroken >= rowCount
    const toEnd = isUnbroken ? 1 : rowCount
    const at = this.#length
    const end = at + rowCount + toEnd
    this.#length = end
    const numbers = this.#store.reserve(end)
    numbers.set(recordStarts.subarray(0, rowCount), at)
    numbers.set(recordEnds.subarray(rowCount - toEnd, rowCount), at + rowCount)
    let { bytes, bytesOffset: offsetBytes } = block
    const origin = window?.text?.origin
    if (origin !== undefined) {
      const textStart = offsetBytes
      const [first, last] = [textStart + numbers[at]!, textStart + numbers[end - 1]!]
      offsetBytes = origin.inputOffset(first)
      bytes = origin.inputBytes(first, last)
      for (let i = at; i < end; i++) {
        numbers[i] = origin.inputOffset(textStart + numbers[i]!) - offsetBytes
      }
    }
    const lines = lined >= rowCount ? undefined : lineNumbers.slice(0, rowCount)
    const keptFrom = this.#keptBytes - numbers[at]!
    this.#blocks.push({ firstRow, at, toEnd, offsetBytes, firstLine, lines, keptFrom })
    if (this.#kept !== undefined) {
      const span = bytes.subarray(numbers[at], numbers[end - 1])
      this.#keptBytes += span.length
      this.#kept.reserve(this.#keptBytes).set(span, this.#keptBytes - span.length)
    }
    if (isUnbroken) return numbers[end - 1]! - numbers[at]!
    let length = 0
    for (let i = at; i < at + rowCount; i++) length += numbers[i + toEnd]! - numbers[i]!
    return length
  }

  /** Returns functions that find the rows of a batch. They are valid until the batch's buffers are reused. */
  take(buffers: ArrayBuffer[]) {
    const numbers = this.#store.release(buffers)
    const kept = this.#kept?.release(buffers)
    const blocks = this.#blocks
    this.#blocks = []
    this.#keptBytes = this.#length = 0
    const bounds = ({ firstRow, at, toEnd }: BlockPlace, rowIndex: number): [number, number] => {
      const start = at + rowIndex - firstRow
      return [numbers[start]!, numbers[start + toEnd]!]
    }
    return {
      place: (rowIndex: number): Omit<ReturnType<Batch['locate']>, 'file'> => {
        const block = rangeAt(blocks, rowIndex)
        const [start, end] = bounds(block, rowIndex)
        const row = rowIndex - block.firstRow
        return {
          offsetBytes: block.offsetBytes + start,
          lengthBytes: end - start,
          lineNumber: block.lines?.[row] ?? block.firstLine + row,
        }
      },
      record: (rowIndex: number): Uint8Array => {
        if (kept === undefined) return new Uint8Array(0)
        const block = rangeAt(blocks, rowIndex)
        const [start, end] = bounds(block, rowIndex)
        return kept.slice(block.keptFrom + start, block.keptFrom + end)
      },
    }
  }
}

/** The range of input that contains row `rowIndex` of a batch. There is one for each file, which may be small. */
export function rangeAt<Range extends Pick<InputRange, 'firstRow'>>(
  ranges: readonly Range[],
  rowIndex: number,
): Range {
  let [low, high] = [0, ranges.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (ranges[middle]!.firstRow > rowIndex) high = middle - 1
    else low = middle
  }
  return ranges[low]!
}

const lineStarts = Int32Array.from({ length: mostFedRows + 1 }, (_, row) => row)
const lineFeeds = new Uint8Array(mostFedRows).fill(lineFeed)

/** The bounds of a program's rows, of which each counts as a line of one byte. @param start  place of the first row */
export function oneByteLines(start: ResumePoint, rowCount: number): RowBounds {
  return {
    recordStarts: lineStarts.subarray(0, rowCount),
    recordEnds: lineStarts.subarray(1, rowCount + 1),
    lineNumbers: Float64Array.from({ length: rowCount }, (_, row) => start.lineNumber + row),
    rowCount,
    unbroken: rowCount,
    bytes: lineFeeds,
    bytesOffset: start.offsetBytes,
    window: undefined,
  }
}
