/*
  Shared tables, which all sessions of the node see under one name (docs/server-semantics.md#shared-tables), and who may
  read and write a table or call a function view (#rights). Inside a function view, the rights of the view's owner apply.
  Administrators may do everything. Other users may use
  - the DFS tables that they created or for which they have rights
  - the shared tables that they shared or for which they have rights, and those on which nobody has granted rights
*/
import { type ServerNode, firstReleases, isAtLeast } from '../node.js'
import type { CallContext, ScriptSession } from '../values/server-value.js'
import { ScriptError, check } from '../script-error.js'
import type { ServerTable } from './server-table.js'
import { isStream } from './prepare.js'

/** @param objs  `dfs://db/table`, a database, a shared table or a function view; '*' means all of them */
export function hasRight(
  node: ServerNode,
  user: string,
  accessType: string,
  objs: string,
): boolean {
  const own = node.privileges.get(user)
  if (own === undefined) return false
  return own.has(privilegeKey(accessType, objs)) || own.has(privilegeKey(accessType, '*'))
}

/** Name of a right in `ServerNode.privileges`, such as `TABLE_WRITE dfs://db/pt`. */
export function privilegeKey(accessType: string, objs: string): string {
  return `${accessType} ${objs}`
}

/** True if the user has DB_OWNER for `*` or a matching pattern such as `dfs://test*` (DolphinDB manual, page grant). */
export function mayMakeDatabase({ privileges }: ServerNode, user: string, path: string): boolean {
  const prefix = privilegeKey('DB_OWNER', '')
  return [...(privileges.get(user) ?? [])].some(
    right =>
      right.startsWith(prefix) && path.startsWith(right.slice(prefix.length).replace(/\*$/, '')),
  )
}

type Context = Pick<CallContext, 'node' | 'session'>

/** The user whose rights apply: the owner of the running function view, or else the session's user. */
function rightsHolder({ node, session }: Context): { user: string; isAdmin: boolean } {
  const user = session.viewOwner ?? session.user
  return { user, isAdmin: node.users.get(user)?.isAdmin === true }
}

/**
 * Administrators may call every view, owners their own views, and other users the views granted to them: by name or `*`.
 * @throws {ScriptError} `<NoPrivilege>Not granted to execute function view put`
 */
export function checkViewCall(context: Context, view: string, owner: string | undefined): void {
  const { user, isAdmin } = rightsHolder(context)
  const mayCall = isAdmin || user === owner || hasRight(context.node, user, 'VIEW_EXEC', view)
  check(mayCall, `<NoPrivilege>Not granted to execute function view ${view}`)
}

/**
 * @param change  the change to be made; TABLE_WRITE and DB_WRITE permit all changes
 * @throws {ScriptError} `<NoPrivilege>Not granted to write data to table dfs://db/pt`, `No access to table [trades]`
 */
export function checkWrite(
  context: Context,
  table: ServerTable,
  change: 'INSERT' | 'UPDATE' | 'DELETE' = 'INSERT',
): void {
  if (mayUse(context, table, ['WRITE', change])) return
  throw new ScriptError(
    table.kind === 'dfs'
      ? `<NoPrivilege>Not granted to write data to table ${pathOf(table)}`
      : `No access to table [${table.sharedName}]`,
  )
}

/** @throws {ScriptError} `<NotAuthenticated>Not granted to read table dfs://db/pt`, `No access to shared table [trades]` */
export function checkRead(context: Context, table: ServerTable): void {
  if (mayUse(context, table, ['READ'])) return
  throw new ScriptError(
    table.kind === 'dfs'
      ? `<NotAuthenticated>Not granted to read table ${pathOf(table)}`
      : `No access to shared table [${table.sharedName}]`,
  )
}

function pathOf(table: ServerTable): string {
  const { databasePath, tableName } = table.stored!
  return `${databasePath}/${tableName}`
}

/** True if the user owns the table or has one of the rights. */
function mayUse(context: Context, table: ServerTable, actions: readonly string[]): boolean {
  const { node } = context
  const { user, isAdmin } = rightsHolder(context)
  const isStored = table.kind === 'dfs'
  const { sharedName } = table
  if (isAdmin || (!isStored && sharedName === '')) return true
  const entry = node.shared.get(sharedName)
  const isControlled =
    entry?.isControlled === true || (node.privileges.size > 0 && hasRights(node, sharedName))
  if (!isStored && !isControlled) return true
  const name = isStored ? pathOf(table) : sharedName
  const owner = isStored ? table.stored!.owner : entry?.owner
  if (user !== 'guest' && user === owner) return true
  return actions.some(
    action =>
      hasRight(node, user, `TABLE_${action}`, name) ||
      (isStored && hasRight(node, user, `DB_${action}`, table.stored!.databasePath)),
  )
}

/** True if any right on the shared table has been granted. */
function hasRights(node: ServerNode, sharedName: string): boolean {
  for (const own of node.privileges.values()) {
    for (const key of own) if (key.endsWith(` ${sharedName}`)) return true
  }
  return false
}

/**
 * Makes a table visible to all sessions. If a different table has the name, the name moves to the new table.
 * @throws {ScriptError} for an invalid name, or if the user has no right to share tables. For a stream table, also if
 *   it is already shared under a different name, or if the node publishes no tables (S00001)
 */
export function shareTable(
  node: ServerNode,
  session: ScriptSession,
  table: ServerTable,
  name: string,
): void {
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

/**
 * Even an administrator other than the user admin needs the right CREATE_SHARED_VAR (DolphinDB manual, page grant).
 * @throws {ScriptError} with our own text, because the server's text is undocumented
 */
function checkMayShare(node: ServerNode, { user, viewOwner }: ScriptSession): void {
  const { config, release } = node
  if (!config.enableSharedVarCreationControl) return
  if (!isAtLeast(release, firstReleases.sharedVariableControl)) return
  const holder = viewOwner ?? user
  const right = holder === 'admin' || hasRight(node, holder, 'CREATE_SHARED_VAR', '*')
  check(right, '<NoPrivilege>Not granted to create shared variables')
}

/** @throws {ScriptError} if no table has this shared name, or if a fault imitates subscribers of the table (S03000) */
export function unshareTable(node: ServerNode, session: ScriptSession, name: string): void {
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
export function findTable(
  node: ServerNode,
  session: ScriptSession,
  name: string,
): ServerTable | undefined {
  const variable = session.variables.get(name)
  return variable?.form === 'serverTable' ? variable : node.shared.get(name)?.table
}
