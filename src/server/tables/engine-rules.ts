/*
  What a storage engine asks of the tables in its databases (DolphinDB manual, pages createPartitionedTable, array vector).
  The texts are our own: those of a server are in no source.
*/
import type { ColumnType } from '../../protocol/data-type.js'
import { ScriptError } from '../script-error.js'
import type { DatabaseHandle } from './database-handle.js'
import type { StoredTableOptions } from './dfs-database.js'
import type { ServerTable } from './server-table.js'

type Template = Pick<ServerTable, 'columnNames' | 'columnTypes'>

const dateTypes = ['DATE', 'MONTH', 'DATETIME', 'DATEHOUR', 'MINUTE', 'SECOND']
/** They end the columns to sort by and never stand before the last, nor alone (Chinese page of the manual). */
const momentTypes = ['TIME', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP']
const integerTypes = ['CHAR', 'SHORT', 'INT', 'LONG']
const textTypes = ['STRING', 'SYMBOL']

/** @throws {ScriptError} for a table that a database of this engine does not take */
export function checkEngine(
  { engine }: DatabaseHandle,
  template: Template,
  { partitionColumns, sortColumns }: StoredTableOptions,
): void {
  const { columnNames, columnTypes } = template
  const array = columnNames.find((_, i) => columnTypes[i]!.array === true)
  if (engine === 'OLAP' && array !== undefined) {
    throw new ScriptError(`The OLAP engine does not support array vectors: column [${array}].`)
  }
  const types = sortColumns.map(name => typeOf(template, name))
  if (engine === 'TSDB') checkSortColumns(sortColumns, types, partitionColumns.length > 0)
  if (engine !== 'PKEY') return
  const missing = partitionColumns.find(name => !sortColumns.includes(name))
  if (sortColumns.length > 0 && missing === undefined) return
  throw new ScriptError('The primary key must be given and contain all partitioning columns.')
}

function typeOf({ columnNames, columnTypes }: Template, name: string): ColumnType {
  const type = columnTypes[columnNames.indexOf(name)]
  if (type === undefined) throw new ScriptError(`The sort column [${name}] does not exist.`)
  return type
}

function checkSortColumns(
  names: readonly string[],
  types: readonly ColumnType[],
  isPartitioned: boolean,
): void {
  if (names.length === 0) {
    if (!isPartitioned) return
    throw new ScriptError('The argument [sortColumns] must be given for a TSDB table.')
  }
  types.forEach(({ type, scale, array }, i) => {
    const isLast = i === names.length - 1 && names.length > 1
    const allowed = isLast
      ? [...integerTypes, ...dateTypes, ...momentTypes]
      : [...integerTypes, ...dateTypes, ...textTypes]
    if (array !== true && (allowed.includes(type) || (!isLast && scale !== undefined))) return
    throw new ScriptError(`The column [${names[i]!}] of type ${type} can't be a sort column there.`)
  })
}
