/* What a run does not take for a silent server: one that works, one that answers late, and a pause of the input. */
import { Readable } from 'node:stream'
import t from 'tap'
import type { DeliveryOptions, LoadResult, TargetOptions } from '../../../src/load/options.js'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'
import { useTurnClock } from '../../helpers/turn-clock.js'

useTurnClock()

const noteScript =
  'share streamTable(10:0, [`note], [STRING]) as notes\n' +
  'def slowly(mutable data) { sleep(2500); tableInsert(objByName("notes"), data) }\n' +
  'addFunctionView(slowly)'

/** Long enough for a slow machine to answer. The tests run in parallel, so the waits overlap. */
const confirmTimeoutMs = 1_500

const loadInto = (
  here: LoadServer,
  text: Iterable<string> | AsyncIterable<string>,
  delivery: DeliveryOptions,
  target: TargetOptions = { table: 'notes' },
): Promise<LoadResult> =>
  here.load('-', {
    target,
    input: { format: 'csv', stdin: Readable.from(text) },
    delivery: { batchRows: 2, confirmTimeoutMs, ...delivery },
  })

deepTest(t, 'in sync mode the run waits for a working server', async t => {
  const here = await startLoadServer(t, noteScript)
  const target = { function: 'slowly', types: 'note:STRING' }
  const result = await loadInto(here, ['note\na\n'], { mode: 'sync' }, target)
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
  const result = await loadInto(here, ['note\na\n'], { mode: 'sync' })
  t.match(result, { exitCode: 0, rows: { confirmed: 1 } })
  t.equal(asked, 1)
})

deepTest(t, 'a long pause of the input is not treated as silence of the server', async t => {
  const here = await startLoadServer(t, noteScript)
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
  const result = await loadInto(here, paused(), { mode: 'async' })
  t.match(result, { exitCode: 0, rows: { read: 4, confirmed: 4 } })
  t.equal(landed, 2, 'the pause came after a batch')
})
