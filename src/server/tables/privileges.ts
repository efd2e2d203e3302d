/*
  Who may write where: administrators everywhere, others into DFS tables they made or were granted, nobody else
  (docs/server-semantics.md#rights).
*/
import type { ServerNode } from '../node.js'
import type { CallContext } from '../values/builtin.js'
import { ScriptError } from '../script-error.js'
import type { ServerTable } from './server-table.js'

/**
 * What was granted (true) or denied (false) to a user; undefined when neither was.
 * @param objs  `dfs://db/table`, a database or a function view; '*' stands for all of them
 */
export function privilegeOf(
  node: ServerNode,
  user: string,
  accessType: string,
  objs: string,
): boolean | undefined {
  const own = node.privileges.get(user)
  const exact = own?.get(privilegeKey(accessType, objs))
  const general = own?.get(privilegeKey(accessType, '*'))
  return exact === false || general === false ? false : (exact ?? general)
}

/** The key of a user's own map in `ServerNode.privileges`. */
export function privilegeKey(accessType: string, objs: string): string {
  return `${accessType} ${objs}`
}

/**
 * @param change  what is to be done to the table; TABLE_WRITE and DB_WRITE cover all three
 * @throws {ScriptError} `<NoPrivilege>Not granted to write data to table dfs://db/pt`
 */
export function checkStoredWrite(
  { node, session }: Pick<CallContext, 'node' | 'session'>,
  table: ServerTable,
  change: 'INSERT' | 'UPDATE' | 'DELETE' = 'INSERT',
): void {
  if (table.kind !== 'dfs' || session.isAdmin) return
  const { databasePath, tableName, owner } = table.stored!
  const path = `${databasePath}/${tableName}`
  const answers = [
    privilegeOf(node, session.user, 'TABLE_WRITE', path),
    privilegeOf(node, session.user, `TABLE_${change}`, path),
    privilegeOf(node, session.user, 'DB_WRITE', databasePath),
    privilegeOf(node, session.user, `DB_${change}`, databasePath),
  ]
  const isOwner = session.user !== 'guest' && session.user === owner
  if (!answers.includes(false) && (isOwner || answers.includes(true))) return
  throw new ScriptError(`<NoPrivilege>Not granted to write data to table ${path}`)
}
