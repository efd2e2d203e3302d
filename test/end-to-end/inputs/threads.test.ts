/*
  Loads whose inputs are read by several threads have the same rows, rejects, journal and result as loads with one
  thread.
*/
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import type { LoadOptions, LoadResult } from '../../../src/load/options.js'
import type { Platform, Thread } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { startLoadServer, tradesHeader, tradesScript } from '../../helpers/load-server.js'

/** About 3 MB with some bad rows. */
const csv = ((): string => {
  const lines = [tradesHeader]
  for (let row = 0; row < 80_000; row++) {
    const id = row % 20_011 === 0 ? 'x' : row
    const time = `2020.01.02T03:04:05.${100 + (row % 900)}`
    lines.push(`${time},${row % 77 === 0 ? '"A\nB"' : `S${row % 30}`},${row / 8},${id}\n`)
  }
  return lines.join('')
})()

/** The result without the members that differ from run to run, and without the number of threads. */
function lasting({
  startedAt: _,
  endedAt: __,
  latencyMs: ___,
  rate: ____,
  memory: _____,
  threads: ______,
  byConnection,
  ...result
}: LoadResult): unknown {
  return { ...result, byConnection: byConnection.map(({ latencyMs, ...one }) => latencyMs && one) }
}

const table = tradesScript.slice(tradesScript.indexOf('('), tradesScript.lastIndexOf(' as '))

t.test('one, two and five threads load the same rows', async t => {
  const { load, session } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'in.csv': csv, 'other.csv': csv.slice(0, 2_000_000), 'in.csv.gz': '' })
  writeFileSync(join(dir, 'in.csv.gz'), gzipSync(csv, { level: 1 }))
  const ways: [inputs: string[], change: Partial<LoadOptions>][] = [
    [['in.csv', 'other.csv'], {}],
    [['in.csv.gz'], {}],
    [['in.csv'], { input: { limit: 70_001 } }],
    [['-'], {}],
  ]
  for (const [way, [inputs, change]] of ways.entries()) {
    const found: unknown[] = []
    for (const threads of [1, 2, 5]) {
      await session.run(`undef("trades", SHARED); share streamTable${table} as trades`)
      const file = join(dir, `rejects-${way}-${found.length}.csv`)
      writeFileSync(file, '')
      const stdin = inputs[0] === '-' ? { stdin: Readable.from(cut(Buffer.from(csv))) } : {}
      const result = await load(
        inputs.map(name => (name === '-' ? name : join(dir, name))),
        {
          ...change,
          runId: 'threads',
          delivery: { connections: 1 },
          rejects: { file, maxErrors: 100 },
          input: { ...change.input, ...stdin, threads },
        },
      )
      t.equal(result.threads, threads)
      const { rejects, ...rest } = lasting(result) as LoadResult
      const kept = { rejects: rejects.byCode, file: readFileSync(file, 'utf8') }
      found.push({ ...rest, ...kept, rows: textOf(await session.run('select * from trades')) })
    }
    t.strictSame(found[1], found[0], inputs.join())
    t.strictSame(found[2], found[0], inputs.join())
  }
})

/** All values of a table as one text, because texts compare quickly. */
function textOf(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof BigInt64Array) return Array.from(part, String)
    if (ArrayBuffer.isView(part)) return Array.from(part as Float64Array)
    return part
  })
  return createHash('sha256').update(text).digest('hex')
}

/** Chunks of the sizes that a pipe delivers. */
function* cut(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

t.test('an input too small for threads is read by a single thread', async t => {
  const { load } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'in.csv': csv.replace(/,x\n/g, ',1\n') })
  const found = await load(join(dir, 'in.csv'), { input: { threads: 'auto' } })
  t.match(found, { exitCode: 0, threads: 1 })
})

t.test('threads end with their run, however it ends', async t => {
  const { load } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'in.csv': csv })
  let started = 0
  let ended = 0
  const start: Platform['threads']['start'] = (...asked) => {
    started++
    const thread = systemPlatform.threads.start(...asked)
    const end = async (): Promise<void> => {
      await thread.end()
      ended++
    }
    return { ...thread, end } satisfies Thread
  }
  const platform = { ...systemPlatform, threads: { cores: 2, start } }
  const input = { threads: 3 }
  const failed = await load(join(dir, 'in.csv'), { input }, platform)
  t.match(failed, { exitCode: 65, error: { code: 'DDB_INPUT_CELL' } })
  t.equal(ended, started)
  const skipped = await load(join(dir, 'in.csv'), { input, rejects: { onError: 'skip' } }, platform)
  t.match(skipped, { exitCode: 3, threads: 3 })
  t.equal(ended, started)
  t.ok(started >= 2)
})

t.test('a thread that dies ends the run, and every row has its outcome', async t => {
  const { load, count } = await startLoadServer(t, tradesScript)
  const dir = t.testdir({ 'in.csv': csv })
  const threads: Platform['threads'] = {
    cores: 2,
    start(_entry, _data, { onDeath }) {
      setImmediate(() => onDeath(new Error('no memory')))
      return { post: () => undefined, keepAlive: () => undefined, end: () => Promise.resolve() }
    },
  }
  const platform = { ...systemPlatform, threads }
  const result = await load(
    join(dir, 'in.csv'),
    { input: { threads: 2 }, rejects: { onError: 'skip' } },
    platform,
  )
  // The run still reads the rows that no thread has read.
  t.equal(result.rows.read, result.rows.confirmed + result.rows.rejected + result.rows.unsent)
  t.equal(await count('trades'), result.rows.confirmed)
})

t.test('an impossible number of threads is refused', async t => {
  const { load } = await startLoadServer(t, tradesScript)
  for (const threads of [0, 65, 1.5, NaN, 'two' as unknown as number]) {
    await t.rejects(load('in.csv', { input: { threads } }), { code: 'DDB_USAGE' })
  }
})
