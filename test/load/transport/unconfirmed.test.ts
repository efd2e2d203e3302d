import t from 'tap'
import type { Session } from '../../../src/client/open-session.js'
import { ConnectionError } from '../../../src/errors.js'
import { silenceError } from '../../../src/load/transport/watcher.js'
import { drainedInTime } from '../../../src/load/load.js'
import { leapingClock } from '../../helpers/clocks.js'

const never = new Promise<undefined>(() => undefined)

/** A session on which only the test makes anything happen. */
function quietSession(bufferedBytes: () => number, drained: Promise<void> = never) {
  const given: { code: string }[] = []
  const session = {
    get bufferedBytes() {
      return Math.min(bufferedBytes(), 150)
    },
    get unacknowledgedBytes() {
      return Math.max(bufferedBytes() - 150, 0)
    },
    drained: () => drained,
    abandon: (reason: { code: string }) => void given.push(reason),
  }
  return { session: session as unknown as Session, given }
}

const timeoutMs = 60_000

const silent = { name: 'ConnectionError', code: 'DDB_UNCONFIRMED' }

t.test('the wait continues while bytes leave', async t => {
  const clock = leapingClock()
  // One byte leaves per second for five minutes. After that, no byte leaves.
  const { session, given } = quietSession(() => Math.max(100, 400 - clock.nowMs() / 1_000))
  await t.rejects(drainedInTime(session, clock, timeoutMs), silent)
  // A look every minute: the one after five minutes finds that bytes have left, the next finds none.
  t.equal(clock.nowMs(), 6 * timeoutMs)
  t.equal(given.length, 1)
})

t.test('a connection lost during the wait is reported as lost', async t => {
  const lost = new ConnectionError('DDB_CONNECTION_LOST', 'gone')
  const { session, given } = quietSession(() => 100, Promise.reject(lost))
  await t.rejects(drainedInTime(session, leapingClock(), timeoutMs), lost)
  t.same(given, [])
})

t.test('the error names the timeout in seconds, and the option that raises it', async t => {
  const expected = { ...silent, message: /did not answer for 1\.5 s.*`delivery\.confirmTimeoutMs`/ }
  t.match(silenceError(1_500, 'did not answer'), expected)
})
