import t from 'tap'
import { interrupted, limitWait } from '../../src/client/wait-limits.js'
import { type DdbError, TimeoutError } from '../../src/errors.js'
import { handClock } from '../helpers/clocks.js'

t.test('a wait without limits never ends by itself', async t => {
  const clock = handClock()
  limitWait(clock, {}, 'answer', () => t.fail('gave up'))
  t.equal(clock.timers, 0)
})

t.test('a time limit ends the wait once, and says what was awaited', async t => {
  for (const [awaited, text] of [
    ['answer', /No answer within 30 ms/],
    ['room', /took nothing more for 30 ms/],
  ] as const) {
    const clock = handClock()
    const errors: DdbError[] = []
    limitWait(clock, { timeoutMs: 30 }, awaited, error => errors.push(error))
    clock.advance(29)
    t.equal(errors.length, 0)
    clock.advance(1)
    clock.advance(100)
    t.equal(errors.length, 1)
    t.ok(errors[0] instanceof TimeoutError)
    t.match(errors[0]?.message, text)
  }
})

t.test('a signal ends the wait with its own reason as the cause', async t => {
  const signals = new AbortController()
  const errors: DdbError[] = []
  limitWait(handClock(), { signal: signals.signal }, 'answer', error => errors.push(error))
  signals.abort('enough')
  t.strictSame(
    errors.map(({ code, cause }) => [code, cause]),
    [['DDB_INTERRUPTED', 'enough']],
  )
})

t.test('a signal that has fired ends the wait at once', async t => {
  const clock = handClock()
  const errors: DdbError[] = []
  const limits = { timeoutMs: 30, signal: AbortSignal.abort('before') }
  limitWait(clock, limits, 'room', error => errors.push(error))()
  t.strictSame([errors.length, clock.timers], [1, 0])
  t.equal(interrupted(limits.signal).cause, 'before')
})

t.test('released, neither time nor signal does anything', async t => {
  const clock = handClock()
  const signals = new AbortController()
  const release = limitWait(clock, { timeoutMs: 30, signal: signals.signal }, 'answer', () =>
    t.fail('gave up'),
  )
  release()
  clock.advance(100)
  signals.abort()
  t.equal(clock.timers, 0)
})
