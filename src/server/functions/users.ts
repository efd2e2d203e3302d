/*
  Users and rights (docs/server-semantics.md#rights; DolphinDB manual, pages login, createUser, grant, deny, revoke).
*/
import type { Builtin, ServerValue } from '../values/server-value.js'
import { check } from '../script-error.js'
import { boolScalar, voidValue } from '../values/values.js'
import { checkPassword } from '../login/users.js'
import { builtin, isAbsent, textsArgument } from './arguments.js'
import { privilegeKey } from '../tables/privileges.js'

export const userFunctions: readonly Builtin[] = [
  /** Logs the session in as this user. The connection handles encrypted logins (`login/users.ts`). */
  builtin(
    'login(userId: text, password: text, [encrypted: bool])',
    ({ node, session }, [user, password, isEncrypted]) => {
      check(!isEncrypted, 'An encrypted login can only be sent as a request of its own.')
      checkPassword(node, user, password)
      session.user = user
      return boolScalar(true)
    },
  ),

  /** Makes the session a guest's again. */
  builtin('logout([userId], [sessionOnly])', ({ session }) => {
    session.user = 'guest'
    return voidValue
  }),

  /** Ignores groups, because the embedded server has none. */
  builtin(
    'createUser(userId: text, password: text, [groupIds], [isAdmin: bool], [authMode: text])',
    ({ node }, [user, password, , isAdmin = false, authMode = 'sha256']) => {
      check(
        /^[A-Za-z][A-Za-z0-9_-]{0,29}$/.test(user),
        'A user name must be letters, digits, underscores or hyphens, at most 30, beginning with a letter.',
      )
      const isTaken = node.users.has(user) || user === 'guest'
      check(!isTaken, `The user name [${user}] already exists.`)
      const mode = authMode.toLowerCase()
      const isMode = mode === 'scram' || mode === 'sha256'
      check(isMode, 'createUser: authMode must be "sha256" or "scram".')
      node.users.set(user, { password, isAdmin, hasScram: mode === 'scram' })
      return voidValue
    },
    { adminOnly: true },
  ),
  builtin(
    'deleteUser(userId: text)',
    ({ node }, [user]) => {
      check(user !== 'admin', "The user admin can't be deleted.")
      check(node.users.delete(user), `The user [${user}] does not exist.`)
      node.privileges.delete(user)
      return voidValue
    },
    { adminOnly: true },
  ),
  accessFunction('grant', true),
  /** A denied right overrides all grants of that right. */
  accessFunction('deny', false),
  accessFunction('revoke', undefined),

  /** After this call, only administrators and the user who shared the table may use it without rights. */
  builtin('addAccessControl(table: table)', ({ node, session }, [{ sharedName }]) => {
    const entry = node.shared.get(sharedName)
    check(entry !== undefined, 'addAccessControl(table). table must be shared.')
    const mayControl = session.isAdmin || session.user === entry.owner
    check(mayControl, 'Only administrators execute function addAccessControl')
    entry.isControlled = true
    return voidValue
  }),
]

/**
 * Administrators may call this function. The owner of a view may also call this function, for VIEW_EXEC on that view.
 */
function accessFunction(name: string, access: boolean | undefined): Builtin {
  return builtin(
    `${name}(userId: text, accessType: text, [objs])` as const,
    ({ node, session }, [user, type, objs]) => {
      const objects = objectNames(objs)
      const isOwn = (object: string): boolean =>
        node.functionViews.get(object)?.owner === session.user
      const isOwner = type === 'VIEW_EXEC' && objects.every(isOwn)
      check(session.isAdmin || isOwner, `Only administrators execute function ${name}`)
      check(node.users.has(user), `The user [${user}] does not exist.`)
      const own = node.privileges.get(user) ?? new Map<string, boolean>()
      for (const object of objects) {
        const isKnown = type !== 'VIEW_EXEC' || object === '*' || node.functionViews.has(object)
        check(isKnown, `The function view [${object}] does not exist. RefId: S04002`)
        if (access === undefined) own.delete(privilegeKey(type, object))
        else own.set(privilegeKey(type, object), access)
      }
      node.privileges.set(user, own)
      return voidValue
    },
  )
}

/** The names of tables, databases or views; `*` if omitted. For a view, the caller may also pass the function. */
function objectNames(objs: ServerValue | undefined): readonly string[] {
  if (isAbsent(objs)) return ['*']
  return objs.form === 'function' ? [objs.name] : textsArgument(objs, 'objs')
}
