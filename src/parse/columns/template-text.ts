/* Texts that are put together (`mapping.set`), row by row: literal text, other columns, and parts of the input's path. If any of these is
   null in a row, the result is null there. A text without other columns is the same in every row of an input. */
import type { TextSource } from '../../schema/cell-source.js'
import type { InputTexts } from '../../source/data-files.js'
import { RecordBlock } from '../record-block.js'

/** Places of a field's texts in some bytes: the text of row `r` begins at `starts[first + r * step]`. */
export interface FieldCells {
  readonly starts: Int32Array
  readonly ends: Int32Array
  readonly first: number
  readonly step: number
}

/** Largest number of bytes in a line number. */
const lineBytes = 16

/** A piece of a template: literal text; else the index of a field, or −1 for the line number. One shape for speed in V8. */
interface Piece {
  readonly bytes: Uint8Array | undefined
  readonly number: number
}

const encoder = new TextEncoder()

export class TemplateText {
  /** Filled by `compose`: a block with one field and its own bytes. */
  block: RecordBlock = new RecordBlock(1, 1)
  /** Upper limit of a text's bytes that come from constants, path parts and the line number, not from fields. */
  #fixedBytes = 0
  readonly #parts: readonly TextSource[]
  #pieces: readonly Piece[] = []
  #isNull = false

  constructor(parts: readonly TextSource[]) {
    this.#parts = parts
    this.setTexts({})
  }

  /** Sets the texts of one input for the following rows. */
  setTexts(texts: InputTexts): void {
    let fields = 0
    this.#fixedBytes = 0
    this.#isNull = false
    this.#pieces = this.#parts.map(part => {
      if (part.kind === 'field' || part.kind === 'member') {
        return { bytes: undefined, number: fields++ }
      }
      if (part.kind === 'line') {
        this.#fixedBytes += lineBytes
        return { bytes: undefined, number: -1 }
      }
      const text = part.kind === 'constant' ? part.text : texts[part.name]
      const bytes = encoder.encode(text)
      this.#fixedBytes += bytes.length
      this.#isNull ||= bytes.length === 0
      return { bytes, number: -1 }
    })
  }

  /** Fills the block with the texts of all rows. @param fields  the template's fields, in the order of its parts */
  compose(
    from: Pick<RecordBlock, 'bytes' | 'rowCapacity' | 'rowCount' | 'lineNumbers' | 'numberCells'>,
    fields: readonly FieldCells[],
  ): RecordBlock {
    const { bytes, rowCapacity, rowCount, lineNumbers, numberCells } = from
    if (this.block.rowCapacity < rowCapacity) this.block = new RecordBlock(1, rowCapacity)
    const { block } = this
    const into = block.beginTexts(this.#needed(rowCount, fields))
    block.rowCount = rowCount
    const { starts, ends } = block
    const pieces = this.#pieces
    const numbers = numberCells && (block.numberCells ??= new Uint8Array(block.rowCapacity))
    let to = 0
    for (let row = 0; row < rowCount; row++) {
      const begin = to
      starts[row] = begin
      let isNull = this.#isNull
      for (let i = 0; i < pieces.length && !isNull; i++) {
        const { bytes: text, number } = pieces[i]!
        if (number >= 0) {
          const cells = fields[number]!
          const cell = cells.first + row * cells.step
          const end = cells.ends[cell]!
          let p = cells.starts[cell]!
          isNull = p === end
          while (p < end) into[to++] = bytes[p++]!
        } else if (text !== undefined) {
          for (let p = 0; p < text.length; p++) into[to++] = text[p]!
        } else to += encoder.encodeInto(String(lineNumbers[row]), into.subarray(to)).written
      }
      if (isNull) to = begin
      ends[row] = to
      if (numbers === undefined) continue
      const isNumber = fields.every(({ first, step }) => numberCells![first + row * step] === 1)
      numbers[row] = isNumber ? 1 : 0
    }
    block.endTexts(to)
    return block
  }

  #needed(rowCount: number, fields: readonly FieldCells[]): number {
    let needed = rowCount * this.#fixedBytes
    for (const { starts, ends, first, step } of fields) {
      for (let row = 0, cell = first; row < rowCount; row++, cell += step) {
        needed += ends[cell]! - starts[cell]!
      }
    }
    return needed
  }
}

/** A row for texts that depend on no row. */
export const oneRow: RecordBlock = new RecordBlock(0, 1)
oneRow.rowCount = 1

export function cellsOf(
  { starts, ends, fieldCount }: RecordBlock,
  fields: readonly number[],
): FieldCells[] {
  return fields.map(first => ({ starts, ends, first, step: fieldCount }))
}
