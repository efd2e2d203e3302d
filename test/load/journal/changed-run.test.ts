import t from 'tap'
import { runChanged, targetChanged } from '../../../src/load/journal/changed-run.js'
import { readRun } from '../../helpers/journals.js'

const state = readRun()
state.take({
  kind: 'run',
  format: 1,
  version: '1.0.0',
  runId: 'nightly',
  token: 'abc',
  startedAt: '',
  folder: '',
  options: { inputs: [], server: { host: 'h', port: 1 }, target: {} },
})
state.take({
  kind: 'target',
  identity: {
    name: 'trades',
    columns: '',
    inMemory: true,
    physicalIndex: null,
    rows: 0,
    dropsDuplicates: false,
  },
  used: 'receipts',
})

t.test('both messages name the run, the change, and the remedy', async t => {
  t.match(runChanged(state, 'its input is longer'), {
    code: 'DDB_RUN_CHANGED',
    exitCode: 64,
    message: /^run "nightly" cannot continue: its input is longer\. .*`journal\.restart`/,
  })
  t.match(targetChanged(state, 'it has 3 rows'), {
    code: 'DDB_TARGET_CHANGED',
    exitCode: 75,
    message: /"nightly".*"trades".*it has 3 rows.*`journal\.restart`/,
  })
})
