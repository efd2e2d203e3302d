import t from 'tap'
import { newLatencies } from '../../../src/load/outcomes/run-state.js'

t.test('a percentile is the sample above that share of all samples, in any order', async t => {
  const latencies = newLatencies()
  // The numbers 1 to 100 in steps of three: 3, 6, …, 99, then 1, 4, …, 100, then 2, 5, …, 98
  for (const first of [3, 1, 2]) for (let ms = first; ms <= 100; ms += 3) latencies.add(ms)
  t.strictSame(latencies.percentiles(), { p50: 51, p95: 96, p99: 100 })
})

t.test('a single sample is every percentile, exact to the microsecond', async t => {
  const latencies = newLatencies()
  latencies.add(1.23456)
  t.strictSame(latencies.percentiles(), { p50: 1.235, p95: 1.235, p99: 1.235 })
})

t.test('of very many samples, an even selection from early to late is kept', async t => {
  const latencies = newLatencies()
  for (let ms = 0; ms < 100_000; ms++) latencies.add(ms)
  const { p50, p95, p99 } = latencies.percentiles()
  // Only one sample in 32 is kept, so each percentile may be off by a few samples.
  for (const [found, exact] of [
    [p50, 50_000],
    [p95, 95_000],
    [p99, 99_000],
  ] as const) {
    t.ok(found !== null && Math.abs(found - exact) <= 100, `${found} for ${exact}`)
  }
})
