/*
  Finds the rows of a run in a table that appends rows. Each insert is contiguous, so rows of other writers may lie
  between batches of the run, but never within a batch.
*/
import type { Column } from '../../protocol/value.js'
import { differenceOf } from './compare-rows.js'
import type { Run } from '../run.js'
import type { RowReader, StoredRows } from './row-reader.js'

export interface SearchSetup {
  readonly run: Pick<Run, 'state' | 'history'>
  readonly reader: RowReader
  /** Number of rows in the table before the run's first row. */
  readonly rowsBefore: number
}

export interface RowSearch {
  /**
   * Reads as many stored rows as `columns` has, at the expected position or where a search finds equal rows.
   * @param offset  number of rows since the last call of `passed` that come before `columns`
   * @param mostRows  limit of rows per query
   */
  find(columns: readonly Column[], offset: number, mostRows: number): Promise<StoredRows>
  /** Moves the expected position forward by this many rows. Must be called after each part. */
  passed(rows: number): void
}

export function newRowSearch({ run, reader, rowsBefore }: SearchSetup): RowSearch {
  let next = rowsBefore

  /** @returns the first stored row in `from` to `to` (exclusive) that begins a match of `columns`; −1 if there is none */
  const searched = async (
    columns: readonly Column[],
    mostRows: number,
    from: number,
    to: number,
  ): Promise<number> => {
    const rows = columns[0]!.length
    for (let start = from; start + rows <= to; start += mostRows) {
      const stored = await reader.at(start, mostRows + rows - 1)
      const difference = differenceOf(columns, stored)
      for (let at = 0; at + rows <= stored.rows; at++) {
        let row = 0
        while (row < rows && difference(row, at + row) < 0) row++
        if (row === rows) return start + at
      }
    }
    return -1
  }

  return {
    async find(columns, offset, mostRows) {
      const rows = columns[0]!.length
      const stored = await reader.at(next + offset, rows)
      if (isSame(columns, stored)) return stored
      const total = await reader.count()
      let at = await searched(columns, mostRows, next + offset + 1, total)
      // Then searches before the expected position, where earlier processes of the run may have stored these rows.
      if (at < 0 && run.history.found.processes > 0) {
        at = await searched(columns, mostRows, 0, next + offset)
      }
      if (at < 0) {
        const othersWrite = total > rowsBefore + run.state.sentRows
        // If other users write, the rows at this position may be theirs. The sent rows are then missing, not changed.
        return othersWrite ? { ...stored, rows: 0 } : stored
      }
      next = at - offset
      return reader.at(at, rows)
    },
    passed: rows => void (next += rows),
  }
}

function isSame(columns: readonly Column[], stored: StoredRows): boolean {
  const rows = columns[0]!.length
  if (stored.rows < rows) return false
  const difference = differenceOf(columns, stored)
  for (let row = 0; row < rows; row++) if (difference(row, row) >= 0) return false
  return true
}
