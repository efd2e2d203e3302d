/*
  A value as an aligned table for people.
*/
import type { Value } from '../../protocol/value.js'
import type { Paint } from '../output/output.js'
import { clean, clip, counted, displayWidth, grouped, tableLine } from '../output/terminal-text.js'
import { cellText, gridOf, inlineText, isNumeric, type Grid } from './cells.js'

/** Widest column, in terminal columns; longer text ends with an ellipsis. */
const maxCellColumns = 60
/** Lines per yielded text: a long result appears gradually and does not fill memory. */
const linesAtOnce = 500

/**
 * Yields the lines of a value: an aligned table with its row count, or the bare text of a single cell.
 * @param columns  width of the terminal; undefined leaves lines whole @param maxRows  further rows are only counted
 */
export function* tableText(
  value: Value | undefined,
  columns: number | undefined,
  paint: Paint = (_, text) => text,
  maxRows = Infinity,
): Generator<string, void, void> {
  if (value === undefined) return
  if (value.form === 'scalar' || value.form === 'pair') {
    yield `${clean(inlineText(value))}\n`
    return
  }
  const whole = gridOf(value)
  const grid = { ...whole, rows: Math.min(whole.rows, maxRows) }
  yield* gridText(grid, columns, paint)
  const left = columns === undefined ? 0 : grid.columns.length - columnsThatFit(grid, columns)
  const note = left > 0 ? ` (${counted(left, 'column')} did not fit; --output csv has all)` : ''
  const hidden = whole.rows - grid.rows
  const more =
    hidden === 0 ? '' : `; ${grouped(hidden)} of them are not shown: --max-rows 0 shows all`
  yield `${paint('dim', `${counted(whole.rows, value.form === 'table' ? 'row' : 'element')}${note}${more}`)}\n`
}

function* gridText(
  grid: Grid,
  columns: number | undefined,
  paint: Paint,
): Generator<string, void, void> {
  const shown = columns === undefined ? grid.columns.length : columnsThatFit(grid, columns)
  const widths = columnWidths(grid).slice(0, shown)
  const isRight = (column: number): boolean => isNumeric(grid.columns[column]!)
  const line = (cell: (column: number) => string): string => {
    const cells = widths.map((width, column) => clip(cell(column), width))
    const text = tableLine(cells, widths, isRight)
    return columns === undefined ? text : clip(text, columns)
  }
  const { names } = grid
  if (names !== undefined)
    yield `${paint(
      'bold',
      line(column => clean(names[column]!)),
    )}\n`
  let lines = ''
  for (let row = 0; row < grid.rows; row++) {
    lines += `${line(column => clean(cellText(grid.columns[column]!, row)))}\n`
    if ((row + 1) % linesAtOnce !== 0) continue
    yield lines
    lines = ''
  }
  if (lines !== '') yield lines
}

function columnWidths({ names, columns, rows }: Grid): number[] {
  return columns.map((column, index) => {
    let width = names === undefined ? 0 : displayWidth(clean(names[index]!))
    for (let row = 0; row < rows && width < maxCellColumns; row++) {
      width = Math.max(width, displayWidth(clean(cellText(column, row))))
    }
    return Math.min(width, maxCellColumns)
  })
}

/** How many columns fit a terminal; always at least the first, cut if necessary. */
function columnsThatFit(grid: Grid, columns: number): number {
  let used = 0
  let fitting = 0
  for (const width of columnWidths(grid)) {
    used += width + (fitting === 0 ? 0 : 2)
    if (used > columns && fitting > 0) break
    fitting++
  }
  return fitting
}
