/* Logins (docs/protocol.md#login, #scram), users and rights (docs/server-semantics.md#rights; DolphinDB manual, page grant). */
import type { CallContext, ServerValue } from '../values/server-value.js'
import { check } from '../script-error.js'
import { tupleOf } from '../values/values.js'
import { badLogin, logIn, loginKeys, passwordOf } from '../login/users.js'
import { isSameProof, nonceBytes, scramProof } from '../../protocol/scram.js'
import { randomBytes } from 'node:crypto'
import { type Call, family, isAbsent, textsArgument, valueOf } from './arguments.js'

export const userFunctions = family({
  /** Logs the session in as this user. With `encrypted`, both texts are in base64 and encrypted with the public key. */
  'login(userId: text, password: text, [encrypted: bool])': (
    { node, session },
    [user, password, encrypted = false],
  ) => {
    logIn(node, session, { user, password, encrypted })
    return true
  },
  'getDynamicPublicKey()': () => loginKeys().publicPem,
  /** The challenge of a SCRAM login: ANY of STRING, INT, STRING, as the Java client expects. */
  'scramClientFirst(userId: text, clientNonce: text)': ({ node, session }, [user, nonce]) => {
    // Official clients or their tests search for this text (docs/protocol.md#scram).
    const text = `user '${user}' doesn't support scram authMode: sha256 authMode doesn't support scram authMode`
    check(node.users.get(user)?.hasScram === true, text)
    // New for each login, so that a recorded login cannot be replayed.
    const combinedNonce = nonce + randomBytes(nonceBytes).toString('base64')
    const saltBase64 = randomBytes(16).toString('base64')
    const iterations = 4096
    session.scram = { user, nonce, challenge: { saltBase64, iterations, combinedNonce } }
    return tupleOf([saltBase64, iterations, combinedNonce].map(valueOf))
  },
  /** Answers with the signature that proves to the client that the server knows the password. */
  'scramClientFinal(userId: text, combinedNonce: text, proof: text)': (
    { node, session },
    [user, combinedNonce, proof],
  ) => {
    const { scram } = session
    // Each challenge is valid for one attempt only.
    session.scram = undefined
    const continues = scram?.user === user && scram.challenge.combinedNonce === combinedNonce
    check(continues, 'scramClientFinal does not continue a scramClientFirst.')
    const known = scramProof(user, passwordOf(node, user), scram.nonce, scram.challenge)
    if (!isSameProof(proof, known.proof)) throw badLogin()
    session.user = user
    return known.signature
  },
  /** Clients forward a ticket from a cluster's login here and require success. The session stays a guest session. */
  'authenticateByTicket(ticket)': () => undefined,
  'isClientAuth()': ({ node }) => node.requireLogin,
  /** Makes the session a guest's again. */
  'logout([userId], [sessionOnly])': ({ session }) => {
    session.user = 'guest'
  },

  /** Ignores groups, because the embedded server has none. */
  'createUser(userId: text, password: text, [groupIds], [isAdmin: bool], [authMode: text])': (
    context,
    [user, password, , isAdmin = false, authMode = 'sha256'],
  ) => {
    checkAdmin(context, 'createUser')
    const { users } = context.node
    check(
      /^[A-Za-z][A-Za-z0-9_-]{0,29}$/.test(user),
      'A user name must be letters, digits, underscores or hyphens, at most 30, beginning with a letter.',
    )
    const isTaken = users.has(user) || user === 'guest'
    check(!isTaken, `The user name [${user}] already exists.`)
    const mode = authMode.toLowerCase()
    const isMode = mode === 'scram' || mode === 'sha256'
    check(isMode, 'createUser: authMode must be "sha256" or "scram".')
    users.set(user, { password, isAdmin, hasScram: mode === 'scram' })
  },
  'deleteUser(userId: text)': (context, [user]) => {
    checkAdmin(context, 'deleteUser')
    const { users, privileges } = context.node
    check(user !== 'admin', "The user admin can't be deleted.")
    check(users.delete(user), `The user [${user}] does not exist.`)
    privileges.delete(user)
  },
  'grant(userId: text, accessType: text, [objs])': access('grant'),
  'revoke(userId: text, accessType: text, [objs])': access('revoke'),

  /** After this call, only administrators and the user who shared the table may use it without rights. */
  'addAccessControl(table: table)': (context, [{ sharedName }]) => {
    const entry = context.node.shared.get(sharedName)
    check(entry !== undefined, 'addAccessControl(table). table must be shared.')
    if (context.session.user !== entry.owner) checkAdmin(context, 'addAccessControl')
    entry.isControlled = true
  },
})

function checkAdmin({ session }: CallContext, name: string): void {
  check(session.isAdmin, `Only administrators execute function ${name}`)
}

/** Administrators may change rights. The owner of a view may also change VIEW_EXEC on that view. */
function access(
  name: 'grant' | 'revoke',
): Call<[user: string, type: string, objs: ServerValue | undefined]> {
  return (context, [user, type, objs]) => {
    const { functionViews, privileges, users } = context.node
    const ofFunction = objs?.form === 'function' ? [objs.name] : undefined
    const objects = ofFunction ?? (isAbsent(objs) ? ['*'] : textsArgument(objs, 'objs'))
    const isOwn = (object: string): boolean =>
      functionViews.get(object)?.viewOwner === context.session.user
    if (type !== 'VIEW_EXEC' || !objects.every(isOwn)) checkAdmin(context, name)
    check(users.has(user), `The user [${user}] does not exist.`)
    const own = privileges.get(user) ?? new Set<string>()
    for (const object of objects) {
      const isKnown = type !== 'VIEW_EXEC' || object === '*' || functionViews.has(object)
      check(isKnown, `The function view [${object}] does not exist. RefId: S04002`)
      if (name === 'grant') own.add(`${type} ${object}`)
      else own.delete(`${type} ${object}`)
    }
    privileges.set(user, own)
  }
}
