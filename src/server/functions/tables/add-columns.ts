/*
  addColumn: adds columns to a stream table or a DFS table; existing rows get nulls
  (docs/server-semantics.md#tables-in-databases).
*/
import { nullColumn } from '../../columns/column-layout.js'
import { ScriptError } from '../../script-error.js'
import { checkMayAlter } from '../../tables/dfs-database.js'
import { isStream } from '../../tables/prepare.js'
import { checkWrite } from '../../tables/privileges.js'
import type { Builtin } from '../../values/builtin.js'
import { voidValue } from '../../values/scalar.js'
import { builtin, tableArgument, textsArgument, typesArgument } from '../arguments.js'

export const addColumnFunctions: readonly Builtin[] = [
  builtin('addColumn(table, colNames, colTypes)', (context, [target, colNames, colTypes]) => {
    const table = tableArgument(context, target)
    const names = textsArgument(colNames, 'colNames')
    const types = typesArgument(colTypes, 'colTypes')
    if (names.length !== types.length) {
      throw new ScriptError('The size of colNames and colTypes must be equal.')
    }
    if (table.kind === 'dfs')
      checkMayAlter(context.node, context.session, table.stored!.databasePath)
    else if (isStream(table)) checkWrite(context, table)
    else throw new ScriptError('addColumn is for stream tables and DFS tables.')
    const taken = new Set(table.columnNames.map(name => name.toLowerCase()))
    const twice = names.find(name => taken.size === taken.add(name.toLowerCase()).size)
    if (twice !== undefined) throw new ScriptError(`The column [${twice}] already exists.`)
    for (const [i, name] of names.entries()) {
      table.addColumn(name, types[i]!, nullColumn(types[i]!, table.rows))
    }
    return voidValue
  }),
]
