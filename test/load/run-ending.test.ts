import t from 'tap'
import { asDdbError, ConnectionError, DdbError, TimeoutError } from '../../src/errors.js'
import { newRunEnding } from '../../src/load/run-ending.js'
import { handClock } from '../helpers/clocks.js'
import { testRun } from '../helpers/load-run.js'

t.test('if a different process has the run, this process stops at once and for good', async t => {
  const taken = new DdbError('DDB_LOCKED', 'taken')
  const answers = [taken]
  const whyLost = (): DdbError | undefined => answers.pop()
  const ending = newRunEnding(handClock(), undefined, whyLost)
  t.notOk(ending.maySend())
  t.ok(ending.leaving.aborted)
  t.equal(ending.failure, taken)
  t.notOk(ending.maySend(), 'whatever the journal says later')
})

t.test('an unknown error is an internal error', async t => {
  const known = new DdbError('DDB_TARGET', 'no such table')
  t.equal(asDdbError(known), known)
  const bug = new TypeError('x is not a function')
  t.match(asDdbError(bug), {
    code: 'DDB_INTERNAL',
    exitCode: 70,
    message: /x is not a function/,
    cause: bug,
  })
  t.match(asDdbError('thrown'), { code: 'DDB_INTERNAL', message: /thrown/ })
})

t.test("the loss of an input's rows outranks the signal that ended the run", async t => {
  const run = testRun()
  const interrupted = new DdbError('DDB_INTERRUPTED', 'a signal')
  run.ending.fail(interrupted)
  run.ending.fail(new DdbError('DDB_CONNECTION_LOST', 'later'))
  t.equal(run.ending.failure, interrupted)
  const lost = new DdbError('DDB_INPUT_TRUNCATED', 'rows are gone')
  run.ending.fail(lost)
  t.equal(run.ending.failure, lost)
  run.ending.fail(interrupted)
  t.equal(run.ending.failure, lost)
})

t.test('a timeout of a session names the option of the run', async t => {
  const run = testRun()
  const cause = new TimeoutError('No answer within 5 ms.', 'timeoutMs')
  t.match(cause.message, /Allow more time \(`timeoutMs`\)/)
  run.ending.fail(new ConnectionError('DDB_CONNECTION_LOST', cause.message, { cause }))
  t.match(run.ending.failure?.message, /Allow more time \(`delivery\.confirmTimeoutMs`\)/)
})
