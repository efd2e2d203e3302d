/*
  A server that keeps its connections open but does nothing ends a run. A pause of the input does not.
*/
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { DeliveryOptions, LoadResult } from '../../../src/load/options.js'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import type { RequestInfo } from '../../../src/server/index.js'
import { deepTest } from '../../helpers/runs.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const noteScript =
  'share streamTable(10:0, [`note], [STRING]) as notes\n' +
  'def slowly(mutable data) { sleep(2500); tableInsert(objByName("notes"), data) }\n' +
  'addFunctionView(slowly)'

/** Long enough for a slow machine to answer. The tests run in parallel, so the waits overlap. */
const confirmTimeoutMs = 1_500

interface Freezing extends LoadServer {
  run: (
    text: Iterable<string> | AsyncIterable<string>,
    delivery: DeliveryOptions,
    target?: object,
  ) => Promise<LoadResult>
}

/** A server that accepts `count` matching requests; from the next one on, it executes and answers nothing. */
async function freezingAfter(
  t: Test,
  count: number,
  matches: (request: RequestInfo) => boolean = ({ rows }) => rows > 0,
): Promise<Freezing> {
  const thaw = closedGate()
  let seen = 0
  const here = await startLoadServer(t, noteScript, {
    before: request => {
      if (matches(request)) seen++
      return seen > count ? { until: thaw.opened } : undefined
    },
  })
  t.teardown(async () => {
    thaw.open()
    await here.session.close().catch(() => undefined)
  })
  return {
    ...here,
    run: (text, delivery, target = { table: 'notes' }) =>
      here.load('-', {
        target,
        input: { format: 'csv', stdin: Readable.from(text) },
        delivery: { batchRows: 2, confirmTimeoutMs, ...delivery },
      }),
  }
}

const sixRows = ['note\n', 'a\nb\nc\nd\ne\nf\n']

deepTest(t, 'in sync mode the run waits for a working server', async t => {
  const here = await freezingAfter(t, Infinity)
  const target = { function: 'slowly', types: 'note:STRING' }
  const result = await here.run(sixRows.slice(0, 1).concat('a\n'), { mode: 'sync' }, target)
  t.match(result, { exitCode: 0, rows: { confirmed: 1 } })
})

deepTest(t, 'in sync mode, an answer that arrives while the run asks about it counts', async t => {
  const answered = closedGate()
  let asked = 0
  const here = await startLoadServer(t, noteScript, {
    before: ({ rows, text }) => {
      if (rows > 0) return { until: answered.opened }
      if (text.includes('getConsoleJobs')) {
        asked++
        answered.open()
      }
      return undefined
    },
  })
  const result = await here.load('-', {
    target: { table: 'notes' },
    input: { format: 'csv', stdin: Readable.from(['note\na\n']) },
    delivery: { mode: 'sync', confirmTimeoutMs },
  })
  t.match(result, { exitCode: 0, rows: { confirmed: 1 } })
  t.equal(asked, 1)
})

deepTest(t, 'a long pause of the input is not treated as silence of the server', async t => {
  const here = await freezingAfter(t, Infinity)
  let before = -1
  let landed = 0
  async function* paused(): AsyncGenerator<string> {
    yield 'note\na\nb\n'
    // The loop ends once all rows are confirmed, because only then does the run send no more requests.
    while (here.server.counters.requests !== before) {
      before = here.server.counters.requests
      await new Promise(resolve => setTimeout(resolve, 1.5 * confirmTimeoutMs))
    }
    landed = await here.count('notes')
    yield 'c\nd\n'
  }
  const result = await here.run(paused(), { mode: 'async' })
  t.match(result, { exitCode: 0, rows: { read: 4, confirmed: 4 } })
  t.equal(landed, 2, 'the pause came after a batch')
})
