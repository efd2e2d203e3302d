/*
  Checks requests without answers (flag 4): one alone, some among answered requests, several on a separate session.
*/
import { mayLogInWithConnect } from '../../client/login/protection.js'
import { loginFailure } from '../../client/login/plain-login.js'
import type { Session } from '../../client/open-session.js'
import { askMixedFlags } from '../../load/connection/mixed-flags.js'
import { requestFlags } from '../../protocol/request.js'
import type { Response } from '../../protocol/response.js'
import { answerText, numberOf, numbersOf, tableOf } from '../answers.js'
import { expectText, fail, pass, type Check, type Outcome } from '../check.js'
import { rawLogin, type CheckContext } from '../context.js'
import { batch, batchColumns } from './batches.js'

const asyncFlags = requestFlags.apiClient | requestFlags.async

const streamTable = `streamTable(${batchColumns})`

/** Passes if the table has exactly this many rows after the server has executed everything that `session` sent. */
async function expectCount(
  { rowsOf, ask }: CheckContext,
  table: string,
  rows: number,
  session?: Session,
): Promise<Outcome> {
  await rowsOf(table, rows)
  if (session !== undefined) await ask('1', session)
  return expectText('rows', String(await rowsOf(table)), String(rows))
}

/** Longest wait for one answer, ms. The whole check has five seconds. */
const probeMs = 2_000

const valueOf = (response: Response): string =>
  response.ok ? answerText(response.value) : response.message

export const asynchronousChecks: readonly Check[] = [
  {
    name: 'asynchronous: a batch arrives',
    does: 'sends one batch without an answer and waits for its rows',
    dependsOnIt: 'load --mode async',
    async run(context) {
      const name = await context.share('async', streamTable)
      const session = await context.open()
      session.send(`tableInsert{${name}}`, [batch(0, 50)])
      return expectCount(context, name, 50, session)
    },
  },
  {
    name: 'asynchronous: nothing is answered',
    does: 'sends a request with flag 4 and one without, and looks at the first answer',
    dependsOnIt:
      'load --mode async: a superfluous answer would be taken for that of the next request',
    async run({ rawSession }) {
      const { exchange, sessionId } = await rawSession()
      exchange.send({ sessionId, flags: asyncFlags }, { kind: 'script', script: '1111' })
      const answer = await exchange.ask({ sessionId }, { kind: 'script', script: '2222' })
      return expectText('the first answer', valueOf(answer), 'INT scalar 2222')
    },
  },
  {
    name: 'asynchronous: errors are not answered either',
    does: 'sends a failing request with flag 4 and one without, and looks at the first answer',
    dependsOnIt: 'load --mode async: refused batches',
    async run({ rawSession }) {
      const { exchange, sessionId } = await rawSession()
      const script = 'throw "ddbIngestTest"'
      exchange.send({ sessionId, flags: asyncFlags }, { kind: 'script', script })
      const answer = await exchange.ask({ sessionId }, { kind: 'script', script: '2222' })
      return expectText('the first answer', valueOf(answer), 'INT scalar 2222')
    },
  },
  {
    name: 'asynchronous: mixed-flags on one session',
    does: 'tries what load tries, then mixes a hundred batches without answers with requests that are answered, on one session',
    dependsOnIt:
      'receipts and load --mode async: one session logs in with answers and writes without',
    async run(context) {
      const { share, open, ask } = context
      const asked = await askMixedFlags(await open(), probeMs, () => open())
      if (asked.mixedFlags === undefined) return fail('no answer came in time')
      if (!asked.mixedFlags) {
        return fail('a question does not see what was sent before it')
      }
      const name = await share('mixed', streamTable)
      const session = asked.control
      for (let i = 0; i < 100; i++) {
        session.send(`tableInsert{${name}}`, [batch(i, 1)])
        if (i % 10 !== 9) continue
        const answer = numberOf(await ask(`${i} * 2`, session))
        if (answer !== i * 2) {
          return fail(`${i} * 2 was answered with ${answer}`)
        }
      }
      return expectCount(context, name, 100, session)
    },
  },
  {
    name: 'asynchronous: an answer means that what was sent before has been read',
    does: 'sends a hundred batches without answers, asks one question on the same session, and counts at once',
    dependsOnIt: 'receipts: how a run notices that a lost batch will never arrive',
    async run({ share, open, ask }) {
      const name = await share('before', streamTable)
      const session = await open()
      for (let i = 0; i < 100; i++) session.send(`tableInsert{${name}}`, [batch(i, 1)])
      const rows = numberOf(await ask(`exec count(*) from ${name}`, session))
      return rows === 100
        ? pass('all were executed by then')
        : pass(`${rows} of 100 were executed by then`)
    },
  },
  {
    name: 'asynchronous: R9, the order of requests of one session',
    does: 'sends a thousand numbered batches without answers and looks at their order',
    dependsOnIt: 'the order of rows with one connection; no batch depends on another',
    limitMs: 10_000,
    async run({ share, open, ask, rowsOf }) {
      const name = await share('order', streamTable)
      const session = await open()
      for (let i = 0; i < 1000; i++) {
        if (!session.send(`tableInsert{${name}}`, [batch(i, 1)])) await session.drained()
      }
      const rows = await rowsOf(name, 1000)
      if (rows !== 1000) return fail(`${rows} rows arrived, not 1000`)
      const ids = numbersOf(tableOf(await ask(`select id from ${name}`)).columns[0]!)
      const displaced = ids.filter((id, i) => id !== i).length
      return displaced === 0 ? pass('in order') : pass(`not in order: ${displaced} of 1000 moved`)
    },
  },
  {
    name: 'asynchronous: a session without answers',
    does: 'opens a session with enableAsync, logged in if a user is given, writes, and closes it at once',
    dependsOnIt: 'connect({ enableAsync: true }) of the library',
    async run(context) {
      const name = await context.share('session', streamTable)
      const session = await context.open({ enableAsync: true })
      for (let i = 0; i < 10; i++) await session.run(`tableInsert{${name}}`, batch(i * 10, 10))
      await session.close()
      return expectCount(context, name, 100)
    },
  },
  {
    name: 'asynchronous: connect is answered though it carries flag 4',
    does: 'connects with flag 4, as official asynchronous clients do',
    dependsOnIt: 'connect({ enableAsync: true }) of the library',
    async run({ raw, server }) {
      const exchange = await raw()
      const login =
        mayLogInWithConnect(server) && server.user !== undefined ? rawLogin(server) : undefined
      const request =
        login === undefined ? { kind: 'connect' as const } : { kind: 'connect' as const, login }
      const answer = await exchange.ask({ protocol: 'API', flags: asyncFlags }, request)
      if (!answer.ok) {
        throw loginFailure(login ?? { user: 'guest', password: '' }, answer.message)
      }
      return /^[1-9]\d*$/.test(answer.sessionId)
        ? pass()
        : fail(`the session id is "${answer.sessionId}"`)
    },
  },
  {
    name: 'asynchronous: a function of the session',
    does: 'defines a function in a request with an answer and calls it in one without',
    dependsOnIt: 'receipts',
    async run(context) {
      const { share, open, ask } = context
      const name = await share('function', streamTable)
      const session = await open()
      const body = `return tableInsert(objByName("${name}"), data)`
      await ask(`def ddbIngestTestDeliver(mutable data) { ${body} }`, session)
      for (let i = 0; i < 5; i++) session.send('ddbIngestTestDeliver', [batch(i, 1)])
      return expectCount(context, name, 5, session)
    },
  },
  {
    name: 'asynchronous: a refused batch does not stop those after it',
    does: 'sends a good, a bad and a good batch without answers',
    dependsOnIt: 'load --mode async: refused batches',
    async run(context) {
      const name = await context.share('afterBad', streamTable)
      const session = await context.open()
      session.send(`tableInsert{${name}}`, [batch(0, 2)])
      session.send('tableInsert{ddbIngestTestMissing}', [batch(2, 2)])
      session.send(`tableInsert{${name}}`, [batch(4, 2)])
      return expectCount(context, name, 4, session)
    },
  },
]
