/*
  Users and rights (docs/server-semantics.md#rights; DolphinDB manual, pages login, createUser, grant, deny, revoke).
*/
import type { Builtin, CallContext } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { boolScalar, voidValue } from '../../values/scalar.js'
import { checkPassword } from '../../login/users.js'
import {
  builtin,
  booleanArgument,
  isAbsent,
  tableArgument,
  textArgument,
  textsArgument,
} from '../arguments.js'
import { privilegeKey } from '../../tables/privileges.js'

/** @throws {ScriptError} for a mode other than `scram` and `sha256`, the default */
function isScram(authMode: Parameters<Builtin['call']>[1][number]): boolean {
  const mode = isAbsent(authMode) ? 'sha256' : textArgument(authMode, 'authMode').toLowerCase()
  if (mode === 'scram' || mode === 'sha256') return mode === 'scram'
  throw new ScriptError('createUser: authMode must be "sha256" or "scram".')
}

/**
 * Administrators may call this function. The owner of a view may also call this function, for VIEW_EXEC on that view.
 */
function accessFunction(name: string, access: boolean | undefined): Builtin {
  return builtin(`${name}(userId, accessType, [objs])`, (context, args) =>
    setAccess(name, context, args, access),
  )
}

export const userFunctions: readonly Builtin[] = [
  /** Logs the session in as this user. The connection handles encrypted logins (`login/users.ts`). */
  builtin(
    'login(userId, password, [encrypted])',
    ({ node, session }, [userId, password, encrypted]) => {
      if (booleanArgument(encrypted, 'encrypted', false)) {
        throw new ScriptError('An encrypted login can only be sent as a request of its own.')
      }
      const user = textArgument(userId, 'userId')
      checkPassword(node, user, textArgument(password, 'password'))
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
    'createUser(userId, password, [groupIds], [isAdmin], [authMode])',
    ({ node }, [userId, password, , isAdmin, authMode]) => {
      const user = textArgument(userId, 'userId')
      if (!/^[A-Za-z][A-Za-z0-9_-]{0,29}$/.test(user)) {
        throw new ScriptError(
          'A user name must be letters, digits, underscores or hyphens, at most 30, beginning with a letter.',
        )
      }
      if (node.users.has(user) || user === 'guest') {
        throw new ScriptError(`The user name [${user}] already exists.`)
      }
      node.users.set(user, {
        password: textArgument(password, 'password'),
        isAdmin: booleanArgument(isAdmin, 'isAdmin', false),
        hasScram: isScram(authMode),
      })
      return voidValue
    },
    { adminOnly: true },
  ),
  builtin(
    'deleteUser(userId)',
    ({ node }, [userId]) => {
      const user = textArgument(userId, 'userId')
      if (user === 'admin') throw new ScriptError("The user admin can't be deleted.")
      if (!node.users.delete(user)) throw new ScriptError(`The user [${user}] does not exist.`)
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
  builtin('addAccessControl(table)', (context, [target]) => {
    const { node, session } = context
    const { sharedName } = tableArgument(context, target)
    const entry = node.shared.get(sharedName)
    if (entry === undefined) throw new ScriptError('addAccessControl(table). table must be shared.')
    if (!session.isAdmin && session.user !== entry.owner) {
      throw new ScriptError('Only administrators execute function addAccessControl')
    }
    entry.isControlled = true
    return voidValue
  }),
]

function setAccess(
  name: string,
  { node, session }: CallContext,
  [userId, accessType, objs]: Parameters<Builtin['call']>[1],
  access: boolean | undefined,
): typeof voidValue {
  const user = textArgument(userId, 'userId')
  const type = textArgument(accessType, 'accessType')
  const objects = isAbsent(objs) ? ['*'] : objectNames(objs)
  const isOwn = (object: string): boolean => node.functionViews.get(object)?.owner === session.user
  if (!session.isAdmin && !(type === 'VIEW_EXEC' && objects.every(isOwn))) {
    throw new ScriptError(`Only administrators execute function ${name}`)
  }
  if (!node.users.has(user)) throw new ScriptError(`The user [${user}] does not exist.`)
  const own = node.privileges.get(user) ?? new Map<string, boolean>()
  for (const object of objects) {
    if (type === 'VIEW_EXEC' && !viewsExist(node, object)) {
      throw new ScriptError(`The function view [${object}] does not exist. RefId: S04002`)
    }
    if (access === undefined) own.delete(privilegeKey(type, object))
    else own.set(privilegeKey(type, object), access)
  }
  node.privileges.set(user, own)
  return voidValue
}

/** Returns whether the view exists. `*` always exists; `namespace::*` exists if the namespace contains a view. */
function viewsExist({ functionViews }: CallContext['node'], object: string): boolean {
  if (object === '*' || functionViews.has(object)) return true
  if (!object.endsWith('::*')) return false
  return [...functionViews.keys()].some(view => view.startsWith(object.slice(0, -1)))
}

/** The names of tables, databases or views. For a view, the caller may also pass the function. */
function objectNames(objs: Parameters<Builtin['call']>[1][number]): readonly string[] {
  return objs?.form === 'function' ? [objs.name] : textsArgument(objs, 'objs')
}
