/*
  Simulates a loader and a server without answers in virtual time. The test knows the costs of a batch, and the size of
  the buffers between loader and server.
*/
import { ok } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { ReadSpeed } from '../../../src/load/transport/read-speed.js'
import { testRun } from '../../helpers/load-run.js'
import { runs } from '../../helpers/runs.js'

interface Ends {
  /** Milliseconds that each batch costs the server; each thousand rows cost `thousandMs` more. */
  readonly batchMs: number
  readonly thousandMs: number
  /** Milliseconds that the loader needs to read a thousand rows. */
  readonly makeMs: number
  /** Number of bytes that the kernels hold before the server reads them. */
  readonly kernelBytes: number
}

const rowBytes = 40
const mostBufferedBytes = 4 << 20

/** The server reads a batch after it has finished the previous one. @returns rows of each batch, and the best size */
function loaded(rows: number, { batchMs, thousandMs, makeMs, kernelBytes }: Ends) {
  const { batchSize, emit } = testRun({ delivery: { confirm: 'none' } })
  const reached = new ReadSpeed(batchSize, 1)
  const sizes: number[] = []
  /** Batches that were handed over, and the time when the server reads each of them. */
  const coming: { readonly bytes: number; readonly readMs: number }[] = []
  let comingBytes = 0
  let nowMs = 0
  let freeMs = 0
  const read = (): void => {
    while (coming.length > 0 && coming[0]!.readMs <= nowMs) comingBytes -= coming.shift()!.bytes
  }
  const bufferedBytes = (): number => Math.max(0, comingBytes - kernelBytes)
  for (let left = rows; left > 0;) {
    const size = Math.min(left, batchSize.rows, Math.ceil(batchSize.bytes / rowBytes))
    const bytes = size * rowBytes
    left -= size
    nowMs += (makeMs * size) / 1000
    read()
    reached.look(bufferedBytes(), nowMs)
    const readMs = Math.max(nowMs, freeMs)
    freeMs = readMs + batchMs + (thousandMs * size) / 1000
    coming.push({ bytes, readMs })
    comingBytes += bytes
    sizes.push(size)
    reached.handedOver(size, bytes)
    emit({ kind: 'handedOver', rows: size, sent: { connection: 0, bytes } })
    read()
    if (bufferedBytes() >= mostBufferedBytes) reached.full()
    while (bufferedBytes() >= mostBufferedBytes) {
      nowMs = coming[0]!.readMs
      read()
    }
  }
  return { sizes, found: batchSize.found, ms: Math.max(nowMs, freeMs) }
}

/** Rows per millisecond in the steady state. */
function throughput({ batchMs, thousandMs, makeMs }: Ends, rows: number): number {
  return 1 / Math.max(makeMs / 1000, batchMs / rows + thousandMs / 1000)
}

/** 40 bytes per row, at most 4 MiB per batch: an eighth of the bytes that may be in flight. */
const sizes = [10_000, 20_000, 40_000, 80_000]

const anyEnds = fc.record({
  batchMs: fc.double({ min: 1, max: 60, noNaN: true }),
  thousandMs: fc.double({ min: 0, max: 1, noNaN: true }),
  makeMs: fc.constantFrom(0.1, 0.3),
  kernelBytes: fc.integer({ min: 100_000, max: 8 << 20 }),
})

t.test(
  'even without answers, batches grow as long as growing saves overhead per batch',
  async () => {
    fc.assert(
      fc.property(anyEnds, ends => {
        const { found } = loaded(20_000_000, ends)
        const best = Math.max(...sizes.map(rows => throughput(ends, rows)))
        const told = `${found} rows: ${throughput(ends, found)} of ${best}`
        ok(throughput(ends, found) > 0.7 * best, told)
      }),
      { numRuns: runs(100) },
    )
  },
)

t.test('if every row costs the same, the batch size does not change', async t => {
  for (const thousandMs of [0.5, 1, 5, 20]) {
    const ends = { batchMs: 0, thousandMs, makeMs: 0.3, kernelBytes: 3_000_000 }
    const { sizes, found } = loaded(5_000_000, ends)
    t.equal(found, 10_000, `${thousandMs} ms a thousand`)
    t.ok(Math.max(...sizes) <= 20_000, 'larger batches are tried once')
  }
})

t.test('if the server keeps up, batches have the default size', async t => {
  const ends = { batchMs: 1, thousandMs: 0, makeMs: 0.3, kernelBytes: 3_000_000 }
  t.strictSame(new Set(loaded(3_000_000, ends).sizes), new Set([10_000]))
})

t.test('no other size is tried before the buffers are full', async t => {
  const ends = { batchMs: 20, thousandMs: 0, makeMs: 0.3, kernelBytes: 8 << 20 }
  const { sizes } = loaded(300_000, ends)
  t.strictSame(new Set(sizes), new Set([10_000]))
})
