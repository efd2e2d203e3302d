/* Shared tables (docs/server-semantics.md#shared-tables), and who may use tables and views (#rights). Inside a view, its owner's rights
   apply. Administrators may do everything; others use what they made or have rights for, and shared tables on which nobody has rights. */
import { type ServerNode, firstReleases, isAtLeast } from '../node.js'
import type { CallContext, ScriptSession } from '../values/server-value.js'
import { ScriptError, check } from '../script-error.js'
import type { DatabaseHandle, ServerTable } from './server-table.js'
import { isStream } from './prepare.js'

type Context = Pick<CallContext, 'node' | 'session'>

/** True for administrators, the owner, and users with one of the rights; one that ends with `*` includes all that begin so (page grant). */
export function hasRight(
  { node, session }: Context,
  rights: readonly string[],
  owner?: string,
): boolean {
  const user = session.viewOwner ?? session.user
  if (node.users.get(user)?.isAdmin === true || (user !== 'guest' && user === owner)) return true
  return [...(node.privileges.get(user) ?? [])].some(own =>
    rights.some(one => one === own || (own.endsWith('*') && one.startsWith(own.slice(0, -1)))),
  )
}

/** @throws {ScriptError} `<NoPrivilege>Not granted to write data to table dfs://db/pt`, `No access to table [trades]` */
export function checkWrite(
  context: Context,
  table: ServerTable,
  change: 'INSERT' | 'UPDATE' | 'DELETE' = 'INSERT',
): void {
  const words = '<NoPrivilege>Not granted to write data to'
  checkUse(context, table, ['WRITE', change], words, 'No access to table')
}

/** @throws {ScriptError} `<NotAuthenticated>Not granted to read table dfs://db/pt`, `No access to shared table [trades]` */
export function checkRead(context: Context, table: ServerTable): void {
  const words = '<NotAuthenticated>Not granted to read'
  checkUse(context, table, ['READ'], words, 'No access to shared table')
}

function checkUse(
  context: Context,
  { stored, sharedName }: ServerTable,
  actions: readonly string[],
  words: string,
  ofShared: string,
): void {
  const { shared, privileges } = context.node
  const entry = stored ?? shared.get(sharedName)
  if (entry === undefined) return
  const path = stored === undefined ? sharedName : `${stored.databasePath}/${stored.tableName}`
  const isGranted = (): boolean =>
    [...privileges.values()].some(own => [...own].some(one => one.endsWith(` ${sharedName}`)))
  if ('table' in entry && entry.isControlled !== true && !isGranted()) return
  const rights = actions.map(action => `TABLE_${action} ${path}`)
  if (stored) rights.push(...actions.map(action => `DB_${action} ${stored.databasePath}`))
  const text = stored ? `${words} table ${path}` : `${ofShared} [${sharedName}]`
  check(hasRight(context, rights, entry.owner), text)
}

/** @throws {ScriptError} S04001 if no database has this path */
export function databaseAt({ databases }: ServerNode, path: string): DatabaseHandle {
  const database = databases.get(path)
  check(database !== undefined, `The database [${path}] does not exist. RefId: S04001`)
  return database
}

/** @param right  a right that suffices, besides DB_MANAGE @throws {ScriptError} unless the user has it or owns the database */
export function checkMayChange(
  context: Context,
  { path, owner }: DatabaseHandle,
  right = 'DB_MANAGE',
): void {
  check(hasRight(context, [`DB_MANAGE ${path}`, `${right} ${path}`], owner), mayNot)
}

export const mayNot = '<NoPrivilege>Not granted to create or delete databases'

/**
 * The name of another table moves to this one. @throws {ScriptError} for an invalid name, and without the right to share; for a stream
 * table, also if it has another name, or if the node publishes none (S00001)
 */
export function shareTable({ node, session }: Context, table: ServerTable, name: string): void {
  const isName = /^[\p{L}][\p{L}\p{N}_]*$/u.test(name)
  check(isName, `The shared name [${name}] is not a valid variable name.`)
  checkMayShare(node, session)
  if (isStream(table)) {
    const publishes = node.config.maxPubConnections > 0
    check(publishes, 'The feature of publish is not enabled. RefId: S00001')
    const isFree = table.sharedName === '' || table.sharedName === name
    check(isFree, `This stream has already been shared as '${table.sharedName}'.`)
  }
  const replaced = node.shared.get(name)?.table
  if (replaced !== undefined && replaced !== table) replaced.sharedName = ''
  table.sharedName = name
  node.shared.set(name, { table, owner: session.user })
}

/** Even administrators need the right, except admin (manual, page grant). @throws {ScriptError} our own text, because none is documented */
function checkMayShare({ config, release, privileges }: ServerNode, session: ScriptSession): void {
  if (!config.enableSharedVarCreationControl) return
  if (!isAtLeast(release, firstReleases.sharedVariableControl)) return
  const holder = session.viewOwner ?? session.user
  const right = holder === 'admin' || privileges.get(holder)?.has('CREATE_SHARED_VAR *') === true
  check(right, '<NoPrivilege>Not granted to create shared variables')
}

/** @throws {ScriptError} if no table has this shared name, or if a fault imitates subscribers of the table (S03000) */
export function unshareTable({ node, session }: Context, name: string): void {
  const entry = node.shared.get(name)
  check(entry !== undefined, `Can't find the object with name ${name}`)
  if (isStream(entry.table)) {
    const fault = session.fault?.removal?.(name)
    if (fault !== undefined) throw new ScriptError(fault.error)
  }
  if (entry.table.sharedName === name) entry.table.sharedName = ''
  node.shared.delete(name)
}

/** The table with this name: a variable of the session, or else a shared table. */
export function findTable({ node, session }: Context, name: string): ServerTable | undefined {
  const variable = session.variables.get(name)
  return variable?.form === 'serverTable' ? variable : node.shared.get(name)?.table
}
