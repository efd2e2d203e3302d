/*
  Functions that make tables in memory and tell what they are made of (docs/server-semantics.md#stream-tables).
*/
import type { Builtin } from '../../values/builtin.js'
import { intScalar } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { makeKeyedTable, makeTable } from './described-table.js'
import { sizeOf } from '../vector-arguments.js'

/** DolphinDB manual, page table. */
const table: Builtin = {
  name: 'table',
  parameters: ['X', '...rest'],
  minArguments: 1,
  maxArguments: Infinity,
  call: (context, args) => makeTable(context, 'basic', args),
}

/** DolphinDB manual, page keyedTable: a row with a known key overwrites the row that has it. */
const keyedTable: Builtin = {
  name: 'keyedTable',
  parameters: ['keyColumns', 'X', '...rest'],
  minArguments: 2,
  maxArguments: Infinity,
  call: (context, args) => makeKeyedTable(context, 'keyed', args),
}

/** DolphinDB manual, page indexedTable; differs from a keyed table in how fast queries are, not in what they say. */
const indexedTable: Builtin = {
  name: 'indexedTable',
  parameters: ['keyColumns', 'X', '...rest'],
  minArguments: 2,
  maxArguments: Infinity,
  call: (context, args) => makeKeyedTable(context, 'indexed', args),
}

/** DolphinDB manual, page rows. */
const rows: Builtin = {
  name: 'rows',
  parameters: ['X'],
  minArguments: 1,
  maxArguments: 1,
  call: (_, [value]) => intScalar(rowsOf(value!)),
}

/** DolphinDB manual, page columns. */
const columns: Builtin = {
  name: 'columns',
  parameters: ['X'],
  minArguments: 1,
  maxArguments: 1,
  call: (_, [value]) => intScalar(columnsOf(value!)),
}

export const tableFunctions: readonly Builtin[] = [table, keyedTable, indexedTable, rows, columns]

/** As size, but of a matrix its rows. */
function rowsOf(value: ServerValue): number {
  return value.form === 'matrix' ? value.rows : sizeOf(value)
}

function columnsOf(value: ServerValue): number {
  if (value.form === 'serverTable') return value.columnNames.length
  return value.form === 'matrix' ? value.columns : 1
}
