import fc from 'fast-check'
import t from 'tap'
import { newRateLimiter } from '../../src/load/pipeline.js'
import { handClock, leapingClock } from '../helpers/clocks.js'
import { fileFolder } from '../helpers/file-folder.js'
import { startLoadServer } from '../helpers/load-server.js'
import { turnPlatformFor } from '../helpers/turn-platform.js'
import { forAllAsync } from '../helpers/runs.js'

t.test('batches of any size never exceed the rate', async () => {
  await forAllAsync(100)(
    fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 1, maxLength: 50 }),
    async batches => {
      const clock = leapingClock()
      const pass = newRateLimiter({ rowsPerSecond: 1000, bytesPerSecond: Infinity }, clock)
      let sentRows = 0
      for (const rows of batches) {
        await pass(rows, 0)
        sentRows += rows
        // A batch is sent as soon as one millisecond per row has passed, and no later.
        if (Math.abs(clock.nowMs() - sentRows) > 1e-6) return false
      }
      return true
    },
  )
})

t.test('the stricter of two limits applies', async t => {
  const clock = leapingClock()
  const pass = newRateLimiter({ rowsPerSecond: 10, bytesPerSecond: 100 }, clock)
  await pass(1, 1000)
  await pass(1, 0)
  t.equal(clock.nowMs(), 10_100)
})

t.test('a pause allows one batch in advance, and no more', async t => {
  const clock = handClock()
  const pass = newRateLimiter({ rowsPerSecond: 1000, bytesPerSecond: Infinity }, clock)
  clock.advance(60_000)
  t.equal(pass(1_000, 0), undefined)
  const second = pass(1_000, 0)
  t.ok(second)
  clock.advance(1_000)
  await second
  t.equal(clock.timers, 0)
})

t.test('without a limit there is no waiting', async t => {
  const pass = newRateLimiter({ rowsPerSecond: Infinity, bytesPerSecond: Infinity }, leapingClock())
  t.equal(pass(1e9, 1e12), undefined)
  t.equal(pass(1e9, 1e12), undefined)
})

t.test('a signal ends the wait for a batch, which is not sent', async t => {
  const { load, count } = await startLoadServer(t, 'share streamTable(1:0, [`id], [INT]) as trades')
  const folder = fileFolder(t, { 'ids.csv': `id\n${'1\n'.repeat(1_000_000)}` })
  // A timer that is left would keep the process alive for a day.
  for (const way of ['signal', 'leave']) {
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 300)
    const delivery = { rateLimit: { rowsPerSecond: 1 }, batchRows: 100_000 }
    const { status, rows } = await load(`${folder}/ids.csv`, { delivery, [way]: stop.signal })
    t.equal(status, 'interrupted')
    t.equal(rows.unsent, rows.read)
    t.equal(await count('trades'), 0)
  }
})

t.test('the limit of bytes and the rate in the result count the same bytes', async t => {
  const { load } = await startLoadServer(t, 'share streamTable(1:0, [`id], [INT]) as trades')
  // An id takes 4 bytes on the wire, and 40 in the file.
  const ids = Array.from({ length: 40_000 }, (_, i) => `${i}\n`.padStart(40, '0'))
  const folder = fileFolder(t, { 'ids.csv': `id\n${ids.join('')}` })
  const rateLimit = { bytesPerSecond: 1_600_000 }
  const platform = turnPlatformFor(t)
  for (const confirm of ['auto', 'none'] as const) {
    // After a pause, one batch may go out in advance.
    const delivery = { rateLimit, confirm, batchRows: 1_000 }
    const { rate, startedAt, endedAt } = await load(`${folder}/ids.csv`, { delivery }, platform)
    const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000
    // The requests around the batches count in the result only, and are few bytes beside 40 batches.
    t.ok(rate.bytesPerSec < 2_000_000, `${rate.bytesPerSec} bytes a second are allowed`)
    const bytes = rate.bytesPerSec * seconds
    t.ok(bytes >= 160_000 - seconds, 'the rate counts the bytes sent')
    t.ok(bytes < 400_000, 'which are fewer than those of the file')
  }
})
