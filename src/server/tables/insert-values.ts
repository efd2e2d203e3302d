/*
  Inserts values into tables, and changes and deletes rows. Also decides which rows `serve --discard` counts and drops.
*/
import { type ColumnType, columnTypeText } from '../../protocol/data-type.js'
import type { ArrayVector, Column, Value, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import type { CallContext, ServerDictionary, ServerValue } from '../values/server-value.js'
import { textOf } from '../values/scalar.js'
import { tupleElements } from '../values/vector-literal.js'
import { checkColumnType, nullColumn } from '../columns/column-layout.js'
import { columnOfScalar } from '../columns/convert-column.js'
import {
  checkWritable,
  isStream,
  prepareColumn,
  prepareColumns,
  valueCountError,
} from './prepare.js'
import type { ServerTable } from './server-table.js'
import { columnTypeOf } from '../../protocol/element.js'

/**
 * Inserts the arguments of `tableInsert(table, args…)`. @returns the number of rows that the table really took
 * @throws {ScriptError} with the texts of docs/server-semantics.md#error-texts; the table is then unchanged
 */
export function insertValues(table: ServerTable, args: readonly ServerValue[]): number {
  const [first] = args
  if (args.length === 1 && first?.form === 'serverTable') return insertTable(table, first)
  if (table.partitioning !== undefined || table.kind === 'dfs') {
    throw new ScriptError('Only a table can be inserted into a partitioned or DFS table.')
  }
  if (args.length === 1 && first?.form === 'serverDictionary') return insertDictionary(table, first)
  if (args.length === 1) {
    const elements = first && tupleElements(first)
    if (elements !== undefined) return insertColumns(table, elements)
  }
  return insertColumns(table, args)
}

/** Appends the rows of a table, matching columns by position, whatever their names. */
export function insertTable(table: ServerTable, source: ServerTable): number {
  const columns = source.columnNames.map((_, index) => source.column(index))
  return table.append(columns, source.rows)
}

/**
 * Inserts one value per column, like SQL's `insert into t values(…)`: all scalars, or all vectors of one length.
 * @param names  the columns of the values; all other columns become null. Default: all columns in order
 */
export function insertColumns(
  table: ServerTable,
  values: readonly ServerValue[],
  names?: readonly string[],
): number {
  const { columns, rows } = rowsOfValues(table, values, names)
  return table.append(columns, rows)
}

export function rowsOfValues(
  table: ServerTable,
  values: readonly ServerValue[],
  names?: readonly string[],
): { columns: readonly Column[]; rows: number } {
  const positions = names === undefined ? undefined : namedPositions(table, names)
  if (values.length !== (positions ?? table.columnNames).length) throw valueCountError(table)
  const types = positions?.map(at => table.columnTypes[at]!) ?? table.columnTypes
  const { columns, rows } = columnsOfValues(values, types)
  if (positions === undefined) return { columns, rows }
  const all = table.columnTypes.map((type, at) => {
    const given = positions.indexOf(at)
    return given < 0 ? nullColumn(type, rows) : columns[given]!
  })
  return { columns: all, rows }
}

/** For a column of arrays, a vector is one row. @throws {ScriptError} `Inconsistent length of values to insert.` */
function columnsOfValues(
  values: readonly ServerValue[],
  types: readonly ColumnType[],
): { columns: Column[]; rows: number } {
  const columns = values.map((value, index) => columnOfValue(value, types[index]!))
  const rows = columns[0]?.length ?? 0
  if (columns.some(column => column.length !== rows)) {
    throw new ScriptError('Inconsistent length of values to insert.')
  }
  return { columns, rows }
}

function columnOfValue(value: ServerValue, target: ColumnType): Column {
  switch (value.form) {
    case 'scalar':
      return target.type === 'ANY' ? tuple([value]) : columnOfScalar(value)
    case 'vector':
      return target.array === true && value.type !== 'ANY' && value.type !== 'VOID'
        ? oneArray(value)
        : value
    case 'arrayVector':
      return value
    case 'pair':
    case 'matrix':
    case 'set':
      return tuple([value])
    default:
      throw new ScriptError(
        `Incompatible type. Expected: ${columnTypeText(target)}, Actual: ${value.form.toUpperCase()}`,
      )
  }
}

function tuple(data: readonly Value[]): Vector {
  return { form: 'vector', type: 'ANY', length: data.length, data }
}

function oneArray(cells: Vector): ArrayVector {
  return { form: 'arrayVector', length: 1, offsets: Uint32Array.of(0, cells.length), cells }
}

/** The dictionary must accept any type and have an entry per column (docs/server-semantics.md#tableinsert). */
function insertDictionary(table: ServerTable, dictionary: ServerDictionary): number {
  if (dictionary.valueType !== undefined) throw valueCountError(table)
  const entries = [...dictionary.entries.values()]
  const names = entries.map(({ key }) =>
    key.form === 'scalar' && typeof key.value === 'string' ? key.value : '',
  )
  if (names.length !== table.columnNames.length) throw valueCountError(table)
  return insertColumns(
    table,
    entries.map(entry => entry.value),
    names,
  )
}

function namedPositions(table: ServerTable, names: readonly string[]): number[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new ScriptError(`The column ${twice} is named twice.`)
  return names.map(name => {
    const position = table.columnNames.indexOf(name)
    if (position < 0) throw new ScriptError(`Unrecognized column name ${name}. RefId:S02005`)
    return position
  })
}

/** Removes rows at distinct, ascending positions. @throws {ScriptError} for stream and read-only tables */
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
 * Converts new values. Call this for all columns of a statement before you change the first column.
 * @returns the values in the type of the column
 * @throws {ScriptError} like `updateRows`
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
 * Sets column `name` at `rows` to `values`, one per row. A new name adds a column, with nulls in all other rows.
 * @throws {ScriptError} for stream tables, key columns, partition columns, and types that do not convert
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
