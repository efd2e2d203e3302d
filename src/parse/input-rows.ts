/*
  The rows of a block as they stand in the input, where that is not what columns read: their places and bytes before
  they were decoded.
*/
import type { TextOrigin } from '../source/encoding/text-origin.js'
import { lineFeed } from './line-ends.js'
import type { RecordBlock } from './record-block.js'

/** What places and records of rows are taken from. */
export type RowBounds = Pick<
  RecordBlock,
  'recordStarts' | 'recordEnds' | 'lineNumbers' | 'rowCount' | 'bytes' | 'bytesOffset'
>

/** Filled from one block after the other. */
export class InputRows implements RowBounds {
  readonly recordStarts: Int32Array
  readonly recordEnds: Int32Array
  lineNumbers: Float64Array = new Float64Array(0)
  rowCount = 0
  /** Lent until more of the input is read. */
  bytes: Uint8Array = new Uint8Array(0)
  bytesOffset = 0
  readonly #origin: TextOrigin

  constructor(origin: TextOrigin, rowCapacity: number) {
    this.#origin = origin
    this.recordStarts = new Int32Array(rowCapacity)
    this.recordEnds = new Int32Array(rowCapacity)
  }

  /** The rows of `block`. */
  of(block: RecordBlock): this {
    const { rowCount, recordStarts, recordEnds, bytesOffset } = block
    const origin = this.#origin
    this.rowCount = rowCount
    this.lineNumbers = block.lineNumbers
    if (rowCount === 0) return this
    const textStart = bytesOffset + recordStarts[0]!
    const first = origin.inputOffset(textStart)
    this.bytesOffset = first
    this.bytes = origin.inputBytes(textStart, bytesOffset + recordEnds[rowCount - 1]!)
    let textEnd = -1
    let end = 0
    for (let row = 0; row < rowCount; row++) {
      const textStart = recordStarts[row]!
      // Most rows begin where the one before ends.
      const start =
        textStart === textEnd ? end : origin.inputOffset(bytesOffset + textStart) - first
      textEnd = recordEnds[row]!
      end = this.#isLine(block, row) ? this.#lineEnd(start) : -1
      if (end < 0) end = origin.inputOffset(bytesOffset + textEnd) - first
      this.recordStarts[row] = start
      this.recordEnds[row] = end
    }
    return this
  }

  /** Whether the row's only line feed is its last byte: then it is found in the input without decoding anything. */
  #isLine(
    { bytes, lineNumbers, recordStarts, recordEnds, rowCount }: RecordBlock,
    row: number,
  ): boolean {
    const end = recordEnds[row]!
    return (
      row + 1 < rowCount &&
      recordStarts[row + 1] === end &&
      lineNumbers[row + 1]! - lineNumbers[row]! === 1 &&
      bytes[end - 1] === lineFeed
    )
  }

  /** Behind the first line feed from `start` on. */
  #lineEnd(start: number): number {
    const { bytes } = this
    const { lineFeed: unit } = this.#origin
    const { length } = unit
    const [first, second] = unit
    let end = start
    while (
      end < bytes.length &&
      (bytes[end] !== first || (length > 1 && bytes[end + 1] !== second))
    ) {
      end += length
    }
    return end < bytes.length ? end + length : -1
  }
}
