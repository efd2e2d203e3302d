/*
  Maps the rows of decoded text to their places and bytes in the input.
*/
import type { TextOrigin } from '../source/encoding/text-origin.js'
import { lineFeed } from './line-ends.js'
import type { RecordBlock } from './record-block.js'

/** The parts of a block from which the places and the records of its rows are computed. */
export type RowBounds = Pick<
  RecordBlock,
  'recordStarts' | 'recordEnds' | 'lineNumbers' | 'rowCount' | 'bytes' | 'bytesOffset'
>

/** Reused for one block after the other. */
export class InputRows implements RowBounds {
  recordStarts: Int32Array = new Int32Array(0)
  recordEnds: Int32Array = new Int32Array(0)
  lineNumbers: Float64Array = new Float64Array(0)
  rowCount = 0
  /** Bytes of the rows in the input; valid until more of the input is read. */
  bytes: Uint8Array = new Uint8Array(0)
  bytesOffset = 0
  readonly #origin: TextOrigin

  constructor(origin: TextOrigin) {
    this.#origin = origin
  }

  /** Maps the rows of `block`; returns `this`. */
  of(block: RowBounds): this {
    const { rowCount, recordStarts, recordEnds, bytesOffset } = block
    const origin = this.#origin
    this.rowCount = rowCount
    this.lineNumbers = block.lineNumbers
    if (rowCount === 0) return this
    if (rowCount > this.recordStarts.length) {
      this.recordStarts = new Int32Array(rowCount)
      this.recordEnds = new Int32Array(rowCount)
    }
    const textStart = bytesOffset + recordStarts[0]!
    const first = origin.inputOffset(textStart)
    this.bytesOffset = first
    this.bytes = origin.inputBytes(textStart, bytesOffset + recordEnds[rowCount - 1]!)
    let textEnd = -1
    let end = 0
    for (let row = 0; row < rowCount; row++) {
      const textStart = recordStarts[row]!
      // Most rows begin where the row before ended, so their position need not be looked up.
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

  /** True if the row's only line feed is its last byte. The row's end can then be found without decoding. */
  #isLine(
    { bytes, lineNumbers, recordStarts, recordEnds, rowCount }: RowBounds,
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

  /** Position after the first line feed from `start` on. */
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
