/* Blocks of records for columns: the texts of one field, between bytes that would mislead a parser that reads too far. */
import { RecordBlock } from '../../../src/parse/record-block.js'

/** A block with two fields. In each row, the field `field` has one of these texts and the second field is empty. */
export function blockOf(texts: readonly (string | Uint8Array)[]): RecordBlock {
  const block = new RecordBlock(2, Math.max(1, texts.length))
  const pieces: Uint8Array[] = []
  let at = 0
  const add = (piece: Uint8Array): void => {
    pieces.push(piece)
    at += piece.length
  }
  for (const [row, text] of texts.entries()) {
    add(Buffer.from('9"'))
    block.starts[2 * row + 1] = at
    add(typeof text === 'string' ? Buffer.from(text) : text)
    block.ends[2 * row + 1] = at
  }
  add(Buffer.from('"9999999'))
  const bytes = Uint8Array.from(Buffer.concat(pieces))
  block.bytes = bytes
  block.rowCount = texts.length
  return block
}

/** The number of the field in `blockOf` that holds the texts. */
export const field = 1

export function refusedRows(block: RecordBlock): number[] {
  return Array.from(block.refusedBy.subarray(0, block.rowCount), (by, row) =>
    by > 0 ? row : -1,
  ).filter(row => row >= 0)
}
