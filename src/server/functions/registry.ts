/*
  All built-in functions by name. Each family of functions has its own file in a folder next to this file.
*/
import type { Builtin } from '../values/server-value.js'
import { dfsFunctions } from './dfs/dfs.js'
import { languageFunctions } from './language/language.js'
import { nodeFunctions } from './node/node.js'
import { userFunctions } from './node/user.js'
import { aggregateFunctions } from './numbers/aggregate.js'
import { rowFunctions } from './tables/insert-rows.js'
import { tableFunctions } from './tables/make-tables.js'
import { schemaFunctions } from './tables/schema.js'
import { textFunctions } from './text/text.js'
import { typeFunctions } from './types/type.js'
import { vectorFunctions } from './vectors/vector.js'

const families = [
  aggregateFunctions, dfsFunctions, languageFunctions, nodeFunctions, rowFunctions, schemaFunctions, tableFunctions,
  textFunctions, typeFunctions, userFunctions, vectorFunctions,
] // prettier-ignore

/** Scripts cannot redefine these functions (docs/server-semantics.md#function-views). */
export const builtins: ReadonlyMap<string, Builtin> = new Map(
  families.flat().map(builtin => [builtin.name, builtin]),
)
