/*
  Checks how the server identifies sessions and answers them, what remains of a session after an error, and each way to
  log in that this program supports.
*/
import { rsaLogin, scramLogin, type AskServer } from '../../client/login/log-in.js'
import { loginFailure, type Credentials } from '../../client/login/plain-login.js'
import type { Protection } from '../../client/login/protection.js'
import { nonceBytes } from '../../client/login/scram.js'
import { DdbError } from '../../errors.js'
import { parseVersion } from '../../load/connection/server-queries.js'
import { requestFlags } from '../../protocol/request.js'
import type { Column, Value } from '../../protocol/value.js'
import {
  answerText,
  numberOf,
  numbersOf,
  serverWords,
  tableOf,
  textOf,
  Unavailable,
} from '../answers.js'
import { expectText, fail, type Check } from '../check.js'
import { rawLogin, type CheckContext } from '../context.js'
import { temporaryName } from '../leftovers.js'
import { ask, stepsCheck } from './steps.js'

const everything = 'everything: no session works without it'
const forgotten = 'noticing a server that has forgotten the session'
const utf8 = 'a\u00e9\u4e2d\u{1f40b}'
const longScript = `${'// 345678901234567\n'.repeat(10_000)}7`

/** Passes if the columns together count from 1 to `last`. */
function expectCounting(columns: readonly Column[], last: number): void {
  const seen = columns.flatMap(numbersOf)
  const wrong = seen.findIndex((value, i) => value !== i + 1)
  if (seen.length !== last) fail(`${seen.length} values came, not ${last}`)
  if (wrong >= 0) fail(`value ${wrong + 1} is ${seen[wrong]}`)
}

const firstColumn = (answer: Value | undefined): Column => tableOf(answer).columns[0]!

export const connectionChecks: readonly Check[] = [
  {
    name: 'connection: a session with an id',
    dependsOnIt: everything,
    async run({ control, open }) {
      if (!/^[1-9]\d*$/.test(control.id)) fail(`the session id is "${control.id}"`)
      if (control.id === (await open()).id) fail('two sessions have one id')
    },
  },
  stepsCheck({
    name: 'connection: a script is answered',
    dependsOnIt: everything,
    steps: [ask('1+1', 'INT scalar 2')],
  }),
  stepsCheck({
    name: 'connection: version()',
    dependsOnIt: 'notices about what a version does differently',
    steps: [
      ask('version()', answer => {
        if (parseVersion(textOf(answer)) === undefined) fail(`not a version: ${textOf(answer)}`)
      }),
    ],
  }),
  {
    name: 'connection: answers come in order',
    dependsOnIt: 'sync mode, which sends the next batch before the last is answered',
    async run({ ask }) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(`${i} * 2`)))
      const wrong = answers.findIndex((answer, i) => numberOf(answer) !== i * 2)
      if (wrong >= 0) fail(`answer ${wrong + 1} is ${answerText(answers[wrong])}`)
    },
  },
  stepsCheck({
    name: 'connection: an error leaves the session usable',
    dependsOnIt: 'every run that meets an error of the server',
    steps: [ask('throw "ddbIngestTest"', { refused: 'anyhow' }), ask('1+1', 'INT scalar 2')],
  }),
  stepsCheck({
    name: 'connection: text in UTF-8',
    dependsOnIt: 'names and values outside ASCII',
    steps: [ask(`"${utf8}"`, `STRING scalar ${utf8}`)],
  }),
  {
    name: 'connection: printed output',
    dependsOnIt: 'output of scripts in exec',
    async run({ ask, open }) {
      const session = await open()
      const printed: string[] = []
      session.onMessage = text => void printed.push(text.trim())
      await ask('print("ddbIngestTest")', session)
      // The session delivers printed text in a microtask, which has certainly run before a second request ends.
      await ask('1', session)
      expectText('printed', printed.join(), 'ddbIngestTest')
    },
  },
  stepsCheck({
    name: 'connection: a large script',
    dependsOnIt: 'exec of long scripts',
    steps: [ask(longScript, 'INT scalar 7')],
  }),
  stepsCheck({
    name: 'connection: a large answer',
    dependsOnIt: 'large results of exec',
    steps: [
      ask('1..1000000', answer => {
        if (answer?.form !== 'vector') fail(`a vector was expected, not ${answerText(answer)}`)
        expectCounting([answer], 1_000_000)
      }),
    ],
  }),
  {
    name: 'connection: an answer in blocks',
    dependsOnIt: 'readBlocks of the library',
    async run({ open, signal }) {
      const session = await open()
      const blocks: Column[] = []
      const options = { fetchSize: 8_192, signal }
      for await (const block of session.readBlocks('table(1..30000 as i)', options)) {
        blocks.push(firstColumn(block))
      }
      expectCounting(blocks, 30_000)
      return `${blocks.length} blocks`
    },
  },
  {
    name: 'connection: a compressed answer',
    dependsOnIt: 'answers of servers that compress',
    async run({ rawSession }) {
      const { exchange, sessionId } = await rawSession()
      const flags = requestFlags.apiClient | requestFlags.compress
      const script = 'table(1..30000 as i, take(`a`b`c, 30000) as s)'
      const answer = await exchange.ask({ sessionId, flags }, { kind: 'script', script })
      if (!answer.ok) fail(answer.message)
      expectCounting([firstColumn(answer.value)], 30_000)
    },
  },
  {
    name: 'connection: every answer carries the session id',
    dependsOnIt: forgotten,
    async run({ rawSession }) {
      const { exchange, sessionId } = await rawSession()
      for (const request of [
        { kind: 'script', script: '1+1' },
        { kind: 'script', script: 'throw "ddbIngestTest"' },
        { kind: 'function', name: 'version', args: [] },
      ] as const) {
        const { sessionId: answered } = await exchange.ask({ sessionId }, request)
        expectText(`a ${request.kind} was answered by session`, answered, sessionId)
      }
    },
  },
  {
    name: 'connection: an unknown session id',
    dependsOnIt: `${forgotten}: its answer must carry another id`,
    async run({ rawSession }) {
      const { exchange } = await rawSession()
      const sessionId = '987654321'
      const answer = await exchange.ask({ sessionId }, { kind: 'script', script: '1+1' })
      if (answer.sessionId === sessionId) fail('the answer carries the id that was sent')
      return answer.ok ? undefined : `it is refused: ${answer.message}`
    },
  },
  {
    name: 'connection: variables belong to one session',
    dependsOnIt: 'several runs at one time',
    async run({ ask, open, refusalOf }) {
      const [first, second] = [await open(), await open()]
      await first.upload({ ddbIngestTestPrivate: 5 })
      if (numberOf(await ask('ddbIngestTestPrivate', first)) !== 5) fail('the variable was not set')
      if ((await refusalOf('ddbIngestTestPrivate', second)) === undefined) {
        fail('another session sees it')
      }
    },
  },
  {
    name: 'connection: functions belong to one session',
    dependsOnIt: 'receipts of several runs at one time',
    async run({ ask, call, open }) {
      const [first, second] = [await open(), await open()]
      await ask('def ddbIngestTestOwn() { return 1 }', first)
      await ask('def ddbIngestTestOwn() { return 2 }', second)
      const one = numberOf(await call('ddbIngestTestOwn', [], first))
      const two = numberOf(await call('ddbIngestTestOwn', [], second))
      expectText('they answer', `${one} and ${two}`, '1 and 2')
    },
  },
  {
    name: 'connection: flag 16 clears variables',
    dependsOnIt: 'clearMemory of the library',
    async run({ ask, open, refusalOf, signal }) {
      const session = await open()
      await ask('ddbIngestTestCleared = 5', session)
      await session.run('1', { clearMemory: true, signal })
      if ((await refusalOf('ddbIngestTestCleared', session)) === undefined) {
        fail('the variable is still there')
      }
    },
  },
]

/** Returns the user. `getCurrentSessionAndUser()` gives session id and user, and more values on newer servers. */
const whoScript = 'getCurrentSessionAndUser()[1]'

function givenUser({ server: { user, password = '' } }: CheckContext): Credentials {
  if (user === undefined) throw new Unavailable('no user was given')
  return { user, password }
}

function expectUser(answer: Value | undefined, user: string): void {
  if (textOf(answer) !== user) fail('the session has another user')
}

/** Connects and lets `login` log in by the requests that it sends. */
async function logInBy(
  context: CheckContext,
  login: (
    ask: AskServer,
    credentials: Credentials,
    protection: Protection,
  ) => Promise<string | undefined>,
): Promise<void> {
  const credentials = givenUser(context)
  const { exchange, sessionId } = await context.rawSession({ asGuest: true })
  const reason = await login(
    (name, args) => exchange.ask({ sessionId }, { kind: 'function', name, args }),
    credentials,
    context.protection(credentials.user),
  )
  if (reason !== undefined) throw new Unavailable(reason)
  const answer = await exchange.ask({ sessionId }, { kind: 'script', script: whoScript })
  if (!answer.ok) fail(answer.message)
  expectUser(answer.value, credentials.user)
}

export const loginChecks: readonly Check[] = [
  {
    name: 'login: by calling login',
    dependsOnIt: '--user',
    async run(context) {
      const { user, password } = givenUser(context)
      const session = await context.open({ asGuest: true })
      await session.login(user, password)
      expectUser(await context.ask(whoScript, session), user)
    },
  },
  {
    name: 'login: inside the connect request',
    dependsOnIt: 'sending data as official asynchronous clients do, if one session cannot do both',
    async run(context) {
      const { user } = givenUser(context)
      const exchange = await context.raw()
      const login = rawLogin(context.server)
      const connected = await exchange.ask({ protocol: 'API' }, { kind: 'connect', login })
      if (!connected.ok) fail(serverWords(loginFailure(login, connected.message)))
      const { sessionId } = connected
      const answer = await exchange.ask({ sessionId }, { kind: 'script', script: whoScript })
      if (!answer.ok) fail(answer.message)
      expectUser(answer.value, user)
    },
  },
  {
    name: 'login: a wrong one is refused in known words',
    dependsOnIt: 'ending with 77 if a login is refused',
    async run({ server, open, stamp }) {
      if (server.require === 'scram') throw new Unavailable('--require takes nothing but SCRAM')
      const session = await open({ asGuest: true })
      const error = await session.login(temporaryName(stamp, 'nobody'), 'none').then(
        () => fail('the login was accepted'),
        (error: unknown) => error,
      )
      if (!(error instanceof DdbError) || error.code !== 'DDB_LOGIN') throw error
      if (!/user name or password is incorrect/i.test(error.message)) fail(error.message)
    },
  },
  {
    name: 'login: it holds for its session alone',
    dependsOnIt: 'every connection of a run logging in for itself',
    async run(context) {
      const { user } = givenUser(context)
      const session = await context.open({ asGuest: true })
      if ((await context.refusalOf(whoScript, session)) !== undefined) {
        return 'guests may not run scripts'
      }
      const seen = textOf(await context.ask(whoScript, session))
      return seen === user ? fail('it is logged in without a password') : undefined
    },
  },
  {
    name: 'login: how this user logs in',
    dependsOnIt: 'every login: the next best way is taken if SCRAM is refused',
    async run(context) {
      const { user } = givenUser(context)
      const nonce = Buffer.from(context.platform.random.bytes(nonceBytes)).toString('base64')
      const args = [user, nonce].map(value => ({ form: 'scalar', type: 'STRING', value }) as const)
      const { exchange, sessionId } = await context.rawSession({ asGuest: true })
      const request = { kind: 'function', name: 'scramClientFirst', args } as const
      const answer = await exchange.ask({ sessionId }, request)
      return answer.ok ? 'by SCRAM' : `not by SCRAM: ${answer.message}`
    },
  },
  {
    name: 'login: with SCRAM',
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
    dependsOnIt: 'nothing if SCRAM works; else logging in without verified TLS or --insecure-login',
    run: context =>
      logInBy(context, async (ask, credentials, protection) => {
        const { mayShowPassword, needsScram, least } = protection
        // Does not try RSA, because it would reveal more to a man in the middle than the earlier SCRAM logins did.
        if (needsScram || (least?.method === 'scram' && !mayShowPassword)) {
          return 'SCRAM is demanded'
        }
        return rsaLogin(credentials, protection, ask)
      }),
  },
]
