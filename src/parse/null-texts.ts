/*
  Texts that mean null besides the empty one: cells that hold one are emptied before any column reads them.
*/
import { trimmedEnd, trimmedStart } from './cells/cell-bytes.js'
import type { RecordBlock } from './record-block.js'

const blank = 32

/** The texts of `cells.nullTexts`, compared byte by byte. */
export class NullTexts {
  readonly #texts: readonly Uint8Array[]
  /** 1 for each length that some text has, up to the longest. */
  readonly #lengths: Uint8Array
  readonly #inQuotes: boolean

  /** @param inQuotes  whether they mean null in quotes, too */
  constructor(texts: readonly string[], inQuotes: boolean) {
    this.#texts = texts.map(text => new TextEncoder().encode(text)).filter(text => text.length > 0)
    this.#lengths = new Uint8Array(Math.max(0, ...this.#texts.map(text => text.length)) + 1)
    for (const text of this.#texts) this.#lengths[text.length] = 1
    this.#inQuotes = inQuotes
  }

  /**
   * Empties the cells of field `field` that hold one of the texts.
   * @param trims  whether blanks around a text are not part of it
   */
  apply(block: RecordBlock, field: number, trims: boolean): void {
    if (this.#texts.length === 0) return
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
      if (this.#lengths[to - from] !== 1 || !this.#matches(bytes, from, to - from)) continue
      if (this.#inQuotes || !block.isQuoted(row, cell)) ends[cell] = start
    }
  }

  #matches(bytes: Uint8Array, start: number, length: number): boolean {
    const texts = this.#texts
    for (let i = 0; i < texts.length; i++) {
      const text = texts[i]!
      if (text.length === length && isAt(text, bytes, start)) return true
    }
    return false
  }
}

function isAt(text: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false
  return true
}
