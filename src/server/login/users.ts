/*
  Passwords, plain or encrypted with an RSA key, and what guests may call.
*/
import { Buffer } from 'node:buffer'
import {
  type KeyObject,
  constants,
  createHash,
  generateKeyPairSync,
  privateDecrypt,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto'
import type { ServerNode } from '../node.js'
import { ScriptError, check } from '../script-error.js'
import type { ScriptSession } from '../values/server-value.js'

const keyBits = 2048
// A padded block is 00 02, at least eight random bytes other than 00, then 00, then the text (RFC 8017 §7.2.1).
const shortestPadding = 8

let keys: { publicPem: string; privateKey: KeyObject } | undefined

/**
 * The RSA key, made at the first call for all servers of the process, because making it takes longer than the rest of a
 * login. Made synchronously, because a test that controls the clock could not control another thread.
 */
function loginKeys(): NonNullable<typeof keys> {
  if (keys === undefined) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: keyBits })
    keys = { publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(), privateKey }
  }
  return keys
}

/** PEM text that begins with `-----BEGIN PUBLIC KEY-----`. */
export const publicPem = (): string => loginKeys().publicPem

/** @returns undefined if the text was not encrypted with the public key */
export function decrypt(base64: string): string | undefined {
  // Java breaks base64 into lines with CRLF, C++ with LF. Node's decoder skips the line breaks.
  const encrypted = Buffer.from(base64, 'base64')
  if (encrypted.length !== keyBits / 8) return undefined
  try {
    // Decrypts without removing the padding, because Node refuses to remove PKCS#1 v1.5 padding (CVE-2023-46809).
    const { privateKey: key } = loginKeys()
    return unpadded(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encrypted))
  } catch {
    return undefined
  }
}

/** Removes PKCS#1 v1.5 padding. Always reads every byte, so that the time reveals little about the content. */
function unpadded(block: Buffer): string | undefined {
  let separator = 0
  for (let i = block.length - 1; i >= 2; i--) {
    const isZero = (block[i]! - 1) >>> 31
    separator = isZero * i + (1 - isZero) * separator
  }
  const valid = block[0] === 0 && block[1] === 2 && separator >= 2 + shortestPadding
  return valid ? block.toString('utf8', separator + 1) : undefined
}

/** User and password of a freshly installed DolphinDB server. */
export const initialAdmin = { user: 'admin', password: '123456' } as const

type Users = Pick<ServerNode, 'users'>

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
  check(
    session.user !== 'guest' || mayCall,
    'Login is required for script execution with client authentication enabled. RefId: S04009',
  )
}

/** Serves connect requests with a login, and calls of `login`. @throws {ScriptError} with the server's message */
export function logIn(
  node: Users,
  session: ScriptSession,
  user: string,
  password: string,
  encrypted: boolean,
): void {
  const [name, secret] = encrypted ? [decrypt(user), decrypt(password)] : [user, password]
  if (name === undefined || secret === undefined) throw badLogin()
  if (!timingSafeEqual(digest(secret), digest(passwordOf(node, name)))) throw badLogin()
  session.user = name
}
