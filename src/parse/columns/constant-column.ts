/*
  A column with the same text in every row of an input, for `mapping.set` and for columns that the input lacks.
*/
import {
  PassedColumn,
  type CellFault,
  type ColumnBuilder,
  type WireRoom,
} from './column-builder.js'
import { RecordBlock } from '../record-block.js'
import { slackBytes } from '../window.js'

/** Repeats the text in a block, and lets the builder of the column's type read that block. */
export class ConstantColumn extends PassedColumn {
  readonly #block: RecordBlock
  #textBytes = 0
  /** The reason why the text is not a value of the column; undefined if the text is a value. */
  fault: CellFault | undefined

  constructor(builder: ColumnBuilder, text: string, rowCapacity: number) {
    // A text that is not a value is found before any row is read, so no row is refused.
    super(builder, 0)
    this.#block = new RecordBlock(1, rowCapacity)
    this.setText(text, 0)
  }

  /** Sets the text for rows from `firstRow` on. */
  setText(text: string, firstRow: number): void {
    const { builder } = this
    const encoded = new TextEncoder().encode(text)
    this.#textBytes = encoded.length
    const bytes = new Uint8Array(encoded.length + slackBytes)
    bytes.set(encoded)
    this.#block.bytes = bytes
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
    return this.builder.read(this.#block, 0, firstRow)
  }

  override get most(): WireRoom {
    const { row, textByte } = this.builder.most
    return { row: row + textByte * this.#textBytes, textByte: 0 }
  }
}
