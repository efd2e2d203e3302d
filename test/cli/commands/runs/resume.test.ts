/*
  What `resume` takes from the journal and what from the command line. Stopped and killed processes:
  test/end-to-end/resume-runs.test.ts.
*/
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LoadResult } from '../../../../src/load/options.js'
import { startServer } from '../../../../src/server/index.js'
import { endRecord, processRecord, runRecord, writeJournal } from '../../../helpers/journals.js'
import { runMain, type Outcome } from '../../run-cli.js'

const server = await startServer({
  port: 0,
  initScript: 'share streamTable(100:0, `id`price, [INT, DOUBLE]) as prices',
})
t.teardown(() => server.close())
const options = {
  inputs: ['rows.csv'],
  server: { host: '127.0.0.1', port: server.port },
  target: { table: 'prices' },
  input: {},
  runId: 'r',
}

let scenes = 0

/** A run that was begun in a folder of its own, and killed before it read anything. */
function scene(t: Test, change: object = {}) {
  const root = t.testdir({ data: { 'rows.csv': 'id,price\n1,1.5\nx,2\n' }, own: {} })
  const folder = join(root, 'data')
  const state = join(root, 'state')
  const before = process.cwd()
  process.chdir(join(root, 'own'))
  t.teardown(() => process.chdir(before))
  // Each scene is a run of its own: the server knows those that have finished.
  const token = (++scenes).toString(16)
  const begin = runRecord('r', { token, folder, options: { ...options, ...change } })
  const journal = writeJournal(state, 'r', [begin, processRecord(1)])
  return {
    folder,
    own: join(root, 'own'),
    state,
    journal,
    resume: (...argv: string[]): Promise<Outcome> =>
      runMain(['resume', ...argv, '--state-dir', state]),
  }
}

t.test('paths of the journal begin where the run began, others where the user is', async t => {
  const { resume, folder, own } = scene(t, { rejects: { file: 'bad.csv' } })
  const argv = ['--json', '--summary', 's.json', '--trace', 't.txt', '--metrics-file', 'm.prom']
  const { code, stdout, stderr } = await resume('r', ...argv)
  t.equal(code, 3, stderr)
  t.match(JSON.parse(stdout), { runId: 'r', rows: { read: 2, confirmed: 1, rejected: 1 } })
  t.match(await readFile(join(folder, 'bad.csv'), 'utf8'), /^x,2$/m)
  for (const name of ['s.json', 't.txt', 'm.prom']) {
    t.not(await readFile(join(own, name), 'utf8'), '', name)
  }
})

t.test('a run that is not there is 66, and has its object', async t => {
  const { resume } = scene(t)
  const { code, stdout, stderr } = await resume('rr', '--json')
  t.equal(code, 66)
  t.match(stderr, /no run "rr" .*did you mean r\?.*DDB_RUN_MISSING/)
  const result = JSON.parse(stdout) as LoadResult
  t.match(result, { runId: 'rr', status: 'failed', error: { code: 'DDB_RUN_MISSING' } })
  t.match(await resume('../r'), { code: 64, stderr: /DDB_USAGE/ })
  t.match(await runMain(['resume']), { code: 64, stderr: /missing required argument 'run'/ })
})

t.test('--restart begins a damaged run anew, if the journal tells how it was begun', async t => {
  const { resume, journal } = scene(t, { rejects: { file: 'bad.csv' } })
  const whole = await readFile(journal, 'utf8')
  const [first = '', second = ''] = whole.split('\n')
  writeFileSync(journal, `${first}\nno record\n${second}\n`)
  t.match(await resume('r'), { code: 66, stderr: /in its middle.*DDB_RUN_DAMAGED/ })
  t.match(await resume('r', '--restart'), { code: 3, stderr: /r\.journal\.damaged/ })
  writeFileSync(journal, `no record\n${whole}`)
  t.match(await resume('r', '--restart'), {
    code: 66,
    stderr: /does not tell how the run was begun.*load … --run-id r --restart.*DDB_RUN_DAMAGED/,
  })
})

t.test('the folder of the run must be there', async t => {
  const { resume, folder } = scene(t)
  rmSync(folder, { recursive: true })
  t.match(await resume('r'), { code: 66, stderr: /begun in the folder ".*\/data".*ENOENT/ })
})

t.test('the server that is given counts, and stands in the command that goes on', async t => {
  const { resume, state } = scene(t, { server: { host: '192.0.2.1', port: 1, user: 'nobody' } })
  const noPassword = await resume('r')
  t.match(noPassword, { code: 64, stderr: /no password for user "nobody"/ })
  const wrong = await runMain(
    [
      ...['resume', 'r', '--state-dir', state, '--host', '127.0.0.1:1'],
      ...['--connect-timeout', '100ms', '--user', 'admin'],
    ],
    { environment: { DDB_PASSWORD: '123456' } },
  )
  t.equal(wrong.code, 69, wrong.stderr)
  const command = `ddb-ingest resume r --state-dir ${state} --host 127.0.0.1:1 --user admin --connect-timeout 100ms`
  t.match(wrong.stderr, `to go on: ${command}\n`)
  t.notMatch(wrong.stderr, '123456')
  const host = `127.0.0.1:${server.port}`
  const right = await runMain(
    [
      'resume',
      'r',
      '--state-dir',
      state,
      '--host',
      host,
      '--user',
      'admin',
      '--on-doubt',
      'resend',
    ],
    { environment: { DDB_PASSWORD: '123456' } },
  )
  t.match(right.stderr, /line 3/, 'it stops at the bad row')
  t.equal(right.code, 65)
})

t.test('a file of the command must not be one of the journal', async t => {
  const { resume, folder, journal } = scene(t)
  for (const path of [join(folder, 'rows.csv'), journal]) {
    t.match(await resume('r', '--summary', path), { code: 64, stderr: /DDB_USAGE/ })
  }
})

t.test('a run with a new name removes no journals, however old', async t => {
  const { folder, state } = scene(t)
  mkdirSync(join(folder, 'more'))
  writeFileSync(join(folder, 'more', 'a.csv'), 'id,price\n1,1.5\n')
  writeJournal(state, 'old', [runRecord('old'), endRecord()])
  const argv = ['-t', 'prices', '--port', String(server.port), '--state-dir', state]
  const loaded = await runMain(['load', join(folder, 'more'), ...argv, '--run-id', 'new'])
  t.equal(loaded.code, 0, loaded.stderr)
  const { stdout } = await runMain(['runs', '--state-dir', state, '--json'])
  const { runs } = JSON.parse(stdout) as { runs: { runId: string }[] }
  t.strictSame(runs.map(({ runId }) => runId).sort(), ['new', 'old', 'r'])
})
