/* Words for null, and for true and false, also those of the user (`--null N/A`, `--booleans Y/N`). Compares byte by byte. */
import { option, usageError } from '../../errors.js'
import type { CellOptions } from '../cell-rules.js'
import type { ElementReader } from '../columns/fixed-column.js'
import { indexOfText, isRead, noValue, trimmedEnd, trimmedStart } from './cell-bytes.js'
import type { ReadCell } from './cell-bytes.js'
import { trimmedText } from './read-number.js'
import type { RecordBlock } from '../record-block.js'

/** Reads `true` or `false` in any case, 1 or 0. */
export const readBool: ReadCell = (bytes, start, end, into, at) => {
  const text = trimmedText(bytes, start, end).toLowerCase()
  const isTrue = text === 'true' || text === '1'
  if (!isTrue && text !== 'false' && text !== '0') return noValue
  into[at] = isTrue ? 1 : 0
  return isRead
}

/** The reader that also reads the user's words. @throws {UsageError} DDB_USAGE for no pair, and for a word that means both */
export function withTruthTexts(
  reader: ElementReader,
  { booleans = [] }: Pick<CellOptions, 'booleans'>,
): ElementReader {
  if (booleans.length === 0) return reader
  const pairs = booleans.map(text => text.split('/'))
  const odd = booleans.find((text, i) => pairs[i]!.length !== 2 || text === '/')
  if (odd !== undefined) {
    throw usageError(`${option('cells.booleans')} ${odd}: expected TRUE/FALSE, such as Y/N`)
  }
  const [no = [], yes = []] = [1, 0].map(side => pairs.map(pair => pair[side]!).filter(Boolean))
  const both = yes.find(text => no.includes(text))
  if (both !== undefined) {
    throw usageError(
      `${option('cells.booleans')} says that "${both}" means true and false: leave out one of them`,
    )
  }
  const texts = [...yes, ...no].map(text => new TextEncoder().encode(text))
  const named = [...yes, ...no].map(text => `"${text}"`).join(', ')
  return {
    ...reader,
    expected: `${reader.expected}, or ${named}`,
    kernelRead: undefined,
    read(bytes, start, end, into, at) {
      const first = trimmedStart(bytes, start, end)
      const found = indexOfText(texts, bytes, first, trimmedEnd(bytes, first, end))
      if (found < 0) return reader.read(bytes, start, end, into, at)
      into[at] = found < yes.length ? 1 : 0
      return isRead
    },
  }
}

const encoder = new TextEncoder()

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
