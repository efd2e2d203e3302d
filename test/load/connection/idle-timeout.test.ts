import t from 'tap'
import type { Session } from '../../../src/client/open-session.js'
import { ConnectionError, TimeoutError } from '../../../src/errors.js'
import {
  answerInTime,
  drainedInTime,
  silenceError,
} from '../../../src/load/connection/idle-timeout.js'
import { leapingClock } from '../../helpers/clocks.js'

const never = new Promise<undefined>(() => undefined)

/** A connection on which nothing happens but what the test says. */
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
const silent = { name: 'ConnectionError', code: 'DDB_UNCONFIRMED' }

t.test('bytes that nobody takes end the wait, and the session with it', async t => {
  const clock = leapingClock()
  const { session, given } = quietSession(() => 100)
  await t.rejects(drainedInTime(session, { clock, timeoutMs }), silent)
  t.equal(given[0]?.code, 'DDB_UNCONFIRMED')
  // A second of the time is kept for a look that would have found bytes on their way.
  t.equal(clock.nowMs(), 59_000)
})

t.test('as long as bytes leave they are waited for', async t => {
  const clock = leapingClock()
  // They leave for five minutes, 1 byte each 1,000 ms, and then no more.
  const { session, given } = quietSession(() => Math.max(100, 400 - clock.nowMs() / 1_000))
  await t.rejects(drainedInTime(session, { clock, timeoutMs }), silent)
  // Looks come every 58 seconds; that at 348 finds what left since 290, and that at 406 nothing.
  t.equal(clock.nowMs(), 407_000)
  t.equal(given.length, 1)
})

t.test('room that comes in time is no failure', async t => {
  const { session, given } = quietSession(() => 100, Promise.resolve())
  await drainedInTime(session, { clock: leapingClock(), timeoutMs })
  t.same(given, [])
})

t.test('a connection that is lost meanwhile is told as that', async t => {
  const lost = new ConnectionError('DDB_CONNECTION_LOST', 'gone')
  const { session, given } = quietSession(() => 100, Promise.reject(lost))
  await t.rejects(drainedInTime(session, { clock: leapingClock(), timeoutMs }), lost)
  t.same(given, [])
})

t.test('an answer is waited for as long as the server works on it', async t => {
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
  t.equal(await answerInTime(session, answered, isIdle, { clock, timeoutMs }), 'done')
  t.same(asked, [1_000, 1_000, 1_000, 1_000, 1_000], 'a question has a second')
  t.equal(clock.nowMs(), 5 * 58_000)
  t.same(given, [])
})

t.test('a server that is idle, or does not tell, or cannot be asked, has had its time', async t => {
  const looks: readonly (readonly [string, () => Promise<boolean | undefined>])[] = [
    ['idle', () => Promise.resolve(true)],
    ['does not tell', () => Promise.resolve(undefined)],
    ['is silent', () => Promise.reject(new TimeoutError('no answer'))],
    ['is gone', () => Promise.reject(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))],
  ]
  for (const [name, isIdle] of looks) {
    const clock = leapingClock()
    const { session, given } = quietSession(() => 0)
    await t.rejects(answerInTime(session, never, isIdle, { clock, timeoutMs }), silent, name)
    t.equal(given.length, 1, name)
    t.equal(clock.nowMs(), 59_000, name)
  }
})

t.test('an answer that was on its way when the server had no more to do is taken', async t => {
  const clock = leapingClock()
  let answer: (text: string) => void = () => undefined
  const answered = new Promise<string>(resolve => (answer = resolve))
  const { session, given } = quietSession(() => 0)
  const isIdle = (): Promise<boolean> => {
    answer('just now')
    return Promise.resolve(true)
  }
  t.equal(await answerInTime(session, answered, isIdle, { clock, timeoutMs }), 'just now')
  t.same(given, [])
})

t.test('what goes wrong in asking is not taken for silence', async t => {
  const bug = new TypeError('a bug')
  const { session, given } = quietSession(() => 0)
  const timeout = { clock: leapingClock(), timeoutMs }
  await t.rejects(
    answerInTime(session, never, () => Promise.reject(bug), timeout),
    bug,
  )
  t.same(given, [])
})

t.test('of a short time no more than half goes into looking', async t => {
  const clock = leapingClock()
  const asked: number[] = []
  const { session } = quietSession(() => 0)
  const isIdle = (ms: number): Promise<boolean> => {
    asked.push(ms)
    return Promise.resolve(true)
  }
  await t.rejects(answerInTime(session, never, isIdle, { clock, timeoutMs: 100 }), silent)
  t.same(asked, [25])
  t.equal(clock.nowMs(), 75)
})

t.test('the failure names the time in seconds, and the field that allows more', async t => {
  t.match(silenceError(1_500, 'did not answer'), {
    ...silent,
    message: /did not answer for 1\.5 s.*`delivery\.confirmTimeoutMs`/,
  })
})
