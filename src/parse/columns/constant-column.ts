/*
  A column with the same text in every row of an input, for `mapping.set` and for columns that the input lacks.
*/
import type { Column } from '../../protocol/value.js'
import type { CellFault, ColumnBuilder, WireRoom } from './column-builder.js'
import { RecordBlock } from '../record-block.js'
import { slackBytes } from '../window.js'

/** Repeats the text in a block, and lets the builder of the column's type read that block. */
export class ConstantColumn implements ColumnBuilder {
  readonly #builder: ColumnBuilder
  readonly #block: RecordBlock
  #textBytes = 0
  /** The reason why the text is not a value of the column; undefined if the text is a value. */
  fault: CellFault | undefined

  constructor(builder: ColumnBuilder, text: string, rowCapacity: number) {
    this.#builder = builder
    this.#block = new RecordBlock(1, rowCapacity)
    this.setText(text, 0)
  }

  /** Sets the text for rows from `firstRow` on. */
  setText(text: string, firstRow: number): void {
    const builder = this.#builder
    const encoded = new TextEncoder().encode(text)
    this.#textBytes = encoded.length
    const bytes = new Uint8Array(encoded.length + slackBytes)
    bytes.set(encoded)
    this.#block.bytes = bytes
    this.#block.view = new DataView(bytes.buffer)
    this.#block.ends.fill(encoded.length)
    this.#block.rowCount = 1
    builder.read(this.#block, 0, firstRow)
    builder.undo()
    this.fault =
      this.#block.refusedCount > 0 ? builder.explain(bytes, 0, encoded.length) : undefined
    this.#block.clear()
  }

  read(block: RecordBlock, _field: number, firstRow: number): number {
    this.#block.rowCount = block.rowCount
    return this.#builder.read(this.#block, 0, firstRow)
  }

  undo(): void {
    this.#builder.undo()
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    return this.#builder.explain(bytes, start, end)
  }

  encodedBytes(rowCount: number): number {
    return this.#builder.encodedBytes(rowCount)
  }

  get most(): WireRoom {
    const { row, textByte } = this.#builder.most
    return { row: row + textByte * this.#textBytes, textByte: 0 }
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    return this.#builder.take(rowCount, buffers)
  }
}
