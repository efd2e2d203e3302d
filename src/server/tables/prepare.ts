/* Prepares columns for a table: their number, lengths and types, and the rules of DFS tables, which refuse more (S05004) and limit texts
   (docs/server-semantics.md#conversions-on-insert). */
import { Buffer } from 'node:buffer'
import { type ColumnType, columnTypeText, dataTypes } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { ScriptError, check } from '../script-error.js'
import { isInsertable, convertColumn } from '../columns/convert-column.js'
import type { DatabaseHandle, ServerTable, StoredTableFacts } from './server-table.js'
import { columnTypeOf } from '../../protocol/element.js'
import { nullColumn, sameColumnType } from '../columns/column-layout.js'

const maxStringBytes = 65_535
const maxSymbolBytes = 255

function isStorable(actual: ColumnType, target: ColumnType): boolean {
  const from = dataTypes[actual.type].category
  const to = dataTypes[target.type].category
  if (from === 'nothing' || actual.type === 'ANY') return true
  if ((actual.array ?? false) !== (target.array ?? false)) return false
  if (actual.type === target.type) return true
  if (from === 'temporal' && to === 'temporal') return isInsertable(actual.type, target.type)
  if (from === 'binary') return false
  if (from === to) return true
  if (to === 'floating') return from === 'integral' || from === 'literal'
  return to === 'denary' && (from === 'integral' || from === 'floating' || from === 'literal')
}

/** Cuts STRING values that are too long for a DFS table. @throws {ScriptError} if a SYMBOL has more than 255 bytes */
function limitText(column: Column): Column {
  if (column.form !== 'vector') return column
  if (column.type === 'SYMBOL') {
    // The base may contain texts that no row uses.
    const { base, codes, length } = column
    const tooLong = base.map(text => !fits(text, maxSymbolBytes))
    const isUsed = tooLong.includes(true) && codes.subarray(0, length).some(code => tooLong[code])
    check(!isUsed, `A SYMBOL can't exceed ${maxSymbolBytes} bytes.`)
    return column
  }
  if (column.type === 'STRING' && 'data' in column) {
    if (column.data.every(text => fits(text, maxStringBytes))) return column
    const room = new Uint8Array(maxStringBytes)
    const encoder = new TextEncoder()
    const cut = (text: string): string => text.slice(0, encoder.encodeInto(text, room).read)
    return { ...column, data: column.data.map(cut) }
  }
  return column
}

/** True if the text has at most so many bytes. One UTF-16 unit needs at most three bytes. */
function fits(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes
}

export type StoredTableOptions = Pick<StoredTableFacts, 'sortColumns' | 'keepDuplicates'> & {
  partitionColumns: readonly string[]
}

const dateTypes = ['DATE', 'MONTH', 'DATETIME', 'DATEHOUR', 'MINUTE', 'SECOND']
/** Types that are allowed only for the last of several sort columns (Chinese manual, page createPartitionedTable). */
const momentTypes = ['TIME', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP']
const integerTypes = ['CHAR', 'SHORT', 'INT', 'LONG']
const textTypes = ['STRING', 'SYMBOL']

/** @throws {ScriptError} if the database's engine does not accept such a table */
export function checkEngine(
  { engine }: DatabaseHandle,
  { columnNames, columnTypes }: Pick<ServerTable, 'columnNames' | 'columnTypes'>,
  { partitionColumns, sortColumns }: StoredTableOptions,
): void {
  const large = columnNames.find((_, i) => {
    const { type, array } = columnTypes[i]!
    return array === true || type === 'BLOB'
  })
  const isKnown = engine !== 'OLAP' || large === undefined
  check(isKnown, `The OLAP engine does not support array vectors and BLOBs: column [${large}].`)
  const types = sortColumns.map(name => {
    const type = columnTypes[columnNames.indexOf(name)]
    check(type !== undefined, `The sort column [${name}] does not exist.`)
    return type
  })
  if (engine === 'TSDB') checkSortColumns(sortColumns, types, partitionColumns.length > 0)
  const isKey = sortColumns.length > 0 && partitionColumns.every(name => sortColumns.includes(name))
  const text = 'The primary key must be given and contain all partitioning columns.'
  check(engine !== 'PKEY' || isKey, text)
}

function checkSortColumns(
  names: readonly string[],
  types: readonly ColumnType[],
  isPartitioned: boolean,
): void {
  const isGiven = names.length > 0 || !isPartitioned
  check(isGiven, 'The argument [sortColumns] must be given for a TSDB table.')
  types.forEach(({ type, scale, array }, i) => {
    const isLast = i === names.length - 1 && names.length > 1
    const allowed = [...integerTypes, ...dateTypes, ...(isLast ? momentTypes : textTypes)]
    const isKnown = allowed.includes(type) || (!isLast && scale !== undefined)
    const text = `The column [${names[i]!}] of type ${type} can't be a sort column there.`
    check(isKnown && array !== true, text)
  })
}

/** @throws {ScriptError} for dropped tables, a wrong number of columns, unequal lengths, types that do not convert */
export function prepareColumns(table: ServerTable, columns: readonly Column[]): readonly Column[] {
  checkWritable(table)
  const rows = columns[0]?.length ?? 0
  const prepared = new Array<Column>(table.columnTypes.length)
  const given = columns.length === prepared.length ? columns : padColumns(table, columns, rows)
  for (let index = 0; index < prepared.length; index++) {
    prepared[index] = prepareColumn(table, index, given[index]!, rows)
  }
  return prepared
}

/** @throws {ScriptError} S04001 if the table was dropped */
export function checkWritable(table: ServerTable): void {
  if (!table.isDropped) return
  throw new ScriptError(`The table [${table.stored?.tableName}] does not exist. RefId: S04001`)
}

export function prepareColumn(
  table: ServerTable,
  index: number,
  column: Column,
  rows: number,
): Column {
  check(column.length === rows, 'Inconsistent length of values to insert.')
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

/** The error for a wrong number of columns, or of the values of a row. */
export function countError(table: ServerTable, ofValues: boolean = false): ScriptError {
  if (isStream(table)) return new ScriptError(streamCount)
  const ofColumns =
    table.kind === 'dfs'
      ? 'The number of columns of the current table must match that of the target table. RefId:S01015'
      : 'The number of columns of the table to insert must be the same as that of the original table.'
  const text = "The number of table columns doesn't match the number of columns to append."
  return new ScriptError(ofValues ? text : ofColumns)
}

const streamCount =
  "Data insertion failed: Number of columns in the data to insert doesn't match the target table. If you’re trying to persist table, a table with the same name may exist on disk. Consider changing the table name, adjusting the data schema, or deleting the existing table from persistentDir and retrying. RefId: S03012"

/** Fills missing last columns of a partitioned DFS table with nulls, unless a partition column is missing. */
function padColumns(table: ServerTable, columns: readonly Column[], rows: number): Column[] {
  const partitioned = table.kind === 'dfs' ? table.partitioning : undefined
  const isComplete = partitioned?.columns.every(index => index < columns.length) ?? false
  if (columns.length > table.columnTypes.length || !isComplete) throw countError(table)
  const missing = table.columnTypes.slice(columns.length).map(type => nullColumn(type, rows))
  return [...columns, ...missing]
}
