/*
  Elements as JavaScript values that can be looked up in a Map: equal elements have equal keys, whatever numeric type
  they are of. Used by sets, distinct, group by, in, dictionaries.
*/
import { isDecimal } from '../../../protocol/data-type.js'
import { nullDouble, nullInt64 } from '../../../protocol/null-value.js'
import type { Column, Vector } from '../../../protocol/value.js'
import { formatElement } from '../../../protocol/value-text.js'
import {
  doubleOf,
  int32Of,
  int64Of,
  numberKindOf,
  isLiteral,
  textsOfVector,
} from '../operands/operands.js'

/** Equal elements have equal keys, and only they. */
export type Key = number | bigint | string | null

/** One key a row; null for every null but that of text, which is ''. Integers of any width have one form. */
export function keysOfVector(vector: Vector): readonly Key[] {
  if (vector.type === 'VOID') return new Array<null>(vector.length).fill(null)
  if (isLiteral(vector.type)) return textsOfVector(vector)
  if (isDecimal(vector.type)) return formatted(vector)
  switch (numberKindOf(vector.type)) {
    case 'int32':
      return Array.from(int32Of(vector).subarray(0, vector.length), value =>
        value === -2147483648 ? null : value,
      )
    case 'int64':
      return Array.from(int64Of(vector).subarray(0, vector.length), value => {
        if (value === nullInt64) return null
        const narrow = Number(value)
        return Number.isSafeInteger(narrow) ? narrow : value
      })
    case 'double':
      return Array.from(doubleOf(vector).subarray(0, vector.length), value =>
        value === nullDouble ? null : value,
      )
    default:
      return formatted(vector)
  }
}

function formatted(vector: Vector): readonly Key[] {
  return Array.from({ length: vector.length }, (_, row) => formatElement(vector, row) || null)
}

/** Rows at which an element stands for the first time, in order. */
export function distinctRows(vector: Vector): Int32Array {
  const seen = new Set<Key>()
  const rows: number[] = []
  keysOfVector(vector).forEach((key, row) => {
    if (seen.has(key)) return
    seen.add(key)
    rows.push(row)
  })
  return Int32Array.from(rows)
}

/** One key for each row over several columns; a row of an array vector counts by its text. */
export function rowKeys(columns: readonly Column[]): readonly Key[] {
  const keys = columns.map(column =>
    column.form === 'vector' && column.type !== 'ANY'
      ? keysOfVector(column)
      : Array.from({ length: column.length }, (_, row) => formatElement(column, row)),
  )
  const [only] = keys
  if (keys.length === 1 && only !== undefined) return only
  return Array.from({ length: only?.length ?? 0 }, (_, row) =>
    keys.map(column => `${typeof column[row]}:${String(column[row])}`).join('\u0000'),
  )
}
