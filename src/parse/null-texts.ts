/*
  Empties cells whose text means null, before any column reads them.
*/
import { isAt, trimmedEnd, trimmedStart } from './cells/cell-bytes.js'
import type { RecordBlock } from './record-block.js'

const blank = 32

/** The texts of `cells.nullTexts`, compared byte by byte. */
export class NullTexts {
  readonly #exact: TextSet
  /** The same texts without blanks around them, for columns that ignore such blanks. */
  readonly #trimmed: TextSet

  constructor(texts: readonly string[]) {
    const given = texts.filter(text => text !== '')
    this.#exact = new TextSet(given)
    this.#trimmed = new TextSet(given.map(text => text.replace(/^[ \t]+|[ \t]+$/g, '')))
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
    if (texts.isEmpty) return
    const { bytes, starts, ends, fieldCount, rowCount } = block
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const start = starts[cell]!
      const end = ends[cell]!
      let from = start
      let to = end
      if (trims && start < end && (bytes[start]! <= blank || bytes[end - 1]! <= blank)) {
        from = trimmedStart(bytes, start, end)
        to = trimmedEnd(bytes, from, end)
      }
      const text = texts.indexOf(bytes, from, to)
      if (text < 0 || block.isQuoted(row, cell)) continue
      ends[cell] = start
      onFound?.(text, cell, end)
    }
  }
}

class TextSet {
  readonly isEmpty: boolean
  readonly #texts: readonly Uint8Array[]
  /** For each length: 1 if some text has this length, otherwise 0. */
  readonly #lengths: Uint8Array
  /** 1 for each byte with which some text begins, otherwise 0. */
  readonly #firstBytes = new Uint8Array(256)

  constructor(texts: readonly string[]) {
    this.isEmpty = texts.length === 0
    this.#texts = texts.map(text => new TextEncoder().encode(text))
    this.#lengths = new Uint8Array(Math.max(0, ...this.#texts.map(text => text.length)) + 1)
    for (const text of this.#texts) {
      this.#lengths[text.length] = 1
      // The empty text is anywhere.
      if (text.length === 0) this.#firstBytes.fill(1)
      else this.#firstBytes[text[0]!] = 1
    }
  }

  /** Index of the text; −1 if it is none of these. */
  indexOf(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (this.#lengths[length] !== 1 || this.#firstBytes[bytes[start]!] !== 1) return -1
    const texts = this.#texts
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]!
      if (text.length === length && isAt(text, bytes, start)) return i
    }
    return -1
  }
}
