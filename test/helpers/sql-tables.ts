/*
  Random tables for tests of SQL: as plain rows, and in the server's form.
*/
import fc from 'fast-check'
import { vectorOf } from '../../src/protocol/element.js'
import type { Table } from '../../src/protocol/value.js'
import { fromWire } from '../../src/server/elements/dictionary.js'
import { runUnits } from '../../src/server/script/session/session.js'
import type { Runtime } from '../../src/server/script/session/runtime.js'
import { atOnce, shownValue } from './runtime.js'

/** A row of the table t(id INT, sym STRING, x INT). An empty `sym` is null. */
export interface SqlRow {
  readonly id: number
  readonly sym: string
  readonly x: number | null
}

/** The values repeat often, so that many are equal. The ids count from 0. */
export const sqlRows: fc.Arbitrary<SqlRow[]> = fc
  .array(
    fc.record({
      sym: fc.constantFrom('', 'a', 'b', 'c'),
      x: fc.option(fc.integer({ min: -3, max: 3 }), { freq: 4 }),
    }),
    { maxLength: 12 },
  )
  .map(rows => rows.map((row, id) => ({ id, ...row })))

const tableOfRows = (rows: readonly SqlRow[]): Table => ({
  form: 'table',
  name: '',
  rows: rows.length,
  columnNames: ['id', 'sym', 'x'],
  columns: [
    vectorOf(
      { type: 'INT' },
      rows.map(row => row.id),
    ),
    vectorOf(
      { type: 'STRING' },
      rows.map(row => row.sym),
    ),
    vectorOf(
      { type: 'INT' },
      rows.map(row => row.x),
    ),
  ],
})

/** The displayed result of a script in which `t` is the table of these rows. */
export function shownOf(runtime: Runtime, rows: readonly SqlRow[], script: string): string {
  runtime.begin()
  runtime.session.variables.set('t', fromWire(tableOfRows(rows)))
  const value = atOnce(runUnits(runtime, script))
  return value === undefined ? '' : shownValue(value)
}

/** Rows as `rowsText` writes them. */
export const textOfRows = (rows: readonly (readonly (number | string | null)[])[]): string =>
  rows.map(row => row.map(cell => cell ?? '').join(' ')).join(';')

/** A null is less than any value. */
export function compareCells(a: number | string | null, b: number | string | null): number {
  if (a === b) return 0
  if (a === null || (b !== null && a < b)) return -1
  return 1
}
