/*
  Some rows of a batch, as a batch of their own: those of a lane, or of a half of one.
*/
import type { Batch, InputRange } from '../../parse/batch.js'
import { sliceColumn, takeRows } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import type { LinesOfRows } from './line-ranges.js'

/** @param rows  indexes, ascending; at least one @param release  in place of that of the whole batch */
export function someRows(batch: Batch, rows: Int32Array, release = batch.release): Batch {
  const { length } = rows
  const start = rows[0]!
  const isSlice = rows[length - 1]! - start === length - 1
  const cut = (column: Column): Column =>
    isSlice ? sliceColumn(column, start, start + length) : takeRows(column, rows)
  let columns: readonly Column[] | undefined
  return {
    ...{ place: batch.place, endedBy: batch.endedBy, release },
    rowCount: length,
    get columns() {
      return (columns ??= length === batch.rowCount ? batch.columns : batch.columns.map(cut))
    },
    encodedBytes: Math.ceil((batch.encodedBytes * length) / batch.rowCount),
    ranges: rangesOf(batch, rows),
    locate: row => batch.locate(rows[row]!),
    record: row => batch.record(rows[row]!),
  }
}

export const allRows = ({ rowCount }: Batch): Int32Array =>
  new Int32Array(rowCount).map((_, row) => row)

/** Largest number of exact ranges. Rows that need more get the ranges of the whole batch. */
const mostPlaces = 64

function rangesOf(batch: Batch, rows: Int32Array): readonly InputRange[] {
  const isNear = (row: number): boolean => rows[row] === rows[row - 1]! + 1
  let places = 1
  for (let row = 1; row < rows.length && places <= mostPlaces; row++) if (!isNear(row)) places++
  const isExact = places <= mostPlaces
  const found: InputRange[] = []
  let row = 0
  for (const range of batch.ranges) {
    const end = range.firstRow + range.rowCount
    while (row < rows.length && rows[row]! < end) {
      const firstRow = row++
      while (row < rows.length && rows[row]! < end && (!isExact || isNear(row))) row++
      const places = isExact ? placesOf(batch, range, rows[firstRow]!, rows[row - 1]! + 1) : {}
      found.push({ ...range, firstRow, rowCount: row - firstRow, ...places })
    }
  }
  return found
}

/** The bytes of rows `start` to `end` (exclusive) of a batch, up to the beginning of row `end`. */
function placesOf(
  batch: Batch,
  { firstRow, rowCount }: InputRange,
  start: number,
  end: number,
): Partial<InputRange> {
  const next = end === firstRow + rowCount ? undefined : batch.locate(end)
  return {
    ...(start === firstRow ? {} : { startOffsetBytes: batch.locate(start).offsetBytes }),
    ...(next && { endOffsetBytes: next.offsetBytes }),
  }
}

/** Where the rows of a batch are in the inputs. */
export function linesOf(batch: Batch): readonly LinesOfRows[] {
  return batch.ranges
    .filter(({ rowCount }) => rowCount > 0)
    .map(({ file, firstRow, rowCount, startOffsetBytes, endOffsetBytes }) => ({
      file,
      startBytes: startOffsetBytes,
      endBytes: endOffsetBytes,
      firstLine: batch.locate(firstRow).lineNumber,
      lastLine: batch.locate(firstRow + rowCount - 1).lineNumber,
    }))
}
