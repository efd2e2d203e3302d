/* Passwords, plain or encrypted with an RSA key, and what guests may call. */
import type { Request } from '../../protocol/request.js'
import {
  type KeyObject,
  createHash,
  generateKeyPairSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import { decryptText } from '../../protocol/rsa.js'
import type { ServerNode } from '../node.js'
import { ScriptError, check } from '../script-error.js'
import type { ScriptSession } from '../values/server-value.js'

let keys: { publicPem: string; privateKey: KeyObject } | undefined

/** Made late, because it takes longer than the rest of a login; synchronously, because a test's clock could not control another thread. */
export function loginKeys(): NonNullable<typeof keys> {
  if (keys === undefined) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    keys = { publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), privateKey }
  }
  return keys
}

/** User and password of a freshly installed DolphinDB server. */
export const initialAdmin = { user: 'admin', password: '123456' } as const

type Users = Pick<ServerNode, 'users'>
type ConnectLogin = NonNullable<Extract<Request, { kind: 'connect' }>['login']>

/** A password for unknown users. Comparing with it makes the refusal as slow as the refusal of a wrong password. */
const nobody = randomBytes(16).toString('hex')

export function passwordOf({ users }: Users, user: string): string {
  return users.get(user)?.password ?? nobody
}

/** Hashes have the same length, so the time of a comparison does not reveal the length of a password. */
const digest = (text: string) => createHash('sha256').update(text).digest()

export function badLogin(): ScriptError {
  return new ScriptError('The user name or password is incorrect.')
}

/** Functions that guests may call even if the server requires a login, because clients call them before the login. */
const openToGuests: readonly string[] = [
  'isNodeInitialized', 'version', 'isClientAuth', 'login', 'getDynamicPublicKey',
  'scramClientFirst', 'scramClientFinal', 'authenticateByTicket',
] // prettier-ignore

/** @throws {ScriptError} S04009 if a guest may not call the function; `name` is undefined for scripts */
export function checkAccess(session: ScriptSession, name: string | undefined): void {
  const mayCall = name !== undefined && openToGuests.includes(name)
  const text =
    'Login is required for script execution with client authentication enabled. RefId: S04009'
  check(session.user !== 'guest' || mayCall, text)
}

/** Serves connect requests with a login, and calls of `login`. @throws {ScriptError} with the server's message */
export function logIn(node: Users, session: ScriptSession, login: ConnectLogin): void {
  const { user, password, encrypted } = login
  const plain = (text: string): string | undefined =>
    encrypted ? decryptText(loginKeys().privateKey, text) : text
  const [name, secret] = [plain(user), plain(password)]
  if (name === undefined || secret === undefined) throw badLogin()
  if (!timingSafeEqual(digest(secret), digest(passwordOf(node, name)))) throw badLogin()
  session.user = name
}
