/*
  On slow links, rows can be in flight while the server is idle. A run that counts rows waits for them
  (docs/confirmation.md#how-counting-ends). The test holds the rows back until the run has asked for the count several
  times.
*/
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { loadOn } from '../../../src/load/load.js'
import type { LoadResult } from '../../../src/load/options.js'
import { requestedFaults, startServer } from '../../../src/server/index.js'
import { csv, streamScript } from '../../helpers/delivery.js'
import { startHoldingProxy } from '../../helpers/holding-proxy.js'
import { deepTest } from '../../helpers/runs.js'
import { turnPlatform } from '../../helpers/turn-platform.js'

const question = 'from getConsoleJobs() where sessionId'
/** A run asks every half second, and concludes after one idle second that the server is done. */
const questionsBefore = 12

interface Change {
  readonly mixedFlags?: boolean
  readonly confirmTimeoutMs?: number
  /** Whether the link finally delivers the rows. */
  readonly releases?: boolean
}

/** A run of 100 rows that the link holds back until the run has asked `questionsBefore` times. */
async function runOver(
  t: Test,
  { mixedFlags = true, confirmTimeoutMs = 60_000, releases = true }: Change = {},
): Promise<{ result: LoadResult; questions: number }> {
  const server = await startServer({
    port: 0,
    initScript: streamScript,
    faults: mixedFlags ? {} : requestedFaults('mixedRefuse'),
  })
  t.teardown(() => server.close())
  const platform = turnPlatform()
  t.teardown(() => platform.stop())
  let questions = 0
  const proxy = await startHoldingProxy(
    t,
    server.port,
    sent => sent.includes('tableInsert{target}'),
    sent => {
      questions = Math.max(questions, sent.toString('latin1').split(question).length - 1)
      if (questions === questionsBefore && releases) proxy.release()
    },
  )
  const result = await loadOn(platform, {
    inputs: ['-'],
    input: { stdin: Readable.from([csv(100)]), header: 'yes' },
    server: {
      host: '127.0.0.1',
      port: proxy.port,
      user: 'admin',
      password: '123456',
      insecureLogin: true,
    },
    target: { table: 'target' },
    delivery: { connections: 1, batchRows: 10, confirm: 'count', confirmTimeoutMs },
  })
  t.equal(proxy.held, 1, 'data was held back')
  return { result, questions }
}

t.test('a run waits for late rows even if the server is idle', async t => {
  const { result, questions } = await runOver(t)
  t.match(result, { exitCode: 0, rows: { confirmed: 100 } })
  t.ok(questions >= questionsBefore)
})

deepTest(t, 'the run also waits on a session that cannot be asked after its rows', async t => {
  const { result } = await runOver(t, { mixedFlags: false })
  t.match(result, { exitCode: 0, rows: { confirmed: 100 } })
})

deepTest(t, 'the run does not wait longer than the timeout without progress', async t => {
  for (const mixedFlags of [true, false]) {
    const { result } = await runOver(t, { mixedFlags, confirmTimeoutMs: 3_000, releases: false })
    t.match(result, { exitCode: 4, rows: { confirmed: 0, unconfirmed: 100 } })
  }
})
