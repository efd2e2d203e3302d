/*
  All built-in functions by name. A family is a file beside this one; a name belongs to one family only.
*/
import { DdbError } from '../../errors.js'
import type { Builtin } from '../script/builtin.js'
import { aggregateFunctions } from './aggregate.js'
import { clusterFunctions } from './cluster.js'
import { consoleJobFunctions } from './console-jobs.js'
import { containerFunctions } from './container.js'
import { conversionFunctions } from './conversion.js'
import { databaseFunctions } from './database.js'
import { dfsFunctions } from './dfs.js'
import { functionViewFunctions } from './function-view.js'
import { higherOrderFunctions } from './higher-order.js'
import { insertFunctions } from './insert.js'
import { jsonFunctions } from './json.js'
import { languageFunctions } from './language.js'
import { mathFunctions } from './math.js'
import { objectListFunctions } from './object-list.js'
import { orderFunctions } from './order.js'
import { randomFunctions } from './random.js'
import { schemaFunctions } from './schema.js'
import { searchFunctions } from './search.js'
import { sequenceFunctions } from './sequence.js'
import { sessionInfoFunctions } from './session-info.js'
import { shareFunctions } from './share.js'
import { storedTableFunctions } from './stored-table.js'
import { streamTableFunctions } from './stream-table.js'
import { stringFunctions } from './string.js'
import { tableColumnFunctions } from './table-columns.js'
import { tableFunctions } from './table.js'
import { temporalAddFunctions } from './temporal-add.js'
import { temporalFormatFunctions } from './temporal-format.js'
import { temporalFunctions } from './temporal.js'
import { typeFunctions } from './type.js'
import { userFunctions } from './user.js'
import { vectorFunctions } from './vector.js'

const families: readonly (readonly Builtin[])[] = [
  aggregateFunctions,
  withPace('own', clusterFunctions),
  withPace('own', consoleJobFunctions),
  containerFunctions,
  withPace('elementwise', conversionFunctions),
  withPace('own', databaseFunctions),
  withPace('own', dfsFunctions),
  withPace('own', functionViewFunctions),
  withPace('own', higherOrderFunctions),
  withPace('own', insertFunctions),
  jsonFunctions,
  withPace('own', languageFunctions),
  withPace('elementwise', mathFunctions),
  withPace('own', objectListFunctions),
  orderFunctions,
  withPace('own', randomFunctions),
  withPace('own', schemaFunctions),
  searchFunctions,
  sequenceFunctions,
  withPace('own', sessionInfoFunctions),
  withPace('own', shareFunctions),
  withPace('own', storedTableFunctions),
  withPace('own', streamTableFunctions),
  withPace('elementwise', stringFunctions),
  withPace('own', tableColumnFunctions),
  withPace('own', tableFunctions),
  withPace('elementwise', temporalAddFunctions),
  withPace('elementwise', temporalFormatFunctions),
  withPace('elementwise', temporalFunctions),
  withPace('own', typeFunctions),
  withPace('own', userFunctions),
  vectorFunctions,
]

/** What holds for a family, where a function does not say something else of itself. */
function withPace(
  pace: Exclude<Builtin['pace'], undefined>,
  family: readonly Builtin[],
): readonly Builtin[] {
  return family.map(builtin => ({ pace, ...builtin }))
}

/** What findFunction falls back on; a script cannot redefine one (docs/server-semantics.md#function-views). */
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
