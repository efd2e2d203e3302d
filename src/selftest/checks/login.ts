/*
  Checks each way to log in that this program supports, and how the server refuses wrong logins.
*/
import { rsaLogin, scramLogin, type AskServer } from '../../client/login/log-in.js'
import { loginFailure, type Credentials } from '../../client/login/plain-login.js'
import type { Protection } from '../../client/login/protection.js'
import { nonceBytes } from '../../client/login/scram.js'
import { DdbError, ServerError } from '../../errors.js'
import { serverWords, textOf } from '../answers.js'
import { expectText, fail, pass, skipped, type Check, type Outcome } from '../check.js'
import { rawLogin, type CheckContext } from '../context.js'
import { temporaryName } from '../leftovers.js'

/** Returns the user. `getCurrentSessionAndUser()` gives session id and user, and more values on newer servers. */
const whoScript = 'getCurrentSessionAndUser()[1]'

const noUser = skipped('no user was given')

export const loginChecks: readonly Check[] = [
  {
    name: 'login: by calling login',
    does: 'connects as guest, logs in, and asks which user it is',
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
    does: 'sends user and password with the connect request, and asks which user it is',
    dependsOnIt: 'sending data as official asynchronous clients do, if one session cannot do both',
    async run({ server, raw }) {
      if (server.user === undefined) return noUser
      const exchange = await raw()
      const login = rawLogin(server)
      const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect', login })
      if (!connected.ok) {
        return fail(serverWords(loginFailure(login, connected.message)))
      }
      const { sessionId } = connected
      const answer = await exchange.ask({ sessionId }, { kind: 'script', script: whoScript })
      if (!answer.ok) return fail(answer.message)
      return textOf(answer.value) === server.user ? pass() : fail('the session has another user')
    },
  },
  {
    name: 'login: a wrong one is refused in known words',
    does: 'logs in as a user that does not exist',
    dependsOnIt: 'ending with 77 if a login is refused',
    async run({ server, open, stamp }) {
      if (server.require === 'scram') return skipped('--require takes nothing but SCRAM')
      const session = await open({ asGuest: true })
      try {
        await session.login(temporaryName(stamp, 'nobody'), 'none')
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
    does: 'opens a second connection without a login, and asks which user it is',
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
    does: 'asks for SCRAM as this user, and reads the answer, also if this user cannot use it',
    dependsOnIt: 'every login: the next best way is taken if SCRAM is refused',
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
      return answer.ok ? pass('by SCRAM') : pass(`not by SCRAM: ${answer.message}`)
    },
  },
  {
    name: 'login: with SCRAM',
    does: 'logs in without sending the password, has the server prove that it knows it, and asks which user it is',
    dependsOnIt: '--require scram; else logging in by RSA or with --insecure-login',
    run: context =>
      logInBy(context, async (ask, credentials, protection) => {
        const random = (length: number): Uint8Array => context.platform.random.bytes(length)
        const outcome = await scramLogin(credentials, protection, random, ask)
        return 'reason' in outcome ? outcome.reason : undefined
      }),
  },
  {
    name: 'login: with RSA',
    does: 'logs in with a password that is encrypted with the key of the server, and asks which user it is',
    dependsOnIt: 'nothing if SCRAM works; else logging in without verified TLS or --insecure-login',
    run: context =>
      logInBy(context, async (ask, credentials, protection) => {
        const { mayShowPassword, needsScram, least } = protection
        // Does not try RSA, because it would reveal more to a man in the middle than the earlier SCRAM logins did.
        if (needsScram || (least?.method === 'scram' && !mayShowPassword))
          return 'SCRAM is demanded'
        return rsaLogin(credentials, protection, ask)
      }),
  },
]

/** @param login  returns a reason if the server does not offer this way to log in */
async function logInBy(
  { server, raw, protection }: CheckContext,
  login: (
    ask: AskServer,
    credentials: Credentials,
    protection: Protection,
  ) => Promise<string | undefined>,
): Promise<Outcome> {
  const { user, password = '' } = server
  if (user === undefined) return noUser
  const exchange = await raw()
  const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
  if (!connected.ok) return fail(connected.message)
  const { sessionId } = connected
  const ask: AskServer = (name, args) =>
    exchange.ask({ sessionId }, { kind: 'function', name, args })
  const reason = await login(ask, { user, password }, protection(user))
  if (reason !== undefined) return skipped(reason)
  const answer = await exchange.ask({ sessionId }, { kind: 'script', script: whoScript })
  if (!answer.ok) return fail(answer.message)
  return textOf(answer.value) === user ? pass() : fail('the session has another user')
}
