/*
  What earlier versions have kept of their runs is taken up: an upgrade between two calls changes nothing.
*/
import { chmodSync, cpSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { RunsResult } from '../../src/cli/commands/runs/runs.js'
import type { LoadResult } from '../../src/load/options.js'
import { runMain, type Outcome } from '../cli/run-cli.js'
import { root } from '../helpers/checkout.js'
import { ids, upTo } from '../helpers/delivery.js'
import { startLoadServer, type LoadServer } from '../helpers/load-server.js'

const kept = fileURLToPath(new URL('fixtures/journals/0.1.0', root))
const here = process.cwd()

interface Scene {
  readonly server: LoadServer
  readonly runs: string
  readonly run: (...argv: string[]) => Promise<Outcome>
  /** The command that began the run. */
  readonly load: (runId: string, input: string, ...more: string[]) => Promise<Outcome>
}

/** The folder as the earlier version has left it, and the server. */
async function scene(t: Test, initScript: string): Promise<Scene> {
  const folder = t.testdir({ state: { 'ddb-ingest': { runs: {} } } })
  const runs = join(folder, 'state/ddb-ingest/runs')
  for (const name of readdirSync(kept)) {
    const path = join(name.endsWith('.journal') ? runs : folder, name)
    cpSync(join(kept, name), path)
    chmodSync(path, 0o600)
    const changed = new Date('2026-01-02T03:04:05Z')
    utimesSync(path, changed, changed)
  }
  const server = await startLoadServer(t, initScript)
  process.chdir(folder)
  t.teardown(() => process.chdir(here))
  const environment = { XDG_STATE_HOME: join(folder, 'state') }
  const run = (...argv: string[]): Promise<Outcome> => runMain(argv, { environment })
  const port = ['--port', String(server.server.port)]
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

t.test('a finished run with rejects ends as it did, and its rejects can be repaired', async t => {
  const { server, load, run } = await scene(t, table('table([0, 2, 4] as id, [0, 4, 16] as x)'))
  const again = await load('rejects', 'bad.csv', '--rejects', 'r.csv', '--json')
  t.equal(again.code, 3, again.stderr)
  t.match(JSON.parse(again.stdout) as LoadResult, { rows: { skipped: 3, rejected: 2 } })
  writeFileSync('r.csv', 'id,x\n1,1\n3,9\n')
  const retried = await run('retry', 'r.csv')
  t.equal(retried.code, 0, retried.stderr)
  t.same(await ids(server), upTo(5))
})

t.test('a killed run is gone on with', async t => {
  const { server, load } = await scene(t, killedScript)
  const { code, stdout, stderr } = await load('killed', 'rows.csv', '--json')
  t.equal(code, 0, stderr)
  t.match(JSON.parse(stdout) as LoadResult, { rows: { read: 200, unconfirmed: 0, unsent: 0 } })
  t.same(await ids(server), upTo(200), 'every row once')
})

t.test('a killed run whose lock is still there is gone on with', async t => {
  const { server, runs, load } = await scene(t, killedScript)
  // Written by the earlier version: nobody renews it, and the number belongs to nobody.
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

t.test('`runs` tells them', async t => {
  const { runs } = await scene(t, '')
  const folder = join(runs, '..')
  const { stdout } = await runMain(['runs', '--json', '--state-dir', folder])
  t.match((JSON.parse(stdout) as RunsResult).runs, [
    { runId: 'finished', state: 'finished', rows: { confirmed: 200 } },
    { runId: 'rejects', state: 'finished', rows: { confirmed: 3, rejected: 2 } },
    { runId: 'killed', state: 'killed', rows: { confirmed: 50 } },
  ])
})
