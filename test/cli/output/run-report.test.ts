import t from 'tap'
import { reportOf, type RunReport } from '../../../src/cli/output/run-report.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { readRun } from '../../../src/load/journal/known-runs.js'
import { systemPlatform } from '../../../src/platform/system.js'
import {
  batchRecord,
  endedRecord,
  endRecord,
  inputsRecord,
  processRecord,
  runRecord,
  writeJournal,
} from '../../helpers/journals.js'

const folder = t.testdir()

async function report(...records: readonly JournalRecord[]): Promise<RunReport> {
  writeJournal(folder, 'r', [runRecord('r'), processRecord(1), ...records])
  return reportOf((await readRun(folder, 'r', systemPlatform.files))!, 'COMMAND')
}

t.test('what is not known is null, and every field is there', async t => {
  const { journal, ...others } = await report()
  t.strictSame(others, {
    runId: 'r',
    state: 'killed',
    startedAt: '2026-01-02T03:04:05.678Z',
    endedAt: null,
    exitCode: null,
    target: { host: 'h:8848', table: 'trades', function: null },
    confirmUsed: null,
    rows: { read: 0, confirmed: 0, unconfirmed: 0, rejected: 0, unsent: 0 },
    inputs: [],
    processes: [
      { startedAt: '2026-01-02T03:04:01.000Z', endedAt: null, status: null, exitCode: null },
    ],
    holder: null,
    rejects: { files: [] },
    folder: '/data',
    resume: { possible: true, command: 'COMMAND' },
  })
  t.match(journal, { path: /r\.journal$/, tornBytes: 0 })
})

t.test('of a killed run the batches count', async t => {
  const { rows, inputs } = await report(inputsRecord, ...[1, 2, 3].map(batchRecord), endedRecord(1))
  t.strictSame(rows, { read: 30, confirmed: 10, unconfirmed: 20, rejected: 0, unsent: 0 })
  t.strictSame(inputs, [
    {
      path: 'a.csv',
      sizeBytes: 60,
      settled: { offsetBytes: 109, lineNumber: 12, rows: 10 },
      isDone: false,
      uncertain: [{ startBytes: 109, endBytes: 309, firstLine: 12, lastLine: 31, rows: 20 }],
    },
  ])
})

t.test('a process that has ended knows more, and what was skipped had been confirmed', async t => {
  const rows = { read: 10, confirmed: 2, unconfirmed: 0, rejected: 1, skipped: 3, unsent: 4 }
  const end = endRecord({ rows, isDone: false, status: 'failed', exitCode: 74 })
  t.match(await report(end), {
    state: 'failed',
    exitCode: 74,
    endedAt: end.at,
    rows: { read: 10, confirmed: 5, unconfirmed: 0, rejected: 1, unsent: 4 },
    resume: { possible: true },
  })
})

t.test('there is nothing to go on with in a finished run', async t => {
  t.match(await report(endRecord()), {
    state: 'finished',
    resume: { possible: false, command: null },
  })
})
