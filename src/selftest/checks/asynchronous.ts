/*
  Checks requests without answers (flag 4): alone, among answered requests, and on a session without answers.
*/
import { loginFailure } from '../../client/login/plain-login.js'
import { mayLogInWithConnect } from '../../client/login/protection.js'
import { askMixedFlags } from '../../load/connection/mixed-flags.js'
import { requestFlags } from '../../protocol/request.js'
import { answerText, numberOf, numbersOf, tableOf } from '../answers.js'
import { expectText, fail, type Check } from '../check.js'
import { rawLogin, type CheckContext } from '../context.js'
import { missing } from './memory.js'
import { ask, batch, expectRows, send, stepsCheck, streamTable } from './steps.js'

const asyncFlags = requestFlags.apiClient | requestFlags.async
/** Longest wait for one answer, ms. The whole check has five seconds. */
const probeMs = 2_000

/** Sends a script with flag 4 and one without; the first answer must be that of the second. */
function unanswered(name: string, dependsOnIt: string, script: string): Check {
  return {
    name,
    dependsOnIt,
    async run({ rawSession }) {
      const { exchange, sessionId } = await rawSession()
      exchange.send({ sessionId, flags: asyncFlags }, { kind: 'script', script })
      const answer = await exchange.ask({ sessionId }, { kind: 'script', script: '2222' })
      const text = answer.ok ? answerText(answer.value) : answer.message
      expectText('the first answer', text, 'INT scalar 2222')
    },
  }
}

async function sendBatches(context: CheckContext, batches: number) {
  const name = await context.share('sent', streamTable)
  const session = await context.open()
  for (let i = 0; i < batches; i++) {
    if (!session.send(`tableInsert{${name}}`, [batch(i, 1)])) await session.drained()
  }
  return { name, session }
}

export const asynchronousChecks: readonly Check[] = [
  stepsCheck({
    name: 'asynchronous: a batch arrives',
    dependsOnIt: 'load --mode async',
    table: streamTable,
    steps: [send('tableInsert{T}', batch(0, 50))],
    rows: 50,
  }),
  unanswered(
    'asynchronous: nothing is answered',
    'load --mode async: a superfluous answer would be taken for that of the next request',
    '1111',
  ),
  unanswered(
    'asynchronous: errors are not answered either',
    'load --mode async: refused batches',
    'throw "ddbIngestTest"',
  ),
  {
    name: 'asynchronous: mixed-flags on one session',
    dependsOnIt:
      'receipts and load --mode async: one session logs in with answers and writes without',
    async run(context) {
      const { share, open, ask } = context
      const asked = await askMixedFlags(await open(), probeMs, () => open())
      if (asked.mixedFlags === undefined) fail('no answer came in time')
      if (!asked.mixedFlags) fail('a question does not see what was sent before it')
      const name = await share('mixed', streamTable)
      const session = asked.control
      for (let i = 0; i < 100; i++) {
        session.send(`tableInsert{${name}}`, [batch(i, 1)])
        if (i % 10 !== 9) continue
        const answer = numberOf(await ask(`${i} * 2`, session))
        if (answer !== i * 2) fail(`${i} * 2 was answered with ${answer}`)
      }
      await expectRows(context, name, 100, session)
    },
  },
  {
    name: 'asynchronous: an answer means that what was sent before has been read',
    dependsOnIt: 'receipts: how a run notices that a lost batch will never arrive',
    async run(context) {
      const { name, session } = await sendBatches(context, 100)
      const rows = numberOf(await context.ask(`exec count(*) from ${name}`, session))
      return `${rows === 100 ? 'all' : `${rows} of 100`} were executed by then`
    },
  },
  {
    name: 'asynchronous: R9, the order of requests of one session',
    dependsOnIt: 'the order of rows with one connection; no batch depends on another',
    limitMs: 10_000,
    async run(context) {
      const { name } = await sendBatches(context, 1000)
      const rows = await context.rowsOf(name, 1000)
      if (rows !== 1000) fail(`${rows} rows arrived, not 1000`)
      const ids = numbersOf(tableOf(await context.ask(`select id from ${name}`)).columns[0]!)
      const displaced = ids.filter((id, i) => id !== i).length
      return displaced === 0 ? 'in order' : `not in order: ${displaced} of 1000 moved`
    },
  },
  {
    name: 'asynchronous: a session without answers',
    dependsOnIt: 'connect({ enableAsync: true }) of the library',
    async run(context) {
      const name = await context.share('session', streamTable)
      const session = await context.open({ enableAsync: true })
      for (let i = 0; i < 10; i++) await session.run(`tableInsert{${name}}`, batch(i * 10, 10))
      await session.close()
      await expectRows(context, name, 100)
    },
  },
  {
    name: 'asynchronous: connect is answered though it carries flag 4',
    dependsOnIt: 'connect({ enableAsync: true }) of the library',
    async run({ raw, server }) {
      const exchange = await raw()
      const login =
        mayLogInWithConnect(server) && server.user !== undefined ? rawLogin(server) : undefined
      const request = { kind: 'connect' as const, ...(login && { login }) }
      const answer = await exchange.ask({ protocol: 'API', flags: asyncFlags }, request)
      if (!answer.ok) throw loginFailure(login ?? { user: 'guest', password: '' }, answer.message)
      if (!/^[1-9]\d*$/.test(answer.sessionId)) fail(`the session id is "${answer.sessionId}"`)
    },
  },
  stepsCheck({
    name: 'asynchronous: a function of the session',
    dependsOnIt: 'receipts',
    table: streamTable,
    steps: [
      ask('def ddbIngestTestDeliver(mutable data) { return tableInsert(objByName("T"), data) }'),
      ...[0, 1, 2, 3, 4].map(i => send('ddbIngestTestDeliver', batch(i, 1))),
    ],
    rows: 5,
  }),
  stepsCheck({
    name: 'asynchronous: a refused batch does not stop those after it',
    dependsOnIt: 'load --mode async: refused batches',
    table: streamTable,
    steps: [
      send('tableInsert{T}', batch(0, 2)),
      send(`tableInsert{${missing}}`, batch(2, 2)),
      send('tableInsert{T}', batch(4, 2)),
    ],
    rows: 4,
  }),
]
