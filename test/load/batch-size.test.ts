/*
  Simulates a loader and a server in virtual time. The test knows the costs of each batch, and so the best batch size.
*/
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { wholeBatch, partRanges } from '../../src/load/outcomes/batch-part.js'
import type { LoadOptions } from '../../src/load/options.js'
import type { Run } from '../../src/load/run.js'
import { batchOf } from '../helpers/batches.js'
import { ended, testRun } from '../helpers/load-run.js'
import { runs } from '../helpers/runs.js'

interface Ends {
  /** Milliseconds that each batch costs the server; each thousand rows cost `thousandMs` more. */
  readonly batchMs: number
  readonly thousandMs: number
  /** Milliseconds that the loader needs to read a thousand rows. */
  readonly makeMs: number
  /** Interval at which the loader receives answers; 0: at once. */
  readonly pollMs: number
  readonly isSync: boolean
}

const quickLoader = { makeMs: 0.3, pollMs: 50, isSync: false } as const
const rowBytes = 10

interface Loaded {
  readonly run: Run
  /** Number of rows of each batch that the loader sent. */
  readonly sizes: readonly number[]
  readonly mostOpenBytes: number
  readonly ms: number
}

/** @param endsAt  the costs of loader and server after this many batches */
function loaded(change: Partial<LoadOptions>, rows: number, endsAt: (no: number) => Ends): Loaded {
  const run = testRun(change)
  const { state, batchSize, emit, plan } = run
  const sizes: number[] = []
  /** Batches at the server, and the time when the server finishes each of them. */
  const out: { no: number; doneMs: number }[] = []
  let nowMs = 0
  let freeMs = 0
  let mostOpenBytes = 0
  const answer = (): void => {
    const { pollMs } = endsAt(sizes.length)
    const { doneMs } = out[0]!
    nowMs = Math.max(nowMs, pollMs === 0 ? doneMs : Math.ceil(doneMs / pollMs) * pollMs)
    answerBy(nowMs)
  }
  const answerBy = (ms: number): void => {
    while (out.length > 0 && out[0]!.doneMs <= ms) {
      const { no } = out.shift()!
      emit({ kind: 'answered', lane: 0, no, atMs: ms })
      emit({ ...ended({ confirmed: state.open.get(no)!.rows }), no } as never)
    }
  }
  for (let left = rows; left > 0;) {
    const { batchMs, thousandMs, makeMs, pollMs, isSync } = endsAt(sizes.length)
    const size = Math.min(left, batchSize.rows, Math.ceil(batchSize.bytes / rowBytes))
    left -= size
    const beforeMs = nowMs
    nowMs += (makeMs * size) / 1000
    const polls = pollMs === 0 ? 1 : Math.floor(nowMs / pollMs) - Math.floor(beforeMs / pollMs)
    if (polls > 0) answerBy(pollMs === 0 ? nowMs : Math.floor(nowMs / pollMs) * pollMs)
    const part = wholeBatch(batchOf(size))
    const no = sizes.push(size)
    const [batch, bytes] = [{ lane: 0, no }, part.encodedBytes]
    emit({ kind: 'numbered', ...batch, ranges: partRanges(part), rows: size, bytes, isNew: true })
    emit({ kind: 'sent', ...batch, sendNo: no, connection: 0, atMs: nowMs })
    freeMs = Math.max(freeMs, nowMs) + batchMs + (thousandMs * size) / 1000
    out.push({ no, doneMs: freeMs })
    emit({ kind: 'handedOver', rows: size })
    mostOpenBytes = Math.max(mostOpenBytes, state.openBytes)
    const isFull = (): boolean =>
      isSync
        ? out.length > 0
        : state.openBytes >= Math.min(batchSize.mostInFlightBytes, plan.maxInFlightBytes)
    while (isFull()) answer()
  }
  while (out.length > 0) answer()
  return { run, sizes, mostOpenBytes, ms: nowMs }
}

/** Rows per millisecond in the steady state. */
function throughput({ batchMs, thousandMs, makeMs, isSync }: Ends, rows: number): number {
  const madeMs = (makeMs * rows) / 1000
  const storedMs = batchMs + (thousandMs * rows) / 1000
  return rows / (isSync ? madeMs + storedMs : Math.max(madeMs, storedMs))
}

const sizesOf = (most: number): number[] =>
  [1, 2, 4, 8, 16, 32, 64].map(f => f * 10_000).filter(n => n <= most)
/** Ten bytes per row, at most 4 MiB per batch: an eighth of the bytes that may be in flight. */
const mostRows = Math.floor((4 << 20) / rowBytes)

t.test('batches grow as long as growing saves overhead per batch', async () => {
  const ends = fc.record({
    batchMs: fc.double({ min: 1, max: 60, noNaN: true }),
    thousandMs: fc.double({ min: 0, max: 1, noNaN: true }),
    makeMs: fc.constantFrom(0.1, 0.3),
    pollMs: fc.constantFrom(0, 50),
    isSync: fc.boolean(),
  })
  fc.assert(
    fc.property(ends, ({ isSync, pollMs, ...costs }) => {
      const one = { ...costs, isSync, pollMs: isSync ? 0 : pollMs }
      const { run } = loaded({}, 30_000_000, () => one)
      const { found } = run.batchSize
      const best = Math.max(...sizesOf(mostRows).map(rows => throughput(one, rows)))
      // The loader stops growing when doubling saves less than a tenth, or a little more if answers arrive in groups.
      ok(throughput(one, found) > 0.7 * best, `${found} rows: ${throughput(one, found)} of ${best}`)
      ok(throughput(one, found) >= throughput(one, 10_000) * 0.99)
    }),
    { numRuns: runs(100) },
  )
})

t.test('if every row costs the same, the batch size does not change', async t => {
  for (const isSync of [true, false]) {
    for (const thousandMs of [0.2, 1, 5, 20]) {
      const one = { ...quickLoader, isSync, pollMs: isSync ? 0 : 50, batchMs: 0, thousandMs }
      const { run, sizes } = loaded({}, 3_000_000, () => one)
      t.equal(run.batchSize.found, 10_000, `${thousandMs} ms a thousand, ${isSync}`)
      t.ok(Math.max(...sizes) <= 20_000, 'larger batches are tried once')
      t.ok(sizes.filter(rows => rows > 10_000).length < sizes.length / 2)
    }
  }
})

t.test('the first batches have the default size', async t => {
  const { sizes } = loaded({}, 80_000, () => ({ ...quickLoader, batchMs: 20, thousandMs: 0 }))
  t.strictSame(sizes, Array<number>(8).fill(10_000))
})

t.test('a batch size that the user gives is kept, and so is one that must not grow', async t => {
  const slow = (): Ends => ({ ...quickLoader, batchMs: 20, thousandMs: 0 })
  for (const change of [
    { delivery: { batchRows: 10_000 } },
    { delivery: { rateLimit: { rowsPerSecond: 1e9 } } },
    { input: { follow: true } },
    { target: { function: 'put', types: 'a:INT' } },
  ] satisfies Partial<LoadOptions>[]) {
    const { sizes, run } = loaded(change, 2_000_000, slow)
    t.strictSame(new Set(sizes), new Set([10_000]), JSON.stringify(change))
    t.equal(run.batchSize.mostInFlightBytes, 32 << 20)
  }
})

t.test('batches stay within the in-flight limit and within `delivery.batchBytes`', async () => {
  const limits = fc.record({
    batchBytes: fc.option(fc.integer({ min: 1_000, max: 1 << 26 }), { nil: undefined }),
    maxInFlightBytes: fc.integer({ min: 1_000, max: 1 << 26 }),
  })
  fc.assert(
    fc.property(limits, fc.constantFrom(1, 4), ({ batchBytes, maxInFlightBytes }, connections) => {
      const delivery = {
        ...(batchBytes === undefined ? {} : { batchBytes }),
        maxInFlightBytes,
        connections,
        unordered: true,
      }
      const slow = { ...quickLoader, batchMs: 20, thousandMs: 0 }
      const { sizes, mostOpenBytes, run } = loaded({ delivery }, 1_000_000, () => slow)
      const usual = Math.min(10_000 * rowBytes, run.plan.batchBytes + rowBytes)
      const most = Math.min(batchBytes ?? Infinity, 32 << 20, maxInFlightBytes / connections / 8)
      const largest = Math.max(...sizes) * rowBytes
      ok(largest <= Math.max(usual, most + rowBytes), `${largest} bytes`)
      ok(mostOpenBytes < maxInFlightBytes + largest)
    }),
    { numRuns: runs(60) },
  )
})

t.test('after a batch had to be divided, the batch size stays reduced', async t => {
  const slow = { ...quickLoader, batchMs: 20, thousandMs: 0 }
  const { run } = loaded({}, 3_000_000, () => slow)
  t.ok(run.batchSize.rows > 10_000)
  const no = run.state.lastNo + 1
  const part = wholeBatch(batchOf(10))
  run.emit({
    kind: 'numbered',
    lane: 0,
    no,
    ranges: partRanges(part),
    rows: 10,
    bytes: 100,
    isNew: true,
  })
  run.emit({ kind: 'sent', lane: 0, no, sendNo: no, connection: 0, atMs: 0 })
  run.emit({ kind: 'divided', lane: 0, no })
  t.match(run.batchSize, {
    rows: 10_000,
    bytes: 4 << 20,
    found: 10_000,
    mostInFlightBytes: 32 << 20,
  })
  for (let i = 0; i < 100; i++) run.emit({ kind: 'handedOver', rows: 10 })
  t.equal(run.batchSize.rows, 10_000)
})

t.test('if a server becomes much slower, the loader searches for the size again', async t => {
  const quick: Ends = { ...quickLoader, pollMs: 0, isSync: true, batchMs: 20, thousandMs: 0 }
  // Large batches no longer fit into the server's memory.
  const slow: Ends = { ...quick, batchMs: 0, thousandMs: 5 }
  const { sizes, run } = loaded({}, 100_000_000, no => (no < 200 ? quick : slow))
  t.ok(sizes[199]! >= 160_000)
  t.equal(run.batchSize.found, 10_000)
})

t.test('larger batches are tried again, at growing intervals', async t => {
  const linear: Ends = { ...quickLoader, pollMs: 0, isSync: true, batchMs: 0, thousandMs: 5 }
  const { sizes } = loaded({}, 60_000_000, () => linear)
  const triedMs: number[] = []
  let nowMs = 0
  for (const [i, rows] of sizes.entries()) {
    if (rows > 10_000 && sizes[i - 1] === 10_000) triedMs.push(nowMs)
    nowMs += rows * (linear.thousandMs / 1_000)
  }
  const gapsMs = triedMs.slice(1).map((ms, i) => ms - triedMs[i]!)
  t.ok(gapsMs[0]! < 20_000, gapsMs.join())
  t.strictSame(
    [...gapsMs].sort((a, b) => a - b),
    gapsMs,
    gapsMs.join(),
  )
  t.ok(gapsMs.at(-1)! > 60_000 && gapsMs.at(-1)! < 70_000, gapsMs.join())
})

t.test('batches stop growing when a batch takes long', async t => {
  const { sizes } = loaded({}, 3_000_000, () => ({ ...quickLoader, batchMs: 900, thousandMs: 0 }))
  t.strictSame(new Set(sizes), new Set([10_000]))
})

t.test('the same events lead to the same sizes', async () => {
  const one = { ...quickLoader, batchMs: 7, thousandMs: 0.1 }
  const [first, second] = [0, 1].map(() => loaded({}, 5_000_000, () => one))
  deepStrictEqual(first!.sizes, second!.sizes)
  strictEqual(first!.ms, second!.ms)
})
