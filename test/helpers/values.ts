/* Short forms for values in tests. */
import type { RowCounts } from '../../src/load/options.js'
import { vectorOf } from '../../src/protocol/element.js'
import type { Column, Scalar, Table, Vector } from '../../src/protocol/value.js'

export const int = (value: number): Scalar => ({ form: 'scalar', type: 'INT', value })

export const text = (value: string): Scalar => ({ form: 'scalar', type: 'STRING', value })

export const yes: Scalar = { form: 'scalar', type: 'BOOL', value: true }

export const ints = (...values: (number | null)[]): Vector =>
  vectorOf({ type: 'INT' }, values) as Vector

/** The cells of rows, each a line of CSV without quotes. */
export const cells = (...lines: string[]): string[][] => lines.map(line => line.split(','))

export const tableOf = (columns: Readonly<Record<string, Column>>): Table => ({
  form: 'table',
  name: '',
  rows: Object.values(columns)[0]!.length,
  columnNames: Object.keys(columns),
  columns: Object.values(columns),
})

/** The counts of a run without rows. */
export const noRows: RowCounts = {
  ...{ read: 0, confirmed: 0, filtered: 0, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 },
}

export const idTable = (...ids: number[]): Table => tableOf({ id: vectorOf({ type: 'INT' }, ids) })
