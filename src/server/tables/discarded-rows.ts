/*
  Decides which rows `serve --discard` counts and drops, and what their insert returns.
*/
import type { CallContext } from '../values/builtin.js'
import type { ServerValue } from '../values/server-value.js'
import { textOf } from '../values/scalar.js'
import { tupleElements } from '../values/vector-literal.js'
import { prepareColumns } from './prepare.js'
import type { ServerTable } from './server-table.js'

/**
 * Drops the rows and returns their number, if the server only pretends to insert. Returns undefined if the caller must
 * really insert them: into tables that are neither shared nor stored, and into keyed stream tables if the rows are not
 * a table. The loader inserts receipts in this last way, and needs to know which of them the table already has.
 * @throws {ScriptError} if the table would refuse the rows because of their columns
 */
export function discardedRows(
  { discards }: CallContext,
  table: ServerTable,
  values: readonly ServerValue[],
): number | undefined {
  if (!discards || (table.sharedName === '' && table.stored === undefined)) return undefined
  const [first] = values
  if (first?.form === 'serverTable') {
    const columns = first.columnNames.map((_, index) => first.column(index))
    prepareColumns(table, columns, first.rows)
    return forgotten(table, first.rows)
  }
  return table.kind === 'keyedStream' ? undefined : forgotten(table, givenRows(table, values))
}

function forgotten(table: ServerTable, rows: number): number {
  table.countDropped(rows)
  return rows
}

/** Counts rows given by column: arguments, a tuple or a dictionary (docs/server-semantics.md#tableinsert). */
function givenRows(table: ServerTable, values: readonly ServerValue[]): number {
  const only = values.length === 1 ? values[0] : undefined
  if (only?.form === 'serverDictionary') {
    const [entry] = only.entries.values()
    return rowsFor(table, table.columnNames.indexOf(textOf(entry?.key) ?? ''), entry?.value)
  }
  const [first] = (only && tupleElements(only)) ?? values
  return rowsFor(table, 0, first)
}

function rowsFor(table: ServerTable, column: number, value: ServerValue | undefined): number {
  if (value?.form === 'arrayVector') return value.length
  if (value?.form !== 'vector') return 1
  // A vector given for a column of arrays is the array of a single row.
  const isRow = table.columnTypes[column]?.array === true && value.type !== 'ANY'
  return isRow ? 1 : value.length
}
