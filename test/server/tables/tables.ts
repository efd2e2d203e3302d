/*
  Shorthands for tables in tests.
*/
import type {
  ServerTable,
  StoredTableFacts,
  TableKind,
} from '../../../src/server/tables/server-table.js'
import { createTable, tableToWire } from '../../../src/server/tables/memory-table.js'
import { rowsText } from '../../helpers/script.js'
import { column } from '../columns/columns.js'

/** Stored facts about the table `pt` of the database `dfs://db`, whose owner is joe. */
export const stored: StoredTableFacts = {
  databasePath: 'dfs://db',
  physicalIndex: '',
  chunkId: '',
  tableName: 'pt',
  owner: 'joe',
  engine: 'OLAP',
  compressMethods: new Map(),
  sortColumns: [],
  keepDuplicates: 'ALL',
}

/** A table with the columns `id` INT and `name` STRING. A DFS table is `pt` in `dfs://db`. */
export function tableOf(kind: TableKind, ...rows: (readonly [number, string])[]): ServerTable {
  const table = createTable(kind, ['id', 'name'], [{ type: 'INT' }, { type: 'STRING' }], {
    keyColumns: kind === 'keyed' || kind === 'indexed' || kind === 'keyedStream' ? ['id'] : [],
    ...(kind === 'dfs' && { stored }),
  })
  const columns = [
    column('INT', ...rows.map(([id]) => id)),
    column('STRING', ...rows.map(([, name]) => name)),
  ]
  table.append(columns, rows.length)
  return table
}

/** For example, `1 a;2 b`. */
export const shown = (table: ServerTable): string => rowsText(tableToWire(table))
