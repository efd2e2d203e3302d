/* Checks how the server identifies sessions and answers them, what remains of a session after an error, how users log in, and whether
   getConsoleJobs lists running requests, by which a run distinguishes a busy server from a dead one. */
import { DdbError } from '../../errors.js'
import { askIdle } from '../../load/connection/server-queries.js'
import { parseVersion } from '../../schema/target-schema.js'
import {
  answerText,
  elementsOf,
  expectText,
  fail,
  numberOf,
  textOf,
  Unavailable,
} from '../answers.js'
import { temporaryName } from '../leftovers.js'
import { ask, asks, checksOf } from './steps.js'

const utf8 = 'a\u00e9\u4e2d\u{1f40b}'
const longScript = `${'// 345678901234567\n'.repeat(10_000)}7`

export const connectionChecks = [
  ...checksOf('connection', 'everything: no session works without it', {
    'a session with an id': async ({ control, open }) => {
      if (!/^[1-9]\d*$/.test(control.id)) fail(`the session id is "${control.id}"`)
      if (control.id === (await open()).id) fail('two sessions have one id')
    },
    'a script is answered': asks(ask('1+1', 'INT scalar 2')),
    'version()': asks(
      ask('version()', answer => {
        if (parseVersion(textOf(answer)) === undefined) fail(`not a version: ${textOf(answer)}`)
      }),
    ),
    'answers come in order': async ({ ask }) => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(`${i} * 2`)))
      const wrong = answers.findIndex((answer, i) => numberOf(answer) !== i * 2)
      if (wrong >= 0) fail(`answer ${wrong + 1} is ${answerText(answers[wrong])}`)
    },
    'an error leaves the session usable': asks(
      ask('throw "ddbIngestTest"', { refused: /ddbIngestTest/ }),
      ask('1+1', 'INT scalar 2'),
    ),
    'text in UTF-8': asks(ask(`"${utf8}"`, `STRING scalar ${utf8}`)),
  }),
  ...checksOf('connection', 'exec, and the sessions of the library', {
    'a large script': asks(ask(longScript, 'INT scalar 7')),
    'a large answer': asks(
      ask('1..1000000', answer => {
        const seen = elementsOf(answer).map(numberOf)
        const wrong = seen.findIndex((value, i) => value !== i + 1)
        if (seen.length !== 1_000_000) fail(`${seen.length} values came, not 1000000`)
        if (wrong >= 0) fail(`value ${wrong + 1} is ${seen[wrong]}`)
      }),
    ),
  }),
  ...checksOf('connection', 'several runs at one time, and noticing a forgotten session', {
    'every answer carries the session id': async ({ rawSession }) => {
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
    'variables and functions belong to one session': async ({ ask, call, open, refusalOf }) => {
      const [first, second] = [await open(), await open()]
      await first.upload({ ddbIngestTestPrivate: 5 })
      if (numberOf(await ask('ddbIngestTestPrivate', first)) !== 5) fail('the variable was not set')
      const refused = await refusalOf('ddbIngestTestPrivate', second)
      if (refused === undefined) fail('another session sees the variable')
      await ask('def ddbIngestTestOwn() { return 1 }', first)
      await ask('def ddbIngestTestOwn() { return 2 }', second)
      const one = numberOf(await call('ddbIngestTestOwn', [], first))
      const two = numberOf(await call('ddbIngestTestOwn', [], second))
      expectText('they answer', `${one} and ${two}`, '1 and 2')
    },
  }),
]

/** Returns the user. `getCurrentSessionAndUser()` gives session id and user, and more values on newer servers. */
const whoScript = 'getCurrentSessionAndUser()[1]'

export const loginChecks = checksOf('login', '--user, and ending with 77 if a login is refused', {
  'by calling login': async ({ server, rawSession }) => {
    const { exchange, sessionId, method } = await rawSession()
    const { user } = server
    if (user === undefined) throw new Unavailable('no user was given')
    const answer = await exchange.ask({ sessionId }, { kind: 'script', script: whoScript })
    if (!answer.ok) fail(answer.message)
    if (textOf(answer.value) !== user) fail('the session has another user')
    return `by ${method}`
  },
  'a wrong one is refused in known words': async ({ server, openGuest, stamp }) => {
    if (server.require === 'scram') throw new Unavailable('--require takes nothing but SCRAM')
    const session = await openGuest()
    const error = await session.login(temporaryName(stamp, 'nobody'), 'none').then(
      () => fail('the login was accepted'),
      (error: unknown) => error,
    )
    if (!(error instanceof DdbError) || error.code !== 'DDB_LOGIN') throw error
    if (!/user name or password is incorrect/i.test(error.message)) fail(error.message)
  },
})

export const jobChecks = checksOf(
  'jobs',
  'waiting for a server that still works on a batch, and continuing when it does not',
  {
    'a request under way is listed with its session, a session at rest is not': async context => {
      const { prepare, open, until, ask, control } = context
      await prepare('getConsoleJobs()')
      const session = await open()
      const idle = await askIdle({ session: control, timeoutMs: 3_000 }, session.id)
      if (idle !== true) fail(idle === undefined ? 'the server does not tell' : 'it is listed')
      await ask('def ddbIngestTestBusy(x) { sleep(x) }', session)
      session.send('ddbIngestTestBusy', [{ form: 'scalar', type: 'INT', value: 1_000 }])
      const script = `exec rootJobId from getConsoleJobs() where sessionId = ${session.id}l`
      await until(async () => (elementsOf(await ask(script)).length > 0 ? true : undefined))
    },
  },
)
