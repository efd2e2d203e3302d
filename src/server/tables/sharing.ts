/*
  Shared tables, which all sessions of the node see under one name (docs/server-semantics.md#shared-tables).
*/
import type { ServerNode } from '../node.js'
import { firstReleases, isAtLeast } from '../release.js'
import { ScriptError } from '../script-error.js'
import type { ScriptSession } from '../values/builtin.js'
import { isStream } from './prepare.js'
import { privilegeOf } from './privileges.js'
import type { ServerTable } from './server-table.js'

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
  readOnly = false,
): void {
  if (!/^[\p{L}][\p{L}\p{N}_]*$/u.test(name)) {
    throw new ScriptError(`The shared name [${name}] is not a valid variable name.`)
  }
  checkMayShare(node, session)
  if (isStream(table) && node.config.maxPubConnections === 0) {
    throw new ScriptError('The feature of publish is not enabled. RefId: S00001')
  }
  if (isStream(table) && table.sharedName !== '' && table.sharedName !== name) {
    throw new ScriptError(`This stream has already been shared as '${table.sharedName}'.`)
  }
  const replaced = node.shared.get(name)?.table
  if (replaced !== undefined && replaced !== table) replaced.sharedName = ''
  table.sharedName = name
  table.readOnly = readOnly
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
  if (holder === 'admin' || privilegeOf(node, holder, 'CREATE_SHARED_VAR', '*') === true) return
  throw new ScriptError('<NoPrivilege>Not granted to create shared variables')
}

/** @throws {ScriptError} if no table has this shared name, or if a fault imitates subscribers of the table (S03000) */
export function unshareTable(node: ServerNode, session: ScriptSession, name: string): void {
  const entry = node.shared.get(name)
  if (entry === undefined) throw new ScriptError(`Can't find the object with name ${name}`)
  if (isStream(entry.table)) {
    const fault = node.beforeRemoval?.({ sessionId: session.id, table: name })
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
