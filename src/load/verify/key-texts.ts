/*
  Turns cells into texts that identify rows: equal cells of one column have equal texts, whatever type stores them.
*/
import { dataTypes } from '../../protocol/data-type.js'
import { elementBytes, isFixedType } from '../../protocol/element-bytes.js'
import type { Column, FixedVector } from '../../protocol/value.js'
import { textAt } from './same-cells.js'

/** The text of each row of a column. Arrays and BLOBs have no text, as they cannot be keys. */
export function keyTexts(column: Column): (row: number) => string {
  if (column.form === 'arrayVector') return () => ''
  const text = textAt(column, false)
  if (text !== undefined) return text
  if (!isFixedType(column.type)) return () => ''
  const { data } = column as FixedVector
  const width = dataTypes[column.type].bytesPerValue
  // `String` makes zero and minus zero the same key.
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
    // A length before each text keeps the texts apart. No separator could, as cells may contain any character.
    for (const text of texts) {
      const cell = text(row)
      key += `${cell.length}:${cell}`
    }
    return key
  }
}
