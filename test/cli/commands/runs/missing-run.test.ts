import t from 'tap'
import { missingRun } from '../../../../src/cli/commands/runs/missing-run.js'
import { runRecord, writeJournal } from '../../../helpers/journals.js'

t.test('the nearest names are told', async t => {
  const folder = t.testdir()
  t.match(await missingRun(folder, 'nightly'), {
    code: 'DDB_RUN_MISSING',
    exitCode: 66,
    message: `no run "nightly" in ${folder}/runs: ddb-ingest runs lists`,
  })
  writeJournal(folder, 'nightly', [runRecord('nightly')])
  t.match((await missingRun(folder, 'nigthly')).message, '(did you mean nightly?)')
})
