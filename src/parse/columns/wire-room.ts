/*
  What rows take on the wire at most, before anything is known of them but the length of their text.
*/
import type { ColumnBuilder, WireRoom } from './column-builder.js'

/**
 * Of a row with all its columns; its text counts in each column that takes the same field.
 * @param columns  with the field of each; −1 for one that takes none
 */
export function roomOfRow(
  columns: readonly { readonly builder: Pick<ColumnBuilder, 'most'>; readonly field: number }[],
): WireRoom {
  const textBytes = new Map<number, number>()
  let row = 0
  for (const { builder, field } of columns) {
    row += builder.most.row
    textBytes.set(field, (textBytes.get(field) ?? 0) + builder.most.textByte)
  }
  return { row, textByte: Math.max(0, ...textBytes.values()) }
}
