import fc from 'fast-check'
import t from 'tap'
import { newRateLimiter } from '../../src/load/pump.js'
import { handClock, leapingClock } from '../helpers/clocks.js'

t.test('batches of any size never exceed the rate', async t => {
  const property = fc.asyncProperty(
    fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 50 }),
    async batches => {
      const clock = leapingClock()
      const limiter = newRateLimiter({ rowsPerSecond: 1000, bytesPerSecond: Infinity }, clock)
      let sentRows = 0
      for (const rows of batches) {
        await limiter.pass(rows, 0)
        sentRows += rows
        // A batch is sent as soon as one millisecond per row has passed, and no later.
        if (Math.abs(clock.nowMs() - sentRows) > 1e-6) return false
      }
      return true
    },
  )
  await fc.assert(property)
  t.pass('every batch, also the first one, goes out once the time for its rows has passed')
})

t.test('the stricter of two limits applies', async t => {
  const clock = leapingClock()
  const limiter = newRateLimiter({ rowsPerSecond: 10, bytesPerSecond: 100 }, clock)
  await limiter.pass(1, 1000)
  await limiter.pass(1, 0)
  t.equal(clock.nowMs(), 10_100)
})

t.test('a pause allows one batch in advance, and no more', async t => {
  const clock = handClock()
  const limiter = newRateLimiter({ rowsPerSecond: 1000, bytesPerSecond: Infinity }, clock)
  clock.advance(60_000)
  t.equal(limiter.pass(1_000, 0), undefined)
  const second = limiter.pass(1_000, 0)
  t.ok(second)
  clock.advance(1_000)
  await second
  t.equal(clock.timers, 0)
})

t.test('without a limit there is no waiting', async t => {
  const limiter = newRateLimiter(
    { rowsPerSecond: Infinity, bytesPerSecond: Infinity },
    leapingClock(),
  )
  t.equal(limiter.pass(1e9, 1e12), undefined)
  t.equal(limiter.pass(1e9, 1e12), undefined)
})
