/*
  Shared tables: one name for all sessions of the node (docs/server-semantics.md#shared-tables).
*/
import type { ServerNode } from '../node.js'
import { ScriptError } from '../script-error.js'
import type { ScriptSession } from '../values/session-state.js'
import { isStream } from './prepare.js'
import type { ServerTable } from './server-table.js'

/**
 * Makes a table known to all sessions. A name that is shared already stands for the new table from now on.
 * @throws {ScriptError} for a stream table that is shared under another name
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
 * Takes a shared name back.
 * @throws {ScriptError} when nothing is shared under it, or it is to be kept for its subscribers (S03000, on request)
 */
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

/** The table a name stands for: the session's own variable first, then what is shared. */
export function findTable(
  node: ServerNode,
  session: ScriptSession,
  name: string,
): ServerTable | undefined {
  const variable = session.variables.get(name)
  return variable?.form === 'serverTable' ? variable : node.shared.get(name)?.table
}
