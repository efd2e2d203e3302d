/*
  How much memory a table's rows take, near enough for getStreamTables and objs.
*/
import { dataTypes } from '../../../protocol/data-type.js'
import type { ServerTable } from '../../tables/server-table.js'

/** A string is counted as the reference to it and a short text. */
const bytesPerText = 24

/** Shared columns count in every table that shows them. */
export function tableBytes(table: ServerTable): number {
  return table.columnTypes.reduce(
    (sum, { type }) => sum + table.rows * (dataTypes[type].bytesPerValue || bytesPerText),
    0,
  )
}
