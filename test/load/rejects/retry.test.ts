import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  readRejectRun,
  retryOptions,
  retryRejectsPath,
  retryRunId,
  type KnownRejects,
} from '../../../src/load/rejects/retry.js'
import type { RejectRun } from '../../../src/load/rejects/reject.js'
import { systemFiles } from '../../../src/platform/system-files.js'

const known = <T>(value: T) => ({ value, how: 'found' }) as const

const run: RejectRun = {
  format: 5,
  path: 'r.csv',
  folder: '/data',
  options: {
    inputs: ['in.csv'],
    server: { host: 'h', port: 1, user: 'u' },
    target: { table: 't' },
    input: { skipLines: 3, limit: 9, jsonPath: 'a', ragged: 'pad', encoding: 'auto', follow: true },
    mapping: { map: { a: 'b' } },
    cells: { nullTexts: ['-'] },
    rejects: { file: 'r.csv' },
    delivery: { mode: 'sync' },
    expectRows: 7,
    runId: 'nightly',
  },
  reading: {
    format: 'csv',
    delimiter: known(';'),
    quote: known(''),
    escape: known(''),
    header: known(true),
    decimalComma: known(true),
    trailingDelimiter: known(false),
    encoding: known('gb18030'),
  },
  fieldNames: ['a'],
}
const rejects: KnownRejects = { runId: 'nightly', run, offsets: {} }

t.test('the first line of the reasons gives the settings of the run', async t => {
  const path = join(t.testdir(), 'r.csv')
  const line = JSON.stringify({ runId: 'nightly', file: 'x', run })
  writeFileSync(`${path}.reasons.ndjson`, `${line}\n{"runId":"nightly"}\n`)
  t.strictSame(await readRejectRun(path, systemFiles), rejects)
  const other = `${line.replace('"format":5', '"format":4')}\n`
  for (const text of [
    '',
    '{}\n',
    'x\n',
    '1\n',
    line,
    '{"runId":"nightly"}\n',
    line.slice(0, 50),
    other,
  ]) {
    writeFileSync(`${path}.reasons.ndjson`, text)
    await t.rejects(readRejectRun(path, systemFiles), { code: 'DDB_INPUT_FORMAT' }, text)
  }
  await t.rejects(readRejectRun(`${path}.no`, systemFiles), {
    code: 'DDB_INPUT_MISSING',
    message: /has no reasons next to it .*load it with the options of that run/,
  })
})

t.test('the last line has all UTC offsets of times', async t => {
  const path = join(t.testdir(), 'r.csv')
  const line = (more: object): string =>
    `${JSON.stringify({ runId: 'nightly', file: 'x', ...more })}\n`
  const first = line({ run, offsets: { a: '+08:00' } })
  const others = line({ offsets: { a: '+08:00' } }).repeat(100_000)
  const last = line({ offsets: { a: '+08:00', b: 'none' } })
  for (const [text, offsets] of [
    [line({ run }), {}],
    [first, { a: '+08:00' }],
    [first + others + last, { a: '+08:00', b: 'none' }],
    [first + others + last.slice(0, -9), { a: '+08:00' }],
  ] as const) {
    writeFileSync(`${path}.reasons.ndjson`, text)
    const found = await readRejectRun(path, systemFiles)
    t.strictSame(found, { runId: 'nightly', run, offsets })
    const { cells } = retryOptions(found, 'r.csv')
    t.strictSame(cells?.offsets, Object.keys(offsets).length === 0 ? undefined : offsets)
  }
})

t.test('a first line that another program has changed is reported', async t => {
  const path = join(t.testdir(), 'r.csv')
  const { options, reading } = run
  const changes: Record<string, unknown>[] = [
    { options: null },
    { options: [] },
    { options: { ...options, inputs: [1] } },
    { options: { ...options, server: {} } },
    { options: { ...options, server: { host: 'h', port: '1' } } },
    { options: { ...options, target: null } },
    { options: { ...options, target: { table: ['t'] } } },
    { options: { ...options, mapping: { map: null } } },
    { options: { ...options, delivery: 'x' } },
    { folder: null },
    { path: 7 },
    { reading: {} },
    { reading: { ...reading, encoding: { value: 5 } } },
    { fieldNames: 'a' },
    { fieldNames: [null] },
    { format: 3 },
  ]
  for (const change of changes) {
    const line = JSON.stringify({ runId: 'nightly', run: { ...run, ...change } })
    writeFileSync(`${path}.reasons.ndjson`, `${line}\n`)
    await t.rejects(readRejectRun(path, systemFiles), { code: 'DDB_INPUT_FORMAT' }, line)
  }
})

t.test('detected settings are given, without those that do not apply to the file', async t => {
  t.strictSame(retryOptions(rejects, '/x/r.csv'), {
    inputs: ['/x/r.csv'],
    target: { table: 't' },
    input: {
      ragged: 'pad',
      compression: 'none',
      format: 'csv',
      encoding: 'gb18030',
      delimiter: ';',
      quote: '',
      header: 'yes',
      // Records with an additional field stay rejects, even if a file contains only such records.
      trailingDelimiter: false,
    },
    mapping: { map: { a: 'b' }, set: {} },
    cells: { nullTexts: ['-'], decimalComma: true },
    delivery: { mode: 'sync' },
  })
  const json = {
    ...run.reading!,
    format: 'json',
    delimiter: null,
    quote: null,
    escape: null,
    header: null,
    decimalComma: null,
    trailingDelimiter: null,
  } as const
  const asJson = retryOptions({ ...rejects, run: { ...run, reading: json } }, 'r.ndjson')
  t.match(asJson.input, { format: 'ndjson' })
  t.notOk('delimiter' in asJson.input!)
  t.notOk('trailingDelimiter' in asJson.input!)
  const unread = retryOptions({ ...rejects, run: { ...run, reading: undefined } }, 'r.csv')
  t.strictSame(unread.input, { ragged: 'pad', encoding: 'auto', compression: 'none' })
})

t.test(
  'a file has one run ID for retries, and a new rejects file for rows that fail again',
  async t => {
    const name = retryRunId(rejects)
    t.match(name, /^nightly\.retry-[0-9a-f]{8}$/)
    const other = (change: Partial<RejectRun>): string =>
      retryRunId({ ...rejects, run: { ...run, ...change } })
    t.not(other({ path: 'r.2.csv' }), name)
    t.equal(other({ folder: '/elsewhere' }), name)
    t.match(retryRunId({ runId: name, run }), /^nightly\.retry-[0-9a-f]{8}$/)
    t.not(retryRunId({ runId: name, run }), name)
    t.match(retryRunId({ runId: 'x'.repeat(64), run }), /^[A-Za-z0-9._-]{1,64}$/)
    t.equal(retryRejectsPath('a/r.csv'), 'a/r.retry.csv')
    t.equal(retryRejectsPath('a.b/r'), 'a.b/r.retry')
    t.equal(retryRejectsPath('r.retry.csv'), 'r.retry-2.csv')
    t.equal(retryRejectsPath('r.retry-2.csv'), 'r.retry-3.csv')
  },
)
