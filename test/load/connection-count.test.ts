/*
  Simulates a loader and a server in virtual time. The test knows the cost of a batch, and so the best number of
  connections.
*/
import { deepStrictEqual, ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { partRanges, wholeBatch } from '../../src/load/outcomes/batch-part.js'
import type { Run } from '../../src/load/run.js'
import { batchOf } from '../helpers/batches.js'
import { ended, testRun } from '../helpers/load-run.js'
import { runs } from '../helpers/runs.js'

interface Ends {
  /** Milliseconds that a batch costs the server. */
  readonly batchMs: number
  /** Number of batches that the server works on at a time. */
  readonly workers: number
  /** Milliseconds that a batch costs the loader. */
  readonly makeMs: number
  /** Interval at which the loader receives answers; 0: at once. */
  readonly pollMs: number
}

interface Loaded {
  readonly run: Run
  /** Number of connections in use at each batch. */
  readonly counts: readonly number[]
  readonly ms: number
}

const delivery = { connections: 'auto', batchRows: 10, unordered: true } as const
const mostOut = 1_000

function loaded(
  batches: number,
  endsAt: (no: number) => Ends,
  prepare?: (run: Run) => void,
): Loaded {
  const run = testRun({ delivery })
  prepare?.(run)
  const { state, connectionCount, emit } = run
  const counts: number[] = []
  const out: { no: number; doneMs: number }[] = []
  let count = 1
  let freeMs: number[] = []
  let workersMs: number[] = []
  let nowMs = 0
  const seenMs = (doneMs: number, pollMs: number): number =>
    pollMs === 0 ? doneMs : Math.ceil(doneMs / pollMs) * pollMs
  const answer = (pollMs: number): void => {
    const due = out.filter(({ doneMs }) => seenMs(doneMs, pollMs) <= nowMs)
    if (due.length === 0) return
    out.splice(0, out.length, ...out.filter(one => !due.includes(one)))
    for (const one of due) {
      emit({ kind: 'answered', lane: 0, no: one.no, atMs: seenMs(one.doneMs, pollMs) })
      emit({ ...ended({ confirmed: state.open.get(one.no)!.rows }), no: one.no } as never)
    }
  }
  const next = (pollMs: number): void => {
    nowMs = Math.max(nowMs, Math.min(...out.map(({ doneMs }) => seenMs(doneMs, pollMs))))
    answer(pollMs)
  }
  for (let no = 1; no <= batches; no++) {
    const { batchMs, workers, makeMs, pollMs } = endsAt(no)
    nowMs += makeMs
    answer(pollMs)
    if (connectionCount.wanted !== undefined) {
      while (out.length > 0) next(pollMs)
      count = connectionCount.wanted
      connectionCount.changed()
    }
    freeMs = Array.from({ length: count }, (_, at) => freeMs[at] ?? 0)
    workersMs = Array.from({ length: workers }, (_, at) => workersMs[at] ?? 0)
    counts.push(count)
    const part = wholeBatch(batchOf(10))
    const batch = { lane: 0, no }
    emit({
      kind: 'numbered',
      ...batch,
      ranges: partRanges(part),
      rows: 10,
      bytes: 100,
      isNew: true,
    })
    emit({ kind: 'sent', ...batch, sendNo: no, connection: 0, atMs: nowMs })
    const connection = freeMs.indexOf(Math.min(...freeMs))
    const worker = workersMs.indexOf(Math.min(...workersMs))
    const doneMs = Math.max(nowMs, freeMs[connection]!, workersMs[worker]!) + batchMs
    freeMs[connection] = workersMs[worker] = doneMs
    out.push({ no, doneMs })
    emit({ kind: 'handedOver', rows: 10 })
    const beforeMs = nowMs
    while (out.length >= Math.min(mostOut, connectionCount.mostOpen)) next(pollMs)
    connectionCount.waited(nowMs - beforeMs)
  }
  return { run, counts, ms: nowMs }
}

/** Batches per millisecond in the steady state. */
function throughput({ batchMs, workers, makeMs }: Ends, count: number): number {
  return Math.min(Math.min(count, workers) / batchMs, 1 / makeMs)
}

/** The most frequent number in the second half of the batches, because at the end the loader may try another. */
function usual(counts: readonly number[]): number {
  const last = counts.slice(-Math.floor(counts.length / 2))
  return [...new Set(last)].sort((a, b) => times(last, b) - times(last, a))[0]!
}

const times = (all: readonly number[], one: number): number => all.filter(n => n === one).length

const anyEnds = fc.record({
  batchMs: fc.double({ min: 2, max: 60, noNaN: true }),
  workers: fc.integer({ min: 1, max: 32 }),
  makeMs: fc.double({ min: 0.05, max: 4, noNaN: true }),
  pollMs: fc.constantFrom(0, 50),
})

t.test('the loader opens as many connections as pay off, and no more', async () => {
  fc.assert(
    fc.property(anyEnds, ends => {
      const { counts, ms } = loaded(12_000, () => ends)
      if (ms > 60_000) return
      const found = usual(counts)
      const told = JSON.stringify({ found, ms })
      const best = throughput(ends, 16)
      // The loader adds no connections if the server reaches three quarters of the loader's speed. Otherwise, the
      // loader doubles the connections as long as this raises the server's speed by a fifth. Both measurements are
      // rough, because answers arrive in groups.
      ok(throughput(ends, found) > 0.6 * best, told)
      ok(found === 1 || throughput(ends, found) > 1.05 * throughput(ends, found / 2), told)
    }),
    { numRuns: runs(200) },
  )
})

t.test('if the server keeps up, the loader keeps one connection and does not try more', async t => {
  const { counts, run } = loaded(5_000, () => ({ batchMs: 1, workers: 8, makeMs: 2, pollMs: 50 }))
  t.strictSame(new Set(counts), new Set([1]))
  t.equal(run.connectionCount.why, 'the server keeps up with the loader')
})

t.test(
  'if doubling gains nothing, the loader goes back and tries again at growing intervals',
  async t => {
    const ends: Ends = { batchMs: 20, workers: 1, makeMs: 0.1, pollMs: 0 }
    const { counts, run, ms } = loaded(10_000, () => ends)
    const tries = counts.filter((count, i) => count === 2 && counts[i - 1] === 1).length
    // The loader tries again after 1, 4, 16 and 60 seconds, and then every minute.
    const pauses = [1_000, 5_000, 21_000, 81_000, 141_000, 201_000]
    const expected = 1 + pauses.filter(pause => pause < ms).length
    t.ok(Math.abs(tries - expected) <= 1, `${tries} in ${ms} ms`)
    t.ok(times(counts, 1) > 0.9 * counts.length)
    t.equal(run.connectionCount.why, '2 were not a fifth faster')
  },
)

t.test('a trial that fails at a bad moment is repeated', async t => {
  const ends: Ends = { batchMs: 20, workers: 8, makeMs: 0.5, pollMs: 0 }
  // Other processes use the server while the loader tries two connections.
  const busy: Ends = { ...ends, workers: 1 }
  const { counts } = loaded(2_000, no => (no < 120 ? busy : ends))
  t.ok(counts.indexOf(2) < 120 && counts[119] === 1, 'the loader went back to one connection')
  t.equal(usual(counts), 8)
})

t.test('if a server becomes slow, the loader opens more connections', async t => {
  const quick: Ends = { batchMs: 1, workers: 8, makeMs: 2, pollMs: 50 }
  const { counts } = loaded(10_000, no => (no < 2_000 ? quick : { ...quick, batchMs: 40 }))
  t.equal(counts[1_999], 1)
  t.ok(usual(counts) >= 8)
})

t.test('the limits are observed, and the reason is reported', async t => {
  const slow: Ends = { batchMs: 20, workers: 32, makeMs: 0.1, pollMs: 0 }
  for (const [most, found] of [
    [1, 1],
    [3, 2],
    [4, 4],
    [Infinity, 16],
  ] as const) {
    const { counts, run } = loaded(
      5_000,
      () => slow,
      ({ connectionCount }) => connectionCount.limit(most, 'there are no more'),
    )
    t.equal(counts.at(-1), found)
    t.equal(Math.max(...counts), found)
    t.equal(
      run.connectionCount.why,
      found === 16 ? 'a run opens no more unless asked to' : 'there are no more',
    )
  }
})

t.test(
  'if no more connections can be opened, the loader keeps the existing connections and the first reason',
  async t => {
    const run = testRun({ delivery })
    const { connectionCount } = run
    connectionCount.limit(1, 'the server takes no more')
    connectionCount.limit(8, 'another reason')
    t.match(connectionCount, { wanted: undefined, why: 'the server takes no more' })
  },
)

t.test('the batch size is found before connections are added', async t => {
  const run = testRun({ delivery: { ...delivery, batchRows: 'auto' } })
  t.notOk(run.batchSize.isSettled)
  run.batchSize.stay()
  t.ok(run.batchSize.isSettled)
  t.ok(testRun({ delivery }).batchSize.isSettled, 'a given batch size is settled from the start')
})

t.test('a given number of connections is not changed', async t => {
  const run = testRun({ delivery: { connections: 4, unordered: true } })
  t.match(run.connectionCount, { wanted: undefined, why: undefined })
  t.match(run.plan, { connections: 4, mostConnections: undefined })
})

t.test('the same events lead to the same numbers of connections', async () => {
  const ends: Ends = { batchMs: 13, workers: 6, makeMs: 0.7, pollMs: 50 }
  const [first, second] = [0, 1].map(() => loaded(4_000, () => ends))
  deepStrictEqual(first!.counts, second!.counts)
})
