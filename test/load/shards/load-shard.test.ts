/* Shards load the streams of one run, one after another or at the same time, without a journal. */
import { appendFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadOptions } from '../../../src/load/options.js'
import { runMain } from '../../cli/run-cli.js'
import { streamScript } from '../../helpers/delivery.js'
import { idsOf, shardScene } from './scene.js'

const files = 6
const stream = { script: streamScript, table: 'target' }
const scene = (t: Test, target = stream) => shardScene(t, files, target)
const all = idsOf(files)

t.test('two shards at once', async t => {
  const { shard, ids } = await scene(t)
  const ends = await Promise.all([shard(1, 2), shard(2, 2)])
  for (const end of ends) t.match(end, { exitCode: 0, alreadyLoaded: false, error: null })
  t.strictSame(await ids(), all)
  for (const index of [1, 2, 3])
    t.match(await shard(index, 3), { exitCode: 0, alreadyLoaded: true })
  t.strictSame(await ids(), all)
})

t.test('three processes on one shard', async t => {
  const { shard, ids } = await scene(t)
  const ends = await Promise.all([shard(1, 1), shard(1, 1), shard(1, 1)])
  for (const end of ends) t.match(end, { exitCode: 0, error: null })
  t.strictSame(await ids(), all)
})

t.test('what shards cannot do is refused', async t => {
  const { shard, ids, inputs } = await scene(t)
  const journal = { folder: join(inputs, '..', 'state'), restart: true }
  for (const [change, message] of [
    [{ runId: undefined }, /need its name/],
    [{ inputs: ['-'] }, /standard input/],
    [{ input: { follow: true } }, /follow/],
    [{ input: { limit: 1 } }, /limit/],
    [{ expectRows: 1 }, /expectRows/],
    [{ delivery: { confirm: 'none' } }, /confirm/],
    [{ journal }, /restart.*runs --clean/],
    [{ shard: { index: 3, count: 2 } }, /no shard 3 of 2/],
  ] as const) {
    const refused = shard(1, 1, change as Partial<LoadOptions>)
    await t.rejects(refused, { code: 'DDB_USAGE', message }, JSON.stringify(change))
  }
  t.strictSame(await ids(), [])
})

t.test('all processes have the same options', async t => {
  const { shard, ids } = await scene(t)
  t.match(await shard(1, 2), { exitCode: 0 })
  const other = await shard(2, 2, { cells: { nullTexts: ['A'] } })
  t.match(other, { exitCode: 64, error: { message: /other options: `cells.nullTexts`/ } })
  // Those of the first process are used.
  t.match(await shard(2, 2, { delivery: { batchRows: 3 } }), { exitCode: 0 })
  t.strictSame(await ids(), all)
})

t.test('files that have changed, are missing or are new', async t => {
  const { shard, inputs, ids } = await scene(t)
  t.match(await shard(1, 6), { exitCode: 0 })
  appendFileSync(join(inputs, 'd1/f.csv'), '999,A\n')
  const changed = { exitCode: 66, error: { message: /d1\/f.csv" has changed .* it was \d+ bytes/ } }
  t.match(await shard(1, 1), changed)
  const text = readFileSync(join(inputs, 'd1/f.csv'), 'utf8')
  writeFileSync(join(inputs, 'd1/f.csv'), text.slice(0, -6).replace('50,', '51,'))
  t.match(await shard(1, 1), { exitCode: 66, error: { message: /has changed since/ } })
  writeFileSync(join(inputs, 'd1/f.csv'), text.slice(0, -6))
  writeFileSync(join(inputs, 'd1/g.csv'), 'id,sym\n999,A\n')
  renameSync(join(inputs, 'd2'), join(inputs, '../d2'))
  const gone = { exitCode: 66, error: { message: /d2\/f.csv" is part of the run, and not among/ } }
  t.match(await shard(1, 1), gone)
  renameSync(join(inputs, '../d2'), join(inputs, 'd2'))
  const end = await shard(1, 1)
  const without = /began without ".*d1\/g.csv": load what it lacks under another/
  t.match(end, { exitCode: 64, error: { code: 'DDB_RUN_CHANGED', message: without } })
  t.strictSame(await ids(), all)
  writeFileSync(join(inputs, 'd0/f.csv'), 'id,sym\n1000,A\n')
  const another = { exitCode: 66, error: { message: /d0\/f.csv" has changed since/ } }
  t.match(await shard(1, 1), another, 'a file that was loaded')
})

t.test('each stream has its rejects', async t => {
  const { shard, ids, inputs, dir } = await scene(t)
  const bad = ['x,A\n', 'y,B\n']
  for (const [i, line] of bad.entries()) appendFileSync(join(inputs, `d${i}/f.csv`), line)
  const rejects = { file: join(dir, 'r.csv') }
  const load = (index: number, count: number) => shard(index, count, { rejects })
  const ends = await Promise.all([load(1, 3), load(2, 3), load(3, 3), load(1, 1)])
  t.match(ends[3], { exitCode: 3, error: null, rows: { read: 302, rejected: 2 } })
  for (const [i, line] of bad.entries()) {
    const path = join(dir, `r.s${i + 1}.csv`)
    t.equal(readFileSync(path, 'utf8'), `id,sym\n${line}`)
    const [reason = ''] = readFileSync(`${path}.reasons.ndjson`, 'utf8').split('\n')
    const { token, run } = JSON.parse(reason) as { token: string; run: { path: string } }
    t.equal(run.path, `${token}.s${i + 1}.csv`, 'it names the retry on every machine')
  }
  t.equal(readdirSync(dir).length, 5)
  t.match(await load(1, 1), { exitCode: 3, alreadyLoaded: true, rows: { rejected: 2 } })
  t.strictSame(await ids(), all)
})

t.test('rejects of a stream with rows in doubt are in no file', async t => {
  const script = `${streamScript}
def put(mutable data) { if((exec count(*) from data where id = 7) > 0) { throw "no" }; tableInsert(objByName("target"), data) }
addFunctionView(put)`
  const { shard, inputs, dir } = await shardScene(t, 2, { script, table: 'target' })
  for (const name of ['d0', 'd1']) appendFileSync(join(inputs, name, 'f.csv'), 'x,A\n')
  const target = { function: 'put', types: '@target', confirmTable: 'target' }
  const end = await shard(1, 1, { target, rejects: { file: join(dir, 'r.csv') } })
  t.match(end, { exitCode: 4, rows: { rejected: 2 } })
  t.match(end.rejects, { files: [{ rows: 1 }], unplaced: 1 })
  t.strictSame(readdirSync(dir), ['in', 'r.s2.csv', 'r.s2.csv.reasons.ndjson'])
})

t.test('rejects of an earlier record are loaded or moved first', async t => {
  const { shard, inputs, dir, session } = await scene(t)
  const first = join(inputs, 'd0/f.csv')
  appendFileSync(first, 'x,A\n')
  const options = { rejects: { file: join(dir, 'r.csv') } }
  t.match(await shard(1, 1, options), { exitCode: 3 })
  await session.run(
    `for(name in exec name from objs(true) where shared=true) undef(name, SHARED)\n${streamScript}`,
  )
  const refusal = { exitCode: 73, error: { message: /r\.s1\.csv" has rejects of an earlier run/ } }
  t.match(await shard(1, 1, options), refusal)
  writeFileSync(first, readFileSync(first, 'utf8').replace('x,A\n', ''))
  t.match(await shard(1, 1, { ...options, runId: 'night' }), refusal, 'even if there are none now')
})

t.test('a limit does not count the rejects of other processes', async t => {
  const { shard, inputs } = await scene(t)
  for (let i = 0; i < files; i++) appendFileSync(join(inputs, `d${i}/f.csv`), 'x,A\n')
  const options = { rejects: { onError: 'skip', maxErrors: files / 2 } } as const
  for (const index of [1, 2]) t.match(await shard(index, 2, options), { exitCode: 3 })
  t.match(await shard(1, 1, options), { exitCode: 3, alreadyLoaded: true })
})

t.test('runs RUN asks the server', async t => {
  const { shard, server, ids, session, dir } = await scene(t)
  const ofRun = (command: string, ...words: string[]) =>
    runMain([command, 'night', '--host', `127.0.0.1:${server.port}`, '--user', 'admin', ...words], {
      environment: { DDB_PASSWORD: '123456' },
    })
  const run = (...words: string[]) => ofRun('runs', ...words)
  t.match(await run(), { code: 66, stderr: /neither a journal nor the server/ })
  t.match(await shard(1, 3), { exitCode: 0 })
  const left = { code: 75, stderr: /4 of 6 streams are left, the first of them with ".*d2/ }
  t.match(await run(), { ...left, stdout: /next +ddb-ingest runs night --host/ })
  const missing = ['--missing', join(dir, 'm.csv')]
  t.match(await ofRun('audit', ...missing), { code: 64, stderr: /its shards would send what/ })
  for (const index of [2, 3]) t.match(await shard(index, 3), { exitCode: 0 })
  t.match(await run(), { code: 0, stdout: /300/ })
  t.match(await ofRun('audit', ...missing), { code: 0 })
  const { stdout: audited } = await ofRun('audit')
  t.match(audited, /^complete: 300 rows read, 300 found/)
  const { stdout } = await run('--json')
  t.match(JSON.parse(stdout), { exitCode: 0, rows: { skipped: 300 }, error: null })
  await session.run(`undef("target", SHARED)\n${streamScript}`)
  t.match(await run(), { code: 75, stderr: /DDB_TARGET_CHANGED/ })
  await session.run('undef("target", SHARED)')
  t.match(await run(), { code: 78, stderr: /DDB_TARGET/ })
  t.match(await run('--clean'), { code: 0, stdout: /removed/ })
  t.match(await run(), { code: 66 })
  await session.run(streamScript)
  t.match(await shard(1, 1), { exitCode: 0 })
  t.strictSame(await ids(), all)
})

const offsets = ['+08:00', '+09:00']
const timesScript = 'share table(1:0, `id`at, [INT,TIMESTAMP]) as target'

t.test('times of all streams have the offset that a process has found first', async t => {
  for (const isAtOnce of [false, true]) {
    const { shard, server, ids, inputs } = await scene(t, { ...stream, script: timesScript })
    for (let i = 0; i < files; i++) {
      const at = `2024-01-02T10:00:00${offsets[i % 2]}`
      writeFileSync(join(inputs, `d${i}/f.csv`), `id,at\n${i},${at}\n${i + 10},${at}\n`)
    }
    const load = (index: number) => shard(index, 2, { rejects: { onError: 'skip' } })
    if (isAtOnce) {
      const ends = await Promise.all([load(1), load(2)])
      for (const { exitCode, error } of ends) {
        if (exitCode === 75) t.match(error, { code: 'DDB_UNAVAILABLE', message: /offset \+0/ })
        else t.equal(exitCode, 3)
      }
    }
    for (const index of [1, 2]) t.match(await load(index), { exitCode: 3, error: null })
    const stored = await ids()
    const parity = stored[0]! % 2
    const expected = [0, 2, 4, 10, 12, 14].map(id => id + parity)
    t.strictSame(stored, expected)
    const words = ['--host', `127.0.0.1:${server.port}`, '--user', 'admin', '--exact']
    const environment = { DDB_PASSWORD: '123456' }
    const audited = await runMain(['audit', 'night', ...words], { environment })
    t.match(audited, { code: 3, stdout: /^complete: 12 rows read, 6 found/ })
  }
})

const viewScript = `share table(10:0, \`id\`sym, [INT,SYMBOL]) as target
def put(mutable data) { tableInsert(objByName("target"), data) }
addFunctionView(put)`

t.test('a function', async t => {
  const target = { function: 'put', types: 'id:INT,sym:SYMBOL', confirmTable: 'target' }
  const { shard, ids, session } = await scene(t, { ...stream, script: viewScript })
  const ends = await Promise.all([1, 2].map(index => shard(index, 2, { target })))
  for (const end of ends) t.match(end, { exitCode: 0 })
  t.strictSame(await ids(), all)
  await session.run(
    'for(name in exec name from objs(true) where shared=true, name like "ddbIngest%") undef(name, SHARED)',
  )
  const refused = {
    exitCode: 75,
    error: { code: 'DDB_UNPROVEN', message: /the table has rows of it/ },
  }
  t.match(await shard(1, 2, { target }), refused)
  t.strictSame(await ids(), all)
})

t.test('a keyed stream table that may have dropped the keys of rows from memory', async t => {
  const { shard, server, session } = await scene(t)
  server.node.config.persistenceDir = 'somewhere'
  await session.run(`undef("target", SHARED)
enableTableShareAndPersistence(keyedStreamTable(\`id, 10:0, \`id\`sym, [INT,SYMBOL]), "target")
tableInsert(objByName("target"), 1, \`A)`)
  t.match(await shard(1, 1), { exitCode: 75, error: { code: 'DDB_UNPROVEN' } })
})
