import t from 'tap'
import { ConnectionError, DdbError, InputError, TimeoutError } from '../../src/errors.js'
import type { LoadOptions, LoadReport } from '../../src/load/options.js'
import { asDdbError } from '../../src/load/run-ending.js'
import type { AnyReject } from '../../src/load/rejects/reject.js'
import { batchOf } from '../helpers/batches.js'
import { handClock } from '../helpers/clocks.js'
import { filesOn } from '../helpers/failing-files.js'
import { count, testRun } from '../helpers/load-run.js'

const shape = batchOf(1).ranges[0]!.shape

const rejectIn = (lineNumber: number): AnyReject => ({
  file: 'in.csv',
  lineNumber,
  offsetBytes: 0,
  lengthBytes: 2,
  bytes: Buffer.from('x\n'),
  code: 'DDB_INPUT_CELL',
  class: 'type',
  message: 'bad',
  columnName: undefined,
  value: undefined,
})

function scene(change: Partial<LoadOptions> = {}) {
  const notices: string[] = []
  const reports: LoadReport[] = []
  const clock = handClock()
  const run = testRun(
    {
      onNotice: notice => notices.push(notice),
      onReport: report => reports.push(report),
      ...change,
    },
    { clock, files: filesOn({ fails: call => call === 'create' }) },
  )
  return { run, notices, reports, clock }
}

t.test('the first failure counts', async t => {
  const { run } = scene()
  t.equal(run.ending.failure, undefined)
  t.notOk(run.ending.stopped)
  const first = new DdbError('DDB_TARGET', 'no such table')
  run.ending.fail(first)
  run.ending.fail(new DdbError('DDB_LOCKED', 'taken'))
  t.equal(run.ending.failure, first)
  t.ok(run.ending.stopped)
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

t.test('every reject is counted; the first three are reported', async t => {
  const { run, notices } = scene({ rejects: { onError: 'skip' } })
  for (let line = 2; line <= 6; line++) run.rejects.keep(rejectIn(line), shape)
  t.equal(run.state.rows.rejected, 5)
  t.match(run.rejects.result(), { byCode: { DDB_INPUT_CELL: 5 } })
  t.equal(notices.length, 3)
  for (const [i, notice] of notices.entries()) t.match(notice, `in.csv, line ${i + 2}`)
  t.notOk(run.ending.stopped)
})

t.test('with `stop`, the first reject ends the run with the code of the reject', async t => {
  const { run } = scene()
  run.rejects.keep(rejectIn(3), shape)
  t.type(run.ending.failure, InputError)
  t.match(run.ending.failure, { code: 'DDB_INPUT_CELL', position: { lineNumber: 3 } })
})

t.test('a reject that cannot be kept ends the run, and still counts', async t => {
  const { run } = scene({ rejects: { file: '/tmp/never-made.csv' } })
  run.rejects.keep(rejectIn(3), shape)
  t.match(run.ending.failure, { code: 'DDB_OUTPUT_CREATE' })
  t.equal(run.state.rows.rejected, 1)
  t.equal(run.rejects.result().unplaced, 1)
})

t.test('a row that the server refused is a reject with a separate class', async t => {
  const { run, notices } = scene({ rejects: { onError: 'skip' } })
  run.rejects.keepRefused(batchOf(8), 3, 'Incompatible type')
  t.match(run.rejects.result(), { byClass: { server: 1 }, byCode: { DDB_SERVER_REFUSED_ROW: 1 } })
  t.match(notices, [/in\.csv, line 5: .*Incompatible type/])
})

t.test('a report shows the progress of the run', async t => {
  const { run, reports, clock } = scene()
  count(run, { read: 10 })
  run.state.sentRows = 8
  run.state.batches.sent = 1
  run.reporter.inputBegun(2, 3)
  run.reporter.inputProgress(100, 400)
  clock.advance(250)
  run.reporter.report()
  t.strictSame(reports, [
    {
      phase: 'connecting',
      rows: {
        read: 10,
        confirmed: 0,
        filtered: 0,
        unconfirmed: 0,
        rejected: 0,
        skipped: 0,
        unsent: 0,
      },
      sentRows: 8,
      sentBatches: 1,
      inFlightBytes: 0,
      bytesRead: 100,
      totalBytes: 400,
      input: { number: 2, count: 3 },
      elapsedMs: 250,
    },
  ])
  count(run, { confirmed: 8 })
  t.equal(reports[0]?.rows.confirmed, 0, 'an earlier report does not change')
  run.reporter.tell('done')
  t.match(reports[1], { phase: 'done', rows: { confirmed: 8 } })
})

t.test('a redirect moves sessions to a different host if the user named that host', async t => {
  const { run } = scene({
    server: { host: 'a', port: 1, allowRedirect: ['b'] },
  })
  run.server.follow({ host: 'b', port: 2 })
  t.match(run.server.address, { host: 'b', port: 2, otherHosts: [{ host: 'a', port: 1 }] })
  t.throws(() => run.server.follow({ host: 'c', port: 3 }), { code: 'DDB_CONNECT' })
  t.match(run.server.address, { host: 'b', port: 2 })
})

t.test('a run leaves when asked to', async t => {
  const leaving = new AbortController()
  const { run } = scene({ leave: leaving.signal })
  t.notOk(run.ending.isLeaving)
  leaving.abort()
  t.ok(run.ending.isLeaving)
  t.notOk(scene().run.ending.isLeaving)
})

t.test('on the server, the run has the given name and a random token', async t => {
  const one = scene({ runId: 'nightly' }).run
  const other = scene({ runId: 'nightly' }).run
  t.equal(one.history.name.runId, 'nightly')
  t.not(one.history.name.token, other.history.name.token)
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
