/*
  Functions about names: share tables, remove definitions, find objects (docs/server-semantics.md#shared-tables).
*/
import type { Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { objectKinds } from '../../values/constants.js'
import { integerOf, textOf, voidValue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { shareTable, unshareTable } from '../../tables/sharing.js'
import {
  builtin,
  booleanArgument,
  isAbsent,
  tableArgument,
  textArgument,
  textsArgument,
} from '../arguments.js'

export const shareFunctions: readonly Builtin[] = [
  builtin(
    'share(table, sharedName, [database], [dbName], [partitionColumn], [readonly])',
    (context, [target, name, database, dbName, partitionColumn, readOnly]) => {
      if (![database, dbName, partitionColumn].every(isAbsent)) {
        throw new ScriptError(
          'The embedded server is one node: a table is shared by its name alone.',
        )
      }
      const table = tableArgument(context, target)
      const isReadOnly = booleanArgument(readOnly, 'readonly', false)
      const { node, session } = context
      shareTable(node, session, table, textArgument(name, 'sharedName'), isReadOnly)
      return voidValue
    },
  ),
  /**
   * Removes variables, shared tables or functions by name. The name `all` removes all objects of the given kind;
   * without a kind, it removes all objects of the session (DolphinDB manual, page undef).
   */
  builtin('undef(obj, [objType])', (context, [obj, objType]) => {
    const names = textsArgument(obj, 'obj')
    const kind = objectKind(objType)
    if (names.length === 1 && names[0] === 'all') forgetAll(context, kind)
    else for (const name of names) forget(context, name, kind ?? 'VAR')
    return voidValue
  }),
  /**
   * Finds a variable of the session, or else a shared table. With sharedVar true, finds only shared tables; with false,
   * only variables (DolphinDB manual, page objByName).
   */
  builtin('objByName(name, [sharedVar])', ({ node, session }, [name, sharedVar]) => {
    const text = textArgument(name, 'name')
    const own = session.variables.get(text)
    const shared = node.shared.get(text)?.table
    const isShared = booleanArgument(sharedVar, 'sharedVar', own === undefined)
    const found = isShared ? shared : own
    if (found === undefined) throw new ScriptError(`Can't find the object with name ${text}`)
    return found
  }),
]

type ObjectKind = keyof typeof objectKinds

function objectKind(value: ServerValue | undefined): ObjectKind | undefined {
  if (isAbsent(value)) return undefined
  const name = textOf(value)?.toUpperCase()
  const id = integerOf(value)
  const kinds = Object.keys(objectKinds) as ObjectKind[]
  const kind = kinds.find(one => one === name || objectKinds[one] === id)
  if (kind === undefined)
    throw new ScriptError('The argument [objType] must be VAR, SHARED or DEF.')
  return kind
}

function forget(context: CallContext, name: string, kind: ObjectKind): void {
  const { node, session } = context
  if (kind === 'SHARED') {
    unshareTable(node, session, name)
    return
  }
  const known = kind === 'VAR' ? session.variables : session.functions
  if (!known.delete(name)) throw new ScriptError(`Can't find the object with name ${name}`)
}

function forgetAll({ node, session }: CallContext, kind: ObjectKind | undefined): void {
  if (kind === undefined || kind === 'VAR') session.variables.clear()
  if (kind === undefined || kind === 'DEF') session.functions.clear()
  if (kind === 'SHARED')
    for (const name of [...node.shared.keys()]) unshareTable(node, session, name)
}
