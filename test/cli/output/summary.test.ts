import t from 'tap'
import { detailLines, equationText, summaryText } from '../../../src/cli/output/summary.js'
import type { LoadResult } from '../../../src/load/options.js'
import { noSourceNotes } from '../../../src/load/source-notes.js'

const result = (given: Partial<LoadResult> = {}): LoadResult => ({
  schema: 'ddb-ingest/load/1',
  version: '0.0.0',
  runId: 'r',
  status: 'loaded',
  exitCode: 0,
  alreadyLoaded: false,
  startedAt: '2024-01-01T00:00:00.000Z',
  endedAt: '2024-01-01T00:00:02.000Z',
  target: { host: 'h:8848', table: 'trades', function: null, method: 'insert' },
  sources: noSourceNotes(),
  inputs: [
    {
      path: 'a.csv',
      format: 'csv',
      compression: 'none',
      bytes: 2_000_000,
      rows: 1000,
      rejected: 0,
      firstError: null,
      contentBytes: {
        read: 2_000_000,
        rows: 1_999_980,
        rejected: 0,
        header: 20,
        other: 0,
        skipped: 0,
      },
      detected: {
        delimiter: { value: ';', how: 'given' },
        quote: { value: '"', how: 'found' },
        escape: { value: '"', how: 'found' },
        header: { value: true, how: 'found' },
        decimalComma: { value: false, how: 'found' },
        trailingDelimiter: { value: false, how: 'found' },
        encoding: { value: 'utf-8', how: 'found' },
      },
      ragged: 0,
    },
  ],
  rows: { read: 1000, confirmed: 1000, unconfirmed: 0, rejected: 0, skipped: 0, unsent: 0 },
  duplicates: 0,
  confirm: { asked: 'auto', used: 'count', note: null, uncertain: [], verified: null },
  stored: {
    grade: 'in memory',
    dataSync: null,
    cacheEngine: null,
    replicas: null,
    pendingTransactions: null,
  },
  rejects: {
    file: null,
    files: [],
    unplaced: 0,
    byClass: { parse: 0, type: 0, server: 0 },
    byCode: {},
  },
  columns: [{ name: 'price', type: 'DOUBLE', nulls: 1, coerced: 0 }],
  batches: { sent: 1, retried: 0, failed: 0 },
  latencyMs: { p50: 1.25, p95: null, p99: null },
  rate: { rowsPerSec: 500, bytesPerSec: 1_000_000 },
  memory: { peakRssBytes: 90_000_000 },
  resume: { possible: false, command: null, look: null, restart: null },
  error: null,
  ...given,
})

t.test('a finished load says in one sentence what landed where, and its equation', async t => {
  t.equal(
    summaryText(result()),
    'Loaded 1,000 rows into trades on h:8848 (in 2.00 s, 500 rows/s): read 1,000 = confirmed 1,000' +
      ' + unconfirmed 0 + rejected 0 + skipped 0 + unsent 0; confirmed by counting rows; stored: in memory.',
  )
})

t.test('it claims no more than is known', async t => {
  const rows = { read: 5, confirmed: 0, unconfirmed: 5, rejected: 0, skipped: 0, unsent: 0 }
  const none = result({
    rows,
    confirm: { asked: 'none', used: 'none', note: null, uncertain: [], verified: null },
  })
  t.match(summaryText(none), /^Handed over 5 rows into .*nothing was asked of the server\.$/)
  const note = 'others wrote too, cannot tell'
  const doubtful = result({
    rows,
    confirm: { asked: 'count', used: 'count', note, uncertain: [], verified: null },
  })
  t.match(summaryText(doubtful), /^Loaded 0 rows .*counting rows: others wrote too, cannot tell\.$/)
  t.match(summaryText(result({ status: 'failed', rows })), /^Failed after 0 confirmed rows/)
  t.match(summaryText(result({ status: 'interrupted' })), /^Interrupted after 1,000 confirmed rows/)
})

t.test('rows that were there before are told apart from those of this process', async t => {
  const rows = { read: 10, confirmed: 0, unconfirmed: 0, rejected: 0, skipped: 10, unsent: 0 }
  const confirm: LoadResult['confirm'] = {
    asked: 'auto',
    used: 'none',
    note: null,
    uncertain: [],
    verified: null,
  }
  t.equal(
    summaryText(result({ rows, confirm, inputs: [] })),
    'Already loaded: 10 rows of this run into trades on h:8848, nothing was left to do: ' +
      'read 10 = confirmed 0 + unconfirmed 0 + rejected 0 + skipped 10 + unsent 0.',
  )
  const counted = { ...rows, read: 0, skipped: 0 }
  const done = summaryText(result({ rows: counted, confirm, inputs: [], alreadyLoaded: true }))
  t.match(done, /^Already loaded: this run into trades/, 'also where its rows are not known')
  const resumed = { ...rows, confirmed: 4, skipped: 6 }
  t.match(summaryText(result({ rows: resumed })), /^Loaded 4 rows \(6 were loaded before\) into/)
  const read = { compared: 4, different: 0, replaced: 0, notComparable: 0 }
  const verified = {
    how: 'all',
    by: 'position',
    skippedColumns: [],
    rows: read,
    first: [],
  } as const
  const readBack: LoadResult['confirm'] = {
    ...confirm,
    used: 'receipts',
    verified: { ...verified, skippedColumns: [], first: [] },
  }
  t.match(
    summaryText(result({ rows: resumed, confirm: readBack })),
    /4 rows read back by position: as they were sent; not read back: 6 rows of earlier processes/,
  )
  const failed = summaryText(result({ status: 'failed', rows, confirm }))
  t.match(
    failed,
    /^Failed after 0 confirmed rows \(10 were .*; confirmed by an earlier process; stored/,
  )
})

t.test('how safe rows are is said of rows that are confirmed, unknown or not', async t => {
  const unknown = { ...result().stored, grade: null }
  t.match(summaryText(result({ stored: unknown })), /counting rows; stored: unknown\.$/)
  t.strictSame(
    detailLines(result({ stored: unknown }), true).filter(line => /stored/.test(line)),
    [],
  )
  const rows = { read: 5, confirmed: 0, unconfirmed: 5, rejected: 0, skipped: 0, unsent: 0 }
  t.notMatch(summaryText(result({ rows, stored: unknown })), 'stored')
  const stored: LoadResult['stored'] = {
    grade: 'replicated',
    dataSync: true,
    cacheEngine: true,
    replicas: 2,
    pendingTransactions: 1,
  }
  t.match(summaryText(result({ stored })), /; stored: replicated\.$/)
  t.match(
    detailLines(result({ stored }), true).join('\n'),
    'stored replicated: writes are forced to disk, through the cache engine, 2 replicas, 1 transaction waiting to be flushed\n',
  )
  const cached = {
    ...stored,
    grade: "in the server's cache" as const,
    dataSync: false,
    cacheEngine: false,
    replicas: null,
    pendingTransactions: null,
  }
  t.match(
    detailLines(result({ stored: cached }), true).join('\n'),
    "stored in the server's cache: writes are not forced to disk\n",
  )
})

t.test('where nothing was sent nothing is confirmed', async t => {
  const nothing = { confirmed: 0, unconfirmed: 0, skipped: 0, unsent: 0 }
  const confirm: LoadResult['confirm'] = {
    ...result().confirm,
    used: 'none',
  }
  const batches = { sent: 0, retried: 0, failed: 0 }
  const none = { rows: { ...nothing, read: 0, rejected: 0 }, confirm, batches }
  for (const inputs of [[], result().inputs]) {
    t.match(
      summaryText(result({ ...none, inputs })),
      /^No rows to load into trades on .*: read 0 = .*; nothing was sent\.$/,
    )
  }
  const bad = { status: 'rejects', rows: { ...nothing, read: 2, rejected: 2 } } as const
  t.match(
    summaryText(result({ ...none, ...bad })),
    /^Loaded 0 rows into trades .*: read 2 = .* rejected 2 .*; nothing was sent\.$/,
  )
  t.match(
    summaryText(result({ ...none, status: 'failed' })),
    /^Failed after .*; nothing was sent\.$/,
  )
})

t.test('a function is named as the target when it is one', async t => {
  const target = { host: 'h', table: null, function: 'appendStreamingData', method: null }
  t.match(summaryText(result({ target })), /into appendStreamingData on h/)
})

t.test('the equation holds every part, zero or not', async t => {
  const rows = { read: 21, confirmed: 1, unconfirmed: 2, rejected: 3, skipped: 4, unsent: 11 }
  t.equal(
    equationText(rows),
    'read 21 = confirmed 1 + unconfirmed 2 + rejected 3 + skipped 4 + unsent 11',
  )
})

t.test('details name rejects and the way to go on; figures only when asked for', async t => {
  t.strictSame(detailLines(result(), false), [])
  const rows = { read: 10, confirmed: 8, unconfirmed: 0, rejected: 2, skipped: 0, unsent: 0 }
  const rejects = {
    file: 'bad.csv',
    files: [{ path: 'bad.csv', rows: 2 }],
    unplaced: 0,
    byClass: { parse: 0, type: 2, server: 0 },
    byCode: { DDB_INPUT_CELL: 2 },
  }
  const resume = { possible: true, look: null, restart: null, command: 'ddb-ingest resume r' }
  t.strictSame(detailLines(result({ rows, rejects, resume }), false), [
    '2 rows rejected (DDB_INPUT_CELL 2)',
    'they are in bad.csv, the reasons in bad.csv.reasons.ndjson',
    'to go on: ddb-ingest resume r',
  ])
  const files = [
    { path: 'bad.csv', rows: 1000 },
    { path: 'bad.2.ndjson', rows: 1 },
  ]
  const full = { rows: { ...rows, rejected: 3001 }, rejects: { ...rejects, files, unplaced: 2000 } }
  t.strictSame(detailLines(result(full), false).slice(1), [
    '1,000 of them are in bad.csv, the reasons in bad.csv.reasons.ndjson',
    '1 of them are in bad.2.ndjson, the reasons in bad.2.ndjson.reasons.ndjson',
    '2,000 of them are without a place: they are in the input alone',
  ])
  t.match(summaryText(result(full)), 'unsent 0, 2,000 of the rejected without a place; confirmed')
  const skipped = { rows, rejects: { ...rejects, file: null, files: [] } }
  t.equal(detailLines(result(skipped), false).length, 1)
  t.strictSame(detailLines(result(), true), [
    'input a.csv: csv, none, 2.00 MB, 1,000 rows; delimiter ";" (given), quote "\\"" (found), header (found), encoding utf-8 (found)',
    'column price DOUBLE: 1 null, 0 coerced',
    'batches: 1 sent, 0 retried, 0 failed',
    'latency: p50 1.3 ms',
    'rate: 1.00 MB/s',
    'peak memory: 90.0 MB',
  ])
})

t.test('of several inputs those with something wrong are named, ten at most', async t => {
  const [input] = result().inputs
  const failed = {
    rejected: 2,
    firstError: { code: 'DDB_INPUT_CELL', message: 'no: `cells.timeZone`', lineNumber: 3 },
  }
  const inputs = [input!, { ...input!, path: 'b.csv', ...failed }]
  t.strictSame(detailLines(result({ inputs }), false), [
    'b.csv: 2 of 1,000 rows rejected; first: line 3: no: --timezone',
  ])
  const many = Array.from({ length: 12 }, () => ({ ...input!, ...failed }))
  const lines = detailLines(result({ inputs: many }), false)
  t.equal(lines.length, 11)
  t.equal(lines.at(-1), 'and 2 more inputs with rejected rows')
})
