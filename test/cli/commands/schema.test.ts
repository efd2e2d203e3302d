/* Tests the output of `schema`. test/infer/ tests which columns are found. */
import { join } from 'node:path'
import t from 'tap'
import { nextCommands, schemaText, type ProposedTable } from '../../../src/cli/commands/schema.js'
import { inferText } from '../../infer/inferring.js'
import { runMain, type FakeTerminals, type Outcome } from '../run-cli.js'

const schema = (argv: readonly string[], terminals: FakeTerminals = {}): Promise<Outcome> =>
  runMain(['schema', ...argv], terminals)

const rows = 'id,code,odd\n1,007,1\n2,008,NA\n3,009,3\n'

t.test('the output is a table for people, warnings with flags, and the next command', async t => {
  const { code, stdout, stderr } = await schema(['-', '--delimiter', ','], { stdin: rows })
  t.equal(code, 0, stderr)
  t.equal(
    stdout,
    [
      'column  type    nulls  different  sample',
      'id      INT         0          3  1',
      'code    STRING      0          3  007',
      'odd     INT         1          3  1',
      'looked at 3 records, all of them',
      'code: "007" has a leading zero, which a number would lose: kept as text',
      'odd: "NA" in 1 of 3 rows is null with --null NA',
      '',
    ].join('\n'),
  )
  t.equal(stderr, 'next: ddb-ingest load - --table data --delimiter , --null NA\n')
})

t.test('the output can be types, the script, or one JSON object', async t => {
  const path = join(t.testdir({ 'my rows.csv': rows }), 'my rows.csv')
  const types = 'id:INT,code:STRING,odd:INT'
  const known = [path, '--null', 'NA']
  t.match(await schema([...known, '--output', 'types']), {
    code: 0,
    stdout: `${types}\n`,
    stderr: /^looked at 3 records, all of them\ncode: "007" has a leading zero/,
  })
  const made = await schema([...known, '--output', 'create'])
  const expected =
    /^\/\/ For .*my rows\.csv: 3 rows.*\n[^]*\nshare\(streamTable\(.*, "my_rows"\)\n$/
  t.match(made.stdout, expected)
  t.match(made.stderr, `next: ddb-ingest load '${path}' --table my_rows --null NA\n`)
  const object = JSON.parse((await schema([...known, '--json'])).stdout) as object
  t.match(object, {
    schema: 'ddb-ingest/schema/1',
    exitCode: 0,
    table: 'my_rows',
    inputs: [{ path, format: 'csv', compression: 'none', encoding: 'utf-8', rows: 3 }],
    rows: { read: 3, isComplete: true, estimated: 3, rejected: 0 },
    firstReject: null,
    columns: [
      {
        name: 'id',
        source: 'id',
        type: 'INT',
        dateFormat: null,
        nulls: 0,
        distinct: 3,
        sample: '1',
      },
      { name: 'code', warnings: [/leading zero/] },
      { name: 'odd', nulls: 1 },
    ],
    leftOut: [],
    types,
    script: /^\/\/ For/,
    commands: [/--create stream/],
    error: null,
  })
})

t.test('given types become the types of the table', async t => {
  const path = join(t.testdir({ 'a.csv': rows }), 'a.csv')
  const types = ['--types', 'code:SYMBOL']
  t.match(await schema([path, ...types, '--set', 'odd=7', '--output', 'types']), {
    stdout: 'id:INT,code:SYMBOL,odd:INT\n',
    stderr: [
      'looked at 3 records, all of them',
      'odd: left out, its column is filled by --set',
      `next: ddb-ingest load ${path} --table a --create stream --types code:SYMBOL --set odd=7 --ignore-extra`,
      '',
    ].join('\n'),
  })
  const mapped = await schema([path, '--map', 'a=ODD', '--map', 'b=odd'])
  t.match(mapped.stderr, /--table a --create stream --map a=ODD --map b=odd --null NA\n$/)
})

t.test('with --json an error is also one object', async t => {
  const missing = await schema(['nowhere.csv', '--json'])
  t.equal(missing.code, 66)
  t.match(JSON.parse(missing.stdout), { exitCode: 66, error: { code: 'DDB_INPUT_MISSING' } })
  t.match(await schema(['-'], { stdin: '' }), { code: 65, stdout: '', stderr: /is empty/ })
})

t.test('a DFS table without a possible partition column has columns and no script', async t => {
  const argv = ['-', '--table', 'dfs://d/t']
  const stdin = 'a,b\n1,\n,2\n'
  const { code, stderr } = await schema(argv, { stdin })
  t.match([code, stderr], [0, /^a DFS table needs a column of days/m])
  t.notMatch(stderr, 'next:')
  t.match(await schema([...argv, '--output', 'create'], { stdin }), { code: 65, stdout: '' })
  const { stdout } = await schema([...argv, '--json'], { stdin })
  t.match(JSON.parse(stdout), { script: null, commands: [], types: 'a:INT,b:INT' })
})

t.test('the output says that it is based on a sample', async t => {
  const { stdout } = await schema(['-', '--sample', '2'], { stdin: rows })
  t.match(stdout, /\nlooked at the first 2 records\n/, 'a pipe has no size')
  const path = join(t.testdir({ 'a.csv': `a\n${'12\n'.repeat(1000)}` }), 'a.csv')
  const some = await schema([path, '--sample', '10'])
  t.match(some.stdout, /\nlooked at the first 10 records of about 1,00\d\n/)
})

t.test('impossible options are a usage error', async t => {
  for (const argv of [
    ['-', '--table', 'a b'],
    ['-', '--key', 'nothing', '--output', 'create'],
    ['-', '--date-format', 'nothing=yyyy'],
    ['-', '--sample', '0'],
    ['-', '--types', 'id'],
    ['-', '--types', 'nothing:INT'],
    ['-', '--output', 'xml'],
  ]) {
    t.match(await schema(argv, { stdin: rows }), { code: 64, stdout: '' }, argv.join(' '))
  }
  const asked = await schema([], { stdinIsTerminal: true })
  t.match(asked, { code: 64, stderr: /Usage: ddb-ingest schema[^]*no input/ })
})

t.test('columns are aligned in any alphabet; no control character is printed', async t => {
  const schema = await inferText('日期,long\n2020.01.02,\u001b[31mred\n,x\n1,2,3\n')
  const text = schemaText(schema, (style, line) => `<${style}>${line}`)
  t.strictSame(text.split('\n').slice(0, 3), [
    '<bold>column  type    nulls  different  sample',
    '日期    DATE        1          1  2020.01.02',
    'long    STRING      0          2  red',
  ])
  t.match(
    text,
    /\nlooked at 3 records, all of them\n1 record cannot be read; the first: <stdin> line 4/,
  )
})

t.test('a header without proof is assumed, reported, and an option of the command', async t => {
  const cities = 'city_name,land\nBerlin,de\nParis,fr\nLyon,fr\n'
  const towns = 'Berlin,de\nParis,de\nLyon,fr\nMarseille,fr\n'
  const dir = t.testdir({
    'a.csv': cities,
    'b.csv': towns,
    'c.csv': cities,
    'd.csv': towns,
    'e.csv': `Rom,it\n${towns}`,
  })
  const a = join(dir, 'a.csv')
  const b = join(dir, 'b.csv')
  const [c = '', d = '', e = ''] = ['c.csv', 'd.csv', 'e.csv'].map(name => join(dir, name))
  const header = await schema([a, '-t', 'x'])
  t.match(header, { code: 0, stdout: /\ncity_name .*\nland .*\nlooked at 3 records/ })
  t.match(
    header.stdout,
    '\nassumed, as nothing proves it: the first record is a header, because "city_name" looks like a name of a column\n',
  )
  t.strictSame(header.stderr.split('\n'), [
    `if the first record is a row: ddb-ingest schema ${a} --table x --header no`,
    `next: ddb-ingest load ${a} --table x --create stream --header yes`,
    '',
  ])
  const row = await schema([b, '-t', 'x', '--output', 'types'])
  t.match(row, { code: 0, stdout: 'col0:STRING,col1:SYMBOL\n' })
  t.match(row.stderr, /\nassumed.* is a row, because "de" looks like a value\n/)
  t.match(row.stderr, /if the first record is a header: .* --header yes\n/)
  t.match(row.stderr, /\nnext: .* --header no\n$/)
  // With --json no header is assumed, because no person reads the output. If files contradict each other, no header is
  // assumed either.
  const unclear = /cannot tell whether the first record/
  t.match(await schema([a, '--json']), { code: 64, stdout: unclear, stderr: unclear })
  t.match(await schema([a, b]), { code: 64, stdout: '', stderr: unclear })
  t.match(await schema([b, d]), { code: 64, stdout: '', stderr: unclear })
  t.match(await schema([a, c, '-t', 'x']), { code: 0, stderr: /next: .* --header yes\n$/ })
  t.match(await schema([b, a]), { code: 64, stdout: '', stderr: unclear })
  t.match(await schema([b, e, '-t', 'x']), { code: 0, stderr: /next: .* --header no\n$/ })
  const pipe = await schema(['-'], { stdin: cities })
  t.match(pipe, { code: 0, stderr: /^next: .* --header yes\n$/ })
  const given = await schema([a, '--header', 'yes'])
  t.notMatch(given.stdout, 'assumed')
})

t.test('lines that are omitted from the output are reported', async t => {
  const text = schemaText(await inferText('{"a":1,"b":["x"]}\n'), (_, line) => line)
  t.match(text, /\nb: left out, its arrays hold texts/)
})

t.test('columns of days and codes from paths are suggested, because rows lack them', async t => {
  const files = () =>
    Object.fromEntries(
      ['000001.csv', '600519.csv'].map(name => [name, 'time,price\n09:30:00,1.5\n']),
    )
  const dir = t.testdir({
    days: { 20240102: files(), 20240103: files() },
    other: { 'a.csv': rows, 'b.csv': rows },
  })
  const found = await schema([join(dir, 'days')])
  t.match(found.stderr, `next: ddb-ingest schema ${join(dir, 'days')} --path '{day}/{code}.csv'\n`)
  const taken = await schema([join(dir, 'days'), '--path', '{day}/{code}.csv'])
  t.match(
    taken.stderr,
    /next: ddb-ingest load .* --table days --create stream --path '\{day\}\/\{code\}.csv'\n$/,
  )
  t.notMatch((await schema([join(dir, 'other')])).stderr, /--path/)
  const dated = await schema([join(dir, 'days'), '--set', 'code={path}', '--set', 'day=2024.01.02'])
  t.notMatch(dated.stderr, /--path/)
})

t.test('the printed command omits totals below a table', async t => {
  const path = join(
    t.testdir({ 'a.tsv': 'day\tsym\tn\n2024-01-02\tA\t1\n2024-01-02\tB\t2\n\t合计\t3\n' }),
    'a.tsv',
  )
  const { stdout, stderr } = await schema([path, '--table', 'dfs://made/t'])
  t.match(stdout, /1 record of sums \("合计", .* line 4\) left out of the table by --comment/)
  t.match(stderr, /next: .*--create dfs --comment '\\t合计\\t'\n$/)
})

const nothing: ProposedTable['needed'] = { input: {}, mapping: {}, cells: {}, rejects: 0 }

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
