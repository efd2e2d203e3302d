/*
  Inserts on a server that counts and forgets (`serve --discard`): which ones are forgotten, and what they answer.
*/
import type { CallContext } from '../values/builtin.js'
import type { ServerValue } from '../values/server-value.js'
import { prepareColumns } from './prepare.js'
import type { ServerTable } from './server-table.js'

/**
 * How many rows count as inserted into `table`; undefined when they are to be inserted indeed. Tables that end with the
 * request are filled as always. So are keyed stream tables with single rows: a run of the loader keeps its receipts in
 * one, and asks by an insert whether a batch has been there before.
 *
 * @throws {ScriptError} for rows that the table would refuse because of their columns
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
    return first.rows
  }
  if (table.kind === 'keyedStream') return undefined
  return first?.form === 'vector' || first?.form === 'arrayVector' ? first.length : 1
}
