/*
  Tables that functions answer with: columns given by name, types exactly as clients cast them.
*/
import { columnTypeOf } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { createTable } from '../tables/memory-table.js'
import type { ServerTable } from '../tables/table.js'

/** A plain table of these columns, in order. */
export function tableOfColumns(columns: Readonly<Record<string, Column>>): ServerTable {
  const all = Object.values(columns)
  return createTable('basic', Object.keys(columns), all.map(columnTypeOf), { columns: all })
}
