/*
  Functions that make tables in memory and tell what they are made of (docs/server-semantics.md#stream-tables).
*/
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { intScalar, stringVector } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { makeKeyedTable, makeTable } from './described-table.js'
import { sizeOf } from '../vectors/vector.js'

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

/** DolphinDB manual, page cols. */
const cols: Builtin = {
  name: 'cols',
  parameters: ['X'],
  minArguments: 1,
  maxArguments: 1,
  call: (_, [value]) => intScalar(columnsOf(value!)),
}

/** Other name of cols. */
const columns: Builtin = { ...cols, name: 'columns' }

/** DolphinDB manual, page columnNames. */
const columnNames: Builtin = {
  name: 'columnNames',
  parameters: ['X'],
  minArguments: 1,
  maxArguments: 1,
  call: (_, [value]) => {
    if (value?.form === 'serverTable') return stringVector(value.columnNames)
    if (value?.form === 'matrix') return value.columnLabels ?? stringVector([])
    throw new ScriptError('columnNames(X). X must be a matrix or a table.')
  },
}

/** Other name of columnNames. */
const colNames: Builtin = { ...columnNames, name: 'colNames' }

export const tableFunctions: readonly Builtin[] = [
  table,
  keyedTable,
  indexedTable,
  rows,
  cols,
  columns,
  columnNames,
  colNames,
]

/** As size, but of a matrix its rows. */
function rowsOf(value: ServerValue): number {
  return value.form === 'matrix' ? value.rows : sizeOf(value)
}

function columnsOf(value: ServerValue): number {
  if (value.form === 'serverTable') return value.columnNames.length
  return value.form === 'matrix' ? value.columns : 1
}
