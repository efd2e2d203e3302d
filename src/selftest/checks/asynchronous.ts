/* Checks requests without answers (flag 4): alone, among answered requests, and on a session without answers. */
import { TimeoutError } from '../../errors.js'
import { whyNotMixed } from '../../load/connection/connect.js'
import { requestFlags } from '../../protocol/request.js'
import { answerText, expectText, fail } from '../answers.js'
import type { CheckContext } from '../context.js'
import { missing } from './memory.js'
import { ask, batch, checksOf, onTable, rows, send, streamTable } from './steps.js'

const asyncFlags = requestFlags.apiClient | requestFlags.async
/** Longest wait for one answer, ms. */
const probeMs = 2_000
const zeroToNine = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]

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

export const asynchronousChecks = [
  ...checksOf('asynchronous', 'load --mode async, and receipts', {
    'a batch arrives': onTable(streamTable, send('tableInsert{T}', batch(0, 50)), rows(50)),
    'nothing is answered': unanswered('1111'),
    'errors are not answered either': unanswered('throw "ddbIngestTest"'),
    'mixed-flags on one session': onTable(
      streamTable,
      async place => {
        place.session = await place.context.open()
        const why = await whyNotMixed(place.session, probeMs)
        if (why instanceof TimeoutError) fail('no answer came in time')
        if (why !== undefined) fail('a question does not see what was sent before it')
      },
      ...zeroToNine.flatMap(i => [send('tableInsert{T}', batch(i, 10)), ask(`${i} * 2`, i * 2)]),
      rows(100),
    ),
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
      'a session without answers': onTable(
        streamTable,
        async ({ context, name }) => {
          const session = await context.openAsync()
          for (const i of zeroToNine) await session.run(`tableInsert{${name}}`, batch(i * 10, 10))
          await session.close()
        },
        rows(100),
      ),
      'connect is answered though it carries flag 4': async ({ raw }) => {
        const exchange = await raw()
        const head = { protocol: 'API', flags: asyncFlags } as const
        const answer = await exchange.ask(head, { kind: 'connect' })
        if (!answer.ok) fail(answer.message)
        if (!/^[1-9]\d*$/.test(answer.sessionId)) fail(`the session id is "${answer.sessionId}"`)
      },
    },
  ),
]
