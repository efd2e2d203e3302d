/*
  Resumes runs of earlier versions: the user may upgrade the program between two calls of a run.
*/
import {
  chmodSync,
  cpSync,
  readFileSync,
  readdirSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32 } from 'node:zlib'
import t, { type Test } from 'tap'
import type { RunsResult } from '../../../src/cli/commands/runs/runs.js'
import type { LoadResult } from '../../../src/load/options.js'
import { main } from '../../../src/cli/main.js'
import { fakeProcess, runMain, type Outcome } from '../../cli/run-cli.js'
import { root } from '../../helpers/checkout.js'
import { ids, upTo } from '../../helpers/delivery.js'
import { startLoadServer, type LoadServer } from '../../helpers/load-server.js'

const keptIn = (name: string): string => fileURLToPath(new URL(`fixtures/journals/${name}`, root))
const kept = keptIn('0.1.0')
const here = process.cwd()

interface Scene {
  readonly server: LoadServer
  readonly runs: string
  readonly run: (...argv: string[]) => Promise<Outcome>
  /** Calls the command that started the run. */
  readonly load: (runId: string, input: string, ...more: string[]) => Promise<Outcome>
}

/** A folder in the state in which the earlier version left it, and a server. */
async function scene(t: Test, initScript: string, from = kept): Promise<Scene> {
  const folder = t.testdir({ state: { 'ddb-ingest': { runs: {} } } })
  const runs = join(folder, 'state/ddb-ingest/runs')
  for (const name of readdirSync(from)) {
    const path = join(name.endsWith('.journal') ? runs : folder, name)
    cpSync(join(from, name), path)
    chmodSync(path, 0o600)
    const changed = new Date('2026-01-02T03:04:05Z')
    utimesSync(path, changed, changed)
  }
  const server = await startLoadServer(t, initScript)
  process.chdir(folder)
  t.teardown(() => process.chdir(here))
  const environment = { XDG_STATE_HOME: join(folder, 'state') }
  const run = (...argv: string[]): Promise<Outcome> => runMain(argv, { environment })
  const port = ['--host', `127.0.0.1:${server.server.port}`]
  return {
    server,
    runs,
    run: (...argv) => run(...argv, ...port),
    load: (runId, input, ...more) =>
      run('load', input, '-t', 'target', '-b', '10', '--run-id', runId, ...port, ...more),
  }
}

const table = (content: string): string =>
  `share streamTable(200:0, \`id\`x, [INT, INT]) as target\ntarget.append!(${content})`
const squares = (count: number): string =>
  `table(0..${count - 1} as id, (0..${count - 1}) * (0..${count - 1}) as x)`
const killedScript = readFileSync(join(kept, 'killed.dos'), 'utf8')

t.test('a finished run is already loaded', async t => {
  const { server, load } = await scene(t, table(squares(200)))
  for (const time of ['the first time', 'and again']) {
    const { code, stdout, stderr } = await load('finished', 'rows.csv')
    t.equal(code, 0, stderr)
    t.match(stdout, /^Already loaded: 200 rows of this run into target/, time)
  }
  t.equal(await server.count('target'), 200)
})

t.test('a finished run with rejects ends as before, and its rejects can be repaired', async t => {
  const { server, load, run } = await scene(t, table('table([0, 2, 4] as id, [0, 4, 16] as x)'))
  const again = await load('rejects', 'bad.csv', '--rejects', 'r.csv', '--json')
  t.equal(again.code, 3, again.stderr)
  t.match(JSON.parse(again.stdout) as LoadResult, { rows: { skipped: 3, rejected: 2 } })
  writeFileSync('r.csv', 'id,x\n1,1\n3,9\n')
  const retried = await run('retry', 'r.csv')
  t.equal(retried.code, 0, retried.stderr)
  t.same(await ids(server), upTo(5))
})

t.test('a killed run is resumed', async t => {
  const { server, load } = await scene(t, killedScript)
  const { code, stdout, stderr } = await load('killed', 'rows.csv', '--json')
  t.equal(code, 0, stderr)
  t.match(JSON.parse(stdout) as LoadResult, { rows: { read: 200, unconfirmed: 0, unsent: 0 } })
  t.same(await ids(server), upTo(200), 'every row once')
})

t.test('a killed run that still has its lock is resumed', async t => {
  const { server, runs, load } = await scene(t, killedScript)
  // The earlier version wrote this lock. No process renews the lock, and no process has its `pid`.
  const lock = {
    token: '11f5b4d8f8a5a3d6',
    pid: 2 ** 22 + 1,
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    startTicks: '136122',
    host: hostname(),
    since: '2026-11-21T22:01:10.298Z',
  }
  writeFileSync(join(runs, 'killed.journal.lock'), JSON.stringify(lock))
  t.match(await load('killed', 'rows.csv'), { code: 0 })
  t.same(await ids(server), upTo(200))
})

t.test('`runs` lists the runs of earlier versions', async t => {
  const { runs } = await scene(t, '')
  const folder = join(runs, '..')
  const { stdout } = await runMain(['runs', '--json', '--state-dir', folder])
  t.match((JSON.parse(stdout) as RunsResult).runs, [
    { runId: 'finished', state: 'finished', rows: { confirmed: 200 } },
    { runId: 'rejects', state: 'finished', rows: { confirmed: 3, rejected: 2 } },
    { runId: 'killed', state: 'killed', rows: { confirmed: 50 } },
  ])
})

/** Journals of the last version that had no `foldDurable`. */
const later = keptIn('2026-11-22')

interface Taken {
  readonly server: LoadServer
  readonly code: number
  readonly result: LoadResult
  /** The report of `runs` before the run is resumed. */
  readonly known: RunsResult['runs'][number]
}

/** @param argv additional options with which the run was started */
async function taken(t: Test, runId: string, ...argv: string[]): Promise<Taken> {
  const script = readFileSync(join(later, `${runId}.dos`), 'utf8')
  const { server, runs } = await scene(t, script, later)
  if (runId === 'followed') keepInodes(join(runs, 'followed.journal'))
  const listed = await runMain(['runs', runId, '--json', '--state-dir', join(runs, '..')])
  const [known] = (JSON.parse(listed.stdout) as RunsResult).runs
  const target = runId === 'dfs' ? 'dfs://d/t' : 'target'
  const options = ['-b', '10', '--user', 'admin', '--run-id', runId, '--json']
  if (runId !== 'count') options.push('--max-in-flight', '400')
  const port = ['--host', `127.0.0.1:${server.server.port}`]
  const environment = { XDG_STATE_HOME: join(runs, '../..'), DDB_PASSWORD: '123456' }
  const fake = fakeProcess({ environment })
  const ended = main(['load', ...argv, '-t', target, ...options, ...port], fake.processEnvironment)
  if (runId === 'followed') {
    // A followed input has no end, so the test stops the run.
    while ((await server.count('target')) < 50);
    fake.signals.emit('SIGTERM', 'SIGTERM')
  }
  const code = await ended
  await new Promise(resolve => setImmediate(resolve))
  return { server, code, result: JSON.parse(fake.stdout()) as LoadResult, known: known! }
}

/** Writes the inodes of the copied inputs into the journal, because `--follow` takes a copy for a different file. */
function keepInodes(path: string): void {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const changed = lines.map(line => {
    const [, name] = /"path":"(.\.csv)","fingerprint"/.exec(line) ?? []
    if (name === undefined) return line
    const json = line.slice(9).replace(/"inode":"\d+"/, `"inode":"${statSync(name).ino}"`)
    return `${crc32(json).toString(16).padStart(8, '0')} ${json}`
  })
  writeFileSync(path, `${changed.join('\n')}\n`)
}

/** Good rows of both inputs; 7 and 61 are bad. */
const good = upTo(150).filter(id => id !== 7 && id !== 61)

t.test('receipts: a batch was divided, and both inputs were in progress', async t => {
  const argv = ['a.csv', 'b.csv', '--rejects', 'receipts-rejects.csv']
  const { server, code, result, known } = await taken(t, 'receipts', ...argv)
  t.match(known, {
    state: 'killed',
    rows: { read: 150, confirmed: 80, unconfirmed: 59, rejected: 2, unsent: 9 },
    inputs: [
      {
        settled: { offsetBytes: 130, lineNumber: 23, rows: 21 },
        isDone: false,
        uncertain: [
          { startBytes: 130, endBytes: 137, firstLine: 23, lastLine: 32, rows: 1 },
          { startBytes: 359, endBytes: 431, firstLine: 53, lastLine: 61, rows: 9 },
        ],
      },
      {
        settled: { offsetBytes: 335, lineNumber: 43, rows: 41 },
        isDone: false,
        uncertain: [{ startBytes: 335, endBytes: 825, firstLine: 43, lastLine: 91, rows: 49 }],
      },
    ],
  })
  t.equal(code, 3)
  t.match(result.rows, { read: 150, confirmed: 68, rejected: 2, skipped: 80, unconfirmed: 0 })
  t.match(result.rejects, { byCode: { DDB_INPUT_CELL: 2 }, files: [{ rows: 2 }] })
  t.same(await ids(server), good, 'every row once')
})

t.test('sync: batches without an answer stay in doubt', async t => {
  const argv = ['a.csv', 'b.csv', '--mode', 'sync', '--rejects', 'sync-rejects.csv']
  const { server, code, result, known } = await taken(t, 'sync', ...argv)
  t.match(known, {
    state: 'killed',
    rows: { read: 91, confirmed: 79, unconfirmed: 10, rejected: 2, unsent: 0 },
    inputs: [
      { isDone: true, settled: { offsetBytes: 431, rows: 60 }, uncertain: [] },
      { isDone: false, uncertain: [{ startBytes: 173, endBytes: 253, firstLine: 23, rows: 10 }] },
    ],
  })
  t.equal(code, 4)
  t.match(result.rows, { read: 150, confirmed: 59, rejected: 2, skipped: 79, unconfirmed: 10 })
  t.match(result.confirm.uncertain, [{ file: 'b.csv', firstLine: 23, lastLine: 32, batches: 1 }])
  t.same(
    await ids(server),
    good.filter(id => id < 81 || id > 90),
  )
})

t.test('a DFS table', async t => {
  const { server, code, result, known } = await taken(t, 'dfs', 'e.csv')
  t.match(known, { state: 'killed', rows: { read: 90, confirmed: 50, unconfirmed: 40 } })
  t.equal(code, 0)
  t.match(result.rows, { read: 90, confirmed: 40, skipped: 50, unconfirmed: 0 })
  t.same(
    await ids(server, 'loadTable("dfs://d","t")'),
    upTo(150).filter(id => id >= 60),
  )
})

t.test('a finished run with rejects', async t => {
  const argv = ['a.csv', 'b.csv', '--rejects', 'finished-rejects.csv']
  const { server, code, result, known } = await taken(t, 'finished', ...argv)
  t.match(known, { state: 'finished', rows: { read: 150, confirmed: 148, rejected: 2 } })
  t.equal(code, 3)
  t.match(result, { alreadyLoaded: true, rows: { skipped: 148, rejected: 2, confirmed: 0 } })
  t.same(await ids(server), good)
})

t.test('followed files', async t => {
  const argv = ['c.csv', 'd.csv', '--follow', '--flush-interval', '50ms']
  const { server, code, result, known } = await taken(t, 'followed', ...argv)
  t.match(known, {
    state: 'killed',
    rows: { confirmed: 30, unconfirmed: 20 },
    inputs: [
      { isDone: false, settled: { offsetBytes: 51, rows: 10 }, uncertain: [{ rows: 15 }] },
      { isDone: false, settled: { offsetBytes: 158, rows: 20 }, uncertain: [{ rows: 5 }] },
    ],
  })
  t.equal(code, 143)
  t.match(result.rows, { read: 50, confirmed: 20, skipped: 30, unconfirmed: 0 })
  t.same(await ids(server), upTo(50))
})
