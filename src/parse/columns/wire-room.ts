/*
  Computes an upper limit for the size of rows on the wire from the length of their text alone.
*/
import type { ColumnBuilder, WireRoom } from './column-builder.js'

/**
 * Upper limit for the size of a row in all columns. A text counts once for each column that its field fills.
 * @param columns  each with the indexes of the fields that fill it
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
