import t from 'tap'
import { newReporter, type SentReport } from '../../src/load/run-ending.js'
import { handClock } from '../helpers/clocks.js'

const nothingSent = {} as SentReport

/** A reporter that begins at 1,000 ms, and the times of its reports. */
function scene() {
  const clock = handClock()
  clock.advance(1_000)
  const toldAtMs: number[] = []
  const reporter = newReporter(
    { server: { host: 'h', port: 1 }, onReport: ({ elapsedMs }) => toldAtMs.push(elapsedMs) },
    clock,
    () => nothingSent,
    error => t.fail(error.message),
  )
  return { clock, reporter, toldAtMs }
}

t.test('the first report comes at once, the next after at least a tenth of a second', async t => {
  const { clock, reporter, toldAtMs } = scene()
  reporter.report()
  t.same(toldAtMs, [0])
  for (let ms = 0; ms < 100; ms++) {
    reporter.report()
    t.equal(clock.timers, 1)
    clock.advance(1)
  }
  t.same(toldAtMs, [0, 100], 'and then without another request')
  clock.advance(1_000)
  t.same(toldAtMs, [0, 100])
  reporter.report()
  t.same(toldAtMs, [0, 100, 1_100])
})

t.test('an urgent report comes at once, and takes the place of the next report', async t => {
  const { clock, reporter, toldAtMs } = scene()
  reporter.report()
  clock.advance(20)
  reporter.report()
  reporter.tell('loading')
  t.same(toldAtMs, [0, 20])
  t.equal(clock.timers, 0)
  clock.advance(99)
  reporter.report()
  t.same(toldAtMs, [0, 20])
  clock.advance(1)
  t.same(toldAtMs, [0, 20, 120])
})
