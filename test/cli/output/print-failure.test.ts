import t from 'tap'
import { ConnectionError, DdbError, UsageError } from '../../../src/errors.js'
import { openOutput } from '../../../src/cli/output/output.js'
import { failureOf, hintsFor, printFailure } from '../../../src/cli/output/print-failure.js'
import { fakeProcess } from '../run-cli.js'
import { systemCode } from '../../../src/cli/output/terminal-text.js'

/** What is said of a failure. */
async function said(error: unknown, verbose = false): Promise<string> {
  const fake = fakeProcess()
  printFailure(openOutput(fake.processEnvironment, true), error, { verbose })
  await new Promise(resolve => setImmediate(resolve))
  return fake.stderr()
}

t.test(
  'an error of ours has its code and exit code, and names flags instead of fields',
  async t => {
    t.strictSame(failureOf(new UsageError('DDB_USAGE', 'see `rejects.file`')), {
      code: 'DDB_USAGE',
      message: 'see --rejects',
      exitCode: 64,
    })
  },
)

t.test('whatever else is thrown is a bug of ours', async t => {
  for (const error of [new TypeError('x is not a function'), 'x is not a function']) {
    t.match(failureOf(error), {
      code: 'DDB_INTERNAL',
      exitCode: 70,
      message: /x is not a function/,
    })
  }
})

t.test('a failure is one line; that of connecting has a hint', async t => {
  t.equal(await said(new DdbError('DDB_TARGET', 'no table')), 'ddb-ingest: no table [DDB_TARGET]\n')
  t.match(await said(new ConnectionError('DDB_CONNECT', 'nobody')), /\[DDB_CONNECT\]\n.*serve/)
  t.same(hintsFor({ code: 'DDB_LOGIN', message: '' }), [])
})

t.test('causes are told when more was asked for, and a circle of them ends', async t => {
  const cause = new Error('the disk is full')
  const error = new DdbError('DDB_OUTPUT_WRITE', 'cannot write', { cause })
  t.notMatch(await said(error), /the disk is full/)
  t.match(await said(error, true), /the disk is full/)
  cause.cause = error
  const lines = (await said(error, true)).split('\n')
  t.ok(lines.length < 40, `${lines.length} lines`)
})

t.test('failures of the system are named by their code, others by their text', async t => {
  t.equal(systemCode(Object.assign(new Error('no such file'), { code: 'ENOENT' })), 'ENOENT')
  t.equal(systemCode(new Error('odd')), 'Error: odd')
  t.equal(systemCode('odd'), 'odd')
})
