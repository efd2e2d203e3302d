/* Checks requests without answers (flag 4): alone, among answered requests, and on a session without answers. */
import { TimeoutError } from '../../errors.js'
import { loginFailure } from '../../client/login/log-in.js'
import { mayLogInWithConnect } from '../../client/login/protection.js'
import { whyNotMixed } from '../../load/connection/connect.js'
import { requestFlags } from '../../protocol/request.js'
import { answerText, expectText, fail, numberOf, numbersOf, tableOf } from '../answers.js'
import type { CheckContext } from '../context.js'
import { missing } from './memory.js'
import { rawLogin } from './sessions.js'
import { batch, checksOf, expectRows, onTable, rows, send, streamTable } from './steps.js'

const asyncFlags = requestFlags.apiClient | requestFlags.async
/** Longest wait for one answer, ms. */
const probeMs = 2_000

/** Sends a script with flag 4 and one without; the first answer must be that of the second. */
const unanswered =
  (script: string) =>
  async ({ rawSession }: CheckContext): Promise<void> => {
    const { exchange, sessionId } = await rawSession()
    exchange.send({ sessionId, flags: asyncFlags }, { kind: 'script', script })
    const answer = await exchange.ask({ sessionId }, { kind: 'script', script: '2222' })
    const text = answer.ok ? answerText(answer.value) : answer.message
    expectText('the first answer', text, 'INT scalar 2222')
  }

async function sendBatches(context: CheckContext, batches: number) {
  const name = await context.share('sent', streamTable)
  const session = await context.open()
  for (let i = 0; i < batches; i++) {
    if (!session.send(`tableInsert{${name}}`, [batch(i, 1)])) await session.drained()
  }
  return { name, session }
}

export const asynchronousChecks = [
  ...checksOf('asynchronous', 'load --mode async, and receipts', {
    'a batch arrives': onTable(streamTable, send('tableInsert{T}', batch(0, 50)), rows(50)),
    'nothing is answered': unanswered('1111'),
    'errors are not answered either': unanswered('throw "ddbIngestTest"'),
    'mixed-flags on one session': async context => {
      const { share, open, ask } = context
      const session = await open()
      const why = await whyNotMixed(session, probeMs)
      if (why instanceof TimeoutError) fail('no answer came in time')
      if (why !== undefined) fail('a question does not see what was sent before it')
      const name = await share('mixed', streamTable)
      for (let i = 0; i < 10; i++) {
        session.send(`tableInsert{${name}}`, [batch(i, 10)])
        expectText(`${i} * 2`, String(numberOf(await ask(`${i} * 2`, session))), String(i * 2))
      }
      await expectRows(context, name, 100, session)
    },
    'an answer means that what was sent before has been read': async context => {
      const { name, session } = await sendBatches(context, 100)
      const seen = numberOf(await context.ask(`exec count(*) from ${name}`, session))
      return `${seen === 100 ? 'all' : `${seen} of 100`} were executed by then`
    },
    'R9, the order of requests of one session': async context => {
      const { name } = await sendBatches(context, 1000)
      const count = await context.rowsOf(name, 1000)
      if (count !== 1000) fail(`${count} rows arrived, not 1000`)
      const ids = numbersOf(tableOf(await context.ask(`select id from ${name}`)).columns[0]!)
      const displaced = ids.filter((id, i) => id !== i).length
      return displaced === 0 ? 'in order' : `not in order: ${displaced} of 1000 moved`
    },
    'a refused batch does not stop those after it': onTable(
      streamTable,
      send('tableInsert{T}', batch(0, 2)),
      send(`tableInsert{${missing}}`, batch(2, 2)),
      send('tableInsert{T}', batch(4, 2)),
      rows(4),
    ),
  }),
  ...checksOf(
    'asynchronous',
    'connect({ enableAsync: true }) of the library, and load if one session cannot do both',
    {
      'a session without answers': async context => {
        const name = await context.share('session', streamTable)
        const session = await context.openAsync()
        for (let i = 0; i < 10; i++) await session.run(`tableInsert{${name}}`, batch(i * 10, 10))
        await session.close()
        await expectRows(context, name, 100, context.control)
      },
      'connect is answered though it carries flag 4': async ({ raw, server }) => {
        const exchange = await raw()
        const isAllowed = mayLogInWithConnect(server) && server.user !== undefined
        const login = isAllowed ? rawLogin(server) : undefined
        const request = { kind: 'connect' as const, ...(login && { login }) }
        const answer = await exchange.ask({ protocol: 'API', flags: asyncFlags }, request)
        if (!answer.ok) throw loginFailure(login ?? { user: 'guest', password: '' }, answer.message)
        if (!/^[1-9]\d*$/.test(answer.sessionId)) fail(`the session id is "${answer.sessionId}"`)
      },
    },
  ),
]
