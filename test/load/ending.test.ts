import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import type { Session } from '../../src/client/open-session.js'
import { DdbError } from '../../src/errors.js'
import { close, endOnSignals } from '../../src/load/pipeline.js'
import { loadResult } from '../../src/load/result.js'
import type { Delivery, Inputs } from '../../src/load/run.js'
import { handClock } from '../helpers/clocks.js'
import { closedGate } from '../helpers/gate.js'
import { count, testRun } from '../helpers/load-run.js'
import { startLoadServer, tradesHeader, tradesScript } from '../helpers/load-server.js'
import { deepTest } from '../helpers/runs.js'

/** The parts that a run has opened, and a record of how each part was closed. */
function scene(deliveryCloses: () => Promise<void> = () => Promise.resolve()) {
  const done: string[] = []
  const clock = handClock()
  const ending = new AbortController()
  const leaving = new AbortController()
  const run = testRun({ signal: ending.signal, leave: leaving.signal }, { clock })
  run.inputs = {
    close: () => Promise.resolve(void done.push('inputs close')),
    summaries: () => [],
    reading: { columnCounts: [] },
  } as unknown as Inputs
  run.control = {
    ...{ host: 'h', port: 1 },
    abandon: ({ code }: DdbError) => void done.push(`control abandon ${code}`),
    close: () => Promise.resolve(void done.push('control close')),
  } as unknown as Session
  run.delivery = {
    leave: ({ code }: DdbError) => void done.push(`delivery leave ${code}`),
    close: () => {
      done.push('delivery close')
      return deliveryCloses()
    },
  } as unknown as Delivery
  return { run, done, clock, ending, leaving }
}

const never = new Promise<void>(() => undefined)
const staying = { left: never, stopLeaving: () => undefined }
const inOrder = ['inputs close', 'delivery close', 'control close']

t.test('a signal before the start counts, a signal after the end does not', async t => {
  const early = scene()
  early.ending.abort()
  endOnSignals(early.run)
  t.match(early.run.ending.failure, { code: 'DDB_INTERRUPTED' })
  const late = scene()
  endOnSignals(late.run).stopListening()
  late.ending.abort()
  t.equal(late.run.ending.failure, undefined)
})

t.test('a run that leaves at once closes its connections at once', async t => {
  const { run, done, leaving } = scene()
  const { left } = endOnSignals(run)
  leaving.abort()
  await left
  t.match(run.ending.failure, { code: 'DDB_INTERRUPTED' })
  t.same(done, [
    'inputs close',
    'delivery leave DDB_CONNECTION_LOST',
    'control abandon DDB_CONNECTION_LOST',
  ])
})

t.test('if a part cannot be closed, the run fails, but the remaining parts are closed', async t => {
  const failure = new DdbError('DDB_CONNECTION_LOST', 'gone')
  const { run, done } = scene(() => Promise.reject(failure))
  await close(run, staying)
  t.equal(run.ending.failure, failure)
  t.same(done, inOrder)
})

t.test('the run waits at most half a minute for a server to close', async t => {
  const gate = closedGate()
  const { run, done, clock } = scene(() => gate.opened)
  const closing = close(run, staying)
  while (done.length < 2) await Promise.resolve()
  clock.advance(29_999)
  t.same(done, ['inputs close', 'delivery close'])
  clock.advance(1)
  const expected = ['delivery leave DDB_CONNECTION_LOST', 'control abandon DDB_CONNECTION_LOST']
  t.same(done.slice(2), expected)
  gate.open()
  await closing
})

t.test('a run that leaves does not wait, and counts rows without an outcome as unsent', async t => {
  const { run, leaving } = scene(() => never)
  count(run, { read: 8, confirmed: 3 })
  const closing = close(run, endOnSignals(run))
  leaving.abort()
  await closing
  // Reading may still go on.
  count(run, { read: 9, confirmed: 3 })
  run.target = { columns: [], keyed: false }
  t.match(loadResult(run), { status: 'interrupted', rows: { confirmed: 3, unsent: 6 } })
})

deepTest(t, 'signals of a caller that outlive a run do not keep the run in memory', async t => {
  const here = await startLoadServer(t, tradesScript)
  const file = join(
    t.testdir({ 'a.csv': `${tradesHeader}2024.01.02T03:04:05.678,A,2,3\n` }),
    'a.csv',
  )
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const kept: WeakRef<object>[] = []
  const signal = new AbortController().signal
  const leave = new AbortController().signal
  const loadOnce = async (): Promise<void> => {
    const change = { signal, leave, onNotice: () => undefined }
    kept.push(new WeakRef(change.onNotice))
    const { exitCode } = await here.load(file, change)
    t.equal(exitCode, 0)
  }
  await loadOnce()
  await loadOnce()
  // Sockets and timers of a run are released within a few turns of the event loop.
  for (let turn = 0; turn < 50 && kept.some(ref => ref.deref() !== undefined); turn++) {
    await new Promise(setImmediate)
    collect()
  }
  const alive = kept.map(ref => ref.deref())
  t.same(alive, [undefined, undefined])
})
