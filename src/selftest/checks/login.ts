/*
  Every way to log in that this program has, and what it says of those it has not.
*/
import { loginFailure } from '../../client/login.js'
import { DdbError, ServerError } from '../../errors.js'
import { textOf } from '../answers.js'
import { expectText, fail, pass, skipped, type Check } from '../check.js'
import { rawLogin, type CheckContext } from '../context.js'
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
    dependsOnIt: 'nothing yet; official asynchronous clients log in this way',
    async run({ server, raw }) {
      if (server.user === undefined) return noUser
      const exchange = await raw()
      const login = await rawLogin(server, exchange)
      const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect', login })
      if (!connected.ok) throw loginFailure(login.user, login.password, connected.message)
      const { sessionId } = connected
      const answer = await exchange.ask({ sessionId }, { kind: 'script', script: whoScript })
      if (!answer.ok) return fail(answer.message)
      return textOf(answer.value) === server.user ? pass() : fail('the session has another user')
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
    name: 'login: with SCRAM',
    does: 'would log in without sending the password',
    dependsOnIt: 'nothing: this program does not do it',
    needs: 'SCRAM in this program',
    run: () => Promise.resolve(skipped('this program does not log in with SCRAM')),
  },
  {
    name: 'login: with RSA',
    does: 'would log in with an encrypted password',
    dependsOnIt: 'nothing: this program does not do it',
    needs: 'RSA in this program',
    run: () => Promise.resolve(skipped('this program does not encrypt passwords')),
  },
]
