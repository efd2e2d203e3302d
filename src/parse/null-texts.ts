/*
  Empties cells whose text means null, before any column reads them.
*/
import { indexOfText, trimmedEnd, trimmedStart } from './cells/cell-bytes.js'
import type { RecordBlock } from './record-block.js'

const encoder = new TextEncoder()

/** The texts of `cells.nullTexts`, compared byte by byte. */
export class NullTexts {
  readonly #exact: readonly Uint8Array[]
  /** The same texts without blanks around them, for columns that ignore such blanks. */
  readonly #trimmed: readonly Uint8Array[]

  constructor(texts: readonly string[]) {
    const given = texts.filter(text => text !== '')
    this.#exact = given.map(text => encoder.encode(text))
    this.#trimmed = given.map(text => encoder.encode(text.replace(/^[ \t]+|[ \t]+$/g, '')))
  }

  /**
   * Empties the cells of a field that hold one of the texts without quotes.
   * @param trims  true to ignore blanks around a text
   * @param onFound  gets the index of the text, and the cell with its former end
   */
  apply(
    block: RecordBlock,
    field: number,
    trims: boolean,
    onFound?: (text: number, cell: number, end: number) => void,
  ): void {
    const texts = trims ? this.#trimmed : this.#exact
    if (texts.length === 0) return
    const { bytes, starts, ends, fieldCount, rowCount } = block
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      const from = trims ? trimmedStart(bytes, start, end) : start
      const text = indexOfText(texts, bytes, from, trims ? trimmedEnd(bytes, from, end) : end)
      if (text < 0 || block.isQuoted(row, cell)) continue
      ends[cell] = start
      onFound?.(text, cell, end)
    }
  }
}
