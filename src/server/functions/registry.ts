/*
  All built-in functions by name. Each family of functions has its own file in a folder next to this file.
*/
import { DdbError } from '../../errors.js'
import type { Builtin } from '../values/builtin.js'
import { addColumnFunctions } from './tables/add-columns.js'
import { nullFillFunctions } from './tables/null-fill.js'
import { aggregateFunctions } from './numbers/aggregate.js'
import { clusterFunctions } from './node/cluster.js'
import { consoleJobFunctions } from './node/console-jobs.js'
import { containerFunctions } from './vectors/container.js'
import { conversionFunctions, typeFunctions } from './types/type.js'
import { databaseFunctions, storedTableFunctions } from './dfs/stored-table.js'
import { dfsFunctions } from './dfs/dfs-tables.js'
import { functionViewFunctions } from './language/function-view.js'
import { insertFunctions } from './tables/insert-rows.js'
import { stringFunctions } from './text/text.js'
import { higherOrderFunctions, languageFunctions, operatorFunctions } from './language/language.js'
import { objectListFunctions } from './tables/object-list.js'
import { schemaFunctions } from './tables/schema.js'
import { searchFunctions } from './vectors/search.js'
import { sessionInfoFunctions } from './node/session-info.js'
import { shareFunctions } from './tables/share.js'
import { streamTableFunctions } from './tables/stream-table.js'
import { tableFunctions } from './tables/make-tables.js'
import { userFunctions } from './node/user.js'
import { vectorFunctions } from './vectors/vector.js'

const families: readonly (readonly Builtin[])[] = [
  addColumnFunctions,
  nullFillFunctions,
  aggregateFunctions,
  clusterFunctions,
  consoleJobFunctions,
  containerFunctions,
  conversionFunctions,
  databaseFunctions,
  dfsFunctions,
  functionViewFunctions,
  higherOrderFunctions,
  insertFunctions,
  languageFunctions,
  operatorFunctions,
  objectListFunctions,
  schemaFunctions,
  searchFunctions,
  sessionInfoFunctions,
  shareFunctions,
  storedTableFunctions,
  streamTableFunctions,
  stringFunctions,
  tableFunctions,
  typeFunctions,
  userFunctions,
  vectorFunctions,
]

/** Scripts cannot redefine these functions (docs/server-semantics.md#function-views). */
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
