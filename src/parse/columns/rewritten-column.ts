/*
  A column whose texts are not in the notation of its type. Rewrites each text for the builder of the type.
*/
import { RecordBlock } from '../record-block.js'
import { slackBytes } from '../window.js'
import { PassedColumn, type CellFault, type ColumnBuilder } from './column-builder.js'

/** How to rewrite texts for the builder. */
export interface Rewriting {
  /**
   * Rewrites the text from `start` to `end`.
   * @returns the position after the new text in `into`, or −1 if the text is not a value
   */
  readonly write: (
    bytes: Uint8Array,
    start: number,
    end: number,
    into: Uint8Array,
    at: number,
  ) => number
  /** How many bytes longer a text may become. */
  readonly roomBytes: number
  /** Describes the notation; appended to the builder's message. */
  readonly expected: string
}

/** Replaces a text that is not a value, because no type accepts this byte. */
const noValue = 0x21

export class RewrittenColumn extends PassedColumn {
  readonly #rewriting: Rewriting
  #block: RecordBlock = new RecordBlock(1, 0)
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #to = 0

  constructor(builder: ColumnBuilder, rewriting: Rewriting, columnIndex: number) {
    super(builder, columnIndex)
    this.#rewriting = rewriting
  }

  read(block: RecordBlock, field: number, firstRow: number): number {
    const { starts, ends, fieldCount, rowCount } = block
    this.#start(block, field)
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const isPlain = block.numberCells !== undefined && block.numberCells[cell] === 1
      this.#write(block.bytes, starts[cell]!, ends[cell]!, row, isPlain)
    }
    return this.pass(this.#block, block, firstRow)
  }

  /** Makes room for the texts of the block. */
  #start({ starts, ends, fieldCount, rowCount }: RecordBlock, field: number): void {
    if (this.#block.rowCapacity < rowCount) this.#block = new RecordBlock(1, rowCount)
    let needed = slackBytes + rowCount * Math.max(1, this.#rewriting.roomBytes)
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      needed += ends[cell]! - starts[cell]!
    }
    this.#useBytes(needed)
    this.#block.rowCount = rowCount
  }

  #useBytes(needed: number): void {
    const block = this.#block
    block.clear()
    if (this.#bytes.length < needed) this.#bytes = new Uint8Array(2 * needed)
    if (block.bytes !== this.#bytes) {
      block.bytes = this.#bytes
    }
    this.#to = 0
  }

  #write(bytes: Uint8Array, start: number, end: number, row: number, isPlain: boolean): void {
    const into = this.#bytes
    const at = this.#to
    let to = at
    if (isPlain) {
      for (let p = start; p < end; p++) into[to++] = bytes[p]!
    } else if (start !== end) {
      to = this.#rewriting.write(bytes, start, end, into, at)
      if (to < 0) {
        into[at] = noValue
        to = at + 1
      }
    }
    this.#block.starts[row] = at
    this.#block.ends[row] = to
    this.#to = to
  }

  override explain(bytes: Uint8Array, start: number, end: number): CellFault {
    if (this.#block.rowCapacity === 0) this.#block = new RecordBlock(1, 1)
    this.#useBytes(slackBytes + end - start + Math.max(1, this.#rewriting.roomBytes))
    this.#write(bytes, start, end, 0, false)
    const fault = this.builder.explain(this.#bytes, 0, this.#to)
    return { code: fault.code, expected: `${fault.expected}, ${this.#rewriting.expected}` }
  }
}
