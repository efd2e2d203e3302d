/* Tests the output of `runs`. test/end-to-end/runs/resume-runs.test.ts tests running, stopped and killed processes. */
import { mkdirSync, readFileSync, writeFileSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunsResult } from '../../../../src/cli/commands/runs/runs.js'
import type { LoadResult } from '../../../../src/load/options.js'
import {
  dayMs,
  endRecord,
  processRecord,
  runRecord,
  writeJournal,
} from '../../../helpers/journals.js'
import { deepTest } from '../../../helpers/runs.js'
import { runMain, type Outcome } from '../../run-cli.js'
import { registerName } from '../../../../src/load/register/register.js'
import { startLoadServer, startServerFor } from '../../../helpers/load-server.js'
import { claimName, namedRun } from '../../../helpers/register.js'

function scene(t: Test) {
  const state = t.testdir()
  const folder = join(state, 'ddb-ingest')
  const environment = { XDG_STATE_HOME: state }
  return {
    folder,
    runs: (...argv: string[]): Promise<Outcome> => runMain(['runs', ...argv], { environment }),
    add: (runId: string, isFinished: boolean, ageMs = 0) =>
      writeJournal(
        folder,
        runId,
        [runRecord(runId), processRecord(1), ...(isFinished ? [endRecord()] : [])],
        { ageMs },
      ),
  }
}

t.test('if no run has a name, a message says so', async t => {
  const { runs, folder } = scene(t)
  t.match(await runs(), {
    code: 0,
    stdout: `no run has a journal in ${folder}/runs: load --run-id NAME keeps one\n`,
  })
})

t.test('the table has every run, and standard error names unreliable journals', async t => {
  const { runs, add, folder } = scene(t)
  add('done', true)
  add('dead', false)
  writeFileSync(join(folder, 'runs', 'x\u0007.journal'), '')
  const { code, stdout, stderr } = await runs()
  t.equal(code, 0)
  t.match(
    stdout,
    /^run .*\ndead +killed .*\ndone +finished .*\n\nto go on:\n {2}ddb-ingest resume dead\n$/,
  )
  t.equal(stderr, `${folder}/runs/x\\u{7}.journal: it is empty\n`)
  t.match(await runs('dead', 'done'), { code: 0, stdout: /^dead: killed\n[^]*^done: finished$/m })
})

const members = ['error', 'exitCode', 'folder', 'removed', 'runs', 'schema', 'strange', 'version']

t.test('--json prints one object with every member, including failures', async t => {
  const { runs, add, folder } = scene(t)
  const path = add('done', true)
  const object = JSON.parse((await runs('--json')).stdout) as RunsResult
  t.strictSame(Object.keys(object).sort(), members)
  t.match(object, {
    schema: 'ddb-ingest/runs/2',
    exitCode: 0,
    folder: `${folder}/runs`,
    runs: [{ runId: 'done', state: 'finished', journal: { path } }],
    error: null,
  })
  const missing = await runs('dnoe', '--json')
  t.equal(missing.code, 66)
  t.match(missing.stderr, /did you mean done\?.*DDB_RUN_MISSING/)
  const failed = JSON.parse(missing.stdout) as RunsResult
  t.strictSame(Object.keys(failed).sort(), members)
  t.match(failed, { exitCode: 66, runs: [], error: { code: 'DDB_RUN_MISSING' } })
  const unreached = await runs('dnoe', '--json', '--host', '127.0.0.1:1')
  t.match(JSON.parse(unreached.stdout), { exitCode: 69, error: { code: 'DDB_CONNECT' } })
})

t.test('an unreadable folder of journals is an error', async t => {
  const { runs } = scene(t)
  const folder = t.testdir({ runs: t.fixture('symlink', 'runs') })
  t.match(await runs('--state-dir', folder), { code: 66, stderr: /ELOOP.*DDB_RUN_MISSING/ })
})

t.test('--clean removes runs that finished long ago, and runs that the user names', async t => {
  const { runs, add, folder } = scene(t)
  const ended = (days: number) =>
    endRecord({ at: new Date(Date.now() - days * dayMs).toISOString() })
  // The program must ignore the modification time of the file, because a copy is younger and clocks can be wrong.
  writeJournal(folder, 'old', [runRecord('old'), processRecord(1), ended(31)], { ageMs: 0 })
  const lately = ended(29)
  writeJournal(folder, 'new', [runRecord('new'), processRecord(1), lately])
  add('dead', false, 400 * dayMs)
  t.match(await runs('--clean'), { code: 0, stdout: /^removed 1 journal: old \(ended \S+Z\)\n$/ })
  const named = await runs('new', '--clean')
  t.match(named, { code: 0, stdout: `removed 1 journal: new (ended ${lately.at})\n` })
  const result = await runs('--clean', '--json')
  t.match(JSON.parse(result.stdout), { removed: [], runs: [{ runId: 'dead' }] })
})

t.test('--clean removes a damaged journal by its name if the journal names the server', async t => {
  const { runs, folder } = scene(t)
  const damaged = (runId: string, text: string): void => {
    const path = writeJournal(folder, runId, [runRecord(runId), processRecord(1), endRecord()])
    writeFileSync(path, readFileSync(path, 'utf8').replace('\n', text))
  }
  damaged('dead', '\nno record\n')
  damaged('blind', 'x\n')
  t.match(await runs('--clean'), { code: 0, stdout: 'removed 0 journals\n' })
  const nowhere = ['--host', '127.0.0.1:1']
  t.match(await runs('dead', '--clean', ...nowhere), { code: 69, stderr: /DDB_CONNECT/ })
  t.match(await runs('blind', '--clean'), { code: 66, stderr: /DDB_RUN_DAMAGED/ })
})

t.test('--clean frees the name of a run that ended right after it was started over', async t => {
  const { runs, folder } = scene(t)
  const { session, server } = await startLoadServer(t, '1')
  await claimName(session, namedRun('over', 0x7an))
  const replaces = { tokens: ['7a'], dataSessions: [], hasEnded: true }
  writeJournal(folder, 'over', [{ ...runRecord('over'), replaces }, processRecord(1)])
  const host = ['--host', `127.0.0.1:${server.port}`]
  t.match(await runs('over', '--clean', ...host), { code: 0 })
  t.strictSame([...server.node.shared.keys()], [registerName])
})

t.test('an unfinished run keeps its journal as long as its server cannot be asked', async t => {
  const { runs, add } = scene(t)
  add('dead', false)
  add('done', true)
  const argv = ['done', 'dead', '--clean', '--host', '127.0.0.1:1']
  t.match(await runs(...argv), {
    code: 69,
    stdout: `removed 1 journal: done (ended ${endRecord().at})\n`,
    stderr: /DDB_CONNECT/,
  })
  t.match(await runs('nobody', '--clean'), { code: 66 })
  t.match(await runs('dead'), { code: 0 })
})

t.test('a lock that is not a file is reported', async t => {
  const { runs, add, folder } = scene(t)
  add('dead', false)
  mkdirSync(join(folder, 'runs', 'dead.journal.lock'))
  t.match(await runs('dead', '--clean'), {
    code: 75,
    stderr: /dead\.journal\.lock" should be the lock .*: remove it if nothing uses it/,
  })
})

/*
  What `resume` takes from the journal and from the command line. test/end-to-end/runs/resume-runs.test.ts tests stopped
  and killed processes.
*/

const server = await startServerFor(t, {
  initScript: 'share streamTable(100:0, `id`price, [INT, DOUBLE]) as prices',
})
const options = {
  inputs: ['rows.csv'],
  server: { host: '127.0.0.1', port: server.port },
  target: { table: 'prices' },
  input: {},
  runId: 'r',
}

let scenes = 0

/** A run that began in its own folder and was killed before it read its inputs. */
function sceneOfResume(t: Test, change: object = {}, runId = 'r') {
  const root = t.testdir({ data: { 'rows.csv': 'id,price\n1,1.5\nx,2\n' }, own: {} })
  const folder = join(root, 'data')
  const state = join(root, 'state')
  const before = process.cwd()
  process.chdir(join(root, 'own'))
  t.teardown(() => process.chdir(before))
  // Each scene needs its own token, because the server remembers finished runs.
  const token = (++scenes).toString(16)
  const begin = runRecord(runId, { token, folder, options: { ...options, ...change, runId } })
  const journal = writeJournal(state, runId, [begin, processRecord(1)])
  return {
    folder,
    own: join(root, 'own'),
    state,
    journal,
    resume: (...argv: string[]): Promise<Outcome> =>
      runMain(['resume', ...argv, '--state-dir', state]),
  }
}

deepTest(t, "paths in the journal start at the run's folder, others at the user's", async t => {
  const { resume, folder, own } = sceneOfResume(t, { rejects: { file: 'bad.csv' } })
  const argv = ['--json', '--json=s.json', '--trace', 't.txt', '--metrics-file', 'm.prom']
  const { code, stdout, stderr } = await resume('r', ...argv)
  t.equal(code, 3, stderr)
  t.match(JSON.parse(stdout), { runId: 'r', rows: { read: 2, confirmed: 1, rejected: 1 } })
  t.match(await readFile(join(folder, 'bad.csv'), 'utf8'), /^x,2$/m)
  for (const name of ['s.json', 't.txt', 'm.prom']) {
    t.not(await readFile(join(own, name), 'utf8'), '', name)
  }
})

t.test('an unknown run gives exit code 66 and an object', async t => {
  const { resume } = sceneOfResume(t)
  const { code, stdout, stderr } = await resume('rr', '--json')
  t.equal(code, 66)
  t.match(stderr, /no run "rr" .*did you mean r\?.*DDB_RUN_MISSING/)
  const result = JSON.parse(stdout) as LoadResult
  t.match(result, { runId: 'rr', status: 'failed', error: { code: 'DDB_RUN_MISSING' } })
  t.match(await resume('../r'), { code: 64, stderr: /DDB_USAGE/ })
  t.match(await runMain(['resume']), { code: 64, stderr: /missing required argument 'run'/ })
})

t.test('--restart starts a damaged run over if the journal shows how the run began', async t => {
  const { resume, journal } = sceneOfResume(t, { rejects: { file: 'bad.csv' } })
  const whole = await readFile(journal, 'utf8')
  const [first = '', second = ''] = whole.split('\n')
  writeFileSync(journal, `${first}\nno record\n${second}\n`)
  t.match(await resume('r'), { code: 66, stderr: /in its middle.*DDB_RUN_DAMAGED/ })
  t.match(await resume('r', '--restart'), { code: 3, stderr: /could not be relied on/ })
  writeFileSync(journal, `no record\n${whole}`)
  t.match(await resume('r', '--restart'), {
    code: 66,
    stderr: /does not say how the run began.*load … --run-id r --restart.*DDB_RUN_DAMAGED/,
  })
})

t.test('the folder of the run must exist', async t => {
  const { resume, folder } = sceneOfResume(t)
  rmSync(folder, { recursive: true })
  t.match(await resume('r'), { code: 66, stderr: /began in the folder ".*\/data".*ENOENT/ })
})

deepTest(t, 'a given server is used, and appears in the suggested command', async t => {
  const unreachable = { host: '192.0.2.1', port: 1, user: 'nobody' }
  const { resume, state } = sceneOfResume(t, { server: unreachable }, 's')
  const noPassword = await resume('s')
  t.match(noPassword, { code: 64, stderr: /no password for user "nobody"/ })
  const own = ['resume', 's', '--state-dir', state, '--user', 'admin']
  const environment = { DDB_PASSWORD: '123456' }
  const wrong = await runMain([...own, '--host', '127.0.0.1:1'], { environment })
  t.equal(wrong.code, 69, wrong.stderr)
  const command = `ddb-ingest resume s --state-dir ${state} --host 127.0.0.1:1 --user admin`
  t.match(wrong.stderr, `to go on: ${command}\n`)
  t.notMatch(wrong.stderr, '123456')
  const host = `127.0.0.1:${server.port}`
  const right = await runMain([...own, '--host', host, '--on-doubt', 'resend'], { environment })
  t.match(right.stderr, /line 3/, 'the run stops at the bad row')
  t.equal(right.code, 65)
})

t.test('a file in the command must not be one in the journal', async t => {
  const { resume, folder, journal } = sceneOfResume(t)
  for (const path of [join(folder, 'rows.csv'), journal]) {
    t.match(await resume('r', `--json=${path}`), { code: 64, stderr: /DDB_USAGE/ })
  }
})

t.test('a run with a new ID removes no journals, however old', async t => {
  const { folder, state } = sceneOfResume(t)
  mkdirSync(join(folder, 'more'))
  writeFileSync(join(folder, 'more', 'a.csv'), 'id,price\n1,1.5\n')
  writeJournal(state, 'old', [runRecord('old'), processRecord(1), endRecord()])
  const argv = ['-t', 'prices', '--host', `127.0.0.1:${server.port}`, '--state-dir', state]
  const loaded = await runMain(['load', join(folder, 'more'), ...argv, '--run-id', 'new'])
  t.equal(loaded.code, 0, loaded.stderr)
  const { stdout } = await runMain(['runs', '--state-dir', state, '--json'])
  const { runs } = JSON.parse(stdout) as { runs: { runId: string }[] }
  t.strictSame(runs.map(({ runId }) => runId).sort(), ['new', 'old', 'r'])
})
