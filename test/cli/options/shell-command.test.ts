import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { loadOptions } from '../../../src/cli/options/options.js'
import { resolveOptions, type OptionSources } from '../../../src/cli/options/resolve.js'
import {
  shellWord,
  loadCommand,
  type CommandPart,
  nextCommands,
  type ProposedTable,
  repeatedWords,
  resumeCommand,
  type RunToResume,
} from '../../../src/cli/options/shell-command.js'
import type { FrozenLoad } from '../../../src/load/check/check-result.js'
import { systemName } from '../../../src/platform/file-name.js'
import { runs } from '../../helpers/runs.js'

t.test('words that need no quotes get none', async t => {
  t.equal(shellWord('a/b-c.csv'), 'a/b-c.csv')
  t.equal(shellWord('a b'), "'a b'")
  t.equal(shellWord("it's"), "'it'\\''s'")
  t.equal(shellWord(''), "''")
})

t.test('a shell reads the words unchanged', async t => {
  const text = fc.string({ unit: 'binary', maxLength: 20 }).map(one => one.replaceAll('\0', ''))
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), words => {
      const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`
      const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
      return stdout === words.map(word => `${word}\0`).join('')
    }),
    { numRuns: runs(20) },
  )
  t.pass()
})

t.test('a shell reads bytes that are not UTF-8 unchanged', async t => {
  const name = `it's \\ \udcff7 \udc80é`
  const { stdout } = spawnSync('bash', ['-c', `printf '%s' ${shellWord(name)}`])
  t.strictSame(stdout, Buffer.from(systemName(name)))
})

const frozen: FrozenLoad = {
  inputs: ['a.csv'],
  input: { format: 'csv', delimiter: '\t', quote: '', encoding: 'utf-8', header: 'no' },
  mapping: { match: 'name', map: { '价 "x"': "it's", b: '-c=d' } },
  cells: { decimalComma: false, timeZone: 'none' },
}

function command(
  flags: Record<string, string[]>,
  change: Partial<CommandPart> = {},
  environment: OptionSources['environment'] = {},
): string {
  const sources: OptionSources = {
    flags: new Map(Object.entries(flags)),
    environment,
  }
  return loadCommand(resolveOptions(loadOptions, sources), sources, {
    frozen,
    number: 1,
    isOnly: true,
    args: ['a.csv'],
    counts: { rows: 5, fit: 5, isWhole: false },
    ...change,
  })
}

const found = [
  '--format csv --encoding utf-8 --delimiter',
  `'\\t' --quote '' --header no --match name --map '价 "x"=it'\\''s' --map b=-c=d --timezone none`,
].join(' ')
const ended = '--host 127.0.0.1:8848'

t.test('detected settings and the target are spelled out', async t => {
  t.equal(command({ table: ['t'] }), `ddb-ingest load a.csv --table t ${found} ${ended}`)
})

t.test('the environment becomes flags; output options do not', async t => {
  const line = command(
    {
      ...{ quiet: ['true'], 'dry-run': ['true'], json: ['true'], null: ['-', 'n/a'] },
      ...{ 'on-error': ['skip'], 'date-format': ['a=yyyy'] },
    },
    {},
    {
      DDB_INGEST_TABLE: 't',
      DDB_USER: 'joe',
      DDB_PASSWORD: 'secret',
      DDB_HOST: 'h,[::1]:9',
      DDB_PORT: '7',
      DDB_INGEST_TRIM: 'false',
      DDB_INGEST_TRACE: 'x',
      DDB_INGEST_SET: '["c=1 2"]',
    },
  )
  const middle = "--set 'c=1 2' --null=- --null n/a --date-format a=yyyy --timezone none"
  t.equal(
    line,
    `ddb-ingest load a.csv --table t ${found.replace('--timezone none', middle)} ` +
      "--on-error skip --host 'h:7,[::1]:9' --user joe",
  )
})

t.test('sources keep their spelling and cannot be mistaken for options', async t => {
  const args = ['day=*/t.csv', '-x.csv', '@x', '-']
  t.match(command({}, { args }), /^ddb-ingest load 'day=\*\/t\.csv' \.\/-x\.csv \.\/@x - --format/)
  const list = { 'files-from': ['l'] }
  t.match(command(list, { args: [] }), /^ddb-ingest load --format .* --files-from l /)
  t.match(command({ 'files-from': ['-'] }, { args: [] }), /^ddb-ingest load a\.csv --format/)
  t.match(command(list, { args: [], isOnly: false }), /^ddb-ingest load a\.csv --format/)
})

t.test('several loads have different run IDs and files', async t => {
  const flags = {
    'run-id': ['r'],
    rejects: ['x/r.csv'],
    limit: ['9'],
    'expect-rows': ['8'],
    json: ['true', 's'],
  }
  const second = command(flags, {
    isOnly: false,
    number: 2,
    counts: { rows: 5, fit: 4, isWhole: true },
  })
  for (const words of [
    '--run-id r-2',
    '--rejects x/r-2.csv',
    '--limit 5',
    '--expect-rows 4',
    '--json=s-2',
  ]) {
    t.ok(second.includes(` ${words} `) || second.endsWith(words), words)
  }
  const first = command(flags, { isOnly: false })
  t.match(first, /--limit 9 .*--rejects x\/r\.csv .*--run-id r --expect-rows 8/)
  t.notMatch(
    command({}, { isOnly: false, counts: { rows: 5, fit: 4, isWhole: true } }),
    /--limit|--expect-rows/,
  )
})

t.test('characters that are hard to type have names', async t => {
  const text = (delimiter: string): string =>
    / --delimiter (\S+) /.exec(
      command({}, { frozen: { ...frozen, input: { delimiter } } }).replace(
        '--delimiter=',
        '--delimiter ',
      ),
    )![1]!
  t.equal(text('\u0001'), "'\\x01'")
  t.equal(text('||'), "'||'")
  t.equal(text('-'), '-')
  t.match(
    command({}, { frozen: { ...frozen, cells: { decimalComma: true } } }),
    / --decimal-comma /,
  )
})

const nothing: ProposedTable['needed'] = {
  input: {},
  mapping: {},
  cells: {},
  rejects: 0,
}

const next = ({
  args = ['t.csv'],
  flags = new Map<string, string[]>(),
  ...change
}: Partial<ProposedTable> & { args?: string[]; flags?: Map<string, string[]> }): string[] =>
  nextCommands(
    { args, flags },
    { table: 't', needed: nothing, needsScript: false, hasScript: false, ...change },
  )

t.test('if possible, the printed load creates the table', async t => {
  t.strictSame(next({}), ['ddb-ingest load t.csv --table t --create stream'])
  t.strictSame(next({ table: 'dfs://d/t' }), [
    'ddb-ingest load t.csv --table dfs://d/t --create dfs',
  ])
  t.strictSame(next({ hasScript: true }), ['ddb-ingest load t.csv --table t'])
  t.strictSame(next({ args: ['-'] }), ['ddb-ingest load - --table t'])
  t.strictSame(next({ flags: new Map([['key', ['a,b']]]), needsScript: true }), [
    'ddb-ingest schema t.csv --table t --key a,b --output create | ddb-ingest exec -',
    'ddb-ingest load t.csv --table t',
  ])
  const flags = new Map([
    ['partition', ['day']],
    ['engine', ['OLAP']],
  ])
  t.strictSame(next({ table: 'dfs://d/t', flags, needsScript: true }), [
    'ddb-ingest schema t.csv --table dfs://d/t --partition day --engine OLAP --output create | ddb-ingest exec -',
    'ddb-ingest load t.csv --table dfs://d/t',
  ])
})

t.test('given options are repeated, and necessary options are added', async t => {
  const flags = new Map([
    ['delimiter', ['-']],
    ['null', ['NA', '']],
    ['trim', ['true']],
    ['sample', ['10']],
    ['json', ['true']],
  ])
  t.strictSame(next({ flags: new Map([['delimiter', ['\t']]]) }), [
    "ddb-ingest load t.csv --table t --create stream --delimiter '\\t'",
  ])
  const needed: ProposedTable['needed'] = {
    input: { quote: '', quotes: 'lax', trim: true, comment: '#' },
    mapping: { map: { a_b: "a 'b'" }, match: 'position', allowMissing: true, ignoreExtra: true },
    cells: {
      dateFormats: { d: 'dd/MM/yyyy' },
      nullTexts: ['-', 'N/A'],
      thousands: ' ',
      decimalComma: true,
      percentColumns: ['p', 'q r'],
      booleans: ['Y/N'],
    },
    rejects: 0,
  }
  t.strictSame(next({ args: ['-x y.csv'], flags, needed }), [
    "ddb-ingest load './-x y.csv' --table t --create stream --delimiter=- --null NA --null '' --null=- --null N/A --trim " +
      "--quote '' --comment '#' --quotes lax --match position " +
      "--map 'a_b=a '\\''b'\\''' --ignore-extra --allow-missing --date-format d=dd/MM/yyyy --thousands ' ' " +
      "--decimal-comma --percent p --percent 'q r' --booleans Y/N",
  ])
})

const server = { host: 'h', port: 9, user: 'u' }
const resumed = (change: Partial<RunToResume> = {}): string =>
  resumeCommand({ runId: 'r', stateDir: undefined, server, journaled: server, ...change })

t.test('options that the journal contains are not repeated', async t => {
  t.equal(resumed(), 'ddb-ingest resume r')
  const withPassword = { ...server, password: 'secret' }
  t.equal(resumed({ server: withPassword }), 'ddb-ingest resume r')
})

t.test('options that differ from the journal are repeated', async t => {
  t.equal(resumed({ server: { ...server, port: 7 } }), 'ddb-ingest resume r --host h:7')
  const otherHosts = [{ host: '::1', port: 8 }]
  t.equal(
    resumed({ server: { ...server, otherHosts, user: 'v' } }),
    "ddb-ingest resume r --host 'h:9,[::1]:8' --user v",
  )
  t.equal(resumed({ stateDir: '/a b' }), "ddb-ingest resume r --state-dir '/a b'")
})

t.test('flags that are never in a journal are repeated, with complete file names', async t => {
  const flags = new Map([
    ['insecure-login', ['true']],
    ['password-file', ['pw']],
    ['require', ['tls', 'scram']],
  ])
  t.strictSame(repeatedWords(flags), [
    '--insecure-login',
    '--password-file',
    resolve('pw'),
    '--require',
    'scram',
  ])
})
