/*
  The login functions. The connection runs them itself, because clients call them before they may run scripts.
*/
import type { Value } from '../../protocol/value.js'
import type { Outcome } from '../net/executor.js'
import { type ScramExchange, scramChallenge, startScram } from './scram.js'
import { ScriptError } from '../script-error.js'
import type { ScriptSession } from '../values/builtin.js'
import type { Users } from './users.js'

/** Functions that guests may call even if the server requires a login, because clients call them before the login. */
const openToGuests = new Set(['isNodeInitialized', 'version', 'getRequiredAPIVersion'])

/** Each connection needs its own object, which keeps the state of a SCRAM login between its two calls. */
export class ConnectionFunctions {
  readonly #users: Users
  readonly #requireLogin: boolean
  #scram: ScramExchange | undefined
  readonly #functions: ReadonlyMap<
    string,
    (session: ScriptSession, args: readonly Value[]) => Outcome
  >

  constructor(users: Users, requireLogin: boolean) {
    this.#users = users
    this.#requireLogin = requireLogin
    this.#functions = new Map([
      ['login', this.#login],
      ['getDynamicPublicKey', this.#getDynamicPublicKey],
      ['scramClientFirst', this.#scramClientFirst],
      ['scramClientFinal', this.#scramClientFinal],
      // Clients forward a ticket from a cluster's login here and require success. The session stays a guest session.
      ['authenticateByTicket', (): Outcome => undefined],
      ['isClientAuth', (): Outcome => ({ form: 'scalar', type: 'BOOL', value: requireLogin })],
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
    throw new ScriptError(
      'Login is required for script execution with client authentication enabled. RefId: S04009',
      { located: true },
    )
  }

  /** Serves connect requests with a login, and calls of `login`. */
  login(session: ScriptSession, user: string, password: string, encrypted: boolean): Outcome {
    if (encrypted) {
      session.user = this.#users.checkEncrypted(user, password)
      return yes
    }
    this.#users.check(user, password)
    session.user = user
    return yes
  }

  readonly #login = (session: ScriptSession, args: readonly Value[]): Outcome => {
    if (args.length < 2 || args.length > 3) throw wrongArguments('login(userId, password)')
    const encrypted = args[2]
    return this.login(
      session,
      textOf(args[0], 'login'),
      textOf(args[1], 'login'),
      encrypted?.form === 'scalar' && encrypted.value === true,
    )
  }

  readonly #getDynamicPublicKey = (): Outcome => text(this.#users.publicKey())

  readonly #scramClientFirst = (_session: ScriptSession, args: readonly Value[]): Outcome => {
    if (args.length !== 2) throw wrongArguments('scramClientFirst(userId, clientNonce)')
    const user = textOf(args[0], 'scramClientFirst')
    const nonce = textOf(args[1], 'scramClientFirst')
    this.#users.checkHasScram(user)
    const exchange = startScram(user, nonce)
    const [salt, iterations, combinedNonce] = scramChallenge(exchange)
    this.#scram = exchange
    return {
      form: 'vector',
      type: 'ANY',
      length: 3,
      data: [text(salt), { form: 'scalar', type: 'INT', value: iterations }, text(combinedNonce)],
    }
  }

  readonly #scramClientFinal = (session: ScriptSession, args: readonly Value[]): Outcome => {
    if (args.length !== 3) throw wrongArguments('scramClientFinal(userId, combinedNonce, proof)')
    const [user, combinedNonce, proof] = args.map(value => textOf(value, 'scramClientFinal'))
    const exchange = this.#scram
    // Each challenge is valid for one attempt only.
    this.#scram = undefined
    if (
      exchange === undefined ||
      exchange.user !== user ||
      exchange.combinedNonce !== combinedNonce
    ) {
      throw new ScriptError('scramClientFinal does not continue a scramClientFirst.', {
        located: true,
      })
    }
    const signature = this.#users.checkScram(exchange, proof!)
    session.user = exchange.user
    return text(signature)
  }
}

const yes: Value = { form: 'scalar', type: 'BOOL', value: true }

function text(value: string): Value {
  return { form: 'scalar', type: 'STRING', value }
}

function textOf(value: Value | undefined, name: string): string {
  if (value?.form === 'scalar' && value.type === 'STRING') return value.value
  throw wrongArguments(`${name}: STRING scalars`)
}

function wrongArguments(usage: string): ScriptError {
  return new ScriptError(`Usage: ${usage}`, { located: true })
}
