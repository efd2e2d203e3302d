import t from 'tap'
import { emptyCheck } from '../../../src/cli/output/empty-check.js'
import { UsageError } from '../../../src/errors.js'

t.test('a check that did not begin has all members, and claims nothing', async t => {
  const error = new UsageError('DDB_NAME', 'no')
  t.match(emptyCheck({ host: 'h', port: 1 }, { table: 't', method: 'append' }, error), {
    schema: 'ddb-ingest/check/1',
    status: 'failed',
    exitCode: 64,
    target: { host: 'h:1', table: 't', function: null, method: 'append' },
    rows: { read: 0, fit: 0, rejected: 0, unfit: 0 },
    commands: [],
    error: { code: 'DDB_NAME', message: 'no' },
  })
})
