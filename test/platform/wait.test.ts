/*
  Waiting as a promise, on a clock that the test moves.
*/
import t from 'tap'
import { wait } from '../../src/platform/wait.js'
import { handClock } from '../helpers/clocks.js'

/** Whether the promise has resolved, after everything that is due has run. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  let over = false
  void waiting.then(() => (over = true))
  for (let turn = 0; turn < 3; turn++) await Promise.resolve()
  return over
}

t.test('the promise resolves when the time has passed, not earlier', async t => {
  const clock = handClock()
  const waiting = wait(clock, 10)
  clock.advance(9)
  t.notOk(await isOver(waiting))
  clock.advance(1)
  t.ok(await isOver(waiting))
})

t.test('a signal ends the wait, and leaves no timer', async t => {
  const clock = handClock()
  const controller = new AbortController()
  const waiting = wait(clock, 10, controller.signal)
  t.equal(clock.timers, 1)
  controller.abort()
  t.ok(await isOver(waiting))
  t.equal(clock.timers, 0)
})

t.test('a signal that has already fired ends the wait at once', async t => {
  const clock = handClock()
  t.ok(await isOver(wait(clock, 10, AbortSignal.abort())))
  t.equal(clock.timers, 0)
})

t.test('a signal that fires after the wait does nothing', async t => {
  const clock = handClock()
  const controller = new AbortController()
  const waiting = wait(clock, 10, controller.signal)
  clock.advance(10)
  t.ok(await isOver(waiting))
  controller.abort()
  t.equal(clock.timers, 0)
})
