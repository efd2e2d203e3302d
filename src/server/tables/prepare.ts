/*
  Prepares columns for a table: checks number and lengths, converts types, and applies the rules of the storage engine.
*/
import { type ColumnType, columnTypeText } from '../../protocol/data-type.js'
import { ScriptError } from '../script-error.js'
import type { DatabaseHandle, ServerTable } from './server-table.js'
import type { StoredTableOptions } from './dfs-database.js'
import { columnTypeOf, isNullAt } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { nullColumn, sameColumnType } from '../columns/column-layout.js'
import { convertColumn } from '../columns/convert-column.js'
import { isStorable, limitText } from '../columns/stored-types.js'

type Template = Pick<ServerTable, 'columnNames' | 'columnTypes'>

const dateTypes = ['DATE', 'MONTH', 'DATETIME', 'DATEHOUR', 'MINUTE', 'SECOND']
/** Types that are allowed only for the last of several sort columns (Chinese manual, page createPartitionedTable). */
const momentTypes = ['TIME', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP']
const integerTypes = ['CHAR', 'SHORT', 'INT', 'LONG']
const textTypes = ['STRING', 'SYMBOL']

/** @throws {ScriptError} if the database's engine does not accept such a table */
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

/** @throws {ScriptError} for read-only tables, a wrong number of columns, unequal lengths, types that do not convert */
export function prepareColumns(
  table: ServerTable,
  columns: readonly Column[],
  rows: number,
): readonly Column[] {
  checkWritable(table)
  const prepared = new Array<Column>(table.columnTypes.length)
  const given = columns.length === prepared.length ? columns : padColumns(table, columns, rows)
  for (let index = 0; index < prepared.length; index++) {
    prepared[index] = prepareColumn(table, index, given[index]!, rows)
  }
  return prepared
}

/** @throws {ScriptError} S02054 if the table is shared read-only, S04001 if it was dropped */
export function checkWritable(table: ServerTable): void {
  if (table.isDropped) {
    throw new ScriptError(
      `The table [${table.stored?.tableName ?? ''}] does not exist. RefId: S04001`,
    )
  }
  if (table.readOnly) throw new ScriptError("Can't modify read only table. RefId: S02054")
}

export function prepareColumn(
  table: ServerTable,
  index: number,
  column: Column,
  rows: number,
): Column {
  if (column.length !== rows) {
    throw new ScriptError('Inconsistent length of values to insert.')
  }
  const target = table.columnTypes[index]!
  const actual = columnTypeOf(column)
  const isSame = sameColumnType(actual, target)
  if (table.kind === 'dfs') {
    if (!isSame && !isStorable(actual, target)) {
      throw new ScriptError(
        `The column [${table.columnNames[index]!}] expects type of ${columnTypeText(target)}, but the actual type is ${columnTypeText(actual)}. RefId:S05004`,
      )
    }
    return limitText(isSame ? column : convertColumn(column, target))
  }
  if (isSame) return column
  try {
    return convertColumn(column, target)
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error
    throw new ScriptError(
      `Failed to append data to column '${table.columnNames[index]!}' with error: ${error.message}${isStream(table) ? '. RefId:S03017' : ''}`,
    )
  }
}

/** True for tables whose rows nobody can change or delete (docs/server-semantics.md#kinds-of-tables). */
export function isStream(table: ServerTable): boolean {
  return table.kind === 'stream' || table.kind === 'keyedStream'
}

export function columnCountError(table: ServerTable): ScriptError {
  if (table.kind === 'dfs') {
    return new ScriptError(
      'The number of columns of the current table must match that of the target table. RefId:S01015',
    )
  }
  if (isStream(table)) return streamCountError()
  return new ScriptError(
    'The number of columns of the table to insert must be the same as that of the original table.',
  )
}

export function valueCountError(table: ServerTable): ScriptError {
  if (isStream(table)) return streamCountError()
  return new ScriptError(
    "The number of table columns doesn't match the number of columns to append.",
  )
}

function streamCountError(): ScriptError {
  return new ScriptError(
    "Data insertion failed: Number of columns in the data to insert doesn't match the target table. If you’re trying to persist table, a table with the same name may exist on disk. Consider changing the table name, adjusting the data schema, or deleting the existing table from persistentDir and retrying. RefId: S03012",
  )
}

/** Fills missing last columns of a partitioned DFS table with nulls, unless a partition column is missing. */
function padColumns(table: ServerTable, columns: readonly Column[], rows: number): Column[] {
  const partitioned = table.kind === 'dfs' ? table.partitioning : undefined
  const isComplete = partitioned?.columns.every(index => index < columns.length) ?? false
  if (columns.length > table.columnTypes.length || !isComplete) throw columnCountError(table)
  const missing = table.columnTypes.slice(columns.length).map(type => nullColumn(type, rows))
  return [...columns, ...missing]
}

export function nullsOf(column: Column): boolean[] {
  return Array.from({ length: column.length }, (_, row) => isNullAt(column, row))
}
