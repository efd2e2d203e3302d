/*
  The progress of a run over time: the reports that are kept, and the speeds that result from them.
*/
import fc from 'fast-check'
import t from 'tap'
import { newTimeline, speedsOf } from '../../../src/cli/report/timeline.js'
import type { LoadReport } from '../../../src/load/options.js'

const report = (elapsedMs: number, sentRows: number, confirmed: number): LoadReport => ({
  phase: 'loading',
  input: undefined,
  rows: {
    read: sentRows,
    confirmed,
    filtered: 0,
    unconfirmed: 0,
    rejected: 0,
    skipped: 0,
    unsent: 0,
  },
  sentRows,
  sentBatches: 0,
  inFlightBytes: 0,
  bytesRead: 0,
  totalBytes: undefined,
  elapsedMs,
})

t.test('reports of a week are kept in limited memory, including the first and last moment', t => {
  const timeline = newTimeline()
  const count = 1_000_003
  for (let index = 0; index < count; index++) timeline.add(report(index * 100, index * 7, index))
  const moments = timeline.moments()
  t.ok(moments.length <= 2_001, `${moments.length} moments`)
  t.ok(moments.length >= 900, `${moments.length} moments`)
  t.match(moments[0], { elapsedMs: 0, sentRows: 0 })
  t.match(moments.at(-1), { elapsedMs: (count - 1) * 100, confirmedRows: count - 1 })
  const gaps = moments
    .slice(1, -1)
    .map(({ elapsedMs }, index) => elapsedMs - moments[index]!.elapsedMs)
  t.equal(new Set(gaps).size, 1, 'evenly thinned')
  t.end()
})

t.test('without a report there is no moment and no speed', t => {
  t.strictSame(newTimeline().moments(), [])
  t.strictSame(speedsOf([], 10), [])
  t.end()
})

t.test('for any moments, the speeds times their durations add up to all rows', t => {
  const steps = fc.array(fc.tuple(fc.nat(5_000), fc.nat(1_000), fc.nat(1_000)), {
    minLength: 1,
    maxLength: 300,
  })
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 50 }), (parts, most) => {
      const timeline = newTimeline()
      let [atMs, sent, confirmed] = [0, 0, 0]
      timeline.add(report(0, 0, 0))
      for (const [ms, sentMore, confirmedMore] of parts) {
        atMs += ms
        // A step of 0 ms adds no rows here, because speeds use only one of several reports with the same time.
        if (ms > 0) [sent, confirmed] = [sent + sentMore, confirmed + confirmedMore]
        timeline.add(report(atMs, sent, confirmed))
      }
      const speeds = speedsOf(timeline.moments(), most)
      if (atMs === 0) return speeds.length === 0
      const rows = (of: 'sentPerSec' | 'confirmedPerSec'): number =>
        speeds.reduce((sum, speed) => sum + (speed[of] * (speed.toMs - speed.fromMs)) / 1000, 0)
      const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-6 * (1 + b)
      const joined = speeds.every(({ fromMs }, index) => fromMs === (speeds[index - 1]?.toMs ?? 0))
      return (
        speeds.length <= most &&
        joined &&
        near(rows('sentPerSec'), sent) &&
        near(rows('confirmedPerSec'), confirmed)
      )
    }),
  )
  t.end()
})
