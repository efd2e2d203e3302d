/* How the results of loads, runs and checks are printed: as text, as JSON and as metrics. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { checkText } from '../../../src/cli/commands/check.js'
import {
  detailLines,
  emptyResult,
  metricsText,
  summaryLines,
} from '../../../src/cli/output/summary.js'
import { displayWidth, type Paint } from '../../../src/cli/output/output.js'
import { reportOf, runsTable, runText, type RunReport } from '../../../src/cli/output/run-report.js'
import { DdbError, UsageError } from '../../../src/errors.js'
import {
  newCheckResult,
  type CheckedField,
  type CheckResult,
} from '../../../src/load/check/check-observer.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { readRun } from '../../../src/load/journal/journals.js'
import { noRows } from '../../../src/load/outcomes/run-state.js'
import type { LoadResult } from '../../../src/load/options.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import {
  batchRecord,
  endedRecord,
  endRecord,
  inputsRecord,
  processRecord,
  runRecord,
  writeJournal,
} from '../../helpers/journals.js'
import { runMain, type Outcome } from '../run-cli.js'
import { fileFolder } from '../../helpers/file-folder.js'
import { startServerFor } from '../../helpers/load-server.js'

const asked = { server: { host: 'h', port: 8848 }, target: { table: 'trades' } }
const startedAt = new Date('2024-01-01T00:00:00.000Z')

const loadedInput: LoadResult['inputs'][number] = {
  ...{ path: 'a.csv', format: 'csv', compression: 'none', bytes: 2_000_000, rows: 1000 },
  contentBytes: { read: 2e6, rows: 1_999_980, rejected: 0, header: 20, other: 0, skipped: 0 },
  ...{ rejected: 0, firstError: null, detected: null, ragged: 0 },
}

const result = (given: Partial<LoadResult> = {}): LoadResult => ({
  ...emptyResult(asked, startedAt, new DdbError('DDB_INTERNAL', '')),
  ...{ status: 'loaded', exitCode: 0, error: null, inputs: [loadedInput] },
  endedAt: '2024-01-01T00:00:02.000Z',
  inputTotals: { count: given.inputs?.length ?? 1, bytes: 2_000_000 },
  rows: { ...noRows(), read: 1000, confirmed: 1000 },
  confirm: { asked: 'auto', used: 'receipts', note: null, uncertain: [] },
  batches: { sent: 1, retried: 0, failed: 0 },
  rate: { rowsPerSec: 500, bytesPerSec: 1_000_000 },
  ...given,
})

const summaryText = (of: LoadResult): string => summaryLines(of, undefined).join('\n')

t.test('on a narrow screen, every line is divided except the command', async t => {
  const target = { ...result().target, table: `dfs://${'d'.repeat(40)}/t` }
  const command = `ddb-ingest resume r --state-dir /${'s'.repeat(60)}`
  const lines = summaryLines(result({ target, status: 'failed' }), command, 60)
  t.equal(lines.at(-1), `  next      ${command}`)
  t.ok(lines.slice(0, -1).every(line => displayWidth(line) <= 60))
})

// prettier-ignore
const everyOutcome = { read: 21, confirmed: 1, filtered: 0, unconfirmed: 2, rejected: 3, skipped: 4, unsent: 11 }

t.test('the summary counts bad cells that became null', async t => {
  const columns = [1, 0, 9].map(coerced => ({ name: 'x', type: 'INT', nulls: 12, coerced }))
  t.equal(
    summaryLines(result({ columns }), 'CMD')[2],
    '  refused   nothing; 10 bad cells made null',
  )
})

t.test('the summary mentions every outcome of rows', async t => {
  const byCode = { DDB_A: 9, DDB_B: 8, DDB_C: 10, DDB_D: 1, DDB_E: 1 }
  const rejects = { ...result().rejects, byCode, unplaced: 2 }
  t.strictSame(summaryLines(result({ rows: everyOutcome, rejects }), 'CMD'), [
    'Loaded 1 row (4 were loaded before) into trades on h:8848, of 21 read',
    '  took      2.00 s: 500 rows/s, 1.00 MB/s sent',
    '  refused   3 rows: DDB_C 10, DDB_A 9, DDB_B 8, 2 more, 2 of them in no file that the run finds; 11 rows not sent',
    '  proof     confirmed by receipts; 2 rows unconfirmed',
    '  next      CMD',
  ])
})

t.test('the summary claims no more than is known', async t => {
  const rows = { ...noRows(), read: 5, unconfirmed: 5 }
  const confirm = result().confirm
  t.match(
    summaryText(result({ rows, confirm: { ...confirm, used: 'none' } })),
    /^Handed over 5 rows into trades on h:8848\n[^]*the server was not asked; 5 rows unconfirmed\n/,
  )
  const note = 'others wrote too, cannot tell'
  t.match(
    summaryText(result({ rows, confirm: { ...confirm, note } })),
    /^Loaded 0 rows [^]*receipts: others wrote too, cannot tell; 5 rows unconfirmed\n/,
  )
  t.match(summaryText(result({ status: 'failed', rows })), /^Failed after 0 confirmed rows/)
  t.match(summaryText(result({ status: 'interrupted' })), /^Interrupted after 1,000 confirmed rows/)
})

t.test('rows loaded earlier are distinguished from rows of this process', async t => {
  const rows = { ...noRows(), read: 10, skipped: 10 }
  const confirm = { ...result().confirm, used: 'none' } as const
  t.match(
    summaryText(result({ rows, confirm, inputs: [] })),
    /^Already loaded: 10 rows of this run into trades on h:8848, nothing was left to do\n/,
  )
  const counted = { ...rows, read: 0, skipped: 0 }
  const done = summaryText(result({ rows: counted, confirm, inputs: [], alreadyLoaded: true }))
  t.match(done, /^Already loaded: this run into trades/, 'also if the number of rows is unknown')
  const resumed = { ...rows, confirmed: 4, skipped: 6 }
  t.match(summaryText(result({ rows: resumed })), /^Loaded 4 rows \(6 were loaded before\) into/)
  const failed = summaryText(result({ status: 'failed', rows, confirm }))
  t.match(failed, /^Failed after 0 confirmed rows \(10 were [^]* confirmed by an earlier process/)
})

t.test('if nothing was sent, nothing is confirmed', async t => {
  const confirm = { ...result().confirm, used: 'none' } as const
  const none = { rows: noRows(), confirm, batches: { sent: 0, retried: 0, failed: 0 } }
  for (const inputs of [[], result().inputs]) {
    const nothing = summaryText(result({ ...none, inputs }))
    t.match(nothing, /^No rows to load into trades on h:8848\n[^]* nothing was sent\n/)
  }
  const bad = { status: 'rejects', rows: { ...noRows(), read: 2, rejected: 2 } } as const
  t.match(
    summaryText(result({ ...none, ...bad })),
    /^Loaded 0 rows into trades on h:8848, of 2 read\n[^]*refused {3}2 rows\n[^]* nothing was sent\n/,
  )
  const failed = summaryText(result({ ...none, status: 'failed' }))
  t.match(failed, /^Failed after [^]* nothing was sent\n/)
})

t.test('details name the files of rejected rows', async t => {
  t.strictSame(detailLines(result(), true), [])
  const rows = { ...noRows(), read: 10, confirmed: 8, rejected: 2 }
  const kept = [{ path: 'bad.csv', rows: 2 }]
  const rejects = { ...result().rejects, files: kept, byCode: { DDB_INPUT_CELL: 2 } }
  t.strictSame(detailLines(result({ rows, rejects }), true), [
    '2 rows rejected (DDB_INPUT_CELL 2)',
    '2 of them are in bad.csv, the reasons in bad.csv.reasons.ndjson',
  ])
  t.strictSame(detailLines(result({ rows, rejects }), false), [], 'the summary has it already')
  const files = [
    { path: 'bad.csv', rows: 1000 },
    { path: 'bad.2.ndjson', rows: 1 },
  ]
  const full = { rows: { ...rows, rejected: 3001 }, rejects: { ...rejects, files, unplaced: 2000 } }
  t.strictSame(detailLines(result(full), true).slice(1), [
    '1,000 of them are in bad.csv, the reasons in bad.csv.reasons.ndjson',
    '1 of them are in bad.2.ndjson, the reasons in bad.2.ndjson.reasons.ndjson',
    '2,000 of them are in no file that the run finds: only in the input, unless their file was moved',
  ])
  t.match(
    summaryText(result(full)),
    'in bad.csv and 1 more file, 2,000 of them in no file that the run finds',
  )
  const skipped = { rows, rejects: { ...rejects, files: [] } }
  t.equal(detailLines(result(skipped), true).length, 1)
})

t.test('if there are several inputs, those with problems are named, at most ten', async t => {
  const [input] = result().inputs
  const failed = {
    rejected: 2,
    firstError: { code: 'DDB_INPUT_CELL', message: 'no: --timezone', lineNumber: 3 },
  }
  const inputs = [input!, { ...input!, path: 'b.csv', ...failed }]
  t.strictSame(detailLines(result({ inputs }), true), [
    'b.csv: 2 of 1,000 rows rejected; first: line 3: no: --timezone',
  ])
  const many = Array.from({ length: 12 }, () => ({ ...input!, ...failed }))
  const lines = detailLines(result({ inputs: many }), true)
  t.equal(lines.length, 11)
  t.equal(lines.at(-1), 'and 2 more inputs with rejected rows')
})

const folder = fileFolder(t)

async function report(...records: readonly JournalRecord[]): Promise<RunReport> {
  writeJournal(folder, 'r', [runRecord('r'), processRecord(1), ...records])
  return reportOf((await readRun(folder, 'r', systemPlatform.files))!, 'COMMAND', [])
}

t.test('unknown values are null, and every field is present', async t => {
  const empty = await report()
  t.strictSame(JSON.parse(JSON.stringify(empty)), empty)
  t.match(empty, {
    ...{ runId: 'r', state: 'killed', startedAt: '2026-01-02T03:04:05.678Z', endedAt: null },
    ...{ exitCode: null, confirmUsed: null, holder: null, inputs: [], folder: '/data' },
    target: { host: 'h:8848', table: 'trades', function: null },
    processes: [{ startedAt: '2026-01-02T03:04:01.000Z', endedAt: null, status: null }],
    journal: { path: /r\.journal$/, tornBytes: 0 },
    resume: { possible: true, command: 'COMMAND', ways: [] },
  })
})

t.test('for a killed run, the counts come from its batches', async t => {
  const { rows, inputs } = await report(inputsRecord, ...[1, 2, 3].map(batchRecord), endedRecord(1))
  const expected = { read: 30, confirmed: 10, filtered: 0, unconfirmed: 20, rejected: 0, unsent: 0 }
  t.strictSame(rows, expected)
  t.strictSame(inputs, [
    {
      path: 'a.csv',
      sizeBytes: 60,
      settled: { offsetBytes: 109, lineNumber: 12, rows: 10 },
      isDone: false,
      rejected: 0,
      uncertain: [{ startBytes: 109, endBytes: 309, firstLine: 12, lastLine: 31, rows: 20 }],
    },
  ])
})

t.test('after the end of a process, its last record gives the counts', async t => {
  const rows = { ...noRows(), read: 10, confirmed: 2, rejected: 1, skipped: 3, unsent: 4 }
  const end = endRecord({ rows, isDone: false, status: 'failed', exitCode: 74 })
  t.match(await report(end), {
    state: 'failed',
    exitCode: 74,
    endedAt: end.at,
    rows: { read: 10, confirmed: 5, filtered: 0, unconfirmed: 0, rejected: 1, unsent: 4 },
    resume: { possible: true },
  })
})

const plain: Paint = (_, text) => text

const minute = (minutes: number, seconds = '00'): string =>
  `2026-01-02T03:0${minutes}:${seconds}.000Z`

const runReport = (change: Partial<RunReport> = {}): RunReport => ({
  ...{ runId: 'r', state: 'killed', startedAt: minute(4, '05'), endedAt: minute(5), exitCode: 130 },
  target: { host: 'h:8848', table: 'trades', function: null },
  confirmUsed: 'receipts',
  rows: { read: 1_500, confirmed: 1_000, filtered: 0, unconfirmed: 500, rejected: 0, unsent: 0 },
  inputs: [
    {
      ...{ path: 'a.csv', sizeBytes: 60, isDone: false, rejected: 0 },
      settled: { offsetBytes: 10_900, lineNumber: 1_002, rows: 1_000 },
      uncertain: [
        { startBytes: 10_900, endBytes: 16_000, firstLine: 1_002, lastLine: 1_501, rows: 500 },
      ],
    },
    {
      ...{ path: 'b.csv', sizeBytes: 60, isDone: true, rejected: 1 },
      settled: { offsetBytes: 9, lineNumber: 2, rows: 0 },
      uncertain: [],
    },
  ],
  processes: [
    {
      ...{ startedAt: minute(4, '05'), endedAt: minute(5), status: 'interrupted', exitCode: null },
      error: null,
    },
    {
      ...{ startedAt: minute(6), endedAt: minute(7), status: 'failed', exitCode: 74 },
      error: { code: 'DDB_OUTPUT_WRITE', message: 'the disk is full' },
    },
    { startedAt: minute(8), endedAt: null, status: null, exitCode: null, error: null },
  ],
  holder: null,
  rejects: { files: [{ path: 'bad.csv', rows: 1 }] },
  journal: { path: '/state/runs/r.journal', tornBytes: 5 },
  folder: '/data',
  resume: { possible: true, command: 'ddb-ingest resume r', ways: [] },
  ...change,
})

t.test('the table has a line for each run, and the command is never cut', async t => {
  const done = runReport({
    runId: 'longer',
    state: 'finished',
    target: { host: 'h:1', table: null, function: 'put' },
    rows: { read: 7, confirmed: 7, filtered: 0, unconfirmed: 0, rejected: 0, unsent: 0 },
    resume: { possible: false, command: null, ways: [] },
  })
  const runs = [runReport(), done]
  t.equal(
    runsTable(runs, plain, undefined),
    [
      'run     state     began               read  confirmed  others           target',
      'r       killed    2026-01-02 03:04Z  1,500      1,000  500 unconfirmed  trades on h:8848',
      'longer  finished  2026-01-02 03:04Z      7          7                   put on h:1',
      '',
      'to go on:',
      '  ddb-ingest resume r',
      '',
    ].join('\n'),
  )
  t.match(
    runsTable(runs, plain, 80),
    /^run {5}state {5}began +read {2}confirmed {2}others +target\nr {7}killed .* trades on h:.*\n/,
  )
  t.equal(runsTable([done], plain, 80).split('\n').length, 3, 'nothing is left to resume')
})

t.test('runs with long names fit the screen, and commands are whole', async t => {
  const command = `ddb-ingest resume ${'r'.repeat(64)} --state-dir /${'s'.repeat(40)}`
  const long = runReport({
    runId: 'r'.repeat(64),
    target: { host: 'h'.repeat(40), table: `dfs://${'d'.repeat(30)}/t`, function: null },
    rows: { read: 1e10, confirmed: 1e9, filtered: 0, unconfirmed: 1e9, rejected: 1e9, unsent: 1e9 },
    resume: { possible: true, command, ways: [] },
  })
  for (const columns of [60, 80, 200]) {
    const lines = (runsTable([long], plain, columns) + runText(long, plain, columns)).split('\n')
    t.ok(lines.includes(`  ${command}`))
    const wide = lines.filter(line => displayWidth(line) > columns)
    t.ok(
      wide.every(line =>
        /^( {2}| {2}(journal|to go on|to repair) +)(ddb-ingest|\/)|^r+: killed$/.test(line),
      ),
      wide.join().slice(0, 200),
    )
  }
})

t.test('for a single run, all facts are printed', async t => {
  t.equal(
    runText(runReport(), plain, undefined),
    [
      'r: killed',
      '  to go on   ddb-ingest resume r',
      '  target     trades on h:8848, confirmed by receipts',
      '  rows       read 1,500 = confirmed 1,000 + filtered 0 + unconfirmed 500 + rejected 0 + unsent 0',
      '  input      a.csv: settled up to byte 10,900, line 1,002 (1,000 rows)',
      '  not known  500 rows of lines 1,002 to 1,501 (bytes 10,900 to 16,000)',
      '  input      b.csv: done up to byte 9, line 2 (0 rows), 1 row rejected',
      '  process 1  began 2026-01-02T03:04:05Z, ended 2026-01-02T03:05:00Z: interrupted',
      '  process 2  began 2026-01-02T03:06:00Z, ended 2026-01-02T03:07:00Z: failed, exit code 74',
      '  process 3  began 2026-01-02T03:08:00Z, was killed',
      '  rejects    1 row in bad.csv',
      '  folder     /data',
      '  journal    /state/runs/r.journal, without 5 bytes at its end that are an incomplete record',
      '',
    ].join('\n'),
  )
})

t.test('for a failed run, the reason comes first and the next step last', async t => {
  const message = '"days/a.csv", line 7: column "price": expected a number, got "x"'
  const process = {
    ...({ startedAt: minute(8), endedAt: minute(9), status: 'failed', exitCode: 65 } as const),
    error: { code: 'DDB_INPUT_CELL', message },
  } as const
  const failed = runReport({ state: 'failed', processes: [process] })
  t.match(runText(failed, plain, undefined).split('\n').slice(0, 4), [
    'r: failed',
    `  why        ${message} [DDB_INPUT_CELL]`,
    '  to go on   ddb-ingest resume r',
    '  target     trades on h:8848, confirmed by receipts',
  ])
  const resume = { possible: false, command: null, ways: [] }
  const loaded = runText(runReport({ state: 'finished', resume }), plain, undefined)
  t.match(loaded.split('\n')[1], /^ {2}to repair {2}ddb-ingest retry \/data\/bad\.csv$/)
})

t.test('many inputs are counted, and inputs with rejects or doubtful rows are named', async t => {
  const [doubted, rejected] = runReport().inputs
  const inputs = Array.from({ length: 60 }, (_, i) =>
    i === 7 ? doubted! : { ...rejected!, path: `${i}.csv`, rejected: i === 50 ? 2 : 0 },
  )
  const lines = runText(runReport({ inputs }), plain, undefined).split('\n')
  t.match(
    lines.filter(line => /^ {2}input/.test(line)),
    [
      '  inputs     60, 59 of them done: --files lists all',
      /a\.csv: settled/,
      '  input      50.csv: done up to byte 9, line 2 (0 rows), 2 rows rejected',
    ],
  )
})

t.test('for a running run the process is named, and the last record may be incomplete', async t => {
  const holder = { pid: 77, since: '2026-01-02T03:08:00.000Z' }
  const text = runText(
    runReport({ state: 'running', holder, folder: null, confirmUsed: null }),
    plain,
    undefined,
  )
  t.match(text, 'process 3  began 2026-01-02T03:08:00Z, is still active as process 77\n')
  t.match(text, 'journal    /state/runs/r.journal\n')
  t.match(text, 'target     trades on h:8848\n')
})

const address = { host: 'h', port: 1 }

function checkResult(change: Partial<CheckResult>): CheckResult {
  const call = { server: address, target: { table: 't' } }
  const empty = newCheckResult(emptyResult(call, startedAt, new DdbError('DDB_TARGET', '')))
  const counts = { nulls: 0, coerced: 0, rejected: 0, first: null, last: null }
  const columns = ['a', 'b'].map(name => ({ name, type: 'INT', ...counts }))
  return { ...empty, status: 'fits', exitCode: 0, error: null, columns, ...change }
}

const text = (change: Partial<CheckResult>): string => checkText(checkResult(change), plain)

const field = (change: Partial<CheckedField>): CheckedField => ({
  ...{ source: null, position: null, text: null, column: null, value: null, ...change },
})

const input = (change: Partial<CheckResult['inputs'][number]>): CheckResult['inputs'][number] => ({
  ...{ path: 'a.csv', format: 'csv', compression: 'none', bytes: 10, rows: 3, rejected: 0 },
  ...{ firstError: null, detected: null, isWhole: true, fields: [], ...change },
})

t.test('the first sentence states what would happen to the rows', async t => {
  const rows = { read: 3, fit: 3, rejected: 0, unfit: 0 }
  t.equal(text({ rows }), 'All 3 rows would load into t on h:1.\n')
  const expected = '2 of 3 rows would load into t on h:1: 1 would be rejected.\n'
  t.equal(text({ status: 'rejects', rows: { ...rows, fit: 2, rejected: 1 }, inputs: [] }), expected)
  const unfit = { ...rows, fit: 1, unfit: 2 }
  const refused = text({ status: 'failed', rows: unfit })
  t.match(refused, /: 0 would be rejected, 2 are in inputs that do not/)
  t.match(text({ rows, inputs: [input({ isWhole: false })] }), /^All 3 rows that were looked at/)
  t.match(text({ columns: [], rows }), /^The columns of t on h:1 are not known: .*\(3 rows looked/)
})

t.test('each column has its line, and no control character reaches the terminal', async t => {
  const fields = [
    field({ source: 'x', position: 1, text: '1\u001b[2J', column: 'a', value: '1' }),
    field({ position: 2, text: 'y'.repeat(50), column: 'b', value: '' }),
    field({ position: 3, text: '7' }),
    field({ text: '7', column: 'b', value: '7' }),
  ]
  const lines = text({ inputs: [input({ fields })] }).split('\n')
  t.equal(lines[2], 'a.csv: csv, 10 B read, 3 rows')
  t.match(lines[3], /^ {2}input +text +column +type +value +nulls +bad$/)
  t.match(lines[4], /^ {2}x +1 +a +INT +1 +0 +0$/)
  t.match(lines[5], /^ {2}field 2 +y{31}… +b +INT +0 +0$/)
  t.match(lines[6], /^ {2}field 3 +7 +\(left out\)$/)
  t.match(lines[7], /^ {2}\(set\) +7 +b +INT +7 /)
})

t.test('a check fits the screen', async t => {
  const names = Array.from({ length: 5 }, (_, i) => `a column with a long name ${i}`)
  const fields = names.map(source =>
    field({ source, position: 1, text: 'y'.repeat(50), column: 'a', value: 'z'.repeat(50) }),
  )
  const rows = { read: 9, fit: 7, rejected: 2, unfit: 0 }
  const path = `${'folder '.repeat(20)}.csv`
  const place = { file: path, lineNumber: 1, offsetBytes: 1, columnName: 'a' }
  const problem = { ...place, class: 'type', value: 'x' } as const
  const problems = [{ ...problem, code: 'DDB_INPUT_CELL' as const, message: 'a word '.repeat(20) }]
  const shown = checkResult({
    status: 'rejects',
    rows,
    inputs: [input({ path, fields })],
    problems,
  })
  for (const columns of [60, 80]) {
    const lines = checkText(shown, plain, columns).split('\n')
    const fits = lines.every(line => displayWidth(line) <= columns)
    t.ok(fits, String(columns))
  }
})

t.test('inputs with the same settings share a table, and many inputs are counted', async t => {
  const fields = [field({ source: 'x', position: 1, column: 'a' })]
  const inputs = Array.from({ length: 23 }, (_, i) => input({ path: `${i}.csv`, fields }))
  const shown = text({ inputs })
  t.equal(shown.split('input  text').length, 2)
  t.match(shown, /\nand 3 more inputs\n/)
})

t.test('the first problems are named', async t => {
  const shown = text({
    status: 'rejects',
    rows: { read: 9, fit: 7, rejected: 2, unfit: 0 },
    rejects: { byClass: { parse: 0, type: 2, server: 0 }, byCode: { DDB_INPUT_CELL: 2 } },
    problems: [
      {
        ...{ file: 'a.csv', lineNumber: 1234, offsetBytes: 1, columnName: 'a' },
        ...{ code: 'DDB_INPUT_CELL', class: 'type', message: 'no', value: 'x' },
      },
    ],
  })
  t.match(shown, /^2 rows would be rejected \(DDB_INPUT_CELL 2\)$/m)
  t.match(shown, /^ {2}a\.csv, line 1,234, column a: no$/m)
  t.match(shown, /^ {2}and 1 more$/m)
})

const error = new UsageError('DDB_USAGE', 'see --rejects')

t.test('the object of a load that did not begin repeats the requested options', async t => {
  t.match(
    emptyResult({ ...asked, runId: 'nightly', delivery: { confirm: 'none' } }, startedAt, error),
    {
      runId: 'nightly',
      target: { host: 'h:8848', table: 'trades', function: null, method: 'insert' },
      confirm: { asked: 'none' },
    },
  )
  const call = { target: { function: 'put', types: 'a:INT' } }
  t.match(emptyResult(call, startedAt, error), {
    target: { host: '', table: null, function: 'put', method: null },
  })
  const both = { ...asked, target: { table: 'trades', function: 'put' } }
  t.match(emptyResult(both, startedAt, error), { target: { table: 'trades', method: null } })
})

/*
  --metrics-file, parsed as the text format of Prometheus and compared with the result of the same run.
*/

const server = await startServerFor(t, {
  initScript: 'share streamTable(100:0, `id`price, [INT, DOUBLE]) as prices',
})

const load = (argv: readonly string[], stdin: string): Promise<Outcome> =>
  runMain(['load', '--host', `127.0.0.1:${server.port}`, '-t', 'prices', '--json', ...argv], {
    stdin,
  })

interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

/** Reads the text format 0.0.4. Throws for anything that the format does not allow. */
function parseMetrics(text: string): { samples: Sample[]; types: Map<string, string> } {
  const types = new Map<string, string>()
  const helps = new Set<string>()
  const samples: Sample[] = []
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-z_:][a-z0-9_:]*) (.+)$/.exec(line)
    if (comment !== null) {
      const [, kind, name = '', rest = ''] = comment
      if (kind === 'HELP') helps.add(name)
      else if (types.has(name)) throw new Error(`two types: ${line}`)
      else types.set(name, rest)
      continue
    }
    const sample = /^([a-z_:][a-z0-9_:]*)\{(.*)\} (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(line)
    if (sample === null) throw new Error(`not understood: ${line}`)
    const [, name = '', labelText = '', value] = sample
    if (!types.has(name) || !helps.has(name)) throw new Error(`no HELP and TYPE before: ${line}`)
    samples.push({ name, labels: parseLabels(labelText), value: Number(value) })
  }
  return { samples, types }
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  let rest = text
  while (rest !== '') {
    const match = /^([a-z_][a-z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/.exec(rest)
    if (match === null) throw new Error(`labels not understood: ${rest}`)
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
    rest = rest.slice(match[0].length)
  }
  return labels
}

/** Values by the name of the sample, and by its label if several samples have the same name. */
function valuesOf(text: string): Map<string, number> {
  const { samples } = parseMetrics(text)
  const own = ['outcome', 'code', 'quantile']
  return new Map(
    samples.map(({ name, labels, value }) => [
      [name, ...own.flatMap(label => labels[label] ?? [])].join(' '),
      value,
    ]),
  )
}

t.test('the metrics are those of the result', async t => {
  const path = join(t.testdir(), 'run.prom')
  const outcome = await load(
    ['--metrics-file', path, '--on-error', 'skip'],
    'id,price\n1,1\nx,2\n3,3\n',
  )
  t.equal(outcome.code, 3)
  const result = JSON.parse(outcome.stdout) as LoadResult
  const text = readFileSync(path, 'utf8')
  const values = valuesOf(text)
  t.equal(values.get('ddb_ingest_rows_read'), 3)
  for (const [outcome, rowCount] of Object.entries(result.rows)) {
    if (outcome !== 'read') t.equal(values.get(`ddb_ingest_rows ${outcome}`), rowCount, outcome)
  }
  t.equal(values.get('ddb_ingest_rejected_rows DDB_INPUT_CELL'), 1)
  t.equal(values.get('ddb_ingest_input_bytes'), result.inputs[0]!.bytes)
  const ofMany = valuesOf(metricsText({ ...result, inputs: [] }, undefined))
  t.equal(ofMany.get('ddb_ingest_input_bytes'), result.inputTotals.bytes, 'none need be listed')
  t.equal(values.get('ddb_ingest_batches sent'), 1)
  t.equal(values.get('ddb_ingest_exit_code'), 3)
  t.equal(values.get('ddb_ingest_last_run_timestamp_seconds'), Date.parse(result.endedAt) / 1000)
  t.equal(values.get('ddb_ingest_peak_memory_bytes'), result.memory.peakRssBytes)
  const p95 = values.get('ddb_ingest_batch_latency_seconds 0.95')!
  t.ok(Math.abs(p95 * 1000 - result.latencyMs.p95!) < 0.01)
  t.notOk(values.has('ddb_ingest_last_success_timestamp_seconds'), 'there was no success yet')
  const { samples, types } = parseMetrics(text)
  t.equal(types.get('ddb_ingest_batch_latency_seconds'), 'summary')
  t.ok(samples.every(({ labels }) => labels['target'] === 'prices'))
  t.ok([...types.keys()].every(name => name.startsWith('ddb_ingest_')))
})

t.test('a failed run also writes metrics, and keeps the time of the last success', async t => {
  const dir = t.testdir()
  const path = join(dir, 'run.prom')
  const good = await load(['--metrics-file', path], 'id,price\n1,1\n')
  const success = Date.parse((JSON.parse(good.stdout) as LoadResult).endedAt) / 1000
  for (const argv of [
    ['/no/such.csv'],
    ['-t', 'pricse'],
    ['--function', 'f', '--types', 'a:INT'],
  ]) {
    const { code } = await load([...argv, '--metrics-file', path], 'id,price\n1,1\n')
    t.not(code, 0)
    const values = valuesOf(readFileSync(path, 'utf8'))
    t.equal(values.get('ddb_ingest_exit_code'), code)
    t.equal(values.get('ddb_ingest_last_success_timestamp_seconds'), success)
  }
  t.strictSame(readdirSync(dir), ['run.prom'], 'no other file is left')
})

t.test('labels are escaped', async t => {
  const { stdout } = await load([], 'id,price\n1,1\n')
  const result = JSON.parse(stdout) as LoadResult
  const odd = 'a"b\\c\nd\\n'
  const text = metricsText({ ...result, target: { ...result.target, table: odd } }, undefined)
  t.ok(parseMetrics(text).samples.every(({ labels }) => labels['target'] === odd))
})
