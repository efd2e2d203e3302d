/*
  All built-in functions by name. A family is a file beside this one; a name belongs to one family only.
*/
import { DdbError } from '../../errors.js'
import type { Builtin } from '../script/builtin.js'
import { clusterFunctions } from './cluster.js'
import { consoleJobFunctions } from './console-jobs.js'
import { conversionFunctions } from './conversion.js'
import { databaseFunctions } from './database.js'
import { dfsFunctions } from './dfs.js'
import { functionViewFunctions } from './function-view.js'
import { insertFunctions } from './insert.js'
import { schemaFunctions } from './schema.js'
import { sessionInfoFunctions } from './session-info.js'
import { shareFunctions } from './share.js'
import { streamTableFunctions } from './stream-table.js'
import { tableColumnFunctions } from './table-columns.js'
import { tableFunctions } from './table.js'
import { temporalAddFunctions } from './temporal-add.js'
import { temporalFormatFunctions } from './temporal-format.js'
import { temporalFunctions } from './temporal.js'
import { userFunctions } from './user.js'

const families: readonly (readonly Builtin[])[] = [
  clusterFunctions,
  consoleJobFunctions,
  conversionFunctions,
  databaseFunctions,
  dfsFunctions,
  functionViewFunctions,
  insertFunctions,
  schemaFunctions,
  sessionInfoFunctions,
  shareFunctions,
  streamTableFunctions,
  tableColumnFunctions,
  tableFunctions,
  temporalAddFunctions,
  temporalFormatFunctions,
  temporalFunctions,
  userFunctions,
]

export const builtins: ReadonlyMap<string, Builtin> = byName(families.flat())

function byName(functions: readonly Builtin[]): ReadonlyMap<string, Builtin> {
  const named = new Map<string, Builtin>()
  for (const builtin of functions) {
    if (named.has(builtin.name)) {
      throw new DdbError('DDB_INTERNAL', `The built-in ${builtin.name} is defined twice.`)
    }
    named.set(builtin.name, builtin)
  }
  return named
}
