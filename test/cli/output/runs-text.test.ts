import t from 'tap'
import type { Paint } from '../../../src/cli/output/output.js'
import type { RunReport } from '../../../src/cli/output/run-report.js'
import { runsTable, runText } from '../../../src/cli/output/runs-text.js'

const plain: Paint = (_, text) => text

const report = (change: Partial<RunReport> = {}): RunReport => ({
  runId: 'r',
  state: 'killed',
  startedAt: '2026-01-02T03:04:05.678Z',
  endedAt: '2026-01-02T03:05:00.000Z',
  exitCode: 130,
  target: { host: 'h:8848', table: 'trades', function: null },
  confirmUsed: 'receipts',
  rows: { read: 1_500, confirmed: 1_000, unconfirmed: 500, rejected: 0, unsent: 0 },
  inputs: [
    {
      path: 'a.csv',
      sizeBytes: 60,
      settled: { offsetBytes: 10_900, lineNumber: 1_002, rows: 1_000 },
      isDone: false,
      uncertain: [
        { startBytes: 10_900, endBytes: 16_000, firstLine: 1_002, lastLine: 1_501, rows: 500 },
      ],
    },
    {
      path: 'b.csv',
      sizeBytes: 60,
      settled: { offsetBytes: 9, lineNumber: 2, rows: 0 },
      isDone: true,
      uncertain: [],
    },
  ],
  processes: [
    {
      startedAt: '2026-01-02T03:04:05.678Z',
      endedAt: '2026-01-02T03:05:00.000Z',
      status: 'interrupted',
      exitCode: 130,
    },
    {
      startedAt: '2026-01-02T03:06:00.000Z',
      endedAt: '2026-01-02T03:07:00.000Z',
      status: 'failed',
      exitCode: 74,
    },
    { startedAt: '2026-01-02T03:08:00.000Z', endedAt: null, status: null, exitCode: null },
  ],
  holder: null,
  rejects: { files: [{ path: 'bad.csv', rows: 1 }] },
  journal: { path: '/state/runs/r.journal', tornBytes: 5 },
  folder: '/data',
  resume: { possible: true, command: 'ddb-ingest resume r' },
  ...change,
})

t.test('a table has a line for each run, and the command is never cut', async t => {
  const done = report({
    runId: 'longer',
    state: 'finished',
    target: { host: 'h:1', table: null, function: 'put' },
    rows: { read: 7, confirmed: 7, unconfirmed: 0, rejected: 0, unsent: 0 },
    resume: { possible: false, command: null },
  })
  t.equal(
    runsTable([report(), done], plain),
    'run     state     began                 target             read  confirmed  unconfirmed  rejected  unsent  to go on\n' +
      'r       killed    2026-01-02T03:04:05Z  trades on h:8848  1,500      1,000          500         0       0  ddb-ingest resume r\n' +
      'longer  finished  2026-01-02T03:04:05Z  put on h:1            7          7            0         0       0\n',
  )
})

t.test('one run is told with everything that is known of it', async t => {
  t.equal(
    runText(report(), plain),
    [
      'r: killed',
      '  target     trades on h:8848, confirmed by receipts',
      '  rows       read 1,500 = confirmed 1,000 + unconfirmed 500 + rejected 0 + unsent 0',
      '  input      a.csv: settled up to byte 10,900, line 1,002 (1,000 rows)',
      '  not known  500 rows of lines 1,002 to 1,501 (bytes 10,900 to 16,000)',
      '  input      b.csv: done',
      '  process 1  began 2026-01-02T03:04:05Z, ended 2026-01-02T03:05:00Z: interrupted',
      '  process 2  began 2026-01-02T03:06:00Z, ended 2026-01-02T03:07:00Z: failed, exit code 74',
      '  process 3  began 2026-01-02T03:08:00Z, was killed',
      '  rejects    1 row in bad.csv',
      '  folder     /data',
      '  journal    /state/runs/r.journal, without 5 bytes at its end that are no whole record',
      '  to go on   ddb-ingest resume r',
      '',
    ].join('\n'),
  )
})

t.test(
  'of a running one the process is named, and its last record may be half written',
  async t => {
    const holder = { pid: 77, since: '2026-01-02T03:08:00.000Z' }
    const text = runText(
      report({ state: 'running', holder, folder: null, confirmUsed: null }),
      plain,
    )
    t.match(text, 'process 3  began 2026-01-02T03:08:00Z, works on it as process 77\n')
    t.match(text, 'journal    /state/runs/r.journal\n')
    t.match(text, 'target     trades on h:8848\n')
  },
)

t.test('names of files and tables move no cursor', async t => {
  const target = { host: 'h', table: 'tr\u001b[2Jades', function: null }
  const evil = report({ target, folder: '/\u0007data' })
  const said = runsTable([evil], plain) + runText(evil, plain)
  t.notOk(said.includes('\u0007') || said.includes('\u001b'))
})
