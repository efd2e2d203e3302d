/*
  Functions that create tables in memory, and replace, add or fill their columns (DolphinDB manual, pages table, rows,
  columns and nullFill; docs/server-semantics.md#stream-tables). Also reads column definitions from arguments.
*/
import { type ColumnType, columnTypeText, isDecimal } from '../../protocol/data-type.js'
import { columnTypeOf, isNullAt, takeRows } from '../../protocol/element.js'
import type { Column, Vector } from '../../protocol/value.js'
import type { Builtin, BuiltinArguments, CallContext, ServerValue } from '../values/server-value.js'
import { type Release, firstReleases, isAtLeast } from '../release.js'
import type { ServerNode } from '../node.js'
import { ScriptError } from '../script-error.js'
import { intScalar, voidValue } from '../values/scalar.js'
import { cellsOf, nullColumn, zeroColumn } from '../columns/column-layout.js'
import { columnOfScalar } from '../columns/convert-column.js'
import { checkMayAlter } from '../tables/dfs-database.js'
import { updateColumns } from '../tables/insert-values.js'
import { columnIndex, createTable } from '../tables/memory-table.js'
import { checkWritable, isStream } from '../tables/prepare.js'
import { checkWrite } from '../tables/privileges.js'
import type { ServerTable, TableKind } from '../tables/server-table.js'
import { builtin, elementsArgument, textsArgument, typesArgument, unsuitable } from './arguments.js'
import { factsOf } from './types.js'

interface Columns {
  names: readonly string[]
  types: readonly ColumnType[]
  columns?: readonly Column[]
}

/** The columns of `capacity:size, names, types`. */
function emptyColumns(
  { release }: ServerNode,
  counts: Vector,
  nameArgument: ServerValue,
  typeArgument: ServerValue,
): Columns {
  const [capacity = 0, size = 0] = cellsOf(counts).map(Number)
  const names = textsArgument(nameArgument, 'colNames')
  const types = typesArgument(typeArgument, 'colTypes')
  for (const type of types) checkKnown(release, type)
  if (names.length !== types.length) {
    throw new ScriptError(
      'The number of column names must be the same as the number of column types.',
    )
  }
  if (capacity < 0 || size < 0) throw new ScriptError('Capacity and size must not be negative.')
  if (size === 0) return { names, types }
  if (types.some(type => type.array)) {
    throw new ScriptError('The size of a table with array vector columns must be 0.')
  }
  return { names, types, columns: types.map(type => zeroColumn(type, size)) }
}

/** Refuses types that are newer than the server's version. */
function checkKnown(release: Release, type: ColumnType): void {
  const isKnown =
    (type.array !== true || isAtLeast(release, firstReleases.engines)) &&
    (!isDecimal(type.type) || isAtLeast(release, firstReleases.decimals))
  if (!isKnown) throw new ScriptError(`Cannot recognize the token ${columnTypeText(type)}`)
}

interface NamedColumn {
  name: string
  column: Column
}

/**
 * The columns of values. A column is named after the alias of its value or, without an alias, after the variable that was
 * passed.
 */
function givenColumns(
  args: BuiltinArguments,
  argumentNames: readonly (string | undefined)[],
): Columns {
  const named: NamedColumn[] = []
  args.forEach((value, index) => {
    if (value === undefined) throw new ScriptError('A column of a table must not be empty.')
    for (const one of columnsOfArgument(value, argumentNames[index], named.length)) named.push(one)
  })
  const rows = named.reduce((most, { column }) => Math.max(most, column.length), 0)
  // Repeats a single value, so that it fills its column (`table(1..3 as id, 0 as v)`).
  const columns = named.map(({ column }) =>
    column.length === 1 && rows !== 1 ? takeRows(column, new Int32Array(rows)) : column,
  )
  return { names: named.map(({ name }) => name), types: columns.map(columnTypeOf), columns }
}

/**
 * The columns of one argument: one column for a scalar or vector, several for a table or a tuple (see `equalVectors`).
 * @param position  position of the first column in the table; columns without a name are named after their positions
 */
function columnsOfArgument(
  value: ServerValue,
  given: string | undefined,
  position: number,
): readonly NamedColumn[] {
  const name = given ?? `C${position}`
  switch (value.form) {
    case 'scalar':
      return [{ name, column: columnOfScalar(value) }]
    case 'vector': {
      const vectors = value.type === 'ANY' ? equalVectors(value.data.slice(0, value.length)) : []
      if (vectors.length === 0) return [{ name, column: value }]
      return vectors.map((column, index) => ({ name: `col${position + index}`, column }))
    }
    case 'arrayVector':
      return [{ name, column: value }]
    case 'serverTable':
      return value.columnNames.map((own, index) => ({ name: own, column: value.column(index) }))
    default:
      throw new ScriptError('A column of a table must be a vector or a tuple.')
  }
}

/** The elements of a tuple if all of them are vectors with the same length and type; otherwise an empty list. */
function equalVectors(elements: readonly { form: string }[]): readonly Column[] {
  const vectors = elements.filter((one): one is Column => one.form === 'vector')
  const [first] = vectors
  const isEqual = vectors.every(
    vector =>
      vector.length === first!.length && columnTypeOf(vector).type === columnTypeOf(first!).type,
  )
  return isEqual && vectors.length === elements.length ? vectors : []
}

/**
 * Makes a table of this kind from the arguments. For the keyed kinds, the first argument names the key columns.
 * @throws {ScriptError} if a keyed kind has no key columns
 */
function makeTable(context: CallContext, kind: TableKind, args: BuiltinArguments): ServerTable {
  const isKeyed = (['keyed', 'indexed', 'keyedStream'] as TableKind[]).includes(kind)
  const keyColumns = isKeyed ? textsArgument(args[0] ?? voidValue, 'keyColumns') : []
  if (isKeyed && keyColumns.length === 0) {
    throw unsuitable('keyColumns', 'must name columns.')
  }
  const given = args.slice(isKeyed ? 1 : 0)
  const [first, names, types] = given
  const {
    names: columnNames,
    types: columnTypes,
    ...more
  } = first?.form === 'pair' && names !== undefined && types !== undefined
    ? emptyColumns(context.node, first.elements, names, types)
    : givenColumns(given, context.argumentNames.slice(isKeyed ? 1 : 0))
  return createTable(kind, columnNames, columnTypes, { ...more, keyColumns })
}

/** Replaces the values and the type of a column. Refuses tables that other sessions can see. */
function replaceColumns(
  table: ServerTable,
  columnNames: readonly string[],
  replacement: ServerValue,
): void {
  checkWritable(table)
  if (table.sharedName !== '' || table.kind === 'dfs') {
    const name = table.sharedName || table.stored?.tableName
    throw new ScriptError(`The columns of the table [${name}] can't be changed.`)
  }
  const columns = columnNames.length === 1 ? [replacement] : elementsArgument(replacement)
  if (columns.length !== columnNames.length) {
    throw new ScriptError(
      'The number of columns to be updated must match the number of columns specified in colNames. RefId:S05006',
    )
  }
  const replacements = columns.map((value, index): [number, Column] => {
    const name = columnNames[index]!
    const column = value.form === 'scalar' ? columnOfScalar(value) : value
    if (column.form !== 'vector' && column.form !== 'arrayVector') {
      throw new ScriptError(`The new column [${name}] must be a vector.`)
    }
    if (column.length !== table.rows) {
      throw new ScriptError('All columns must be of the same length. RefId:S02010')
    }
    return [columnIndex(table, name), column]
  })
  for (const [index, column] of replacements) table.replaceColumn(index, column)
}

function tableFunction(signature: string, kind: TableKind): Builtin {
  return builtin(signature, (context, args) => makeTable(context, kind, args))
}

export const tableFunctions: readonly Builtin[] = [
  tableFunction('table(X, ...rest)', 'basic'),
  /** A new row replaces the row with the same key (DolphinDB manual, page keyedTable). */
  tableFunction('keyedTable(keyColumns, X, ...rest)', 'keyed'),
  /** Like a keyed table. On a real server, queries differ in speed (DolphinDB manual, page indexedTable). */
  tableFunction('indexedTable(keyColumns, X, ...rest)', 'indexed'),
  tableFunction('streamTable(X, ...rest)', 'stream'),
  /** The first row of each key wins, even within one batch (DolphinDB manual, page keyedStreamTable). */
  tableFunction('keyedStreamTable(keyColumn, X, ...rest)', 'keyedStream'),
  builtin('rows(X)', (_, [value]) => intScalar(factsOf(value).size)),
  builtin(
    'replaceColumn!(table: table, colName: texts, newCol)',
    (_, [table, names, replacement]) => {
      replaceColumns(table, names, replacement)
      return table
    },
    { mutatesFirst: true },
  ),

  /**
   * Adds columns to a stream table or a DFS table; existing rows get nulls
   * (docs/server-semantics.md#tables-in-databases).
   */
  builtin(
    'addColumn(table: table, colNames: texts, colTypes: types)',
    (context, [table, names, types]) => {
      if (names.length !== types.length) {
        throw new ScriptError('The size of colNames and colTypes must be equal.')
      }
      if (table.kind === 'dfs') {
        checkMayAlter(context.node, context.session, table.stored!.databasePath)
      } else if (isStream(table)) checkWrite(context, table)
      else throw new ScriptError('addColumn is for stream tables and DFS tables.')
      const taken = new Set(table.columnNames.map(name => name.toLowerCase()))
      const twice = names.find(name => taken.size === taken.add(name.toLowerCase()).size)
      if (twice !== undefined) throw new ScriptError(`The column [${twice}] already exists.`)
      for (const [i, name] of names.entries()) {
        table.addColumn(name, types[i]!, nullColumn(types[i]!, table.rows))
      }
      return voidValue
    },
  ),

  /** Replaces the null cells of a table with a value (DolphinDB manual, pages nullFill and loadTextEx). */
  builtin(
    'nullFill!(X: table, Y)',
    (_, [table, value]) => {
      if (value.form !== 'scalar') {
        throw new ScriptError('The second argument of nullFill! must be a scalar for a table.')
      }
      const changes = table.columnNames.map((name, index) => {
        const column = table.column(index)
        const rows = Int32Array.from(Array(table.rows).keys()).filter(row => isNullAt(column, row))
        return { name, rows, values: takeRows(columnOfScalar(value), new Int32Array(rows.length)) }
      })
      updateColumns(table, changes)
      return table
    },
    { mutatesFirst: true },
  ),
]
