/*
  Cuts the rows of a batch into pieces to compare with stored rows. A piece has the column types of the table. The
  memory for pieces does not grow with the batch.
*/
import { columnTypeOf, sliceColumn } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import type { BatchPart } from '../outcomes/batch-part.js'
import { conversion } from './converted-column.js'
import type { VerifyPlan } from './verify-plan.js'

/** Returns rows `start` to `end` (exclusive) of a batch, with the columns of the plan in its order. */
export type CutRows = (start: number, end: number) => Column[]

/** Returns a function that takes rows out of a sent batch, and converts them to the stored types. Fastest in order. */
export function cutterOf(
  { batch }: Pick<BatchPart, 'batch'>,
  { columns }: Pick<VerifyPlan, 'columns'>,
): CutRows {
  const cutters = columns.map(({ sentIndex, storedType }) => {
    const column = batch.columns[sentIndex]!
    const convert = conversion(columnTypeOf(column), storedType)!
    const cut = cutter(column)
    return (start: number, end: number): Column => convert(cut(start, end))
  })
  return (start, end) => cutters.map(cut => cut(start, end))
}

/** Encoded values have no fixed width, so the cutter must pass over all values before the requested one. */
function cutter(column: Column): (start: number, end: number) => Column {
  if (column.form !== 'vector' || !('encoded' in column)) {
    return (start, end) => sliceColumn(column, start, end)
  }
  const { encoded } = column
  let row = 0
  let at = 0
  return (start, end) => {
    if (start < row) row = at = 0
    const rest = { ...column, length: column.length - row, encoded: encoded.subarray(at) }
    const piece = sliceColumn(rest, start - row, end - row) as typeof column
    row = end
    at = piece.encoded.byteOffset + piece.encoded.byteLength - encoded.byteOffset
    return piece
  }
}

const blockRows = 10_000
const sampledRows = 100
/** Limit of bytes to read back per query. */
const blockBytes = 4 * 1024 * 1024

/** Number of rows to read back per query. It is lower if rows are wide. */
export function mostRowsOf({ batch }: Pick<BatchPart, 'batch'>): number {
  const rowBytes = Math.max(1, batch.encodedBytes / Math.max(1, batch.rowCount))
  return Math.max(1, Math.min(blockRows, Math.floor(blockBytes / rowBytes)))
}

/**
 * Cuts a part into the pieces to read back: all rows, or up to 100 of every 10,000 rows of the run.
 * @param rowsBefore  number of rows in earlier parts
 */
export function piecesOf(
  part: BatchPart,
  how: 'sample' | 'all',
  rowsBefore: number,
  random: () => number,
): { readonly start: number; readonly end: number }[] {
  const { start, end } = part
  const most = mostRowsOf(part)
  const step = how === 'all' ? most : blockRows
  const pieces: { start: number; end: number }[] = []
  const first = how === 'all' ? 0 : (blockRows - (rowsBefore % blockRows)) % blockRows
  for (let from = start + first; from < end; from += step) {
    const to = Math.min(end, from + step)
    const rows = how === 'all' ? to - from : Math.min(sampledRows, most, to - from)
    const at = from + Math.floor(random() * (to - from - rows + 1))
    pieces.push({ start: at, end: at + rows })
  }
  return pieces
}
