/*
  Texts that mean null besides the empty one: cells that hold one are emptied before any column reads them.
*/
import type { RecordBlock } from './record-block.js'

/** The texts of `cells.nullTexts`, compared byte by byte. */
export class NullTexts {
  readonly #texts: readonly Uint8Array[]
  /** 1 for each length that some text has, up to the longest. */
  readonly #lengths: Uint8Array

  constructor(texts: readonly string[]) {
    this.#texts = texts.map(text => new TextEncoder().encode(text)).filter(text => text.length > 0)
    this.#lengths = new Uint8Array(Math.max(0, ...this.#texts.map(text => text.length)) + 1)
    for (const text of this.#texts) this.#lengths[text.length] = 1
  }

  /** Empties the cells of field `field` that hold one of the texts. */
  apply(block: RecordBlock, field: number): void {
    if (this.#texts.length === 0) return
    const { bytes, starts, ends, fieldCount, rowCount } = block
    for (let row = 0, cell = field; row < rowCount; row++, cell += fieldCount) {
      const length = ends[cell]! - starts[cell]!
      if (this.#lengths[length] === 1 && this.#matches(bytes, starts[cell]!, length)) {
        ends[cell] = starts[cell]!
      }
    }
  }

  #matches(bytes: Uint8Array, start: number, length: number): boolean {
    return this.#texts.some(
      text => text.length === length && text.every((byte, i) => bytes[start + i] === byte),
    )
  }
}
