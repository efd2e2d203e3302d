/*
  Logging in, by the best way that a server offers: SCRAM, which shows nothing of the password; RSA; plain. Weaker ones
  only where TLS, the machine itself or the user protects the password (docs/protocol.md#login).
*/
import { ServerError } from '../../errors.js'
import { isRefusedLogin } from '../failure.js'
import type { Response } from '../../protocol/response.js'
import type { Value } from '../../protocol/value.js'
import {
  checkLoginAnswer,
  loginFailure,
  unprotectedLogin,
  type Credentials,
} from './plain-login.js'
import { loginMethods, type LoginMethod, type Protection } from './protection.js'
import { encryptText, readPublicKey } from './rsa.js'
import { isSignature, nonceBytes, scramProof, type ScramChallenge } from './scram.js'

/** Calls a function on the session that logs in, with an answer. */
export type AskServer = (name: string, args: readonly Value[]) => Promise<Response>

/** RFC 7677 has no fewer: a password would be found too fast by whoever made us prove it. */
const fewestIterations = 4_096
/** More would keep this machine busy for longer than a login should. */
const mostIterations = 1_000_000

/**
 * Logs a session in; its other requests have to wait until this ends.
 *
 * @returns the way that was taken
 * @throws {ServerError} DDB_LOGIN when the server refuses, does not prove that it knows the password, or did better before
 * @throws {UsageError} DDB_CONFIG when the password would have to leave unprotected
 */
export async function logIn(
  credentials: Credentials,
  protection: Protection,
  random: (length: number) => Uint8Array,
  ask: AskServer,
): Promise<LoginMethod> {
  if (await scramLogin(credentials, protection, random, ask)) return 'scram'
  if (!protection.mayShowPassword) throw unprotectedLogin(credentials.user, protection.address)
  checkTrust(credentials, protection, 'rsa')
  if (await rsaLogin(credentials, ask)) return 'rsa'
  checkTrust(credentials, protection, 'plain')
  await plainLogin(credentials, ask)
  return 'plain'
}

/** A server that did better is not believed when it says that it cannot. */
function checkTrust(
  { user }: Credentials,
  { address, least }: Protection,
  method: LoginMethod,
): void {
  if (least === undefined) return
  if (loginMethods.indexOf(method) <= loginMethods.indexOf(least.method)) return
  throw new ServerError(
    '',
    'DDB_LOGIN',
    `${address} has logged us in by ${names[least.method]} before and now wants the password of user "${user}" in a ` +
      `weaker way: somebody may stand in its place. If it was set up anew, remove ${least.place}.`,
  )
}

const names = { scram: 'SCRAM', rsa: 'RSA', plain: 'a plain password' } as const

/**
 * @returns false when the server does not offer it
 * @throws {ServerError} DDB_LOGIN
 */
export async function scramLogin(
  credentials: Credentials,
  { address, mayShowPassword }: Protection,
  random: (length: number) => Uint8Array,
  ask: AskServer,
): Promise<boolean> {
  const { user, password } = credentials
  const clientNonce = Buffer.from(random(nonceBytes)).toString('base64')
  const first = await ask('scramClientFirst', [text(user), text(clientNonce)])
  if (!first.ok) {
    if (!isFinal(first.message)) return false
    throw loginFailure(credentials, first.message)
  }
  const challenge = challengeOf(first.value)
  const { iterations, combinedNonce } = challenge ?? { iterations: 0, combinedNonce: '' }
  const fewest = mayShowPassword ? 1 : fewestIterations
  const isNew = combinedNonce.startsWith(clientNonce) && combinedNonce !== clientNonce
  if (challenge === undefined || !isNew || iterations < fewest || iterations > mostIterations) {
    throw new ServerError(
      '',
      'DDB_LOGIN',
      `${address} begins a SCRAM login that is not safe, or none at all: is it a DolphinDB server? Nothing of the ` +
        'password was sent.',
    )
  }
  const { proof, signature } = scramProof(user, password, clientNonce, challenge)
  const final = await ask('scramClientFinal', [text(user), text(combinedNonce), text(proof)])
  if (!final.ok) throw loginFailure(credentials, final.message)
  const answer = textOf(final.value) ?? ''
  // Official clients let a server keep its proof; where nothing else says who it is, it may not.
  if (isSignature(answer, signature) || (answer === '' && mayShowPassword)) return true
  throw new ServerError(
    '',
    'DDB_LOGIN',
    `${address} does not prove that it knows the password of user "${user}": somebody may stand in its place. Nothing ` +
      'more is sent.',
  )
}

/**
 * @returns false when the server does not offer it, or the password is too long for it
 * @throws {ServerError} DDB_LOGIN
 */
export async function rsaLogin(credentials: Credentials, ask: AskServer): Promise<boolean> {
  const answer = await ask('getDynamicPublicKey', [])
  const key = answer.ok ? readPublicKey(textOf(answer.value) ?? '') : undefined
  if (key === undefined) return false
  const user = encryptText(key, credentials.user)
  const password = encryptText(key, credentials.password)
  if (user === undefined || password === undefined) return false
  const isEncrypted: Value = { form: 'scalar', type: 'BOOL', value: true }
  checkAnswer(credentials, await ask('login', [text(user), text(password), isEncrypted]))
  return true
}

/** @throws {ServerError} DDB_LOGIN */
async function plainLogin(credentials: Credentials, ask: AskServer): Promise<void> {
  const { user, password } = credentials
  checkAnswer(credentials, await ask('login', [text(user), text(password)]))
}

function checkAnswer(credentials: Credentials, answer: Response): void {
  if (!answer.ok) throw loginFailure(credentials, answer.message)
  checkLoginAnswer(credentials, answer.value)
}

/** What says that the user may not come in by any way, or that another node is to be asked. */
function isFinal(message: string): boolean {
  return isRefusedLogin(message) || /^<\w+>/.test(message) || /\block(ed)?\b/i.test(message)
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

function text(value: string): Value {
  return { form: 'scalar', type: 'STRING', value }
}

function textOf(value: Value | undefined): string | undefined {
  return value?.form === 'scalar' && value.type === 'STRING' ? value.value : undefined
}
