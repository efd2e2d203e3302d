/*
  All built-in functions by name. Each family of functions has its own file in a folder next to this file.
*/
import { DdbError } from '../../errors.js'
import type { Builtin } from '../values/server-value.js'
import { dfsFunctions } from './dfs/dfs.js'
import {
  functionViewFunctions,
  higherOrderFunctions,
  languageFunctions,
  operatorFunctions,
} from './language/language.js'
import { nodeFunctions } from './node/node.js'
import { userFunctions } from './node/user.js'
import { aggregateFunctions } from './numbers/aggregate.js'
import { insertFunctions } from './tables/insert-rows.js'
import { tableFunctions } from './tables/make-tables.js'
import { objectListFunctions, schemaFunctions } from './tables/schema.js'
import { shareFunctions, streamTableFunctions } from './tables/share.js'
import { stringFunctions } from './text/text.js'
import { conversionFunctions, typeFunctions } from './types/type.js'
import { containerFunctions, searchFunctions, vectorFunctions } from './vectors/vector.js'

/** Scripts cannot redefine these functions (docs/server-semantics.md#function-views). */
export const builtins: ReadonlyMap<string, Builtin> = byName([
  ...aggregateFunctions,
  ...containerFunctions,
  ...conversionFunctions,
  ...dfsFunctions,
  ...functionViewFunctions,
  ...higherOrderFunctions,
  ...insertFunctions,
  ...languageFunctions,
  ...nodeFunctions,
  ...objectListFunctions,
  ...operatorFunctions,
  ...schemaFunctions,
  ...searchFunctions,
  ...shareFunctions,
  ...streamTableFunctions,
  ...stringFunctions,
  ...tableFunctions,
  ...typeFunctions,
  ...userFunctions,
  ...vectorFunctions,
])

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
