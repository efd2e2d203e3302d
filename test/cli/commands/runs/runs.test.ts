/*
  What `runs` prints. Running, stopped and killed processes: test/end-to-end/resume-runs.test.ts.
*/
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RunsResult } from '../../../../src/cli/commands/runs/runs.js'
import {
  dayMs,
  endRecord,
  processRecord,
  runRecord,
  writeJournal,
} from '../../../helpers/journals.js'
import { runMain, type Outcome } from '../../run-cli.js'

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

t.test('where no run has a name, that is said', async t => {
  const { runs, folder } = scene(t)
  t.match(await runs(), {
    code: 0,
    stdout: `no run has a journal in ${folder}/runs: load --run-id NAME keeps one\n`,
  })
})

t.test('the table has every run, and standard error what is no journal', async t => {
  const { runs, add, folder } = scene(t)
  add('done', true)
  add('dead', false)
  writeFileSync(join(folder, 'runs', 'x\u0007.txt'), '')
  const { code, stdout, stderr } = await runs()
  t.equal(code, 0)
  t.match(stdout, /^run .*\ndead +killed .* ddb-ingest resume dead\ndone +finished .*\n$/)
  t.equal(stderr, `${folder}/runs/x.txt: it is no journal\n`)
  t.match(await runs('dead', 'done'), { code: 0, stdout: /^dead: killed\n[^]*^done: finished$/m })
})

const members = ['error', 'exitCode', 'folder', 'removed', 'runs', 'schema', 'strange', 'version']

t.test('--json is one object with every member, failures included', async t => {
  const { runs, add, folder } = scene(t)
  const path = add('done', true)
  const object = JSON.parse((await runs('--json')).stdout) as RunsResult
  t.strictSame(Object.keys(object).sort(), members)
  t.match(object, {
    schema: 'ddb-ingest/runs/1',
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
})

t.test('a folder of journals that cannot be read is a failure', async t => {
  const { runs } = scene(t)
  const folder = t.testdir({ runs: t.fixture('symlink', 'runs') })
  t.match(await runs('--state-dir', folder), { code: 66, stderr: /ELOOP.*DDB_RUN_MISSING/ })
})

t.test('--clean removes what finished long ago, and runs that are named', async t => {
  const { runs, add, folder } = scene(t)
  const ageMs = 31 * dayMs
  writeJournal(
    folder,
    'old',
    [runRecord('old'), endRecord({ at: new Date(Date.now() - ageMs).toISOString() })],
    { ageMs },
  )
  const lately = endRecord({ at: new Date().toISOString() })
  writeJournal(folder, 'new', [runRecord('new'), lately])
  add('dead', false, ageMs)
  t.match(await runs('--clean'), { code: 0, stdout: /^removed 1 journal: old \(ended \S+Z\)\n$/ })
  const named = await runs('new', '--clean')
  t.match(named, { code: 0, stdout: `removed 1 journal: new (ended ${lately.at})\n` })
  const result = await runs('--clean', '--json')
  t.match(JSON.parse(result.stdout), { removed: [], runs: [{ runId: 'dead' }] })
})

t.test('--clean removes nothing while the clock is earlier than a journal', async t => {
  const { runs, add, folder } = scene(t)
  add('old', true)
  const at = new Date(Date.now() + dayMs).toISOString()
  writeJournal(folder, 'ahead', [runRecord('ahead'), endRecord({ at })])
  const early = { code: 78, stderr: /clock says .*run "ahead" tells of .*nothing was removed/ }
  t.match(await runs('--clean'), early)
  t.match(await runs('ahead', '--clean'), { code: 0, stdout: /^removed 1 journal: ahead / })
  t.match(await runs('--clean'), { code: 0, stdout: /^removed 1 journal: old / })
})

t.test('a damaged journal goes by its name, if it tells of the server', async t => {
  const { runs, folder } = scene(t)
  const damaged = (runId: string, text: string): void => {
    const path = writeJournal(folder, runId, [runRecord(runId), endRecord()])
    writeFileSync(path, readFileSync(path, 'utf8').replace('\n', text))
  }
  damaged('dead', '\nno record\n')
  damaged('blind', 'x\n')
  t.match(await runs('--clean'), { code: 0, stdout: 'removed 0 journals\n' })
  const nowhere = ['--host', '127.0.0.1:1', '--connect-timeout', '100ms']
  t.match(await runs('dead', '--clean', ...nowhere), { code: 69, stderr: /DDB_CONNECT/ })
  t.match(await runs('blind', '--clean'), { code: 66, stderr: /DDB_RUN_DAMAGED/ })
})

t.test('an unfinished run keeps its journal as long as its server cannot be asked', async t => {
  const { runs, add } = scene(t)
  add('dead', false)
  add('done', true)
  const argv = ['done', 'dead', '--clean', '--host', '127.0.0.1:1', '--connect-timeout', '100ms']
  t.match(await runs(...argv), {
    code: 69,
    stdout: `removed 1 journal: done (ended ${endRecord().at})\n`,
    stderr: /DDB_CONNECT/,
  })
  t.match(await runs('nobody', '--clean'), { code: 66 })
  t.match(await runs('dead'), { code: 0 })
})

t.test('a lock that is none is told', async t => {
  const { runs, add, folder } = scene(t)
  add('dead', false)
  mkdirSync(join(folder, 'runs', 'dead.journal.lock'))
  t.match(await runs('dead', '--clean'), {
    code: 75,
    stderr: /dead\.journal\.lock" is in the place .*: remove it if nothing runs/,
  })
})
