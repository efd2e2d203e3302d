/*
  Functions that create tables in memory and replace their columns (DolphinDB manual, pages table, rows and columns;
  docs/server-semantics.md#stream-tables). Also reads column definitions from arguments.
*/
import { columnTypeText, isDecimal, type ColumnType } from '../../../protocol/data-type.js'
import { columnTypeOf, takeRows } from '../../../protocol/element.js'
import type { Column } from '../../../protocol/value.js'
import type { BuiltinArguments, CallContext, Builtin } from '../../values/builtin.js'
import { firstReleases, isAtLeast, type Release } from '../../release.js'
import { ScriptError } from '../../script-error.js'
import { intScalar } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { zeroColumn } from '../../columns/column-layout.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { columnIndex, createTable } from '../../tables/memory-table.js'
import { checkWritable } from '../../tables/prepare.js'
import type { ServerTable, TableKind } from '../../tables/server-table.js'
import {
  elementsArgument,
  tableArgument,
  builtin,
  pairArgument,
  textsArgument,
  typesArgument,
  sizeOf,
} from '../arguments.js'

interface Columns {
  names: readonly string[]
  types: readonly ColumnType[]
  columns?: readonly Column[]
  capacity?: number
}

/**
 * The columns that the arguments define: `capacity:size, names, types`, or one table, or one value per column. A column
 * is named after the alias of its value or, without an alias, after the variable that was passed.
 */
function describedColumns(
  context: CallContext,
  args: BuiltinArguments,
  argumentNames: readonly (string | undefined)[],
): Columns {
  const size = pairArgument(args[0])
  if (size !== undefined && args.length >= 3) return emptyColumns(context, size, args[1], args[2])
  const [first] = args
  if (args.length === 1 && first?.form === 'serverTable') return columnsOfTable(first)
  return givenColumns(args, argumentNames)
}

function emptyColumns(
  { node: { release } }: CallContext,
  [capacity, size]: readonly [number, number],
  nameArgument: ServerValue | undefined,
  typeArgument: ServerValue | undefined,
): Columns {
  const names = textsArgument(nameArgument, 'colNames')
  const types = typesArgument(typeArgument, 'colTypes')
  for (const type of types) checkKnown(release, type)
  if (names.length !== types.length) {
    throw new ScriptError(
      'The number of column names must be the same as the number of column types.',
    )
  }
  if (capacity < 0 || size < 0) throw new ScriptError('Capacity and size must not be negative.')
  if (size === 0) return { names, types, capacity }
  if (types.some(type => type.array)) {
    throw new ScriptError('The size of a table with array vector columns must be 0.')
  }
  return { names, types, capacity, columns: types.map(type => zeroColumn(type, size)) }
}

/** Refuses types that are newer than the server's version. */
function checkKnown(release: Release, type: ColumnType): void {
  const isKnown =
    (type.array !== true || isAtLeast(release, firstReleases.engines)) &&
    (!isDecimal(type.type) || isAtLeast(release, firstReleases.decimals))
  if (!isKnown) throw new ScriptError(`Cannot recognize the token ${columnTypeText(type)}`)
}

function columnsOfTable(table: ServerTable): Columns {
  const { columnNames: names, columnTypes: types } = table
  return { names, types, columns: names.map((_, index) => table.column(index)) }
}

interface NamedColumn {
  name: string
  column: Column
}

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
  const columns = named.map(({ column }) => extendScalar(column, rows))
  return { names: named.map(({ name }) => name), types: columns.map(columnTypeOf), columns }
}

/**
 * The columns of one argument: one column for a scalar or vector, several for a table or a tuple (see `equalVectors`).
 * @param position  position of the first column in the table; columns without a name are named after their positions
 */
function columnsOfArgument(
  value: ServerValue,
  name: string | undefined,
  position: number,
): readonly NamedColumn[] {
  switch (value.form) {
    case 'scalar':
      return [{ name: name ?? `C${position}`, column: columnOfScalar(value) }]
    case 'vector': {
      const vectors = value.type === 'ANY' ? equalVectors(value.data.slice(0, value.length)) : []
      if (vectors.length === 0) return [{ name: name ?? `C${position}`, column: value }]
      return vectors.map((column, index) => ({ name: `col${position + index}`, column }))
    }
    case 'arrayVector':
      return [{ name: name ?? `C${position}`, column: value }]
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

/** Repeats a single value, so that it fills its column (`table(1..3 as id, 0 as v)`). */
function extendScalar(column: Column, rows: number): Column {
  if (column.length === rows || column.length !== 1) return column
  return takeRows(column, new Int32Array(rows))
}

/** Makes a table of this kind from the arguments. Call `makeKeyedTable` for the keyed kinds. */
export function makeTable(
  context: CallContext,
  kind: TableKind,
  args: BuiltinArguments,
): ServerTable {
  const { names, types, columns, capacity } = describedColumns(context, args, context.argumentNames)
  return createTable(kind, names, types, {
    ...(columns === undefined ? {} : { columns }),
    ...(capacity === undefined ? {} : { capacity }),
  })
}

/**
 * Like `makeTable`, but the first argument names the key columns.
 * @throws {ScriptError} if the first argument is empty
 */
export function makeKeyedTable(
  context: CallContext,
  kind: 'keyed' | 'indexed' | 'keyedStream',
  args: BuiltinArguments,
): ServerTable {
  const keyColumns = textsArgument(args[0], 'keyColumns')
  if (keyColumns.length === 0) throw new ScriptError('The argument [keyColumns] must name columns.')
  const { names, types, columns, capacity } = describedColumns(
    context,
    args.slice(1),
    context.argumentNames.slice(1),
  )
  return createTable(kind, names, types, {
    keyColumns,
    ...(columns === undefined ? {} : { columns }),
    ...(capacity === undefined ? {} : { capacity }),
  })
}

const table = builtin('table(X, ...rest)', (context, args) => makeTable(context, 'basic', args))

const rows = builtin('rows(X)', (_, [value]) => intScalar(sizeOf(value)))

/** Replaces the values and the type of a column. Refuses tables that other sessions can see. */
const replaceColumn = builtin(
  'replaceColumn!(table, colName, newCol)',
  (context, [target, names, replacement]) => {
    const table = tableArgument(context, target)
    checkWritable(table)
    if (table.sharedName !== '' || table.kind === 'dfs') {
      const name = table.sharedName || table.stored?.tableName
      throw new ScriptError(`The columns of the table [${name}] can't be changed.`)
    }
    const columnNames = textsArgument(names, 'colName')
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
    return table
  },
  { mutatesFirst: true },
)

export const tableFunctions: readonly Builtin[] = [
  replaceColumn,
  table,
  /** A new row replaces the row with the same key (DolphinDB manual, page keyedTable). */
  builtin('keyedTable(keyColumns, X, ...rest)', (context, args) =>
    makeKeyedTable(context, 'keyed', args),
  ),
  /** Like a keyed table. On a real server, queries differ in speed (DolphinDB manual, page indexedTable). */
  builtin('indexedTable(keyColumns, X, ...rest)', (context, args) =>
    makeKeyedTable(context, 'indexed', args),
  ),
  rows,
]
