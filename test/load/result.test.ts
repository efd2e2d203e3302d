import t from 'tap'
import { DdbError, type ErrorCode } from '../../src/errors.js'
import type { ConfirmUsed, LoadOptions } from '../../src/load/options.js'
import { newSummary } from '../../src/load/inputs/input-reading.js'
import { loadResult } from '../../src/load/result.js'
import type { Delivery, Inputs, Run } from '../../src/load/run.js'
import type { TargetColumn } from '../../src/schema/target-schema.js'
import { version } from '../../src/version.js'
import { handClock } from '../helpers/clocks.js'
import { count, testRun } from '../helpers/load-run.js'

interface Ending {
  readonly change?: Partial<LoadOptions>
  readonly used?: ConfirmUsed
  readonly failure?: ErrorCode
  readonly inputs?: Partial<Inputs>
  readonly columns?: readonly TargetColumn[]
}

/** The result of a run with these counts. The run took two seconds. */
function resultOf(
  begin: (run: Pick<Run, 'state' | 'reporter'>) => void,
  { change = {}, used = 'receipts', failure, inputs, columns = [] }: Ending = {},
) {
  const clock = handClock()
  const run = testRun({ rejects: { onError: 'skip' }, ...change }, { clock })
  begin(run)
  run.delivery = { used, inFlightBytes: 0 } as unknown as Delivery
  run.target = { columns, keyed: false }
  if (failure !== undefined) run.ending.fail(new DdbError(failure, 'failed'))
  clock.advance(2_000)
  const noInputs = { summaries: () => [], reading: { columnCounts: [] } }
  if (inputs !== undefined) run.inputs = { ...noInputs, ...inputs } as unknown as Inputs
  return loadResult(run)
}

/** Sets the number of rows read, and the number of rows with each outcome. */
const rows =
  (confirmed: number, unconfirmed = 0, rejected = 0, unsent = 0) =>
  (run: Pick<Run, 'state'>): void => {
    const read = confirmed + unconfirmed + rejected + unsent
    count(run, { read, confirmed, unconfirmed, rejected, unsent })
    run.state.sentRows = confirmed + unconfirmed
    run.state.sentBytes = 12 * run.state.sentRows
    run.state.batches.sent = 1
  }

/** Rows confirmed, unconfirmed, rejected, unsent; the end of the run; then status, exit code and error. */
const endings: [number[], Ending, status: string, exitCode: number, code: string | undefined][] = [
  [[8], {}, 'loaded', 0, undefined],
  [[], {}, 'loaded', 0, undefined],
  [[8, 0, 2], {}, 'rejects', 3, undefined],
  [[8, 2], {}, 'unconfirmed', 4, undefined],
  [[8, 2, 2], {}, 'unconfirmed', 4, undefined],
  [[0, 8], { used: 'none' }, 'loaded', 0, undefined],
  [[0, 8, 1], { used: 'none' }, 'rejects', 3, undefined],
  [[0, 0, 0, 8], { failure: 'DDB_TARGET' }, 'failed', 78, 'DDB_TARGET'],
  // The exit code must not be 0 here, because 0 means that every row is in the table.
  [[7, 0, 0, 1], {}, 'failed', 70, 'DDB_INTERNAL'],
  [[0, 0, 0, 8], { used: 'none' }, 'failed', 70, 'DDB_INTERNAL'],
  [[0, 7, 0, 1], { used: 'answers' }, 'failed', 70, 'DDB_INTERNAL'],
  [[8, 2], { failure: 'DDB_CONNECTION_LOST' }, 'unconfirmed', 4, 'DDB_CONNECTION_LOST'],
  [[8, 2], { failure: 'DDB_UNCONFIRMED' }, 'failed', 4, 'DDB_UNCONFIRMED'],
  [[8, 2], { failure: 'DDB_INTERRUPTED' }, 'interrupted', 130, 'DDB_INTERRUPTED'],
  [[8], { change: { expectRows: 8 } }, 'loaded', 0, undefined],
  [[8], { change: { expectRows: 9 } }, 'failed', 5, 'DDB_EXPECTATION'],
  // Unconfirmed rows outrank a missed expectation.
  [[8, 1], { change: { expectRows: 9 } }, 'unconfirmed', 4, undefined],
  [[8], { change: { expectRows: 9 }, failure: 'DDB_TARGET' }, 'failed', 78, 'DDB_TARGET'],
]

t.test('status and exit code follow from rows and failure', async t => {
  for (const [[confirmed = 0, ...others], ending, status, exitCode, code] of endings) {
    const result = resultOf(rows(confirmed, ...others), ending)
    const { error } = result
    const found = [result.status, result.exitCode, error?.code]
    t.strictSame(found, [status, exitCode, code], JSON.stringify([confirmed, others, ending]))
  }
})

t.test('rows or bytes that do not add up outrank all other failures', async t => {
  const internal = { status: 'failed', exitCode: 70, error: { code: 'DDB_INTERNAL' } }
  const lostRow = (run: Pick<Run, 'state'>): void => count(run, { read: 9, confirmed: 8 })
  t.match(resultOf(lostRow), internal)
  t.match(resultOf(lostRow, { failure: 'DDB_TARGET' }), internal)
  const bytesError = new DdbError('DDB_INTERNAL', 'a byte is missing')
  const inputs = { reading: { bytesError, columnCounts: [], offsets: {} } }
  t.match(resultOf(rows(8), { failure: 'DDB_TARGET', inputs }), {
    ...{ ...internal, error: { code: 'DDB_INTERNAL', message: 'a byte is missing' } },
  })
})

t.test('no run ends before it began, even if the clock was set back', t => {
  const result = resultOf(run => run.reporter.startedAt.setTime(60_000))
  t.equal(result.endedAt, result.startedAt)
  t.end()
})

t.test('every member is present; unknown values are null', async t => {
  const input = { ...newSummary('in.csv'), bytes: 3_000 }
  const result = resultOf(rows(8), {
    change: { runId: 'nightly' },
    inputs: {
      summaries: () => [input],
      reading: { bytesError: undefined, columnCounts: [{ nulls: 1, coerced: 0 }], offsets: {} },
    },
    columns: [{ name: 'id', type: { type: 'INT' } }],
  })
  t.strictSame(JSON.parse(JSON.stringify(result)), result)
  t.match(result, {
    ...{ schema: 'ddb-ingest/load/2', version, runId: 'nightly', alreadyLoaded: false },
    startedAt: '1970-01-01T00:00:00.000Z',
    endedAt: '1970-01-01T00:00:02.000Z',
    target: { host: '127.0.0.1:1', table: 'target', function: null, method: 'insert' },
    ...{ inputTotals: { count: 1, bytes: 3_000 }, inputs: [input] },
    sources: {
      passedOver: { files: 0, byKind: {}, first: [] },
      sameFiles: { count: 0, first: [] },
    },
    confirm: { asked: 'auto', used: 'receipts', note: null, uncertain: [] },
    rejects: { file: null, byClass: { parse: 0, type: 0, server: 0 } },
    columns: [{ name: 'id', type: 'INT', nulls: 1, coerced: 0 }],
    ...{ connections: 1, batches: { sent: 1, retried: 0, failed: 0 }, batchRows: 100_000 },
    latencyMs: { p50: null, p95: null, p99: null },
    rate: { rowsPerSec: 4, bytesPerSec: 48 },
    memory: { peakRssBytes: null },
    resume: { possible: false, command: null, audit: null, restart: null },
  })
})

t.test('of many inputs those with a problem are listed, and all of them count', async t => {
  const failure = { code: 'C', message: 'm', lineNumber: 7 }
  const many = (count: number): Pick<Inputs, 'summaries'> => ({
    summaries: () =>
      Array.from({ length: count }, (_, i) => ({
        ...newSummary(`${i}.csv`),
        bytes: 10,
        firstError: i === 50 ? failure : null,
      })),
  })
  t.equal(resultOf(rows(0), { inputs: many(100) }).inputs.length, 100)
  t.match(resultOf(rows(0), { inputs: many(101) }), {
    inputTotals: { count: 101, bytes: 1010 },
    inputs: { length: 1, 0: { path: '50.csv', firstError: failure } },
  })
})

t.test('a function has no table and no method', async t => {
  const change = { target: { function: 'put', types: 'id:INT' } }
  t.match(resultOf(rows(0), { change }), { target: { table: null, function: 'put', method: null } })
})
