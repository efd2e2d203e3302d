/* Columns whose elements have no fixed size: their values, before and after cutting, joining and picking rows. */
import {
  concatColumns,
  elementAt,
  isNullAt,
  sliceColumn,
  takeRows,
} from '../../../src/protocol/element.js'
import type { Column } from '../../../src/protocol/value.js'

export function valuesOf(column: Column): unknown[] {
  return Array.from({ length: column.length }, (_, row) => {
    const element = elementAt(column, row)
    return element.form === 'scalar' ? element.value : element
  })
}

/** For each row, whether it is null. */
export function nullsOf(column: Column): boolean[] {
  return Array.from({ length: column.length }, (_, row) => isNullAt(column, row))
}

/** Rows 1 to 3, all rows twice, and rows 2 and 0. */
export function rearranged(column: Column) {
  return {
    cut: valuesOf(sliceColumn(column, 1, 3)),
    joined: valuesOf(concatColumns([column, column])),
    picked: valuesOf(takeRows(column, Int32Array.of(2, 0))),
  }
}
