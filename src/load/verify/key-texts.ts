/*
  Cells as texts by which rows are told apart: equal for equal cells of one column, whatever they are kept as.
*/
import { dataTypes } from '../../protocol/data-type.js'
import { elementBytes, isFixedType } from '../../protocol/element-bytes.js'
import type { Column, FixedVector } from '../../protocol/value.js'
import { textAt } from './same-cells.js'

/** The text of each row of a column; rows of arrays and BLOBs are no keys, and have none. */
export function keyTexts(column: Column): (row: number) => string {
  if (column.form === 'arrayVector') return () => ''
  const text = textAt(column, false)
  if (text !== undefined) return text
  if (!isFixedType(column.type)) return () => ''
  const { data } = column as FixedVector
  const width = dataTypes[column.type].bytesPerValue
  // Zero and minus zero are one key.
  if (data.BYTES_PER_ELEMENT === width) return row => String(data[row])
  const bytes = elementBytes(column as FixedVector)
  return row => Buffer.from(bytes.subarray(row * width, (row + 1) * width)).toString('latin1')
}

/** The text of several columns together. */
export function rowKeys(columns: readonly Column[]): (row: number) => string {
  const texts = columns.map(keyTexts)
  const [only] = texts
  if (texts.length === 1) return only!
  return row => {
    let key = ''
    // The length tells where one ends: any text may stand in a cell.
    for (const text of texts) {
      const cell = text(row)
      key += `${cell.length}:${cell}`
    }
    return key
  }
}
