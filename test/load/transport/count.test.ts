import t from 'tap'
import { waitForCount, type CountWait } from '../../../src/load/transport/count.js'
import { leapingClock } from '../../helpers/clocks.js'

/** A clock that moves only when the code waits, and a target whose row count follows a list of [atMs, rows]. */
function scene(rowsAt: [number, number][], change: Partial<CountWait> = {}) {
  const clock = leapingClock()
  const rows = () => rowsAt.filter(([atMs]) => atMs <= clock.nowMs()).at(-1)?.[1] ?? 0
  return {
    elapsedMs: () => clock.nowMs(),
    wait: {
      count: () => Promise.resolve(100 + rows()),
      beforeRows: 100,
      sentRows: 50,
      timeoutMs: 60_000,
      idle: () => Promise.resolve(undefined),
      bufferedBytes: () => 0,
      clock,
      ...change,
    } satisfies CountWait,
  }
}

t.test('a count that grew by the number of sent rows confirms the rows', async t => {
  t.same(await waitForCount(scene([[0, 50]]).wait), { kind: 'reached' })
  t.same(
    await waitForCount(
      scene([
        [200, 20],
        [4_000, 50],
      ]).wait,
    ),
    { kind: 'reached' },
  )
})

t.test('more rows than were sent, or fewer than before, mean that other clients write', async t => {
  t.same(await waitForCount(scene([[0, 51]]).wait), { kind: 'cannotTell', grownRows: 51 })
  t.same(
    await waitForCount(
      scene([
        [0, 10],
        [100, -3],
      ]).wait,
    ),
    { kind: 'cannotTell', grownRows: -3 },
  )
})

t.test('no progress for the whole timeout ends the wait', async t => {
  const { wait, elapsedMs } = scene([[10_000, 20]])
  t.same(await waitForCount(wait), { kind: 'short', grownRows: 20 })
  t.ok(elapsedMs() >= 70_000 && elapsedMs() < 72_000, `waited ${elapsedMs()} ms`)
})

t.test('bytes that leave this machine are progress', async t => {
  const { wait, elapsedMs } = scene([])
  // Each second a thousand bytes leave, until none are left.
  const bufferedBytes = () => Math.max(0, 100_000 - elapsedMs())
  t.same(await waitForCount({ ...wait, bufferedBytes }), { kind: 'short', grownRows: 0 })
  t.ok(elapsedMs() >= 160_000 && elapsedMs() < 162_000, `waited ${elapsedMs()} ms`)
})

t.test('a server that says it is idle ends the wait early', async t => {
  const { wait, elapsedMs } = scene([[0, 20]], { idle: () => Promise.resolve(true) })
  t.same(await waitForCount(wait), { kind: 'short', grownRows: 20 })
  t.ok(elapsedMs() < 5_000, `waited ${elapsedMs()} ms`)
})

t.test('the run waits for a busy server', async t => {
  const { wait } = scene([[20_000, 50]], { idle: () => Promise.resolve(false) })
  t.same(await waitForCount(wait), { kind: 'reached' })
})

t.test('a count that the server cannot give means unreachable, not zero', async t => {
  const cause = new Error('gone')
  const { wait } = scene([], { count: () => Promise.reject(cause) })
  t.same(await waitForCount(wait), { kind: 'unreachable', cause })
})
