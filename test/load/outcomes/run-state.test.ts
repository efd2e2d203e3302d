import t from 'tap'
import { newLatencies } from '../../../src/load/outcomes/run-state.js'

t.test('without samples there are no percentiles', async t => {
  t.strictSame(newLatencies().percentiles(), { p50: null, p95: null, p99: null })
})

t.test('a percentile is the sample at that share of all samples, within a thousandth', async t => {
  for (const count of [100, 100_000]) {
    const latencies = newLatencies()
    // In steps of seven, so that they come in no order.
    for (let i = 0; i < count; i++) latencies.add(1 + ((i * 7) % count))
    const { p50, p95, p99 } = latencies.percentiles()
    for (const [found, share] of [
      [p50, 0.5],
      [p95, 0.95],
      [p99, 0.99],
    ] as const) {
      t.ok(Math.abs(found! / (share * count) - 1) <= 0.001, `${found} of ${count} for ${share}`)
    }
  }
})

t.test('a single sample is every percentile, exact to the microsecond', async t => {
  const latencies = newLatencies()
  latencies.add(1.23456)
  t.strictSame(latencies.percentiles(), { p50: 1.235, p95: 1.235, p99: 1.235 })
})
