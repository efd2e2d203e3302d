/*
  Compares stored cells with sent cells bit for bit. A comparison as numbers would treat -0 and 0 as equal, and NaN as
  different from NaN.
*/
import { elementBytes, isFixedType } from '../../protocol/element-bytes.js'
import { isNullAt } from '../../protocol/element.js'
import { blobsOf } from '../../protocol/types/blobs.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { ArrayVector, Column, FixedVector, Vector } from '../../protocol/value.js'

/** Whether row `sentRow` of the sent column equals row `storedRow` of the stored column. */
export type SameCells = (sentRow: number, storedRow: number) => boolean

const never: SameCells = () => false

/**
 * @param sent sent cells, converted to the type of the stored column; only among STRING, SYMBOL and BLOB may the two
 * types differ
 */
export function sameCells(sent: Column, stored: Column): SameCells {
  if (sent.form === 'arrayVector' || stored.form === 'arrayVector') {
    const areArrays = sent.form === 'arrayVector' && stored.form === 'arrayVector'
    return areArrays ? sameArrays(sent, stored) : never
  }
  const asBytes = sent.type === 'BLOB' || stored.type === 'BLOB'
  const [sentText, storedText] = [textReader(sent, asBytes), textReader(stored, asBytes)]
  if (sentText !== undefined && storedText !== undefined) {
    return (sentRow, storedRow) => sentText(sentRow) === storedText(storedRow)
  }
  if (sent.type !== stored.type || scaleOf(sent) !== scaleOf(stored)) return never
  return isFixedType(sent.type) ? sameBytes(sent as FixedVector, stored as FixedVector) : never
}

function sameBytes(sent: FixedVector, stored: FixedVector): SameCells {
  const a = elementBytes(sent)
  const b = elementBytes(stored)
  const width = sent.length === 0 ? 0 : a.length / sent.length
  return (sentRow, storedRow) => {
    const from = sentRow * width
    const to = storedRow * width
    for (let i = 0; i < width; i++) if (a[from + i] !== b[to + i]) return false
    return true
  }
}

/** The server stores a row without cells as one null cell (docs/server-semantics.md#conversions-on-insert). */
function sameArrays(sent: ArrayVector, stored: ArrayVector): SameCells {
  const same = sameCells(sent.cells, stored.cells)
  const ends = ({ offsets }: ArrayVector, row: number): [start: number, length: number] => [
    offsets[row]!,
    offsets[row + 1]! - offsets[row]!,
  ]
  return (sentRow, storedRow) => {
    const [from, length] = ends(sent, sentRow)
    const [to, storedLength] = ends(stored, storedRow)
    if (isNullAt(sent, sentRow) && isNullAt(stored, storedRow)) {
      return Math.max(1, length) === Math.max(1, storedLength)
    }
    if (length !== storedLength) return false
    for (let i = 0; i < length; i++) if (!same(from + i, to + i)) return false
    return true
  }
}

/**
 * Returns the text of each row; undefined for a column that does not contain texts.
 * @param asBytes  true for one character per byte of UTF-8, because a BLOB may contain any bytes
 */
export function textReader(
  column: Vector,
  asBytes: boolean,
): ((row: number) => string) | undefined {
  if (column.type === 'BLOB') {
    const blobs = blobsOf(column)
    return row => Buffer.from(blobs[row]!).toString(asBytes ? 'latin1' : 'utf8')
  }
  const text = characters(column)
  if (text === undefined || !asBytes) return text
  return row => Buffer.from(text(row)).toString('latin1')
}

function characters(column: Vector): ((row: number) => string) | undefined {
  if (column.type === 'SYMBOL') {
    const { codes, base } = column
    return row => base[codes[row]!]!
  }
  if (column.type !== 'STRING') return undefined
  const strings = stringsOf(column)
  return row => strings[row]!
}

function scaleOf(vector: Vector): number {
  return 'scale' in vector ? vector.scale : 0
}
