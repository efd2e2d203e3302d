/*
  Waiting as a promise, on a clock that is moved by hand.
*/
import t from 'tap'
import { wait } from '../../src/platform/wait.js'
import { handClock } from '../helpers/clocks.js'

/** Whether it has resolved, after everything that was due has run. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  let over = false
  void waiting.then(() => (over = true))
  for (let turn = 0; turn < 3; turn++) await Promise.resolve()
  return over
}

t.test('it resolves when the time has passed, not before', async t => {
  const clock = handClock()
  const waiting = wait(clock, 10)
  clock.advance(9)
  t.notOk(await isOver(waiting))
  clock.advance(1)
  t.ok(await isOver(waiting))
})

t.test('a signal ends it, and leaves no timer', async t => {
  const clock = handClock()
  const controller = new AbortController()
  const waiting = wait(clock, 10, controller.signal)
  t.equal(clock.timers, 1)
  controller.abort()
  t.ok(await isOver(waiting))
  t.equal(clock.timers, 0)
})

t.test('a signal that has fired leaves nothing to wait for', async t => {
  const clock = handClock()
  t.ok(await isOver(wait(clock, 10, AbortSignal.abort())))
  t.equal(clock.timers, 0)
})

t.test('a signal that fires later does nothing', async t => {
  const clock = handClock()
  const controller = new AbortController()
  const waiting = wait(clock, 10, controller.signal)
  clock.advance(10)
  t.ok(await isOver(waiting))
  controller.abort()
  t.equal(clock.timers, 0)
})
