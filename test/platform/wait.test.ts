/*
  Waiting: over after its time, or when its signal is aborted, whichever comes first.
*/
import t from 'tap'
import type { Clock, Timer } from '../../src/platform/platform.js'
import { wait } from '../../src/platform/wait.js'

/** A clock whose timers run when the test says so. */
function handClock() {
  const due = new Map<() => void, number>()
  const clock: Pick<Clock, 'after'> = {
    after(ms, run): Timer {
      due.set(run, ms)
      return { cancel: () => void due.delete(run) }
    },
  }
  return { clock: clock as Clock, due }
}

t.test('is over when the timer runs out', async t => {
  const { clock, due } = handClock()
  const waiting = wait(clock, 250)
  t.same([...due.values()], [250])
  for (const run of due.keys()) run()
  await waiting
})

t.test('is over at once, its timer gone, when its signal is aborted on the way', async t => {
  const { clock, due } = handClock()
  const ended = new AbortController()
  const waiting = wait(clock, 250, ended.signal)
  ended.abort()
  await waiting
  t.equal(due.size, 0)
})

t.test('does not begin when its signal is aborted already', async t => {
  const { clock, due } = handClock()
  await wait(clock, 250, AbortSignal.abort())
  t.equal(due.size, 0)
})
