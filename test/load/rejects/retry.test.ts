import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { LoadOptions } from '../../../src/load/options.js'
import type { RejectReading } from '../../../src/load/rejects/reject.js'
import {
  checkRepaired,
  readRejectRun,
  rejectRun,
  retryRejectsPath,
  retryRunId,
  setWithTexts,
  type RejectRun,
} from '../../../src/load/rejects/retry.js'
import { systemFiles } from '../../../src/platform/system-files.js'
import { testRun } from '../../helpers/load-run.js'

const known = <T>(value: T) => ({ value, how: 'found' }) as const

const options: LoadOptions = {
  inputs: ['in.csv'],
  server: { host: 'h', port: 1, user: 'u' },
  target: { table: 't' },
  input: { skipLines: 3, limit: 9, jsonPath: 'a', ragged: 'pad', encoding: 'auto', follow: true },
  mapping: { map: { a: 'b' } },
  cells: { nullTexts: ['-'] },
  rejects: { file: 'r.csv' },
  delivery: { mode: 'sync' },
  ...{ expectRows: 7, runId: 'nightly' },
  journal: { folder: '/state', workingFolder: '/data' },
}
const reading: RejectReading = {
  ...{ format: 'csv', delimiter: known(';'), quote: known(''), escape: known('') },
  ...{ header: known(true), decimalComma: known(true), trailingDelimiter: known(false) },
  encoding: known('gb18030'),
}
const runRead = (how: RejectReading | undefined): RejectRun =>
  rejectRun({ options, checked: testRun().checked }, { path: 'r.csv', fieldNames: ['a'] }, how)
const run = runRead(reading)

t.test('the first line has all that was detected, nothing that only the input needs', async t => {
  t.strictSame(run, {
    ...{ format: 6, folder: '/data', path: 'r.csv', fieldNames: ['a'] },
    options: {
      server: { host: 'h', port: 1, user: 'u' },
      target: { table: 't' },
      input: {
        ...{ ragged: 'pad', compression: 'none', format: 'csv', encoding: 'gb18030' },
        ...{ delimiter: ';', quote: '', header: 'yes' },
        // Records with an additional field stay rejects, even if a file contains only such records.
        trailingDelimiter: false,
      },
      mapping: { map: { a: 'b' } },
      cells: { nullTexts: ['-'], decimalComma: true },
      delivery: { mode: 'sync' },
    },
  })
  const none = { delimiter: null, quote: null, escape: null, header: null } as const
  const json = { ...none, decimalComma: null, trailingDelimiter: null, format: 'json' } as const
  t.strictSame(runRead({ ...json, encoding: known('utf-8') }).options.input, {
    ...{ ragged: 'pad', compression: 'none', format: 'ndjson', encoding: 'utf-8' },
  })
  t.strictSame(runRead(undefined).options.input, {
    ...{ ragged: 'pad', encoding: 'auto', compression: 'none' },
  })
})

t.test('texts of the name of an input are recorded, whatever they contain', async t => {
  const type = { type: 'STRING' } as const
  const input = (name: string) => ({ kind: 'input', name }) as const
  const columns = ['a', 'b', 'day', 'n'].map((name, i) => {
    const parts = [input(['path', 'day', 'day', 'none'][i]!), { kind: 'field', index: 0 } as const]
    return { name, type, source: { kind: 'template', parts } as const }
  })
  const mapping = { columns, ignoreExtra: false, allowMissing: false }
  const texts = { path: '{x}/a.csv', day: '5', none: undefined, unused: 'u' }
  const set = { a: '{path}:{sym}{{', b: '{unused}{day}', n: '{none}.' }
  t.strictSame(setWithTexts(mapping, texts, set), {
    ...{ day: '5', a: '{{x}/a.csv:{sym}{{', b: '{unused}5', n: '' },
  })
  t.equal(setWithTexts({ ...mapping, columns: [] }, texts, set), undefined)
})

t.test('the first line of the reasons gives the settings of the run', async t => {
  const path = join(t.testdir(), 'r.csv')
  const write = (text: string): void => writeFileSync(`${path}.reasons.ndjson`, text)
  const line = JSON.stringify({ runId: 'nightly', token: 'a', file: 'x', run })
  write(`${line}\n{"runId":"nightly"}\n{"ru`)
  const known = { runId: 'nightly', token: 'a', run, isOfAudit: false, rows: 2 }
  t.strictSame(await readRejectRun(path, systemFiles), known)
  const others = ['', '{}\n', 'x\n', '1\n', 'null\n', line, '{"runId":"nightly"}\n']
  const { options } = run
  const changes: object[] = [
    ...[{ options: null }, { options: [] }, { options: { ...options, server: {} } }],
    { options: { ...options, server: { host: 'h', port: '1' } } },
    { options: { ...options, target: null } },
    { options: { ...options, target: { table: ['t'] } } },
    { options: { ...options, mapping: { map: null } } },
    { options: { ...options, delivery: 'x' } },
    ...[{ folder: null }, { path: 7 }, { fieldNames: 'a' }, { fieldNames: [null] }, { format: 5 }],
  ]
  for (const change of changes) {
    others.push(`${JSON.stringify({ runId: 'nightly', run: { ...run, ...change } })}\n`)
  }
  for (const text of [...others, line.slice(0, 50)]) {
    write(text)
    await t.rejects(readRejectRun(path, systemFiles), { code: 'DDB_INPUT_FORMAT' }, text)
  }
  await t.rejects(readRejectRun(`${path}.no`, systemFiles), {
    code: 'DDB_INPUT_MISSING',
    message: /has no reasons next to it .*load it with the options of that run/,
  })
  mkdirSync(`${path}.d.reasons.ndjson`)
  const unread = { code: 'DDB_INPUT_MISSING', message: /cannot be opened: EISDIR/ }
  await t.rejects(readRejectRun(`${path}.d`, systemFiles), unread)
})

t.test('the last line has all UTC offsets of times', async t => {
  const path = join(t.testdir(), 'r.csv')
  const line = (more: object): string =>
    `${JSON.stringify({ runId: 'nightly', file: 'x', ...more })}\n`
  const first = line({ run, offsets: { a: '+08:00' } })
  const others = line({ offsets: { a: '+08:00' } }).repeat(100_000)
  const last = line({ offsets: { a: '+08:00', b: 'none' } })
  for (const [text, offsets] of [
    [line({ run }), undefined],
    [first, { a: '+08:00' }],
    [first + others + last, { a: '+08:00', b: 'none' }],
    [first + others + last.slice(0, -9), { a: '+08:00' }],
  ] as const) {
    writeFileSync(`${path}.reasons.ndjson`, text)
    const found = await readRejectRun(path, systemFiles)
    t.strictSame(found.run.options.cells?.offsets, offsets)
  }
})

t.test('a file has one run ID for retries, and a new file for rows that fail again', async t => {
  const rejects = { runId: 'nightly', run }
  const name = retryRunId(rejects.runId, rejects.run.path)
  t.match(name, /^nightly\.retry-[0-9a-f]{8}$/)
  const other = (change: Partial<RejectRun>): string =>
    retryRunId(rejects.runId, { ...run, ...change }.path)
  t.not(other({ path: 'r.2.csv' }), name)
  t.equal(other({ folder: '/elsewhere' }), name)
  t.match(retryRunId(name, run.path), /^nightly\.retry-[0-9a-f]{8}$/)
  t.not(retryRunId(name, run.path), name)
  t.match(retryRunId('x'.repeat(64), run.path), /^[A-Za-z0-9._-]{1,64}$/)
  t.equal(retryRejectsPath('a/r.csv'), 'a/r.retry.csv')
  t.equal(retryRejectsPath('a.b/r'), 'a.b/r.retry')
  t.equal(retryRejectsPath('r.retry.csv'), 'r.retry-2.csv')
  t.equal(retryRejectsPath('r.retry-2.csv'), 'r.retry-3.csv')
})

const check = (
  asked: Omit<LoadOptions, 'server' | 'target'>,
  isEncodingGiven = false,
  set = {},
) => {
  const options = { ...run.options, mapping: { set } }
  return checkRepaired({ fieldNames: ['a', 'b'], options }, asked, isEncodingGiven, systemFiles)
}

t.test('if columns match by position, the file must still begin with its header', async t => {
  const path = join(t.testdir(), 'r.csv')
  const input = { format: 'csv', delimiter: ';', header: 'yes' } as const
  const checkText = (text: string, mapping: LoadOptions['mapping'] = { match: 'position' }) => {
    writeFileSync(path, text)
    return check({ inputs: [path], mapping: mapping ?? {}, input })
  }
  const lost = { code: 'DDB_INPUT_COLUMN', message: /does not begin with its header \(a, b\)/ }
  await t.resolves(checkText('a;b\n1;2\n'))
  await t.resolves(checkText('"a";b\n'))
  await t.resolves(checkText(''))
  await t.rejects(checkText('1;2\n3;4\n'), lost)
  await t.rejects(checkText('a\n'), lost)
  await t.resolves(checkText('1;2\n', {}), 'by name, no column matches')
})

t.test('a file saved again as UTF-8 needs the encoding option', async t => {
  const path = join(t.testdir(), 'r.csv')
  const checkBytes = (bytes: Buffer, encoding: 'gb18030' | 'utf-8', isGiven = false) => {
    writeFileSync(path, bytes)
    return check({ inputs: [path], input: { encoding } }, isGiven)
  }
  const gbk = Buffer.from([0xb9, 0xc9, 0xc6, 0xb1, 0x0a])
  const other = { code: 'DDB_INPUT_ENCODING', message: /seems to be UTF-8 now, and was gb18030/ }
  await t.resolves(checkBytes(gbk, 'gb18030'))
  await t.resolves(checkBytes(Buffer.from('a,b\n'), 'gb18030'))
  await t.rejects(checkBytes(Buffer.from('股票\n'), 'gb18030'), other)
  await t.rejects(checkBytes(Buffer.from(`${'a'.repeat(2_000_000)}股\n`), 'gb18030'), other)
  await t.resolves(checkBytes(Buffer.from('股票\n'), 'gb18030', true))
  await t.resolves(checkBytes(Buffer.from('股票\n'), 'utf-8'))
  await t.resolves(check({ inputs: [`${path}.no`], input: { encoding: 'gb18030' } }))
})

t.test('rows with texts that the file does not record are refused', async t => {
  const path = join(t.testdir({ 'r.csv': '' }), 'r.csv')
  await t.resolves(check({ inputs: [path] }, false, { c: '{sym}' }))
  for (const template of ['{line}', 'x{filename}']) {
    const lost = { code: 'DDB_USAGE', message: /"c" is filled by .*does not record/ }
    await t.rejects(check({ inputs: [path] }, false, { c: template }), lost, template)
  }
})
