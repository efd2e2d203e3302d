/*
  Equal rows: distinct, set, group by.
*/
import type { Column } from '../../../protocol/value.js'
import { KeyTable } from './key-table.js'
import { keysOfVector, rowKeys, type Key } from './row-keys.js'

/** Rows that are the first of their kind. */
export function distinctRows(columns: readonly Column[]): Int32Array {
  const seen = new KeyTable<true>()
  const rows = new Int32Array(columns[0]?.length ?? 0)
  keysOf(columns).forEach((key, row) => {
    if (seen.add(key, true)) rows[seen.size - 1] = row
  })
  return rows.subarray(0, seen.size)
}

/** Rows with equal keys together. */
export interface Groups {
  readonly length: number
  /** Ascending, at least one. */
  rowsOf(group: number): Int32Array
}

/** Groups in the order of their first rows. */
export function groupRows(columns: readonly Column[]): Groups {
  const length = columns[0]?.length ?? 0
  // First the group of each row and how large the groups are, then the rows of each group.
  const groups = new KeyTable<number>()
  const groupOfRow = new Int32Array(length)
  const sizes: number[] = []
  keysOf(columns).forEach((key, row) => {
    if (groups.add(key, sizes.length)) sizes.push(0)
    const group = groups.get(key)!
    groupOfRow[row] = group
    sizes[group]!++
  })
  const rows = new Int32Array(length)
  const ends = new Int32Array(sizes.length)
  for (let group = 1; group < sizes.length; group++) {
    ends[group] = ends[group - 1]! + sizes[group - 1]!
  }
  for (let row = 0; row < length; row++) rows[ends[groupOfRow[row]!]!++] = row
  return {
    length: sizes.length,
    rowsOf: group => rows.subarray(group === 0 ? 0 : ends[group - 1]!, ends[group]),
  }
}

function keysOf(columns: readonly Column[]): readonly Key[] {
  const [only] = columns
  const isOne = columns.length === 1 && only?.form === 'vector' && only.type !== 'ANY'
  return isOne ? keysOfVector(only) : rowKeys(columns)
}
