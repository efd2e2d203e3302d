/*
  What SQL's update and delete do to a table, and who may do it.
*/
import { columnTypeOf } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { checkColumnType, nullColumn } from '../columns/column-layout.js'
import { checkWritable, isStream, prepareColumn } from './prepare.js'
import type { ServerTable } from './server-table.js'

/**
 * Removes the rows at these positions, ascending and each once.
 * @throws {ScriptError} for stream tables and read-only tables
 */
export function deleteRows(table: ServerTable, rows: Int32Array): void {
  checkChangeable(table)
  const kept = new Int32Array(table.rows - rows.length)
  let next = 0
  let count = 0
  for (let row = 0; row < table.rows; row++) {
    if (rows[next] === row) next++
    else kept[count++] = row
  }
  table.keepRows(kept)
}

/**
 * To be called for all columns of a statement before the first one is changed.
 *
 * @returns the values in the type of the column that takes them
 * @throws {ScriptError} as `updateRows` would
 */
export function preparedValues(
  table: ServerTable,
  name: string,
  rows: Int32Array,
  values: Column,
): Column {
  checkChangeable(table)
  const index = table.columnNames.indexOf(name)
  if (index < 0) {
    checkColumnType(name, columnTypeOf(values))
    return values
  }
  if (table.partitioning?.columns.includes(index)) {
    throw new ScriptError(`Can't update a partitioning column [${name}].`)
  }
  if (table.keyColumns.includes(index)) throw new ScriptError("Can't update a key column.")
  return prepareColumn(table, index, values, rows.length)
}

/**
 * Sets column `name` at these rows to `values`, one value each; a name that is new adds a column, null elsewhere.
 * @throws {ScriptError} for stream tables, key columns, partitioning columns, and types that do not convert
 */
export function updateRows(
  table: ServerTable,
  name: string,
  rows: Int32Array,
  values: Column,
): void {
  const prepared = preparedValues(table, name, rows, values)
  const index = table.columnNames.indexOf(name)
  if (index >= 0) return table.update(index, rows, prepared)
  const type = columnTypeOf(values)
  table.addColumn(name, type, nullColumn(type, table.rows))
  table.update(table.columnNames.length - 1, rows, prepared)
}

function checkChangeable(table: ServerTable): void {
  checkWritable(table)
  if (isStream(table)) throw new ScriptError("Can't update or delete rows of a stream table.")
}
