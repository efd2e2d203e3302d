/* Logs in by the best method that a server offers: SCRAM, which reveals nothing of the password; RSA, as official clients do; plain text,
   only if verified TLS protects the password or the user allows it (docs/security.md#logins). */
import { createPublicKey, type KeyObject } from 'node:crypto'
import { ServerError, UsageError, option } from '../../errors.js'
import { isRefusedLogin, lacksLogin } from '../failure.js'
import type { Response } from '../../protocol/response.js'
import { encryptText } from '../../protocol/rsa.js'
import { stringScalar } from '../../protocol/types/strings.js'
import type { Value } from '../../protocol/value.js'
import { passwordHider } from './hide-password.js'
import { loginMethods, type LoginMethod, type Protection } from './protection.js'
import { isSameProof, nonceBytes, scramProof, type ScramChallenge } from '../../protocol/scram.js'

export interface Credentials {
  readonly user: string
  readonly password: string
}

export type AskServer = (name: string, args: readonly Value[]) => Promise<Response>

/** Shorter keys have been factored. The program does not demand longer keys, because the key lengths of servers are undocumented. */
const shortestKeyBits = 1_024
/** The minimum of RFC 7677. With fewer iterations, an impostor could quickly find the password from our proof. */
const fewestIterations = 4_096
/** Limit of characters quoted from a server's message. The rest of a longer line adds nothing. */
const longestQuote = 200
/** With more iterations a login would keep this machine busy for too long. */
const mostIterations = 1_000_000

/**
 * Logs a session in. The session's other requests must wait until the login ends. @returns the method used
 * @throws {ServerError} DDB_LOGIN if the server refuses, does not prove itself, or offered a better method before
 * @throws {UsageError} DDB_CONFIG if the password would be sent unprotected, or more weakly than required
 */
export async function logIn(
  credentials: Credentials,
  protection: Protection,
  random: (length: number) => Uint8Array,
  ask: AskServer,
): Promise<LoginMethod> {
  const { user } = credentials
  const { address } = protection
  const scram = await scramLogin(credentials, protection, random, ask)
  // Without the server's proof, the login counts as plain text, because an impostor can guess the password from our proof.
  if ('isProven' in scram) return scram.isProven ? 'scram' : 'plain'
  const { reason: noScram } = scram
  if (protection.needsScram) throw scramRequired(user, address, noScram)
  checkTrust(credentials, protection, 'rsa')
  const noRsa = await rsaLogin(credentials, protection, ask)
  if (noRsa === undefined) return 'rsa'
  checkTrust(credentials, protection, 'plain')
  if (!protection.mayShowPassword) throw unprotectedLogin(user, address, `${noScram}, and ${noRsa}`)
  checkLoginAnswer(
    credentials,
    await ask('login', [stringScalar(user), stringScalar(credentials.password)]),
  )
  return 'plain'
}

/** Refuses a server that offered a better login method before and now offers only a weaker one. */
function checkTrust(
  { user }: Credentials,
  { address, least }: Protection,
  method: LoginMethod,
): void {
  if (least === undefined) return
  if (loginMethods.indexOf(method) <= loginMethods.indexOf(least.method)) return
  throw impostorError(
    `${address} has logged us in by ${names[least.method]} before and now wants the password of user "${user}" in a ` +
      `weaker way: another machine may be impersonating it. If the server was reinstalled, remove ${least.place}.`,
  )
}

const names = { scram: 'SCRAM', rsa: 'RSA', plain: 'a plain password' } as const

/** `isProven`: whether the server has proved that it knows the password. `reason`: a clause on why SCRAM is impossible. */
type ScramOutcome = { readonly isProven: boolean } | { readonly reason: string }

/** @throws {ServerError} DDB_LOGIN */
async function scramLogin(
  credentials: Credentials,
  { address, needsProof }: Pick<Protection, 'address' | 'needsProof'>,
  random: (length: number) => Uint8Array,
  ask: AskServer,
): Promise<ScramOutcome> {
  const { user, password } = credentials
  const clientNonce = Buffer.from(random(nonceBytes)).toString('base64')
  const first = await ask('scramClientFirst', [stringScalar(user), stringScalar(clientNonce)])
  if (!first.ok) {
    if (isFinal(first.message)) throw loginFailure(credentials, first.message)
    return { reason: `the server offers them no SCRAM (${quoted(credentials, first.message)})` }
  }
  const challenge = challengeOf(first.value)
  const { iterations, combinedNonce } = challenge ?? { iterations: 0, combinedNonce: '' }
  const isNew = combinedNonce.startsWith(clientNonce) && combinedNonce !== clientNonce
  if (challenge === undefined || !isNew || iterations < 1 || iterations > mostIterations) {
    throw impostorError(
      `${address} begins a SCRAM login that is not safe, or none at all: is it a DolphinDB server? Nothing of the ` +
        'password was sent.',
    )
  }
  if (needsProof && iterations < fewestIterations) {
    throw impostorError(
      `${address} wants the password of user "${user}" proven with ${iterations} iterations of SCRAM. Fewer than ` +
        `${fewestIterations} are not safe: the password could be found. If that is how your server does it, verify it ` +
        `by ${option('server.tls')}.`,
    )
  }
  const { proof, signature } = scramProof(user, password, clientNonce, challenge)
  const final = await ask('scramClientFinal', [
    stringScalar(user),
    stringScalar(combinedNonce),
    stringScalar(proof),
  ])
  if (!final.ok) throw loginFailure(credentials, final.message)
  const answer = textOf(final.value) ?? ''
  // Official clients require no proof from the server. We do, unless verified TLS or the user's settings replace the proof.
  if (isSameProof(answer, signature)) return { isProven: true }
  if (answer === '' && !needsProof) return { isProven: false }
  throw impostorError(
    `${address} does not prove that it knows the password of user "${user}": another machine may be impersonating it. Nothing ` +
      `more is sent.${answer === '' ? ` If your server never sends a proof, verify it by ${option('server.tls')}.` : ''}`,
  )
}

function impostorError(sentence: string): ServerError {
  return new ServerError('', 'DDB_LOGIN', sentence)
}

/** @returns a clause on why RSA is impossible; undefined after a login @throws {ServerError} DDB_LOGIN */
async function rsaLogin(
  credentials: Credentials,
  { beforeRsa }: Pick<Protection, 'beforeRsa'>,
  ask: AskServer,
): Promise<string | undefined> {
  const answer = await ask('getDynamicPublicKey', [])
  if (!answer.ok) return `it has no key for RSA (${quoted(credentials, answer.message)})`
  const key = readPublicKey(textOf(answer.value) ?? '')
  if (key === undefined) return `its RSA key is invalid, or shorter than ${shortestKeyBits} bits`
  const user = encryptText(key, credentials.user)
  const password = encryptText(key, credentials.password)
  if (user === undefined || password === undefined)
    return 'its key for RSA is too short for user and password'
  beforeRsa()
  const isEncrypted: Value = { form: 'scalar', type: 'BOOL', value: true }
  checkLoginAnswer(
    credentials,
    await ask('login', [stringScalar(user), stringScalar(password), isEncrypted]),
  )
  return undefined
}

/** True if no login method can succeed, because the server refuses the user or names another node. */
function isFinal(message: string): boolean {
  if (lacksLogin(message)) return false
  return isRefusedLogin(message) || /^<\w+>/.test(message) || /\block(ed)?\b/i.test(message)
}

/** Quotes a server's message in a sentence of ours, without the password that it may repeat. */
function quoted({ password }: Credentials, message: string): string {
  const safe = passwordHider(password)(message)
  return `it says: ${safe.length > longestQuote ? `${safe.slice(0, longestQuote)}…` : safe}`
}

function scramRequired(user: string, address: string, noScram: string): UsageError {
  return new UsageError(
    'DDB_CONFIG',
    `${option('server.require')} allows only SCRAM logins, and user "${user}" cannot log in to ${address} by it: ${noScram}. ` +
      'Have the user created for SCRAM (`createUser` with authMode="scram", from server 2.00.16 or 3.00.3 on), or require less.',
  )
}

function challengeOf(value: Value | undefined): ScramChallenge | undefined {
  if (value?.form !== 'vector' || value.type !== 'ANY' || value.length !== 3) return undefined
  const [salt, iterations, nonce] = value.data
  const saltBase64 = textOf(salt)
  const combinedNonce = textOf(nonce)
  if (iterations?.form !== 'scalar' || iterations.type !== 'INT') return undefined
  if (saltBase64 === undefined || combinedNonce === undefined || iterations.value === null) {
    return undefined
  }
  return { saltBase64, iterations: iterations.value, combinedNonce }
}

function textOf(value: Value | undefined): string | undefined {
  return value?.form === 'scalar' && value.type === 'STRING' ? value.value : undefined
}

/** The server's key, which keeps the password from eavesdroppers, but not from a man in the middle; undefined if unusable. */
function readPublicKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem)
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= shortestKeyBits ? key : undefined
  } catch {
    return undefined
  }
}

/** The error if a password would be sent in plain text. @param cause  a clause that says why nothing better is possible */
export function unprotectedLogin(user: string, address: string, cause: string): UsageError {
  return new UsageError(
    'DDB_CONFIG',
    `The password of user "${user}" would travel to ${address} in plain text: ${cause}. There are three ways out: ` +
      `connect with ${option('server.tls')}; have the user created for SCRAM (\`createUser\` with authMode="scram", from server ` +
      `2.00.16 or 3.00.3 on); or allow it with ${option('server.insecureLogin')}.`,
  )
}

/** @throws {ServerError} DDB_LOGIN if the server refuses the login: by an error, or by the answer false */
export function checkLoginAnswer(credentials: Credentials, answer: Response): void {
  if (!answer.ok) throw loginFailure(credentials, answer.message)
  const { value } = answer
  if (value?.form === 'scalar' && value.type === 'BOOL' && value.value === false) {
    throw loginFailure(credentials, 'the user name or password is incorrect')
  }
}

/** The failure of a login, with the password redacted, because the server's text may repeat it. */
function loginFailure({ user, password }: Credentials, received: string): ServerError {
  const safe = passwordHider(password)(received)
  const message = `The server refused the login of user "${user}": ${safe}`
  return new ServerError(safe, 'DDB_LOGIN', message, received)
}
