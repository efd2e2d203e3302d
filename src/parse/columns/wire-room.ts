/*
  An upper limit for the size of rows on the wire, from nothing but the length of their text.
*/
import type { ColumnBuilder, WireRoom } from './column-builder.js'

/**
 * For a row with all its columns; its text counts for each column that takes the same field.
 * @param columns  with the fields of each
 */
export function roomOfRow(
  columns: readonly {
    readonly builder: Pick<ColumnBuilder, 'most'>
    readonly fields: readonly number[]
  }[],
): WireRoom {
  const textBytes = new Map<number, number>()
  let row = 0
  for (const { builder, fields } of columns) {
    const { most } = builder
    row += most.row
    for (const field of new Set(fields)) {
      textBytes.set(field, (textBytes.get(field) ?? 0) + most.textByte)
    }
  }
  return { row, textByte: Math.max(0, ...textBytes.values()) }
}
