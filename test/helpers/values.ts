/*
  Short forms for values in tests.
*/
import type { Scalar, Table, Value } from '../../src/protocol/value.js'

export const int = (value: number): Scalar => ({ form: 'scalar', type: 'INT', value })

export const text = (value: string): Scalar => ({ form: 'scalar', type: 'STRING', value })

export const yes: Scalar = { form: 'scalar', type: 'BOOL', value: true }

export const ints = (...values: number[]): Value => ({
  form: 'vector',
  type: 'INT',
  length: values.length,
  data: Int32Array.from(values),
})

/** The cells of rows, each a line of CSV without quotes. */
export const cells = (...lines: string[]): string[][] => lines.map(line => line.split(','))

export const idTable = (...ids: number[]): Table => ({
  form: 'table',
  name: '',
  rows: ids.length,
  columnNames: ['id'],
  columns: [{ form: 'vector', type: 'INT', length: ids.length, data: Int32Array.from(ids) }],
})
