import t from 'tap'
import { awakeClock } from '../../src/platform/clocks.js'
import type { Clock } from '../../src/platform/platform.js'
import { handClock } from '../helpers/clocks.js'

/** A simulated machine on which clocks continue even while no timer fires. */
function machine() {
  const hand = handClock()
  let sleptMs = 0
  let setMs = 0
  const clock: Clock = {
    ...hand,
    nowMs: () => hand.nowMs() + sleptMs,
    wallMs: () => hand.nowMs() + sleptMs + setMs,
  }
  return {
    awake: awakeClock(clock),
    hand,
    /** The process is awake for `ms`, in steps so short that no timer is late. */
    pass: (ms: number): void => {
      for (let done = 0; done < ms; done += 100) hand.advance(Math.min(100, ms - done))
    },
    /** The process is stopped: the clocks continue, but no timer fires. */
    sleep: (ms: number) => void (sleptMs += ms),
    /** Only the wall clock moves, because the machine was suspended or its clock was set. */
    jump: (ms: number) => void (setMs += ms),
  }
}

t.test('an awake process counts all the time that passes', async t => {
  const { awake, pass } = machine()
  const beganMs = awake.nowMs()
  pass(100_000)
  t.equal(awake.nowMs() - beganMs, 100_000)
  t.equal(awake.naps, 0)
})

t.test('sleep is not counted, whether a timer or a reading notices it first', async t => {
  const { awake, pass, sleep } = machine()
  const beganMs = awake.nowMs()
  pass(1_000)
  sleep(3_600_000)
  // One beat (500 ms) of the gap counts as awake, because the process may have been awake for a beat.
  t.ok(awake.nowMs() - beganMs <= 1_500)
  pass(1_000)
  t.ok(awake.nowMs() - beganMs <= 2_500)
  t.equal(awake.naps, 1)
  sleep(3_600_000)
  pass(1_000)
  t.ok(awake.nowMs() - beganMs <= 4_000, 'found out by its own beat as well')
  t.equal(awake.naps, 2)
})

t.test('time never runs backwards', async t => {
  const { awake, pass, sleep } = machine()
  let lastMs = awake.nowMs()
  for (const ms of [1, 100, 1_499, 1_501, 5_000, 0, 1_600, 1e9]) {
    sleep(ms)
    const nowMs = awake.nowMs()
    t.ok(nowMs >= lastMs)
    lastMs = nowMs
    pass(100)
  }
})

t.test('a timer waits for its whole time awake', async t => {
  const { awake, pass, sleep } = machine()
  let called = 0
  awake.after(10_000, () => called++)
  pass(4_000)
  sleep(3_600_000)
  pass(5_000)
  t.equal(called, 0)
  pass(1_500)
  t.equal(called, 1)
  const timer = awake.after(10_000, () => called++)
  sleep(3_600_000)
  pass(5_000)
  timer.cancel()
  pass(20_000)
  t.equal(called, 1, 'one that was restarted can be cancelled')
})

t.test('a suspended machine has slept, although its own clock stood still', async t => {
  const { awake, pass, jump } = machine()
  const beganMs = awake.nowMs()
  pass(1_000)
  jump(3_600_000)
  t.equal(awake.naps, 1)
  t.equal(awake.nowMs() - beganMs, 1_000)
  jump(-60_000)
  t.equal(awake.naps, 2, 'also for a clock that is set back')
  jump(500)
  t.equal(awake.naps, 2, 'not for a small correction of the clock')
})

t.test('once it is stopped it leaves no timer', async t => {
  const { awake, hand } = machine()
  t.equal(hand.timers, 1)
  awake.stop()
  t.equal(hand.timers, 0)
})
