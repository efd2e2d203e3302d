/*
  The documented ways to say what goes into a table: one table, one tuple, one scalar or vector per column, one
  dictionary, or values for named columns (docs/server-semantics.md#inserting).
*/
import { columnTypeText, type ColumnType } from '../../protocol/data-type.js'
import type { ArrayVector, Column, Value, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import type { ServerDictionary, ServerValue } from '../values/server-value.js'
import { tupleElements } from '../values/vector-literal.js'
import { nullColumn } from '../columns/column-layout.js'
import { columnOfScalar } from '../columns/convert-column.js'
import { valueCountError } from './prepare.js'
import type { ServerTable } from './server-table.js'

/**
 * Inserts the arguments of `tableInsert(table, args…)`.
 * @returns rows really inserted
 * @throws {ScriptError} with the texts of docs/server-semantics.md#error-texts; nothing is inserted then
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

/** Appends the rows of a table, column by column in order, whatever the columns are called. */
export function insertTable(table: ServerTable, source: ServerTable): number {
  const columns = source.columnNames.map((_, index) => source.column(index))
  return table.append(columns, source.rows)
}

/**
 * Inserts one value per column: all scalars, or all vectors of one length. What SQL's `insert into t values(…)` does.
 *
 * @param names  columns the values are for; all others become null. Left out: all columns in order
 */
export function insertColumns(
  table: ServerTable,
  values: readonly ServerValue[],
  names?: readonly string[],
): number {
  const { columns, rows } = rowsOfValues(table, values, names)
  return table.append(columns, rows)
}

/** What `insertColumns` would insert. */
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

/**
 * One scalar or vector per column as columns. A vector for an array column is one row when everything else is.
 * @throws {ScriptError} `Inconsistent length of values to insert.`
 */
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

/** A dictionary must hold values of any type, one for each column (docs/server-semantics.md#tableinsert). */
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
