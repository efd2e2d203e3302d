/*
  Finds where rows of a run are in a table that appends rows. Rows of others may be between its batches, but never within one:
  each insert is contiguous.
*/
import type { Column } from '../../protocol/value.js'
import { differenceOf } from './compare-rows.js'
import type { Run } from '../run.js'
import type { RowReader, StoredRows } from './row-reader.js'

export interface SearchSetup {
  readonly run: Pick<Run, 'state' | 'history'>
  readonly reader: RowReader
  /** Rows of the table before the run's first row. */
  readonly rowsBefore: number
}

export interface RowSearch {
  /**
   * The stored rows at the expected position, or wherever the sent rows are found.
   * @param offset  index of the first of them in the part
   * @param mostRows  how many rows of this width may be read at once
   */
  find(columns: readonly Column[], offset: number, mostRows: number): Promise<StoredRows>
  /** This many rows of a part are done. */
  passed(rows: number): void
}

export function newRowSearch({ run, reader, rowsBefore }: SearchSetup): RowSearch {
  let next = rowsBefore

  /** @returns the position of the first; −1 if they are not between `from` and `to` */
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
      // Rows sent by earlier processes of the run come before.
      if (at < 0 && run.history.found.processes > 0) {
        at = await searched(columns, mostRows, 0, next + offset)
      }
      if (at < 0) {
        const othersWrite = total > rowsBefore + run.state.sentRows
        // Nothing shows which rows these should be.
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
