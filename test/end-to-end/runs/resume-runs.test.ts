/* Named runs from the user's view: stopped and killed processes, and the commands that resume their runs. */
import { execFile, type ChildProcess } from 'node:child_process'
import { on } from 'node:events'
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import type { RunsResult } from '../../../src/cli/commands/runs/runs.js'
import { listRuns } from '../../../src/load/journal/journals.js'
import type { LoadResult } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import {
  bin,
  runMainIn,
  spawnCli,
  thirdBatchHeld,
  type Outcome,
  type Spawned,
} from '../../cli/run-cli.js'
import { csv, ids, streamScript, upTo } from '../../helpers/delivery.js'
import { closedGate } from '../../helpers/gate.js'
import { asAdmin, startLoadServer } from '../../helpers/load-server.js'
import { plainNode } from '../../helpers/plain-node.js'
import { deepTest } from '../../helpers/runs.js'

const rowCount = 1_000

async function scene(t: Test) {
  const folder = t.testdir({ 'rows.csv': csv(rowCount), elsewhere: {} })
  const { before, stuck, release } = thirdBatchHeld(100)
  const here = await startLoadServer(t, streamScript, { before })
  const environment = { XDG_STATE_HOME: join(folder, 'state') }
  const start = (...argv: string[]): Spawned => spawnCli(argv, { environment, cwd: folder })
  const run = (...argv: string[]): Promise<Outcome> => runMainIn(folder, argv, { environment })
  const load = `load rows.csv -t target -b 100 --host 127.0.0.1:${here.server.port}`.split(' ')
  return {
    here,
    folder,
    start,
    run,
    load,
    /** Starts a run. The server holds the third batch back until `release` is called. */
    stuck: (...argv: string[]) => stuck(() => start(...load, '--max-in-flight', '1k', ...argv)),
    held: stuck,
    release,
    listed: async (...argv: string[]) =>
      JSON.parse((await run('runs', '--json', ...argv)).stdout) as RunsResult,
  }
}

/** Sends a signal; resolves once the process has printed that it received the signal. */
async function interrupt(child: ChildProcess, name: NodeJS.Signals): Promise<void> {
  let said = ''
  const pieces = on(child.stderr!, 'data') as AsyncIterable<[Buffer]>
  child.kill(name)
  for await (const [piece] of pieces) {
    said += piece.toString()
    if (said.includes(`${name}: `)) return
  }
}

deepTest(t, 'a stopped run says how to resume it, and resumes from any folder', async t => {
  const { here, folder, stuck, release, run, listed } = await scene(t)
  const { child, outcome } = await stuck('--run-id', 'nightly')
  t.match(await listed(), {
    runs: [{ runId: 'nightly', state: 'running', holder: { pid: child.pid } }],
  })
  await interrupt(child, 'SIGTERM')
  release()
  const stopped = await outcome
  t.equal(stopped.code, 143, stopped.stderr)
  t.match(stopped.stderr, /^to go on: ddb-ingest resume nightly$/m)
  t.match(await listed(), {
    runs: [
      { state: 'interrupted', resume: { possible: true, command: 'ddb-ingest resume nightly' } },
    ],
  })
  const environment = { XDG_STATE_HOME: join(folder, 'state') }
  const summary = ['--json=s.json', '--json']
  const cwd = join(folder, 'elsewhere')
  const resumed = await runMainIn(cwd, ['resume', 'nightly', ...summary], { environment })
  t.equal(resumed.code, 0, resumed.stderr)
  const result = JSON.parse(resumed.stdout) as LoadResult
  const { rows } = result
  t.match(result, { status: 'loaded', resume: { possible: false, command: null } })
  t.ok(rows.skipped > 0 && rows.skipped + rows.confirmed === rowCount && rows.confirmed > 0)
  t.strictSame(JSON.parse(await readFile(join(cwd, 's.json'), 'utf8')), result)
  t.same(await ids(here), upTo(rowCount), 'every row once')
  const again = await run('resume', 'nightly')
  t.match(again, { code: 0, stdout: /^Already loaded: 1,000 rows of this run into target/ })
})

t.test('the command for rejects can be given in any folder', async t => {
  const { folder, load, run } = await scene(t)
  await writeFile(join(folder, 'rows.csv'), `${csv(3)}x\n`)
  const where = ['--state-dir', 'my state']
  t.match(await run(...load, '--run-id', 'bad', '--rejects', 'r.csv', ...where), {
    code: 3,
    stderr: `next: ddb-ingest retry r.csv --state-dir '${join(folder, 'my state')}'\n`,
  })
  const environment = { XDG_STATE_HOME: join(folder, 'state') }
  const elsewhere = (...argv: string[]): Promise<Outcome> =>
    runMainIn(join(folder, 'elsewhere'), argv, { environment })
  const whole = `retry ${join(folder, 'r.csv')} --state-dir '${join(folder, 'my state')}'\n`
  const there = ['bad', '--state-dir', '../my state']
  t.match(await elsewhere('runs', ...there), { stdout: whole })
  t.match(await elsewhere('resume', ...there), { code: 3, stderr: whole })
  await symlink('.', join(folder, 'link'))
  t.match(await run('resume', 'bad', '--rejects', 'link/r.csv', ...where), { code: 3 }, 'by a link')
  const skipping = await run('resume', 'bad', '--on-error', 'skip', ...where)
  t.match(skipping, { code: 64, stderr: /puts its bad rows into ".*r\.csv".*leave --on-error out/ })
})

t.test('a killed run is listed and resumed; the command keeps --state-dir and options', async t => {
  const { here, folder, stuck, release, run, load } = await scene(t)
  const where = ['--state-dir', 'my state']
  const { child, outcome } = await stuck('--run-id', 'k', ...where)
  child.kill('SIGKILL')
  await outcome
  const { code, stdout } = await run('runs', ...where)
  t.equal(code, 0)
  t.match(
    stdout,
    /^k +killed .*\n\nto go on:\n {2}ddb-ingest resume k --state-dir '.*\/my state'$/m,
  )
  const one = await run('runs', 'k', ...where)
  t.match(one.stdout, /^k: killed$/m)
  t.match(one.stdout, /^ {2}not known +\d+ rows of lines \d+ to \d+ \(bytes [\d,]+ to [\d,]+\)$/m)
  release()
  const resumed = await run(...load, '--run-id', 'k', ...where)
  t.match(resumed, { code: 0 }, 'the same command resumes the run')
  t.same(await ids(here), upTo(rowCount))
  const files = join(folder, 'my state', 'runs')
  t.strictSame(await readdir(files), ['k.journal'])
  const modes = await Promise.all([files, join(files, 'k.journal')].map(path => stat(path)))
  const rights = modes.map(({ mode }) => mode & 0o777)
  t.strictSame(rights, [0o700, 0o600])
})

t.test('a batch of bad records alone counts when a killed run goes on', async t => {
  const { here, folder, held, release, run, start, load } = await scene(t)
  await writeFile(join(folder, 'bad.csv'), 'sym,id\nA,x\n')
  const again = ['load', 'bad.csv', ...load.slice(1), '--run-id', 'k', '--rejects', 'r.csv']
  const { child, outcome } = await held(() => start(...again))
  child.kill('SIGKILL')
  await outcome
  release()
  t.match(await run(...again), { code: 3 })
  t.same(await ids(here), upTo(rowCount), 'every row once')
})

deepTest(t, 'a run without an ID says how it could have been resumable', async t => {
  const { stuck, release } = await scene(t)
  const { child, outcome } = await stuck()
  await interrupt(child, 'SIGINT')
  release()
  t.match(await outcome, { code: 130, stderr: /--run-id NAME/ })
})

deepTest(t, 'a journal that cannot grow ends the run, which resumes once it can', async t => {
  const { here, folder, load, run } = await scene(t)
  // A file size limit simulates a full disk: 4 KiB per file, given in blocks of 512 bytes.
  const [shell, argv] = plainNode([bin, ...load, '-b', '10', '--run-id', 'r'])
  const [flag, script, ...words] = argv
  const full = promisify(execFile)(shell, [flag!, `ulimit -f 8; ${script}`, ...words], {
    cwd: folder,
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
  })
  const failed = await full.then(
    () => ({ code: 0, stderr: '' }),
    (error: Outcome) => error,
  )
  t.equal(failed.code, 74, failed.stderr)
  t.match(failed.stderr, /cannot write the journal .*EFBIG.*DDB_OUTPUT_WRITE/)
  t.match(failed.stderr, /^to go on: ddb-ingest resume r$/m)
  t.match(await run('resume', 'r'), { code: 0, stdout: /^Loaded / })
  t.same(await ids(here), upTo(rowCount), 'every row once')
})

deepTest(t, 'a run that stopped at a bad row resumes with the command that it prints', async t => {
  const { here, folder, run, load } = await scene(t)
  const path = join(folder, 'rows.csv')
  await writeFile(path, csv(rowCount).replace('\n950,', '\nx,'))
  const first = await run(...load, '--run-id', 'bad')
  t.match(first, {
    code: 65,
    stderr: /to go on: ddb-ingest resume bad --rejects bad\.rejects\.csv/,
  })
  const told = await run('runs', 'bad')
  t.match(told.stdout, /why +.*rows\.csv.*line 952.*"x" \[DDB_INPUT_CELL\]/)
  t.match(told.stdout, /to go on +ddb-ingest resume bad --rejects bad\.rejects\.csv\n/)
  t.match(await run('resume', 'bad', '--rejects', 'bad.rejects.csv'), { code: 3 })
  t.equal(await here.count('target'), rowCount - 1)
  t.match(await readFile(join(folder, 'bad.rejects.csv'), 'utf8'), 'id,sym\nx,A\n')
  // The journal now contains the path of the rejects file, so the user need not repeat the option.
  t.match(await run('resume', 'bad'), { code: 3 })
  const other = await run(...load, '--run-id', 'bad', '--rejects', 'other.csv')
  t.match(other, { code: 3, stderr: /1 of them .*bad\.rejects\.csv/ })
  t.match((await run('runs', 'bad')).stdout, /to repair +ddb-ingest retry .*bad\.rejects\.csv\n/)
  await writeFile(join(folder, 'bad.rejects.csv'), 'id,sym\n950,A\n')
  t.match(await run('retry', 'bad.rejects.csv'), { code: 0 })
  const expected = [...upTo(950), ...upTo(rowCount).slice(951), 950].sort((a, b) => a - b)
  t.same(await ids(here), expected)
})

deepTest(t, 'a run that stopped at its limit of rejects resumes with a higher limit', async t => {
  const { here, folder, run, load } = await scene(t)
  await writeFile(join(folder, 'rows.csv'), csv(rowCount).replace(/^[5-7],/gm, 'x,'))
  const limited = ['--run-id', 'many', '--rejects', 'q.csv', '--max-errors', '1']
  const first = await run(...load, ...limited)
  t.match(first, { code: 65, stderr: /to go on: ddb-ingest resume many --max-errors 4\n/ })
  t.match(await run('resume', 'many', '--max-errors', '4'), { code: 3 })
  t.equal(await here.count('target'), rowCount - 3)
  t.match(await readFile(join(folder, 'q.csv'), 'utf8'), 'id,sym\nx,B\nx,A\nx,B\n')
})

deepTest(t, 'a run that stored nothing starts over with different files and options', async t => {
  const { here, folder, run, load } = await scene(t)
  const path = join(folder, 'rows.csv')
  await writeFile(path, 'id,sym\nx,A\n1,B\n')
  t.match(await run(...load, '--run-id', 'new'), { code: 65 })
  t.match(await run('resume', 'new'), { code: 65, stderr: /resume new --rejects/ })
  await writeFile(path, 'id,sym\n0,A\n1,B\n')
  const resumed = await run('resume', 'new', '--retries', '1')
  t.match(resumed, { code: 64 }, 'an option that resume does not have')
  t.match(await run('resume', 'new'), { code: 0, stderr: /has changed .* so the run starts over/ })
  t.same(await ids(here), upTo(2))
  await writeFile(path, 'id,sym\nx,A\n')
  const unfit = await run(...load, '--run-id', 'options', '--map', 'id=q')
  t.match(unfit, { code: 65, stderr: /next: ddb-ingest check / }, 'resume takes no --map')
  t.match(await run(...load, '--run-id', 'options'), { code: 65 })
  const other = [...load, '--run-id', 'options', '--null', 'x', '--batch-rows', '7']
  t.match(await run(...other), { code: 0, stderr: /other options: --null/ })
  t.equal(await here.count('target'), 3)
  t.strictSame(
    [...here.server.node.shared.keys()].filter(name => name.startsWith('ddbIngestLedger')),
    [],
    'no ledger of an earlier attempt is left',
  )
})

deepTest(t, 'a run killed in new files resumes; its earlier end proves nothing', async t => {
  const reached = closedGate()
  const gate = closedGate()
  const here = await startLoadServer(t, 'share streamTable(1:0, `id`v, [INT,INT]) as s', {
    before({ rows }) {
      if (rows !== 5) return undefined
      reached.open()
      return { until: gate.opened }
    },
  })
  const dir = t.testdir({ d: { 'a.csv': 'id,v\n1000,1\n1001,1\n' } })
  const environment = {
    ...{ DDB_USER: 'admin', DDB_PASSWORD: '123456' },
    XDG_STATE_HOME: join(dir, '.state'),
  }
  const flags = ['-t', 's', '--run-id', 'day', '-b', '5', '--max-in-flight', '1k']
  flags.push('--host', `127.0.0.1:${here.server.port}`)
  const load = (): Spawned => spawnCli(['load', join(dir, 'd'), ...flags], { environment })
  t.match(await load().outcome, { code: 0 })
  await writeFile(join(dir, 'd', 'b.csv'), csv(500).replace(/[AB]/g, '1').replace('sym', 'v'))
  const { child, outcome } = load()
  await reached.opened
  child.kill('SIGKILL')
  await outcome
  gate.open()
  const again = await load().outcome
  t.match(again, { code: 0 }, again.stderr)
  t.strictSame(await ids(here, 's'), [...upTo(500), 1000, 1001])
})

t.test('a process that cannot connect changes nothing that the journal knows', async t => {
  const folder = t.testdir({ 'rows.csv': csv(20), state: {} })
  const here = await startLoadServer(t, streamScript)
  const state = join(folder, 'state')
  const load = (port = here.server.port, rejects = {}) =>
    here.load(join(folder, 'rows.csv'), {
      server: { ...asAdmin(here.server), port, connectTimeoutMs: port === 1 ? 50 : 10_000 },
      target: { table: 'target' },
      ...{ runId: 'r', journal: { folder: state }, rejects },
    })
  const known = async () => (await listRuns(state, systemPlatform.files)).runs[0]
  t.match(await load(), { exitCode: 0, rows: { confirmed: 20 } })
  t.match(await load(1), { exitCode: 69, resume: { possible: false } })
  t.match(await known(), { state: 'finished' })
  await here.session.run('undef(`target, SHARED)')
  t.match(await load(), { exitCode: 75, rows: { unconfirmed: 20, skipped: 0 } })
  t.match(await load(1), { exitCode: 69, rows: { unconfirmed: 20, skipped: 0 } })
  const end = { error: { code: 'DDB_TARGET_CHANGED' }, rows: { unconfirmed: 20 } }
  t.match((await known())?.journal.end, end)
  const misuse = load(here.server.port, { file: join(folder, 'rows.csv') })
  await t.rejects(misuse, { code: 'DDB_USAGE' })
  t.match((await known())?.journal.end, end)
  await here.session.run(streamScript)
  t.match(await load(1), { exitCode: 69, rows: { unconfirmed: 20 } })
})
