/*
  A column whose texts are put together from fields and other texts (`mapping.set` with names in braces). The builder of
  the column's type reads the results.
*/
import type { Column } from '../../protocol/value.js'
import type { TextSource } from '../../schema/cell-source.js'
import type { RecordBlock } from '../record-block.js'
import type { CellFault, ColumnBuilder, WireRoom } from './column-builder.js'
import { TemplateText, type FieldCells, type InputTexts } from './template-text.js'

export class TemplateColumn implements ColumnBuilder {
  readonly #builder: ColumnBuilder
  readonly #columnIndex: number
  readonly #fields: readonly number[]
  readonly #text: TemplateText

  /**
   * @param builder  reads column 0 of a block with one field
   * @param fields  indexes of the fields in each block, in the order of the template's fields
   */
  constructor(
    builder: ColumnBuilder,
    columnIndex: number,
    parts: readonly TextSource[],
    fields: readonly number[],
    rowCapacity: number,
  ) {
    this.#builder = builder
    this.#columnIndex = columnIndex
    this.#fields = fields
    this.#text = new TemplateText(parts, rowCapacity)
  }

  setTexts(texts: InputTexts): void {
    this.#text.setTexts(texts)
  }

  read(block: RecordBlock, _field: number, firstRow: number): number {
    const own = this.#text.compose(block, cellsOf(block, this.#fields))
    const nulls = this.#builder.read(own, 0, firstRow)
    if (own.refusedCount > 0) {
      for (let row = 0; row < block.rowCount; row++) {
        if (own.refusedBy[row] !== 0) block.refuse(row, this.#columnIndex)
      }
    }
    return nulls
  }

  undo(): void {
    this.#builder.undo()
  }

  explain(bytes: Uint8Array, start: number, end: number): CellFault {
    return this.#builder.explain(bytes, start, end)
  }

  /** A block with a single field, which holds the texts that were composed last. */
  get composed(): RecordBlock {
    return this.#text.block
  }

  encodedBytes(rowCount: number): number {
    return this.#builder.encodedBytes(rowCount)
  }

  get most(): WireRoom {
    const { row, textByte } = this.#builder.most
    const { fixedBytes, mostOfField } = this.#text
    return { row: row + textByte * fixedBytes, textByte: textByte * mostOfField }
  }

  take(rowCount: number, buffers: ArrayBuffer[]): Column {
    return this.#builder.take(rowCount, buffers)
  }
}

/** Places of a field's texts in the block. */
export function cellsOf(
  { starts, ends, fieldCount }: RecordBlock,
  fields: readonly number[],
): FieldCells[] {
  return fields.map(first => ({ starts, ends, first, step: fieldCount }))
}
