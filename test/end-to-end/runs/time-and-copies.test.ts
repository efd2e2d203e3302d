/* Journals that are copied, restored from an earlier time, or used by two processes. */
import { copyFileSync, cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { recordOf } from '../../../src/load/journal/journal-record.js'
import { lockPath } from '../../../src/load/journal/journal-file.js'
import { journalPath } from '../../../src/load/journal/journals.js'
import type { DeliveryOptions, LoadOptions, LoadResult } from '../../../src/load/options.js'
import type { Platform } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import type { RequestInfo } from '../../../src/server/index.js'
import { csv, dfsScript, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { platformOn, type Disk } from '../../helpers/failing-files.js'
import { closedGate } from '../../helpers/gate.js'
import { readRun } from '../../helpers/journals.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'
import { deepTest } from '../../helpers/runs.js'

const rowCount = 200

interface Scene {
  readonly here: LoadServer
  readonly dir: string
  readonly folder: string
  readonly path: string
  readonly load: (change?: Partial<LoadOptions>, platform?: Platform) => Promise<LoadResult>
  /** Kills a process before the server executes this batch. From then on the process does nothing. */
  readonly killedAt: (no: number, delivery?: DeliveryOptions) => Promise<void>
  /** Called for every batch. The server waits for the promise. */
  onBatch: (no: number, request: RequestInfo) => Promise<void> | void
}

async function scene(t: Test, delivery: DeliveryOptions = {}): Promise<Scene> {
  const dir = t.testdir({ 'rows.csv': csv(rowCount) })
  const folder = join(dir, 'state')
  let batches = 0
  const here = await startLoadServer(t, `${streamScript}\n${dfsScript}`, {
    before(request) {
      const wait = request.rows > 0 ? scene.onBatch(++batches, request) : undefined
      return wait === undefined ? undefined : { until: wait }
    },
  })
  const load: Scene['load'] = (change = {}, platform = systemPlatform) =>
    here.load(
      join(dir, 'rows.csv'),
      {
        runId: 'nightly',
        journal: { folder },
        ...change,
        delivery: { batchRows: 10, maxInFlightBytes: 200, ...delivery, ...change.delivery },
      },
      platform,
    )
  const scene: Scene = {
    here,
    dir,
    folder,
    path: journalPath(folder, 'nightly'),
    onBatch: () => undefined,
    load,
    async killedAt(no, more = {}) {
      const leave = new AbortController()
      batches = 0
      scene.onBatch = at => (at === no ? Promise.resolve(leave.abort()) : undefined)
      await load({ leave: leave.signal, delivery: more })
      scene.onBatch = () => undefined
    },
  }
  return scene
}

t.test("the server's facts reveal that a journal is too old", async t => {
  for (const mode of ['async', 'sync'] as const) {
    const one = await scene(t, { mode })
    await one.killedAt(4)
    const earlier = readFileSync(one.path)
    await one.killedAt(4)
    const later = readFileSync(one.path)
    writeFileSync(one.path, earlier)
    const refused = await one.load()
    t.match(refused, {
      exitCode: 66,
      error: { code: 'DDB_RUN_DAMAGED', message: /restored from an earlier time/ },
      resume: { possible: false },
      // The table may still grow by what the killed process has sent.
      batches: { sent: 0 },
    })
    writeFileSync(one.path, later)
    const resumed = await one.load({ delivery: { onDoubt: 'resend' } })
    t.equal(resumed.rows.unsent, 0, mode)
    const loaded = [...new Set(await ids(one.here))]
    t.same(loaded, upTo(rowCount), 'with the right journal the run resumes')
  }
})

deepTest(t, 'a journal from before a finished run loaded new files is noticed', async t => {
  // If rows can be neither counted nor looked up, only the mark of the run's end shows that the journal is too old.
  const view = 'def put(mutable data){ tableInsert(target, data) }\naddFunctionView(put)'
  for (const delivery of [{}, { mode: 'sync' }] as const) {
    const one = await scene(t, delivery)
    await one.here.session.run(view)
    const target = { function: 'put', types: 'id:INT,sym:SYMBOL' }
    const inputs = [join(one.dir, 'rows.csv')]
    const load = (): Promise<LoadResult> => one.load({ target, inputs })
    t.match(await load(), { exitCode: 0 })
    copyFileSync(one.path, `${one.path}.earlier`)
    inputs.push(join(one.dir, 'more.csv'))
    writeFileSync(inputs[1]!, 'id,sym\n1000,A\n')
    t.match(await load(), { exitCode: 0, rows: { confirmed: 1 } })
    copyFileSync(`${one.path}.earlier`, one.path)
    t.match(await load(), { exitCode: 66, error: { code: 'DDB_RUN_DAMAGED' } })
    t.same((await ids(one.here, 'target')).slice(-2), [rowCount - 1, 1000], 'nothing was sent')
  }
})

/** A killed run whose journal ends before its first record with this field. */
async function cutJournal(t: Test, field: string, change: DeliveryOptions, table: string) {
  const one = await scene(t, { mode: 'async', ...change })
  const leave = new AbortController()
  one.onBatch = no => void (no === 9 && leave.abort())
  await one.load({ target: { table }, leave: leave.signal })
  one.onBatch = () => undefined
  while (one.here.server.node.jobs.size > 0) await new Promise(setImmediate)
  const lines = readFileSync(one.path, 'utf8').split('\n')
  const first = lines.findIndex(line => line.includes(`"${field}":`))
  writeFileSync(one.path, `${lines.slice(0, first).join('\n')}\n`)
  return one
}

t.test('a journal that has lost its batches takes their outcomes from the receipts', async t => {
  // With other sizes asked for, the run keeps those in its journal.
  for (const delivery of [{}, { batchRows: 7 }]) {
    const one = await cutJournal(t, 'endBytes', {}, 'target')
    t.match(await one.load({ delivery }), { exitCode: 0, error: null })
    t.same(await ids(one.here, 'target'), upTo(rowCount))
  }
})

t.test('receipts of batches that were cut or divided differently end the run unsent', async t => {
  const stored = 'loadTable("dfs://d","t")'
  for (const [field, connections, delivery] of [
    ['sizes', 1, { batchRows: 7 }],
    ['endBytes', 2, { connections: 3 }],
    ['endBytes', 2, { connections: 1 }],
  ] as const) {
    const one = await cutJournal(t, field, { connections }, 'dfs://d/t')
    const count = await one.here.count(stored)
    t.ok(count > 0)
    const expected = { exitCode: 4, error: { code: 'DDB_UNCONFIRMED' } }
    t.match(await one.load({ target: { table: 'dfs://d/t' }, delivery }), expected)
    t.equal(await one.here.count(stored), count)
  }
})

t.test('a run starts over on request even if the one before did not reach the server', async t => {
  for (const mode of ['async', 'sync'] as const) {
    const one = await scene(t, { mode })
    t.match(await one.load(), { exitCode: 0 })
    const unreached = await one.load({
      journal: { folder: one.folder, restart: true },
      server: { host: '127.0.0.1', port: 1, connectTimeoutMs: 1_000 },
      delivery: { retryTimeoutMs: 1 },
    })
    t.match(unreached, { error: { code: 'DDB_CONNECT' } }, mode)
    t.match(await one.load(), { exitCode: 0, rows: { confirmed: rowCount } }, mode)
    t.equal(await one.here.count('target'), 2 * rowCount)
    t.match(await one.load(), { exitCode: 0, rows: { skipped: rowCount } }, 'and is then loaded')
  }
})

deepTest(t, 'a run does not start over once the server knows that it has begun', async t => {
  for (const mode of ['async', 'sync'] as const) {
    for (const isKilled of [false, true]) {
      const one = await scene(t, { mode })
      t.match(await one.load(), { exitCode: 0 })
      await one.load({
        journal: { folder: one.folder, restart: true },
        server: { host: '127.0.0.1', port: 1, connectTimeoutMs: 1_000 },
        delivery: { retryTimeoutMs: 1 },
      })
      const unreached = readFileSync(one.path)
      if (isKilled) await one.killedAt(4)
      else t.match(await one.load(), { exitCode: 0, rows: { confirmed: rowCount } })
      writeFileSync(one.path, unreached)
      // The table may still grow by what the killed process has sent.
      t.match(await one.load(), {
        exitCode: 66,
        error: { code: 'DDB_RUN_DAMAGED' },
        batches: { sent: 0 },
      })
    }
  }
})

deepTest(t, 'a run whose rejects file was in the way starts over once it is moved', async t => {
  const one = await scene(t)
  writeFileSync(join(one.dir, 'rows.csv'), 'id,sym\nx,A\n1,A\n')
  const rejects = { file: join(one.dir, 'bad.csv') }
  t.match(await one.load({ rejects }), { exitCode: 3 })
  writeFileSync(one.path, '')
  const journal = { folder: one.folder, restart: true }
  t.match(await one.load({ rejects, journal }), { exitCode: 73 })
  const again = await one.load({ rejects })
  t.match(again, { exitCode: 73 }, 'the journal does not count as one from an earlier time')
  for (const name of [rejects.file, `${rejects.file}.reasons.ndjson`]) rmSync(name)
  t.match(await one.load({ rejects }), { exitCode: 3, rows: { confirmed: 1, rejected: 1 } })
})

t.test('rejects that a journal of the same run lacks show that it is too old', async t => {
  const one = await scene(t)
  writeFileSync(join(one.dir, 'rows.csv'), 'id,sym\nx,A\n1,A\n')
  const rejects = { file: join(one.dir, 'bad.csv') }
  const server = { host: '127.0.0.1', port: 1, connectTimeoutMs: 1_000 }
  await one.load({ rejects, server, delivery: { retryTimeoutMs: 1 } })
  const unreached = readFileSync(one.path)
  t.match(await one.load({ rejects }), { exitCode: 3 })
  writeFileSync(one.path, unreached)
  const refused = await one.load({ rejects })
  t.match(refused, { exitCode: 66, error: { code: 'DDB_RUN_DAMAGED' } })
  t.match(readFileSync(rejects.file, 'utf8'), 'x,A', 'the rejects are still there')
})

t.test('no power cut separates a reject in the journal from its outcome', async t => {
  const one = await scene(t)
  const rows = Array.from({ length: 60 }, (_, id) => `${id},${id % 7 === 3 ? '' : 'A'}\n`)
  writeFileSync(join(one.dir, 'rows.csv'), `id,sym\n${rows.join('')}`)
  let [journal, drafts] = ['', 0]
  // The second draft is the shorter journal of a finished run.
  const fails: Disk['fails'] = (call, path) => {
    if (call === 'create' && path === `${one.path}.new` && ++drafts === 2)
      journal = readFileSync(one.path, 'utf8')
    return false
  }
  const rejects = { file: join(one.dir, 'bad.csv'), maxErrors: 100 }
  const given = { rejects, target: { table: 'dfs://d/t' } }
  t.match(await one.load(given, platformOn({ fails })), { exitCode: 3 })
  const lines = journal.trimEnd().split('\n')
  const records = lines.map(line => recordOf(line)!)
  t.equal(readRun(...records).rows().rejected, 9)
  for (const cut of records.keys()) {
    const before = records.slice(0, cut + 1)
    let left = 0
    for (const one of before) {
      if (one.kind === 'batch') for (const { rows } of one.ranges) left += rows
    }
    for (const rows of Object.values(readRun(...before).rows())) left -= rows
    t.equal(left, 0)
  }
})

deepTest(t, 'a run in sync mode that starts over uses higher numbers than before', async t => {
  const one = await scene(t, { mode: 'sync' })
  await one.killedAt(15)
  const journal = { folder: one.folder, restart: true }
  const leave = new AbortController()
  let batches = 0
  one.onBatch = () => (++batches === 4 ? Promise.resolve(leave.abort()) : undefined)
  await one.load({ journal, leave: leave.signal })
  one.onBatch = () => undefined
  const resumed = await one.load({ delivery: { onDoubt: 'resend' } })
  t.match(resumed, { exitCode: 0, error: null })
})

deepTest(t, 'a process with a copy of the journal stays away while the first one runs', async t => {
  const one = await scene(t)
  const gate = closedGate()
  const reached = closedGate()
  one.onBatch = no => {
    if (no !== 5) return undefined
    reached.open()
    return gate.opened
  }
  const running = one.load()
  await reached.opened
  const copy = join(one.dir, 'copy')
  cpSync(one.folder, copy, { recursive: true })
  rmSync(lockPath(journalPath(copy, 'nightly')))
  const second = await one.load({ journal: { folder: copy } })
  t.match(second, {
    exitCode: 75,
    error: { code: 'DDB_LOCKED', message: /a different copy of the/ },
  })
  gate.open()
  t.match(await running, { exitCode: 0 })
  t.same(await ids(one.here), upTo(rowCount))
})

deepTest(t, 'a run whose process recorded its end resumes, whatever sessions are open', async t => {
  const one = await scene(t)
  const signal = AbortSignal.abort()
  await one.load({ signal })
  t.match(await one.load(), { exitCode: 0, rows: { confirmed: rowCount } })
})

t.test('if two processes resume copies at once, one is refused, or claims decide', async t => {
  const one = await scene(t)
  await one.killedAt(6)
  const copy = join(one.dir, 'copy')
  cpSync(one.folder, copy, { recursive: true })
  const results = await Promise.all([one.load(), one.load({ journal: { folder: copy } })])
  // Exit code 4: one process found a claim of the other process for a batch that its own journal lacks.
  const areKnown = results.every(({ exitCode }) => [0, 4, 66, 75].includes(exitCode))
  t.ok(areKnown, results.map(({ error }) => error?.message).join('\n'))
  t.ok(results.some(({ exitCode }) => exitCode === 0))
  t.same(await ids(one.here), upTo(rowCount), 'every row once')
})

const kindsOf = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map(line => recordOf(line)!.kind)

deepTest(t, 'a finished journal keeps the facts that "already loaded" needs', async t => {
  for (const mode of ['async', 'sync'] as const) {
    const one = await scene(t, { mode })
    await one.killedAt(6)
    t.ok(kindsOf(one.path).includes('batch'))
    const finished = await one.load({ delivery: { onDoubt: 'resend' } })
    t.match(finished, { exitCode: 0 })
    const kinds = kindsOf(one.path)
    t.strictSame(kinds.slice(-2), ['input', 'facts'])
    const { size, mtimeMs } = statSync(one.path)
    t.equal(statSync(one.path).mode & 0o777, 0o600)
    const again = await one.load({ delivery: { onDoubt: 'resend' } })
    t.match(again, { exitCode: 0, rows: { skipped: rowCount, confirmed: 0 } })
    t.match(statSync(one.path), { size, mtimeMs }, 'and is not written to again')
    copyFileSync(join(one.dir, 'rows.csv'), join(one.dir, 'more.csv'))
    const inputs = [join(one.dir, 'rows.csv'), join(one.dir, 'more.csv')]
    const more = await one.load({ inputs, delivery: { onDoubt: 'resend' } })
    t.match(more, { exitCode: 0, rows: { skipped: rowCount, confirmed: rowCount } })
    t.strictSame(kindsOf(one.path).slice(-2), ['input', 'facts'])
    const last = await one.load({ inputs, delivery: { onDoubt: 'resend' } })
    t.match(last, { exitCode: 0, rows: { skipped: 2 * rowCount, confirmed: 0 } })
  }
})

t.test(
  'a file that is replaced before its turn is the one that a later process goes on in',
  async t => {
    const one = await scene(t)
    const second = join(one.dir, 'second.csv')
    const write = (from: number, to: number): void =>
      writeFileSync(second, `id,sym\n${upTo(to).slice(from).join(',A\n')},A\n`)
    write(500, 530)
    const inputs = [join(one.dir, 'rows.csv'), second]
    const leave = new AbortController()
    one.onBatch = no => {
      if (no === 2) write(600, 640)
      if (no === 22) leave.abort()
    }
    const { notices } = await one.load({ inputs, leave: leave.signal })
    t.match(notices.join(), /second\.csv" was changed or replaced since the run began/)
    one.onBatch = () => undefined
    t.match(await one.load({ inputs }), { error: null })
    t.same(await ids(one.here), [...upTo(rowCount), ...upTo(640).slice(600)])
    t.match(await one.load({ inputs }), { alreadyLoaded: true })
    write(500, 530)
    t.match(await one.load({ inputs }), {
      error: { code: 'DDB_RUN_CHANGED' },
      rows: { read: rowCount + 40, skipped: rowCount + 40 },
    })
  },
)
