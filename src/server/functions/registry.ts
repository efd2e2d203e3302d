/*
  All built-in functions by name. Each family of functions has its own file in a folder next to this file.
*/
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
import { insertFunctions, shareFunctions, streamTableFunctions } from './tables/insert-rows.js'
import { tableFunctions } from './tables/make-tables.js'
import { objectListFunctions, schemaFunctions } from './tables/schema.js'
import { stringFunctions } from './text/text.js'
import { conversionFunctions, typeFunctions } from './types/type.js'
import { containerFunctions, searchFunctions, vectorFunctions } from './vectors/vector.js'

/** Scripts cannot redefine these functions (docs/server-semantics.md#function-views). */
export const builtins: ReadonlyMap<string, Builtin> = new Map(
  [
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
  ].map(builtin => [builtin.name, builtin]),
)
