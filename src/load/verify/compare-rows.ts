/*
  Compares sent rows with the rows that were read back, by position or by key.
*/
import { isNullAt } from '../../protocol/element.js'
import { formatElement } from '../../protocol/value-text.js'
import type { Column } from '../../protocol/value.js'
import { rowKeys } from './key-texts.js'
import type { StoredRows } from './row-reader.js'
import { sameCells } from './same-cells.js'

/** A sent row that is missing from the table, or is stored with different values. */
export interface Mismatch {
  /** Index among the sent rows, from 0. */
  readonly row: number
  /** The key of the row; undefined if rows are found by position. */
  readonly key: string | undefined
  /** Index of the first column that differs; −1 if the row is missing. */
  readonly columnIndex: number
  /** Text of the stored cell; undefined if the row is missing. */
  readonly found: string | undefined
}

/** Returns the index of the first column in which two rows differ; −1 if they are equal. */
export type Difference = (sentRow: number, storedRow: number) => number

export function differenceOf(sent: readonly Column[], { columns }: StoredRows): Difference {
  const same = sent.map((column, i) => sameCells(column, columns[i]!))
  return (sentRow, storedRow) => same.findIndex(isSame => !isSame(sentRow, storedRow))
}

const rowsOf = (columns: readonly Column[]): number => columns[0]?.length ?? 0

/** Compares each sent row with the stored row at the same index. */
export function mismatchesByPlace(sent: readonly Column[], stored: StoredRows): Mismatch[] {
  const difference = differenceOf(sent, stored)
  const found: Mismatch[] = []
  for (let row = 0; row < rowsOf(sent); row++) {
    if (row >= stored.rows) found.push(missing(row, undefined))
    else {
      const columnIndex = difference(row, row)
      if (columnIndex >= 0) found.push(differing(row, undefined, columnIndex, stored, row))
    }
  }
  return found
}

/**
 * Compares rows with equal cells in the columns at `keys`. If several rows have the same key, each stored row matches
 * only one sent row.
 * @param keepsOne  whether the table keeps only one row per key, no matter which; one match is then enough for a key
 */
export function mismatchesByKey(
  sent: readonly Column[],
  stored: StoredRows,
  keys: readonly number[],
  keepsOne: boolean,
): Mismatch[] {
  const difference = differenceOf(sent, stored)
  const storedKey = rowKeys(keys.map(i => stored.columns[i]!))
  const byKey = new Map<string, number[]>()
  for (let row = 0; row < stored.rows; row++) {
    const key = storedKey(row)
    const rows = byKey.get(key)
    if (rows === undefined) byKey.set(key, [row])
    else rows.push(row)
  }
  const sentKey = rowKeys(keys.map(i => sent[i]!))
  const found: Mismatch[] = []
  const kept = new Set<string>()
  for (let row = 0; row < rowsOf(sent); row++) {
    const key = sentKey(row)
    const candidates = byKey.get(key) ?? []
    const at = candidates.findIndex(candidate => difference(row, candidate) < 0)
    if (at >= 0) {
      if (keepsOne) kept.add(key)
      else candidates.splice(at, 1)
      continue
    }
    const [other] = candidates
    found.push(
      other === undefined
        ? missing(row, key)
        : differing(row, key, difference(row, other), stored, other),
    )
  }
  return keepsOne ? found.filter(({ key }) => !kept.has(key!)) : found
}

function missing(row: number, key: string | undefined): Mismatch {
  return { row, key, columnIndex: -1, found: undefined }
}

function differing(
  row: number,
  key: string | undefined,
  columnIndex: number,
  { columns }: StoredRows,
  storedRow: number,
): Mismatch {
  return { row, key, columnIndex, found: cellText(columns[columnIndex]!, storedRow) }
}

const longestText = 100

/** Text of a cell for messages. Long texts are clipped, and a null is `null`. */
export function cellText(column: Column, row: number): string {
  if (isNullAt(column, row)) return 'null'
  const text = formatElement(column, row)
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text
}
