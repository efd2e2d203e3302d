/*
  Users and rights (docs/server-semantics.md#rights; DolphinDB manual, pages login, createUser, grant, deny, revoke).
*/
import type { Builtin, ServerValue } from '../values/server-value.js'
import { ScriptError } from '../script-error.js'
import { boolScalar, voidValue } from '../values/scalar.js'
import { checkPassword } from '../login/users.js'
import { builtin, isAbsent, textsArgument } from './arguments.js'
import { privilegeKey } from '../tables/privileges.js'

export const userFunctions: readonly Builtin[] = [
  /** Logs the session in as this user. The connection handles encrypted logins (`login/users.ts`). */
  builtin(
    'login(userId: text, password: text, [encrypted: bool])',
    ({ node, session }, [user, password, isEncrypted]) => {
      if (isEncrypted === true) {
        throw new ScriptError('An encrypted login can only be sent as a request of its own.')
      }
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
      if (!/^[A-Za-z][A-Za-z0-9_-]{0,29}$/.test(user)) {
        throw new ScriptError(
          'A user name must be letters, digits, underscores or hyphens, at most 30, beginning with a letter.',
        )
      }
      if (node.users.has(user) || user === 'guest') {
        throw new ScriptError(`The user name [${user}] already exists.`)
      }
      const mode = authMode.toLowerCase()
      if (mode !== 'scram' && mode !== 'sha256') {
        throw new ScriptError('createUser: authMode must be "sha256" or "scram".')
      }
      node.users.set(user, { password, isAdmin, hasScram: mode === 'scram' })
      return voidValue
    },
    { adminOnly: true },
  ),
  builtin(
    'deleteUser(userId: text)',
    ({ node }, [user]) => {
      if (user === 'admin') throw new ScriptError("The user admin can't be deleted.")
      if (!node.users.delete(user)) throw unknownUser(user)
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
    if (entry === undefined) throw new ScriptError('addAccessControl(table). table must be shared.')
    if (!session.isAdmin && session.user !== entry.owner) {
      throw new ScriptError('Only administrators execute function addAccessControl')
    }
    entry.isControlled = true
    return voidValue
  }),
]

function unknownUser(user: string): ScriptError {
  return new ScriptError(`The user [${user}] does not exist.`)
}

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
      if (!session.isAdmin && !(type === 'VIEW_EXEC' && objects.every(isOwn))) {
        throw new ScriptError(`Only administrators execute function ${name}`)
      }
      if (!node.users.has(user)) throw unknownUser(user)
      const own = node.privileges.get(user) ?? new Map<string, boolean>()
      for (const object of objects) {
        if (type === 'VIEW_EXEC' && object !== '*' && !node.functionViews.has(object)) {
          throw new ScriptError(`The function view [${object}] does not exist. RefId: S04002`)
        }
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
