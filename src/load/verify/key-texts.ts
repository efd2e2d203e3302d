/*
  Turns cells into texts that identify rows. Equal cells have equal texts, even if their types differ.
*/
import { dataTypes } from '../../protocol/data-type.js'
import { elementBytes, isFixedType } from '../../protocol/element-bytes.js'
import type { Column, FixedVector } from '../../protocol/value.js'
import { textReader } from './same-cells.js'

/** Returns the text of each row of a column. Arrays and BLOBs give '', because they cannot be keys. */
export function keyTexts(column: Column): (row: number) => string {
  if (column.form === 'arrayVector') return () => ''
  const text = textReader(column, false)
  if (text !== undefined) return text
  if (!isFixedType(column.type)) return () => ''
  const { data } = column as FixedVector
  const width = dataTypes[column.type].bytesPerValue
  // With `String`, zero and minus zero are the same key.
  if (data.BYTES_PER_ELEMENT === width) return row => String(data[row])
  const bytes = elementBytes(column as FixedVector)
  return row => Buffer.from(bytes.subarray(row * width, (row + 1) * width)).toString('latin1')
}

export function rowKeys(columns: readonly Column[]): (row: number) => string {
  const texts = columns.map(keyTexts)
  const [only] = texts
  if (texts.length === 1) return only!
  return row => {
    let key = ''
    // Each text is preceded by its length. A separator would not work, because cells may contain any character.
    for (const text of texts) {
      const cell = text(row)
      key += `${cell.length}:${cell}`
    }
    return key
  }
}
