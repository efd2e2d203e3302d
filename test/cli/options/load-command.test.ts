import t from 'tap'
import type { FrozenLoad } from '../../../src/load/check/check-result.js'
import { loadCommand, type CommandPart } from '../../../src/cli/options/shell-command.js'
import { loadOptions } from '../../../src/cli/options/load-options.js'
import { resolveOptions, type OptionSources } from '../../../src/cli/options/reading/resolve.js'

const frozen: FrozenLoad = {
  inputs: ['a.csv'],
  input: { format: 'csv', delimiter: '\t', quote: '', encoding: 'utf-8', header: 'no' },
  mapping: { match: 'name', map: { '价 "x"': "it's", b: '-c=d' } },
  cells: { decimalComma: false, timeZone: 'none' },
  expectTypes: 'a:INT,b:STRING',
}

function command(
  flags: Record<string, string[]>,
  change: Partial<CommandPart> = {},
  environment: OptionSources['environment'] = {},
  values: Record<string, unknown> = {},
): string {
  const sources: OptionSources = {
    flags: new Map(Object.entries(flags)),
    environment,
    environmentPrefix: 'DDB_INGEST_',
    layers: [{ path: '/c.json', values }],
  }
  return loadCommand(resolveOptions(loadOptions, sources), sources, {
    frozen,
    number: 1,
    isOnly: true,
    args: ['a.csv'],
    counts: undefined,
    ...change,
  })
}

const found = [
  '--format csv --encoding utf-8 --delimiter',
  `'\\t' --quote '' --header no --match name --map '价 "x"=it'\\''s' --map b=-c=d --timezone none`,
].join(' ')
const ended = '--host 127.0.0.1:8848 --expect-types a:INT,b:STRING'

t.test('what was found is said, and where it goes', async t => {
  t.equal(command({ table: ['t'] }), `ddb-ingest load a.csv --table t ${found} ${ended}`)
})

t.test('environment and configuration become flags; what concerns the output does not', async t => {
  const line = command(
    { verbose: ['true'], 'dry-run': ['true'], json: ['true'], null: ['-', 'n/a'] },
    {},
    {
      DDB_INGEST_TABLE: 't',
      DDB_USER: 'joe',
      DDB_PASSWORD: 'secret',
      DDB_HOST: 'h,[::1]:9',
      DDB_INGEST_TRIM: 'false',
      DDB_INGEST_LENIENT: 'yes',
      DDB_INGEST_TRACE: 'x',
    },
    { port: 7, 'on-error': 'skip', set: { c: '1 2' }, 'date-format': ['a=yyyy'] },
  )
  const middle = "--set 'c=1 2' --null=- --null n/a --date-format a=yyyy --timezone none"
  t.equal(
    line,
    `ddb-ingest load a.csv --table t ${found.replace('--timezone none', middle)} ` +
      "--lenient --on-error skip --host 'h:7,[::1]:9' --user joe --expect-types a:INT,b:STRING",
  )
})

t.test('sources stay as they were given, and can be nothing else', async t => {
  const args = ['day=*/t.csv', '-x.csv', '-']
  t.match(command({}, { args }), /^ddb-ingest load 'day=\*\/t\.csv' \.\/-x\.csv - --format/)
  const list = { 'files-from': ['l'] }
  t.match(command(list, { args: [] }), /^ddb-ingest load --files-from l --format/)
  t.match(command({ 'files-from': ['-'] }, { args: [] }), /^ddb-ingest load a\.csv --format/)
  t.match(command(list, { args: [], isOnly: false }), /^ddb-ingest load a\.csv --format/)
})

t.test('several loads have names and files of their own', async t => {
  const flags = {
    'run-id': ['r'],
    rejects: ['x/r.csv'],
    limit: ['9'],
    'expect-rows': ['8'],
    summary: ['s'],
  }
  const second = command(flags, { isOnly: false, number: 2, counts: { rows: 5, fit: 4 } })
  for (const words of [
    '--run-id r-2',
    '--rejects x/r-2.csv',
    '--limit 5',
    '--expect-rows 4',
    '--summary s-2',
  ]) {
    t.ok(second.includes(` ${words} `) || second.endsWith(words), words)
  }
  const first = command(flags, { isOnly: false })
  t.match(first, /--limit 9 .*--rejects x\/r\.csv .*--run-id r --expect-rows 8/)
  t.notMatch(command({}, { isOnly: false, counts: { rows: 5, fit: 4 } }), /--limit|--expect-rows/)
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
