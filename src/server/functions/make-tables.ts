/* Functions that create tables in memory and change their columns (DolphinDB manual, pages table, rows, columns and nullFill). */
import { type ColumnType, columnTypeText, isDecimal } from '../../protocol/data-type.js'
import { columnTypeOf, isNullAt, takeRows } from '../../protocol/element.js'
import type { Column, Vector } from '../../protocol/value.js'
import type { CallArguments, ServerValue } from '../values/server-value.js'
import { firstReleases, isAtLeast, type ServerNode } from '../node.js'
import { check } from '../script-error.js'
import { voidValue } from '../values/values.js'
import { cellsOf, nullColumn, zeroColumn } from '../columns/column-layout.js'
import { updateColumns } from '../tables/write-rows.js'
import { type TableKind, columnIndex, createTable } from '../tables/server-table.js'
import { checkWritable, isStream } from '../tables/prepare.js'
import { checkMayChange, checkWrite, databaseAt } from '../tables/privileges.js'
import { type Call, columnArgument, family, textsArgument, typesArgument } from './arguments.js'
import { factsOf } from './types.js'

interface Columns {
  names: readonly string[]
  types: readonly ColumnType[]
  columns?: readonly Column[]
}

/** The columns of `capacity:size, names, types`. @throws {ScriptError} also for types newer than the server's version */
function emptyColumns(
  { release }: ServerNode,
  counts: Vector,
  nameArgument: ServerValue,
  typeArgument: ServerValue,
): Columns {
  const [capacity = 0, size = 0] = cellsOf(counts).map(Number)
  const names = textsArgument(nameArgument, 'colNames')
  const types = typesArgument(typeArgument, 'colTypes')
  for (const type of types) {
    const isKnown =
      (type.array !== true || isAtLeast(release, firstReleases.engines)) &&
      (!isDecimal(type.type) ||
        isAtLeast(release, firstReleases[type.array === true ? 'decimalArrays' : 'decimals']))
    check(isKnown, `Cannot recognize the token ${columnTypeText(type)}`)
  }
  const isEven = names.length === types.length
  check(isEven, 'The number of column names must be the same as the number of column types.')
  check(capacity >= 0 && size >= 0, 'Capacity and size must not be negative.')
  if (size === 0) return { names, types }
  const hasArrays = types.some(type => type.array)
  check(!hasArrays, 'The size of a table with array vector columns must be 0.')
  return { names, types, columns: types.map(type => zeroColumn(type, size)) }
}

/** Named by their aliases, variables or positions. A single value fills its column (`table(1..3 as id, 0 as v)`). */
function givenColumns(
  args: CallArguments,
  argumentNames: readonly (string | undefined)[],
): Columns {
  const named: [name: string, column: Column][] = []
  args.forEach((value = voidValue, index) => {
    if (value.form === 'serverTable') {
      value.columns.forEach((column, at) => named.push([value.columnNames[at]!, column]))
    } else {
      named.push([argumentNames[index] ?? `C${named.length}`, columnArgument(value, 'table')])
    }
  })
  const rows = named.reduce((most, [, column]) => Math.max(most, column.length), 0)
  const columns = named.map(([, column]) =>
    column.length === 1 && rows !== 1 ? takeRows(column, new Int32Array(rows)) : column,
  )
  return { names: named.map(([name]) => name), types: columns.map(columnTypeOf), columns }
}

/** For the keyed kinds, the first argument names the key columns. @throws {ScriptError} if there are none */
function maker(kind: TableKind): Call<CallArguments> {
  const isKeyed = (['keyed', 'indexed', 'keyedStream'] as TableKind[]).includes(kind)
  return ({ node, argumentNames }, args) => {
    const keyColumns = isKeyed ? textsArgument(args[0] ?? voidValue, 'keyColumns') : []
    check(keyColumns.length > 0 || !isKeyed, 'The argument [keyColumns] must name columns.')
    const given = args.slice(isKeyed ? 1 : 0)
    const [first, colNames, colTypes] = given
    const { names, types, columns } =
      first?.form === 'pair' && colNames !== undefined && colTypes !== undefined
        ? emptyColumns(node, first.elements, colNames, colTypes)
        : givenColumns(given, argumentNames.slice(isKeyed ? 1 : 0))
    return createTable(kind, names, types, { columns, keyColumns })
  }
}

export const tableFunctions = family({
  'table(X, ...rest)': maker('basic'),
  /** A new row replaces the row with the same key (DolphinDB manual, page keyedTable). */
  'keyedTable(keyColumns, X, ...rest)': maker('keyed'),
  /** Like a keyed table. On a real server, queries differ in speed (DolphinDB manual, page indexedTable). */
  'indexedTable(keyColumns, X, ...rest)': maker('indexed'),
  'streamTable(X, ...rest)': maker('stream'),
  /** The first row of each key wins, even within one batch (DolphinDB manual, page keyedStreamTable). */
  'keyedStreamTable(keyColumn, X, ...rest)': maker('keyedStream'),
  'rows(X)': (_, [value]) => factsOf(value).size,
  /** Replaces the values and the type of a column. Refuses tables that other sessions can see. */
  'replaceColumn!(mutable table: table, colName: text, newCol: column)': (
    _,
    [table, name, column],
  ) => {
    checkWritable(table)
    const tableName = table.sharedName || table.stored?.tableName
    const isPrivate = table.sharedName === '' && table.kind !== 'dfs'
    check(isPrivate, `The columns of the table [${tableName}] can't be changed.`)
    check(column.length === table.rows, 'All columns must be of the same length. RefId:S02010')
    table.replaceColumn(columnIndex(table, name), column)
    return table
  },
  /** Adds columns to a stream table or a DFS table; existing rows get nulls (docs/server-semantics.md#tables-in-databases). */
  'addColumn(table: table, colNames: texts, colTypes: types)': (context, [table, names, types]) => {
    check(names.length === types.length, 'The size of colNames and colTypes must be equal.')
    check(table.kind === 'dfs' || isStream(table), 'addColumn is for stream tables and DFS tables.')
    const database = table.stored && databaseAt(context.node, table.stored.databasePath)
    if (database === undefined) checkWrite(context, table)
    else checkMayChange(context, database, 'DBOBJ_CREATE')
    const taken = new Set(table.columnNames.map(name => name.toLowerCase()))
    const twice = names.find(name => taken.size === taken.add(name.toLowerCase()).size)
    check(twice === undefined, `The column [${twice}] already exists.`)
    for (const [i, name] of names.entries()) {
      table.addColumn(name, types[i]!, nullColumn(types[i]!, table.rows))
    }
  },
  /** Replaces the null cells of a table with a value (DolphinDB manual, pages nullFill and loadTextEx). */
  'nullFill!(mutable X: table, Y)': (_, [table, value]) => {
    const filler = columnArgument(value, 'nullFill!')
    const changes = table.columns.map((column, index) => {
      const rows = Int32Array.from(Array(table.rows).keys()).filter(row => isNullAt(column, row))
      const values = takeRows(filler, new Int32Array(rows.length))
      return { name: table.columnNames[index]!, rows, values }
    })
    updateColumns(table, changes)
    return table
  },
})
