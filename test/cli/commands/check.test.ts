/* The loads that a check proposes. */
import t from 'tap'
import { loadCommand } from '../../../src/cli/commands/check.js'
import { loadOptions } from '../../../src/cli/options/options.js'
import { resolveOptions, type OptionSources } from '../../../src/cli/options/definition.js'
import type { CheckResult, FrozenLoad } from '../../../src/load/check/check-observer.js'

const frozen: FrozenLoad = {
  inputs: ['a.csv'],
  input: { format: 'csv', delimiter: '\t', quote: '', encoding: 'utf-8', header: 'no' },
  mapping: { match: 'name', map: { '价 "x"': "it's", b: '-c=d' } },
  cells: { decimalComma: false, timeZone: 'none' },
}

interface Change {
  readonly args?: readonly string[]
  readonly frozen?: FrozenLoad
  /** Of the load, from 1. */
  readonly number?: number
  readonly isOnly?: boolean
  readonly rejected?: number
  readonly isWhole?: boolean
}

/** The load that a check of five rows proposes. */
function command(
  flags: Record<string, string[]>,
  change: Change = {},
  environment: OptionSources['environment'] = {},
): string {
  const { args = ['a.csv'], number = 1, rejected = 0, isWhole = false } = change
  const { frozen: own = frozen, isOnly = true } = change
  const sources: OptionSources = { flags: new Map(Object.entries(flags)), environment }
  const input = { path: 'a.csv', rows: 5, rejected, isWhole } as CheckResult['inputs'][number]
  const checked = { frozen: isOnly ? [own] : [own, own], inputs: [input] }
  const settings = resolveOptions(loadOptions, sources)
  return loadCommand(number - 1, checked, settings, { args, sources })
}

const found = [
  '--format csv --encoding utf-8 --delimiter',
  `'\\t' --quote '' --header no --match name --map '价 "x"=it'\\''s' --map b=-c=d --timezone none`,
].join(' ')
const ended = '--host 127.0.0.1:8848'

t.test('records that cannot be read go to a file unless they are left out', async t => {
  const rejected = { rejected: 1, isWhole: true }
  for (const onError of ['null', 'quarantine'])
    t.match(command({ table: ['t'], 'on-error': [onError] }, rejected), / --rejects rejects\.csv/)
  t.notMatch(command({ table: ['t'], 'on-error': ['skip'] }, rejected), / --rejects /)
})

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
  const second = command(flags, { isOnly: false, number: 2, rejected: 1, isWhole: true })
  const own = ['--run-id r-2', '--rejects x/r-2.csv', '--limit 5', '--expect-rows 4', '--json=s-2']
  for (const words of own) t.ok(second.includes(` ${words} `) || second.endsWith(words), words)
  const first = command(flags, { isOnly: false })
  t.match(first, /--limit 9 .*--rejects x\/r\.csv .*--run-id r --expect-rows 8/)
  t.notMatch(command({}, { isOnly: false, rejected: 1, isWhole: true }), /--limit|--expect-rows/)
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
  const withComma = command({}, { frozen: { ...frozen, cells: { decimalComma: true } } })
  t.match(withComma, / --decimal-comma /)
})
