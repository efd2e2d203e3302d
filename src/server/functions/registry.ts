/*
  All built-in functions by name. Each family of functions has its own file.
*/
import type { Builtin } from '../values/server-value.js'
import { dfsFunctions } from './dfs.js'
import { languageFunctions } from './language.js'
import { nodeFunctions } from './node.js'
import { userFunctions } from './users.js'
import { rowFunctions } from './insert-rows.js'
import { tableFunctions } from './make-tables.js'
import { schemaFunctions } from './schema.js'
import { typeFunctions } from './types.js'
import { vectorFunctions } from './vectors.js'

const families = [
  dfsFunctions, languageFunctions, nodeFunctions, rowFunctions, schemaFunctions, tableFunctions, typeFunctions,
  userFunctions, vectorFunctions,
] // prettier-ignore

const named = new Map(families.flat().map(builtin => [builtin.name, builtin]))

/** Scripts cannot redefine these functions (docs/server-semantics.md#function-views). */
export const builtins: ReadonlyMap<string, Builtin> = new Map([
  ...named,
  // Older names (tests of the C++ and Java clients).
  ['createTable', named.get('createDimensionTable')!],
  ['dropDB', named.get('dropDatabase')!],
])
