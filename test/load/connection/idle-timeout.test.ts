import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Session } from '../../../src/client/open-session.js'
import { ConnectionError, TimeoutError } from '../../../src/errors.js'
import {
  answerWatch,
  drainedInTime,
  silenceError,
} from '../../../src/load/connection/idle-timeout.js'
import { handClock, leapingClock } from '../../helpers/clocks.js'
import { runs } from '../../helpers/runs.js'

const never = new Promise<undefined>(() => undefined)

/** A session on which only the test makes anything happen. */
function quietSession(bufferedBytes: () => number, drained: Promise<void> = never) {
  const given: { code: string }[] = []
  const session = {
    get bufferedBytes() {
      return bufferedBytes()
    },
    drained: () => drained,
    abandon: (reason: { code: string }) => void given.push(reason),
  }
  return { session: session as unknown as Session, given }
}

const timeoutMs = 60_000

/** Waits until all pending callbacks have run. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))
const silent = { name: 'ConnectionError', code: 'DDB_UNCONFIRMED' }

t.test('if the peer takes no bytes, the wait ends and the session is closed', async t => {
  const clock = leapingClock()
  const { session, given } = quietSession(() => 100)
  await t.rejects(drainedInTime(session, { clock, timeoutMs }), silent)
  t.equal(given[0]?.code, 'DDB_UNCONFIRMED')
  // The timeout reserves one second for the check for progress, but here the check takes no time.
  t.equal(clock.nowMs(), 59_000)
})

t.test('the wait continues while bytes leave', async t => {
  const clock = leapingClock()
  // One byte leaves per second for five minutes. After that, no byte leaves.
  const { session, given } = quietSession(() => Math.max(100, 400 - clock.nowMs() / 1_000))
  await t.rejects(drainedInTime(session, { clock, timeoutMs }), silent)
  // A check every 58 seconds: the one at 348 s finds the bytes that left since 290 s, the one at 406 s finds none.
  t.equal(clock.nowMs(), 407_000)
  t.equal(given.length, 1)
})

t.test('a buffer that drains in time is not a failure', async t => {
  const { session, given } = quietSession(() => 100, Promise.resolve())
  await drainedInTime(session, { clock: leapingClock(), timeoutMs })
  t.same(given, [])
})

t.test('a connection lost during the wait is reported as lost', async t => {
  const lost = new ConnectionError('DDB_CONNECTION_LOST', 'gone')
  const { session, given } = quietSession(() => 100, Promise.reject(lost))
  await t.rejects(drainedInTime(session, { clock: leapingClock(), timeoutMs }), lost)
  t.same(given, [])
})

t.test('the client waits for an answer while the server works on it', async t => {
  const clock = leapingClock()
  const asked: number[] = []
  let answer: (text: string) => void = () => undefined
  const answered = new Promise<string>(resolve => (answer = resolve))
  const { session, given } = quietSession(() => 0)
  const isIdle = (ms: number): Promise<boolean> => {
    asked.push(ms)
    if (asked.length === 5) answer('done')
    return Promise.resolve(false)
  }
  t.equal(await answerWatch(session, isIdle, { clock, timeoutMs }).until(answered), 'done')
  t.same(asked, [1_000, 1_000, 1_000, 1_000, 1_000], 'a question to the server has one second')
  t.equal(clock.nowMs(), 5 * 58_000)
  t.same(given, [])
})

t.test('a server that is idle, reports nothing, or cannot be asked times out', async t => {
  const looks: readonly (readonly [string, () => Promise<boolean | undefined>])[] = [
    ['idle', () => Promise.resolve(true)],
    ['does not tell', () => Promise.resolve(undefined)],
    ['is silent', () => Promise.reject(new TimeoutError('no answer'))],
    ['is gone', () => Promise.reject(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))],
  ]
  for (const [name, isIdle] of looks) {
    const clock = leapingClock()
    const { session, given } = quietSession(() => 0)
    const watch = answerWatch(session, isIdle, { clock, timeoutMs })
    await t.rejects(watch.until(never), silent, name)
    t.equal(given.length, 1, name)
    t.equal(clock.nowMs(), 59_000, name)
  }
})

t.test('an answer that arrives after the server reported that it is idle is accepted', async t => {
  const clock = leapingClock()
  let answer: (text: string) => void = () => undefined
  const answered = new Promise<string>(resolve => (answer = resolve))
  const { session, given } = quietSession(() => 0)
  const isIdle = (): Promise<boolean> => {
    answer('just now')
    return Promise.resolve(true)
  }
  t.equal(await answerWatch(session, isIdle, { clock, timeoutMs }).until(answered), 'just now')
  t.same(given, [])
})

t.test('an error of the question does not count as silence', async t => {
  const bug = new TypeError('a bug')
  const { session, given } = quietSession(() => 0)
  const timeout = { clock: leapingClock(), timeoutMs }
  const watch = answerWatch(session, () => Promise.reject(bug), timeout)
  await t.rejects(watch.until(never), bug)
  t.same(given, [])
})

t.test('if the timeout is short, at most half of it is spent on checks', async t => {
  const clock = leapingClock()
  const asked: number[] = []
  const { session } = quietSession(() => 0)
  const isIdle = (ms: number): Promise<boolean> => {
    asked.push(ms)
    return Promise.resolve(true)
  }
  const watch = answerWatch(session, isIdle, { clock, timeoutMs: 100 })
  await t.rejects(watch.until(never), silent)
  t.same(asked, [25])
  t.equal(clock.nowMs(), 75)
})

t.test('a single timer watches many successive answers, each with its own timeout', async t => {
  const clock = handClock()
  const { session, given } = quietSession(() => 0)
  const watch = answerWatch(session, () => Promise.resolve(true), { clock, timeoutMs })
  for (let no = 0; no < 100; no++) {
    t.equal(await watch.until(Promise.resolve(no)), no)
    t.equal(clock.timers, 1)
    clock.advance(1_000)
    await turn()
  }
  const late = watch.until(never).catch((error: unknown) => error)
  // The timeout begins with this question, so the time of earlier answers does not count.
  for (let second = 0; second < 58; second++) {
    clock.advance(1_000)
    await turn()
    t.same(given, [])
  }
  clock.advance(1_000)
  await turn()
  t.match(await late, silent)
  t.equal(given.length, 1)
})

t.test('an ended watch leaves no timer', async t => {
  const clock = handClock()
  const { session } = quietSession(() => 0)
  const watch = answerWatch(session, () => Promise.resolve(true), { clock, timeoutMs })
  await watch.until(Promise.resolve())
  watch.end()
  t.equal(clock.timers, 0)
})

t.test('for any timing of answers, exactly the missing ones are reported as silence', async () => {
  // `afterS`: seconds since the previous question. `answerS`: seconds until the answer; undefined for no answer.
  const question = fc.record({
    afterS: fc.integer({ min: 0, max: 40 }),
    answerS: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
  })
  const property = fc.asyncProperty(fc.array(question, { maxLength: 12 }), async questions => {
    const clock = handClock()
    const { session, given } = quietSession(() => 0)
    const watch = answerWatch(session, () => Promise.resolve(true), { clock, timeoutMs })
    const isAway: boolean[] = []
    let nowS = 0
    const asked: { atS: number; answer: () => void }[] = []
    const pass = async (seconds: number): Promise<void> => {
      for (; seconds > 0; seconds--) {
        nowS++
        clock.advance(1_000)
        for (const one of asked) if (one.atS === nowS) one.answer()
        await turn()
      }
    }
    for (const [no, { afterS, answerS }] of questions.entries()) {
      await pass(afterS)
      let answer: () => void = () => undefined
      const awaited = new Promise<void>(resolve => (answer = resolve))
      asked.push({ atS: nowS + (answerS ?? Infinity), answer })
      if (answerS === 0) answer()
      watch.until(awaited).then(
        () => (isAway[no] = false),
        () => (isAway[no] = true),
      )
      await turn()
    }
    await pass(200)
    for (const [no, { answerS = Infinity }] of questions.entries()) {
      if (answerS < 59) assert.equal(isAway[no], false, 'in time')
      if (answerS > 61) assert.equal(isAway[no], true, 'too late')
    }
    assert.equal(given.length, isAway.filter(Boolean).length)
  })
  await fc.assert(property, { numRuns: runs(200) })
})

t.test('the error names the timeout in seconds, and the option that raises it', async t => {
  t.match(silenceError(1_500, 'did not answer'), {
    ...silent,
    message: /did not answer for 1\.5 s.*`delivery\.confirmTimeoutMs`/,
  })
})
