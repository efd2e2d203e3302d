/*
  Functions that change what columns a table has (docs/server-semantics.md#changing-columns; DolphinDB manual, pages
  replaceColumn!, rename!, dropColumns!, addColumn).
*/
import { columnTypeOf } from '../../../protocol/element.js'
import type { Column } from '../../../protocol/value.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { voidValue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { rowBytes, weigh } from '../../values/weigh.js'
import { nullColumn } from '../../columns/column-layout.js'
import { columnOfScalar, convertColumn } from '../../columns/convert-column.js'
import { checkDistinct, columnIndex } from '../../tables/memory-table.js'
import { checkWritable } from '../../tables/prepare.js'
import type { ServerTable } from '../../tables/server-table.js'
import { elementsArgument, tableArgument, textsArgument, typesArgument } from '../arguments.js'
import { checkStoredWrite } from '../../tables/privileges.js'

/**
 * replaceColumn!(table, colName, newCol): the column takes values and type of the new one. A DFS table takes only
 * the type (DolphinDB manual, page replaceColumn!).
 */
const replaceColumn: Builtin = {
  name: 'replaceColumn!',
  parameters: ['table', 'colName', 'newCol'],
  minArguments: 3,
  maxArguments: 3,
  mutatesFirst: true,
  call: (context, [target, names, replacement]) => {
    const table = changeable(context, target)
    const columnNames = textsArgument(names, 'colName')
    const columns = columnNames.length === 1 ? [replacement!] : elementsArgument(replacement!)
    if (columns.length !== columnNames.length) {
      throw new ScriptError(
        'The number of columns to be updated must match the number of columns specified in colNames. RefId:S05006',
      )
    }
    const replacements = columnNames.map((name, index): [number, Column] => {
      const column = newColumn(table, name, columns[index]!)
      context.memory.keep(weigh(column, context.memory.room))
      return [columnIndex(table, name), column]
    })
    for (const [index, column] of replacements) table.replaceColumn(index, column)
    return table
  },
}

/** rename!(X, Y, [Z]) for tables: Y alone names from the left, Y and Z are old and new names (DolphinDB manual). */
const rename: Builtin = {
  name: 'rename!',
  parameters: ['X', 'Y', 'Z'],
  minArguments: 2,
  maxArguments: 3,
  mutatesFirst: true,
  call: (context, [target, first, second]) => {
    const table = changeable(context, target)
    const names = textsArgument(first, 'Y')
    const renamed = table.columnNames.slice()
    if (second === undefined) {
      if (names.length > renamed.length) throw new ScriptError('There are more names than columns.')
      names.forEach((name, index) => (renamed[index] = name))
    } else {
      const replacements = textsArgument(second, 'Z')
      if (replacements.length !== names.length) {
        throw new ScriptError('Y and Z must have the same number of names.')
      }
      names.forEach((name, index) => (renamed[columnIndex(table, name)] = replacements[index]!))
    }
    checkDistinct(renamed)
    table.renameColumns(renamed)
    return table
  },
}

/** dropColumns!(table, colNames) (DolphinDB manual, page dropColumns!). */
const dropColumns: Builtin = {
  name: 'dropColumns!',
  parameters: ['table', 'colNames'],
  minArguments: 2,
  maxArguments: 2,
  mutatesFirst: true,
  call: (context, [target, names]) => {
    const table = changeable(context, target)
    const dropped = new Set(textsArgument(names, 'colNames').map(name => columnIndex(table, name)))
    if (dropped.size === table.columnNames.length) {
      throw new ScriptError("Can't drop all columns of a table.")
    }
    const kept = table.columnNames.map((_, index) => index).filter(index => !dropped.has(index))
    table.keepColumns(kept)
    return table
  },
}

/** Other name of dropColumns!. */
const drop: Builtin = { ...dropColumns, name: 'drop!' }

/** addColumn(table, colNames, colTypes): new columns of nulls (DolphinDB manual, page addColumn). */
const addColumn: Builtin = {
  name: 'addColumn',
  parameters: ['table', 'colNames', 'colTypes'],
  minArguments: 3,
  maxArguments: 3,
  mutatesFirst: true,
  call: (context, [target, names, types]) => {
    const table = tableArgument(context, target)
    checkWritable(table)
    checkStoredWrite(context, table)
    const columnNames = textsArgument(names, 'colNames')
    const columnTypes = typesArgument(types, 'colTypes')
    if (columnNames.length !== columnTypes.length) {
      throw new ScriptError('The number of column names must be the same as the number of types.')
    }
    const existing = columnNames.find(name => table.columnNames.includes(name))
    if (existing !== undefined) {
      throw new ScriptError(
        `A column with name <${existing}> already exists in table. RefId:S01014`,
      )
    }
    checkDistinct(columnNames)
    columnNames.forEach((name, index) => {
      const type = columnTypes[index]!
      context.memory.keep(table.rows * rowBytes(type.type))
      table.addColumn(name, type, nullColumn(type, table.rows))
    })
    return voidValue
  },
}

export const tableColumnFunctions: readonly Builtin[] = [
  replaceColumn,
  rename,
  dropColumns,
  drop,
  addColumn,
]

/** Tables whose columns may change: none that other sessions see, and none that is read-only. */
function changeable(context: CallContext, target: ServerValue | undefined): ServerTable {
  const table = tableArgument(context, target)
  checkWritable(table)
  if (table.sharedName !== '' && table.kind !== 'dfs') {
    throw new ScriptError(`The columns of the shared table [${table.sharedName}] can't be changed.`)
  }
  checkStoredWrite(context, table)
  return table
}

function newColumn(table: ServerTable, name: string, value: ServerValue): Column {
  const column = value.form === 'scalar' ? columnOfScalar(value) : value
  if (column.form !== 'vector' && column.form !== 'arrayVector') {
    throw new ScriptError(`The new column [${name}] must be a vector.`)
  }
  if (table.kind === 'dfs') {
    return convertColumn(table.column(columnIndex(table, name)), columnTypeOf(column))
  }
  if (column.length !== table.rows) {
    throw new ScriptError('All columns must be of the same length. RefId:S02010')
  }
  return column
}
