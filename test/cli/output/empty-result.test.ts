import t from 'tap'
import { UsageError } from '../../../src/errors.js'
import { emptyResult, type AskedRun } from '../../../src/cli/output/empty-result.js'
import { loadResult } from '../../../src/load/result.js'
import { testRun } from '../../helpers/load-run.js'

const asked: AskedRun = { server: { host: 'h', port: 9 }, target: { table: 'trades' } }
const startedAt = new Date(0)
const error = new UsageError('DDB_USAGE', 'see `rejects.file`')

t.test('it has every member of a result, and claims nothing', async t => {
  const result = emptyResult(asked, startedAt, error)
  const real = loadResult(testRun(), { inputs: [], columns: [], bytesError: undefined })
  t.strictSame(Object.keys(result), Object.keys(real))
  t.match(result, {
    status: 'failed',
    exitCode: 64,
    startedAt: '1970-01-01T00:00:00.000Z',
    inputs: [],
    rows: { read: 0, confirmed: 0, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 },
    confirm: { asked: 'auto', used: 'none', note: null, uncertain: [] },
    error: { code: 'DDB_USAGE', message: 'see --rejects' },
  })
  t.ok((result.memory.peakRssBytes ?? 0) > 1e6)
})

t.test('what was asked for is said', async t => {
  t.match(emptyResult({ ...asked, runId: 'nightly', confirm: 'count' }, startedAt, error), {
    runId: 'nightly',
    target: { host: 'h:9', table: 'trades', function: null, method: 'insert' },
    confirm: { asked: 'count' },
  })
  const call = { server: undefined, target: { function: 'put', types: 'a:INT' } }
  t.match(emptyResult(call, startedAt, error), {
    target: { host: '', table: null, function: 'put', method: null },
  })
})

t.test('a target that cannot be has no method', async t => {
  const both = { ...asked, target: { table: 'trades', function: 'put' } }
  t.match(emptyResult(both, startedAt, error), { target: { table: 'trades', method: null } })
})

t.test('a failure that is no error of ours is 70', async t => {
  t.match(emptyResult(asked, startedAt, new TypeError('bug')), {
    exitCode: 70,
    error: { code: 'DDB_INTERNAL' },
  })
})
