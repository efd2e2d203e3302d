/*
  The progress of a run over time: the reports that are kept.
*/
import t from 'tap'
import { newTimeline } from '../../../src/cli/report/timeline.js'
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
  t.ok(moments.length <= 401, `${moments.length} moments`)
  t.ok(moments.length >= 199, `${moments.length} moments`)
  t.match(moments[0], { elapsedMs: 0, sentRows: 0 })
  t.match(moments.at(-1), { elapsedMs: (count - 1) * 100, confirmedRows: count - 1 })
  const gaps = moments
    .slice(1, -1)
    .map(({ elapsedMs }, index) => elapsedMs - moments[index]!.elapsedMs)
  t.equal(new Set(gaps).size, 1, 'evenly thinned')
  t.end()
})

t.test('without a report there is no moment', t => {
  t.strictSame(newTimeline().moments(), [])
  t.end()
})
