/*
  Waiting as a promise, on a clock that the test moves.
*/
import t from 'tap'
import { wait } from '../../src/platform/clocks.js'
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
