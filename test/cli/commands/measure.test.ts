import t, { type Test } from 'tap'
import { connect } from '../../../src/client/open-session.js'
import {
  countOf,
  measure,
  ratioText,
  showMeasuring,
  type MeasureOptions,
  type Mode,
} from '../../../src/cli/commands/measure.js'
import { openOutput } from '../../../src/cli/output/output.js'
import type { Faults } from '../../../src/server/index.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { int, text } from '../../helpers/values.js'
import { fakeProcess } from '../run-cli.js'

async function scene(t: Test, faults: Faults = {}) {
  const { server } = await startLoadServer(t, '1', { faults })
  const { host, port } = server
  return {
    server,
    measured: (change: Partial<MeasureOptions>) =>
      measure({
        connect: () => connect({ host, port, user: 'admin', password: '123456' }),
        requests: 250,
        rows: 3,
        signal: new AbortController().signal,
        ...change,
      }),
  }
}

t.test('the same requests go out with answers and without, each mode into its table', async t => {
  const { server, measured } = await scene(t)
  const modes: [Mode, number][] = []
  const shares: Record<Mode, number[]> = { sync: [], async: [] }
  const before = server.counters.asynchronousRequests
  const { requests, rowsPerRequest, sync, async, ratio } = await measured({
    onMode: (mode, _, count) => modes.push([mode, count]),
    onProgress: (mode, share) => shares[mode].push(share),
  })
  t.strictSame([requests, rowsPerRequest], [250, 3])
  t.same(modes, [
    ['sync', 250],
    ['async', 250],
  ])
  t.equal(server.counters.asynchronousRequests - before, 250)
  t.equal(ratio, Number((sync.seconds / async.seconds).toFixed(3)))
  // After 100 and 200 of 250 requests.
  for (const mode of ['sync', 'async'] as const) t.same(shares[mode], [0.396, 0.796])
  t.equal(server.node.shared.size, 0, 'no table is left behind')
})

t.test('when its time is over a mode ends, and the other one does as many', async t => {
  const { measured } = await scene(t)
  t.match(await measured({ longestMs: 0 }), { requests: 100 })
})

t.test('a signal ends the measurement, and no table is left behind', async t => {
  const { server, measured } = await scene(t)
  const ending = new AbortController()
  ending.abort()
  await t.rejects(measured({ signal: ending.signal }), { code: 'DDB_INTERRUPTED' })
  while (server.node.sessions.size > 1) await new Promise(resolve => setImmediate(resolve))
  t.equal(server.node.shared.size, 0)
})

t.test('what fails is thrown, and no table is left behind', async t => {
  const { server, measured } = await scene(t, {
    beforeExecute: ({ rows }) => (rows > 0 ? { error: 'refused' } : undefined),
  })
  await t.rejects(measured({}), { name: 'ServerError', serverMessage: 'refused' })
  t.equal(server.node.shared.size, 0)
})

t.test('the ratio is told the way round that it came out', async t => {
  t.equal(ratioText(3.14), 'Asynchronous writing was 3.1 times as fast as synchronous')
  t.match(ratioText(1), /was 1\.0 times as fast/)
  t.match(ratioText(0.5), /took 2\.0 times as long/)
})

t.test('a count is an INT or a LONG', async t => {
  t.equal(countOf(int(7)), 7)
  t.equal(countOf({ form: 'scalar', type: 'LONG', value: 7n }), 7)
  for (const answer of [undefined, text('7')]) {
    t.throws(() => countOf(answer), { code: 'DDB_PROTOCOL' })
  }
})

t.test('measuring is shown on a terminal alone', async t => {
  for (const [columns, isShown] of [
    [undefined, false],
    [80, true],
  ] as const) {
    const fake = fakeProcess(columns === undefined ? {} : { stderrColumns: columns })
    const output = openOutput(fake.processEnvironment, true)
    const { onProgress, stop } = await showMeasuring(output, fake.processEnvironment)
    onProgress('async', 0.25)
    stop()
    await new Promise(resolve => setImmediate(resolve))
    t.equal(/25%.*asynchronous/.test(fake.stderr()), isShown)
  }
})
