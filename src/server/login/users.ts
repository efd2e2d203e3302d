/*
  The login functions, and passwords in the three forms that clients send: plain, encrypted, and as a SCRAM proof. The
  connection runs these functions itself, because clients call them before they may run scripts.
*/
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Value } from '../../protocol/value.js'
import type { Outcome } from '../net/executor.js'
import type { ServerNode } from '../node.js'
import { ScriptError } from '../script-error.js'
import type { ScriptSession } from '../values/builtin.js'
import {
  decrypt,
  finishScram,
  publicPem,
  scramChallenge,
  startScram,
  type ScramExchange,
} from './scram.js'

/** User and password of a freshly installed DolphinDB server. */
export const initialAdmin = { user: 'admin', password: '123456' } as const

type Users = Pick<ServerNode, 'users'>

/** A password for unknown users. Comparing with it makes the refusal as slow as the refusal of a wrong password. */
const nobody = randomBytes(16).toString('hex')

const passwordOf = ({ users }: Users, user: string): string => users.get(user)?.password ?? nobody

/** Hashes have the same length, so the time of a comparison does not reveal the length of a password. */
const digest = (text: string) => createHash('sha256').update(text).digest()

const bool = (value: boolean): Value => ({ form: 'scalar', type: 'BOOL', value })
const string = (value: string): Value => ({ form: 'scalar', type: 'STRING', value })

const refusal = (text: string): ScriptError => new ScriptError(text, { located: true })
const badLogin = (): ScriptError => refusal('The user name or password is incorrect.')

/** @throws {ScriptError} with the server's message */
export function checkPassword(node: Users, user: string, password: string): void {
  if (!timingSafeEqual(digest(password), digest(passwordOf(node, user)))) throw badLogin()
}

/** Functions that guests may call even if the server requires a login, because clients call them before the login. */
const openToGuests = new Set(['isNodeInitialized', 'version', 'getRequiredAPIVersion'])

/** Each connection needs its own object, which keeps the state of a SCRAM login between its two calls. */
export class ConnectionFunctions {
  readonly #node: Users
  readonly #requireLogin: boolean
  #scram: ScramExchange | undefined
  readonly #functions: ReadonlyMap<
    string,
    (session: ScriptSession, args: readonly Value[]) => Outcome
  >

  constructor(node: Users, requireLogin: boolean) {
    this.#node = node
    this.#requireLogin = requireLogin
    this.#functions = new Map([
      ['login', this.#login],
      ['getDynamicPublicKey', (): Outcome => string(publicPem())],
      ['scramClientFirst', this.#scramClientFirst],
      ['scramClientFinal', this.#scramClientFinal],
      // Clients forward a ticket from a cluster's login here and require success. The session stays a guest session.
      ['authenticateByTicket', (): Outcome => undefined],
      ['isClientAuth', (): Outcome => bool(requireLogin)],
    ])
  }

  /** True for the names that the connection handles and the interpreter never sees. */
  has(name: string): boolean {
    return this.#functions.has(name)
  }

  /** @throws {ScriptError} with the server's message; an asynchronous failure rejects the promise with this error */
  call(session: ScriptSession, name: string, args: readonly Value[]): Outcome {
    return this.#functions.get(name)!(session, args)
  }

  /** @throws {ScriptError} S04009 if guests may not call the function; `name` is undefined for scripts */
  checkAccess(session: ScriptSession, name: string | undefined): void {
    if (!this.#requireLogin || session.user !== 'guest') return
    if (name !== undefined && openToGuests.has(name)) return
    throw refusal(
      'Login is required for script execution with client authentication enabled. RefId: S04009',
    )
  }

  /** Serves connect requests with a login, and calls of `login`. */
  login(session: ScriptSession, user: string, password: string, encrypted: boolean): Outcome {
    const [name, secret] = encrypted ? [decrypt(user), decrypt(password)] : [user, password]
    if (name === undefined || secret === undefined) throw badLogin()
    checkPassword(this.#node, name, secret)
    session.user = name
    return bool(true)
  }

  readonly #login = (session: ScriptSession, args: readonly Value[]): Outcome => {
    const encrypted = args[2]
    const isEncrypted = encrypted?.form === 'scalar' && encrypted.value === true
    const [user, password] = textsOf(args.slice(0, 2), 2, 'login(userId, password)')
    if (args.length > 3) throw refusal('Usage: login(userId, password)')
    return this.login(session, user!, password!, isEncrypted)
  }

  /** The text of the refusal matters: official clients or their tests search for it (docs/protocol.md#scram). */
  readonly #scramClientFirst = (_session: ScriptSession, args: readonly Value[]): Outcome => {
    const [user, nonce] = textsOf(args, 2, 'scramClientFirst(userId, clientNonce)')
    if (this.#node.users.get(user!)?.hasScram !== true) {
      throw refusal(
        `user '${user}' doesn't support scram authMode: sha256 authMode doesn't support scram authMode`,
      )
    }
    this.#scram = startScram(user!, nonce!)
    const [salt, iterations, combinedNonce] = scramChallenge(this.#scram)
    const data: Value[] = [
      string(salt),
      { form: 'scalar', type: 'INT', value: iterations },
      string(combinedNonce),
    ]
    return { form: 'vector', type: 'ANY', length: 3, data }
  }

  /** Answers with the signature that proves to the client that the server knows the password. */
  readonly #scramClientFinal = (session: ScriptSession, args: readonly Value[]): Outcome => {
    const usage = 'scramClientFinal(userId, combinedNonce, proof)'
    const [user, combinedNonce, proof] = textsOf(args, 3, usage)
    const exchange = this.#scram
    // Each challenge is valid for one attempt only.
    this.#scram = undefined
    if (exchange?.user !== user || exchange?.combinedNonce !== combinedNonce) {
      throw refusal('scramClientFinal does not continue a scramClientFirst.')
    }
    const signature = finishScram(exchange!, passwordOf(this.#node, user!), proof!)
    if (signature === undefined) throw badLogin()
    session.user = user!
    return string(signature)
  }
}

/** @throws {ScriptError} unless there are so many STRING scalars */
function textsOf(values: readonly Value[], count: number, usage: string): string[] {
  const texts = values.flatMap(value =>
    value.form === 'scalar' && value.type === 'STRING' ? [value.value ?? ''] : [],
  )
  if (values.length !== count || texts.length !== count)
    throw refusal(`Usage: ${usage}, all STRING scalars`)
  return texts
}
