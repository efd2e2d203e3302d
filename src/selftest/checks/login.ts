/*
  Every way to log in that this program has, and what it says of those it has not.
*/
import { rsaLogin, scramLogin, type AskServer } from '../../client/login/log-in.js'
import { loginFailure, type Credentials } from '../../client/login/plain-login.js'
import { protectionOf } from '../../client/login/protection.js'
import { nonceBytes } from '../../client/login/scram.js'
import { DdbError, ServerError } from '../../errors.js'
import { serverWords, textOf } from '../answers.js'
import { expectText, fail, pass, skipped, type Check, type Outcome } from '../check.js'
import { rawLogin, type CheckContext } from '../context.js'
import type { RawExchange } from '../raw-exchange.js'
import { throwAwayName } from '../throw-away-name.js'

/** `getCurrentSessionAndUser()`: session id, user, and more on newer servers. */
const whoScript = 'getCurrentSessionAndUser()[1]'

const noUser = skipped('no user was given')

export const loginChecks: readonly Check[] = [
  {
    name: 'login: by calling login',
    does: 'connects as guest, logs in, and asks who it is',
    dependsOnIt: '--user',
    async run({ server, open, ask }: CheckContext) {
      if (server.user === undefined) return noUser
      const session = await open({ asGuest: true })
      await session.login(server.user, server.password ?? '')
      return textOf(await ask(whoScript, session)) === server.user
        ? pass()
        : fail('the session has another user')
    },
  },
  {
    name: 'login: inside the connect request',
    does: 'sends user and password with the connect request, and asks who it is',
    dependsOnIt:
      'sending data as official asynchronous clients do, where one session cannot do both',
    async run({ server, raw }) {
      if (server.user === undefined) return noUser
      const exchange = await raw()
      const login = await rawLogin(server, exchange)
      const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect', login })
      if (!connected.ok) {
        return fail(serverWords(loginFailure(login, connected.message)), {
          loginWithConnect: false,
        })
      }
      const { sessionId } = connected
      const answer = await exchange.ask({ sessionId }, { kind: 'script', script: whoScript })
      if (!answer.ok) return fail(answer.message)
      return textOf(answer.value) === server.user
        ? pass('', { loginWithConnect: true })
        : fail('the session has another user', { loginWithConnect: false })
    },
  },
  {
    name: 'login: a wrong one is refused in known words',
    does: 'logs in as a user that does not exist',
    dependsOnIt: 'ending with 77 where a login is refused',
    async run({ open, stamp }) {
      const session = await open({ asGuest: true })
      try {
        await session.login(throwAwayName(stamp, 'nobody'), 'none')
      } catch (error) {
        if (error instanceof DdbError && error.code === 'DDB_LOGIN') {
          return expectText(
            'the refusal',
            /user name or password is incorrect/i.test(error.message) ? 'known' : error.message,
            'known',
          )
        }
        throw error
      }
      return fail('the login was accepted')
    },
  },
  {
    name: 'login: it holds for its session alone',
    does: 'opens a second connection without a login, and asks who it is',
    dependsOnIt: 'every connection of a run logging in for itself',
    async run({ server, open, ask }) {
      if (server.user === undefined) return noUser
      const session = await open({ asGuest: true })
      const user = await ask(whoScript, session).then(textOf, (error: unknown) => {
        if (error instanceof ServerError) return undefined
        throw error
      })
      if (user === undefined) return pass('guests may not run scripts')
      return user === server.user ? fail('it is logged in without a password') : pass()
    },
  },
  {
    name: 'login: how this user logs in',
    does: 'asks for SCRAM as this user, and reads what one who cannot is told',
    dependsOnIt: 'every login: the next best way is taken where SCRAM is refused',
    async run({ server, raw, platform }) {
      const { user } = server
      if (user === undefined) return noUser
      const exchange = await raw()
      const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
      if (!connected.ok) return fail(connected.message)
      const { sessionId } = connected
      const nonce = Buffer.from(platform.random.bytes(nonceBytes)).toString('base64')
      const args = [user, nonce].map(value => ({ form: 'scalar', type: 'STRING', value }) as const)
      const answer = await exchange.ask(
        { sessionId },
        { kind: 'function', name: 'scramClientFirst', args },
      )
      return answer.ok
        ? pass('by SCRAM', { scram: true })
        : pass(`not by SCRAM: ${answer.message}`, { scram: false })
    },
  },
  {
    name: 'login: with SCRAM',
    does: 'logs in without sending the password, has the server prove that it knows it, and asks who it is',
    dependsOnIt: 'logging in where neither TLS nor --insecure-login protects the password',
    run: context =>
      logInBy(context, async ({ exchange, ask }, credentials) => {
        const protection = protectionOf(context.server, await exchange.remoteAddress())
        const random = (length: number): Uint8Array => context.platform.random.bytes(length)
        return scramLogin(credentials, protection, random, ask)
      }),
  },
  {
    name: 'login: with RSA',
    does: 'logs in with a password that is encrypted with the key of the server, and asks who it is',
    dependsOnIt: 'nothing where SCRAM works; else logging in with --insecure-login',
    run: context =>
      logInBy(context, async ({ exchange, ask }, credentials) => {
        await rawLogin(context.server, exchange)
        return rsaLogin(credentials, ask)
      }),
  },
]

/** A connection on which a check logs in by itself. */
interface BareSession {
  readonly exchange: RawExchange
  readonly ask: AskServer
}

/** @param login  false where the server does not offer that way */
async function logInBy(
  { server, raw }: CheckContext,
  login: (session: BareSession, credentials: Credentials) => Promise<boolean>,
): Promise<Outcome> {
  const { user, password = '' } = server
  if (user === undefined) return noUser
  const exchange = await raw()
  const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
  if (!connected.ok) return fail(connected.message)
  const { sessionId } = connected
  const ask: AskServer = (name, args) =>
    exchange.ask({ sessionId }, { kind: 'function', name, args })
  if (!(await login({ exchange, ask }, { user, password }))) {
    return skipped('the server does not offer it')
  }
  const answer = await exchange.ask({ sessionId }, { kind: 'script', script: whoScript })
  if (!answer.ok) return fail(answer.message)
  return textOf(answer.value) === user ? pass() : fail('the session has another user')
}
