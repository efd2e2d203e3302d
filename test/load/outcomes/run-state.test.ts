import t from 'tap'
import { newLatencies } from '../../../src/load/outcomes/run-state.js'

t.test('percentiles of many times, in any order', async t => {
  const latencies = newLatencies()
  t.strictSame(latencies.percentiles(), { p50: null, p95: null, p99: null })
  // The numbers 1 to 100 in steps of three: 3, 6, …, 99, then 1, 4, …, 100, then 2, 5, …, 98
  for (const first of [3, 1, 2]) for (let ms = first; ms <= 100; ms += 3) latencies.add(ms)
  t.strictSame(latencies.percentiles(), { p50: 50, p95: 95, p99: 99 })
  for (let ms = 0; ms < 100_000; ms++) latencies.add(ms)
  t.strictSame(latencies.percentiles(), { p50: 50_000, p95: 95_000, p99: 99_000 })
})

t.test('a single time is every percentile, to three digits, rounded up', async t => {
  for (const [ms, told] of [
    [1.23456, 1.24],
    [0, 0.001],
    [60_000, 60_000],
  ] as const) {
    const latencies = newLatencies()
    latencies.add(ms)
    t.strictSame(latencies.percentiles(), { p50: told, p95: told, p99: told })
  }
})
