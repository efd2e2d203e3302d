import fc from 'fast-check'
import t from 'tap'
import { newRateLimiter } from '../../src/load/rate-limit.js'
import { leapingClock } from '../helpers/clocks.js'

t.test('whatever the batches, no more than the rate goes out', async t => {
  const property = fc.asyncProperty(
    fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 2, maxLength: 50 }),
    async batches => {
      const clock = leapingClock()
      const limiter = newRateLimiter({ rowsPerSecond: 1000, bytesPerSecond: Infinity }, clock)
      let sentBefore = 0
      for (const rows of batches) {
        await limiter.pass(rows, 0)
        // When a batch starts, all before it have had their time.
        if (Math.abs(clock.nowMs() - sentBefore) > 1e-6) return false
        sentBefore += rows
      }
      return true
    },
  )
  await fc.assert(property)
  t.pass('every batch starts when those before it have had their time')
})

t.test('the narrower of both limits counts', async t => {
  const clock = leapingClock()
  const limiter = newRateLimiter({ rowsPerSecond: 10, bytesPerSecond: 100 }, clock)
  await limiter.pass(1, 1000)
  await limiter.pass(1, 0)
  t.equal(clock.nowMs(), 10_000)
})

t.test('without a limit nothing ever waits', async t => {
  const limiter = newRateLimiter(
    { rowsPerSecond: Infinity, bytesPerSecond: Infinity },
    leapingClock(),
  )
  t.equal(limiter.pass(1e9, 1e12), undefined)
  t.equal(limiter.pass(1e9, 1e12), undefined)
})
