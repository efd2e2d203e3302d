/*
  What the command line adds to a check: text, objects, codes, and the command that does exactly what was checked.
*/
import { execFileSync } from 'node:child_process'
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { CheckResult } from '../../../src/load/check/check-result.js'
import { root } from '../../helpers/checkout.js'
import { startLoadServer, tradesScript } from '../../helpers/load-server.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { runMain, spawnCli, type FakeTerminals, type Outcome } from '../run-cli.js'

useTurnClock()

const script = `${tradesScript}
share table(1:0, \`id\`mag\`placeName\`time, [STRING,DOUBLE,STRING,TIMESTAMP]) as quakes
share table(1:0, \`时间\`a, [TIMESTAMP,DOUBLE]) as odd
share streamTable(100:0, \`iata\`name\`city\`state\`country\`latitude\`longitude, [SYMBOL,STRING,STRING,SYMBOL,SYMBOL,DOUBLE,DOUBLE]) as airports
def takeRows(mutable data) { tableInsert(trades, data) }
addFunctionView(takeRows)`
const server = await startLoadServer(t, script)
const port = String(server.server.port)
const here = (path: string): string => new URL(path, root).pathname

const check = (argv: readonly string[], terminals: FakeTerminals = {}): Promise<Outcome> =>
  runMain(['check', '--port', port, ...argv], terminals)

t.test('a check says what would load, how, what not, and the command', async t => {
  const path = here('fixtures/csv/trades-with-bad-rows.csv')
  const { code, stdout, stderr } = await check([path, '-t', 'trades'])
  t.equal(code, 3)
  t.match(
    stdout,
    /^11 of 15 rows would load into trades on 127\.0\.0\.1:\d+: 4 would be rejected; 1 batch/,
  )
  t.match(stdout, /^ {2}time +2020\.07\.04T15:26:38\.874 +time +TIMESTAMP +2020\S+ +0 +1$/m)
  t.match(stdout, /^ {2}.*, line 11, column price: /m)
  t.match(stdout, /\nto load exactly so:\nddb-ingest load .* --expect-types [^\n]*\n$/)
  t.equal(
    stderr,
    'a load ends at the first row that it rejects: --rejects keeps such rows aside, --on-error skip leaves them out\n',
  )
  t.equal(await server.count('trades'), 0)
})

t.test('load --dry-run is the same', async t => {
  const argv = ['-', '-t', 'trades', '--port', port]
  const stdin = 'time,sym,price,id\n2020.01.01,A,1,1\n'
  const dry = await runMain(['load', '-n', ...argv], { stdin })
  t.strictSame(dry, await runMain(['check', ...argv], { stdin }))
  t.match(dry, { code: 0, stdout: /^All 1 row would load into trades.*\n.*ddb-ingest load - /s })
  t.equal(await server.count('trades'), 0)
})

t.test('-q says nothing where all would load', async t => {
  const stdin = 'time,sym,price,id\n2020.01.01,A,1,1\n'
  t.strictSame(await check(['-t', 'trades', '-q'], { stdin }), { code: 0, stdout: '', stderr: '' })
})

t.test('--json is one object on every exit', async t => {
  const stdin = 'time,sym,price,id\n2020.01.01,A,1,1\n'
  const cases: [argv: string[], code: number, error: string | null][] = [
    [['-t', 'trades'], 0, null],
    [['-t', 'tradse'], 78, 'DDB_TARGET'],
    [['-t', 'trades', '/no/such'], 66, 'DDB_INPUT_MISSING'],
    [['-t', 'trades', '--function', 'f'], 64, 'DDB_USAGE'],
    [['-t', 'trades', '--user', 'admin'], 64, 'DDB_USAGE'],
    [['-t', 'trades', '--host', '127.0.0.1:1', '--connect-timeout', '200ms'], 69, 'DDB_CONNECT'],
    [['-t', 'trades', '--expect-types', 'time:DATE'], 5, 'DDB_EXPECTATION'],
    [['-t', 'trades', '--expect-rows', '2'], 5, 'DDB_EXPECTATION'],
  ]
  let members: string[] | undefined
  for (const [argv, exitCode, code] of cases) {
    const outcome = await check([...argv, '--json'], { stdin })
    t.equal(outcome.code, exitCode, argv.join(' '))
    const result = JSON.parse(outcome.stdout) as CheckResult
    t.equal(result.exitCode, exitCode)
    t.equal(result.error?.code ?? null, code)
    members ??= Object.keys(result).sort()
    t.strictSame(Object.keys(result).sort(), members)
  }
})

t.test('no file is written, and settings of load count', async t => {
  const folder = t.testdir({
    'c.json': JSON.stringify({ load: { table: 'trades' }, check: { sample: 2 } }),
  })
  const argv = [here('fixtures/csv/trades.csv'), '--config', join(folder, 'c.json'), '--json']
  for (const name of ['rejects', 'summary', 'metrics-file'])
    argv.push(`--${name}`, join(folder, name))
  argv.push('--run-id', 'r', '--state-dir', join(folder, 'state'), '--lock', 'l')
  const { code, stdout, stderr } = await check(argv, { environment: { XDG_STATE_HOME: folder } })
  t.equal(code, 0, stderr)
  const result = JSON.parse(stdout) as CheckResult
  t.match(result, { rows: { read: 2, fit: 2 }, inputs: [{ isWhole: false }] })
  t.match(result.commands[0], / --table trades .*--rejects .*--run-id r .*--lock l$/)
  t.strictSame(await readdir(folder), ['c.json'])
})

t.test('help, not a hang', async t => {
  const { code, stderr } = await check(['-t', 'trades'], { stdinIsTerminal: true })
  t.equal(code, 64)
  t.match(stderr, /^Usage: ddb-ingest check/)
})

const wordsOf = (line: string): string[] =>
  execFileSync('sh', ['-c', line.replace(/^ddb-ingest/, `printf '%s\\0'`)])
    .toString()
    .split('\0')
    .slice(0, -1)

/** What is in the table; it is empty afterwards. */
async function taken(table: string): Promise<string[][]> {
  const rows = await server.rows(`select * from ${table}`)
  await server.session.run(`delete from ${table}`).catch(() => undefined)
  await server.session.run(`undef("${table}", SHARED)`)
  const line = script.split('\n').find(one => one.endsWith(` as ${table}`))!
  await server.session.run(line)
  return rows
}

t.test('the command loads the same values in another environment', async t => {
  const folder = t.testdir({
    "it's a.csv": 'Time;SYM;price;id\n2020.01.01;"A;B";1,5;1\n2020.01.02;C;2,25;2\n',
    'two.csv': '\ufefftime|sym|price|id\n2020.01.03T10:00:00+08:00|A|1.5|1\n',
    'bare.csv': '2020.01.01,A,1.5,1\n2020.01.02,B,,2\n',
    '中文.csv': "时间,a\n2020-01-01 10:00:00,'1'\n2020-01-01 10:00:00,'-2'\n",
    'ends.csv': '时间,a\n2020-01-01 10:00:00,1,\n2020-01-01 10:00:00,2,\n',
    'bare-ends.csv': '2020-01-01 10:00:00,1,\n',
    'named.csv': '时间,a\nr1,2020-01-01 10:00:00,1\nr2,2020-01-01 10:00:00,\n',
    'bare-named.csv': 'r1,2020-01-01 10:00:00,1\n',
    'n.json': '[{"i":"x","p":{"m":1.5,"q":"a"},"t":1580000000000},{"i":null,"p":{"m":2},"t":null}]',
  })
  await writeFile(
    join(folder, 'gbk.csv'),
    Buffer.from(
      'ca b1 bc e4 2c 61 0a 32 30 32 30 2e 30 31 2e 30 31 2c 31 0a'.replaceAll(' ', ''),
      'hex',
    ),
  )
  const cases: [table: string, argv: string[], environment?: Record<string, string>][] = [
    ['trades', [here('fixtures/csv/trades.csv')]],
    ['trades', [here('fixtures/json/trades.ndjson')]],
    ['trades', [here('fixtures/csv/trades-with-bad-rows.csv'), '--on-error', 'skip']],
    ['trades', [here('fixtures/csv/trades.csv'), here('fixtures/json/trades.ndjson')]],
    ['airports', [here('fixtures/csv/airports.csv')]],
    ['trades', [join(folder, "it's a.csv")]],
    ['trades', [join(folder, 'two.csv')], { DDB_INGEST_TIMEZONE: 'Asia/Shanghai' }],
    ['trades', [join(folder, 'bare.csv'), '--match', 'position']],
    ['odd', [join(folder, '中文.csv'), '--null=-2']],
    ['odd', [join(folder, 'ends.csv')]],
    ['odd', [join(folder, 'bare-ends.csv'), '--header', 'no', '--trailing-delimiter']],
    ['odd', [join(folder, 'named.csv'), '--row-names']],
    ['odd', [join(folder, 'bare-named.csv'), '--header', 'no', '--row-names']],
    ['odd', [join(folder, 'gbk.csv')], { DDB_INGEST_ENCODING: 'gb18030' }],
    [
      'quakes',
      [
        join(folder, 'n.json'),
        '--date-format',
        'time=epoch:ms',
        '--ignore-extra',
        '--allow-missing',
      ],
      { DDB_INGEST_MAP: '{"id":"i","mag":"p.m","placeName":"p.q","time":"t"}' },
    ],
  ]
  for (const [table, argv, environment = {}] of cases) {
    const given = [...argv, '--port', port, '-t', table]
    const loaded = await runMain(['load', ...given], { environment })
    t.match(loaded.code, /^[03]$/, loaded.stderr)
    const expected = await taken(table)
    const found = await runMain(['check', ...given, '--json'], { environment })
    t.equal(found.code, loaded.code, found.stderr)
    const result = JSON.parse(found.stdout) as CheckResult
    for (const command of result.commands) {
      const other = spawnCli(wordsOf(command), {
        environment: { TZ: 'Asia/Kathmandu', LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' },
      })
      const { code, stderr } = await other.outcome
      t.match(code, /^[03]$/, `${command}\n${stderr}`)
    }
    t.strictSame(await taken(table), expected, argv.join(' '))
    t.equal(result.rows.fit, expected.length)
  }
})

t.test('a table that has changed since is told in words', async t => {
  const { stdout } = await check([here('fixtures/csv/trades.csv'), '-t', 'trades', '--json'])
  const [command] = (JSON.parse(stdout) as CheckResult).commands
  const changed = script.split('\n')[0]!.replace('DOUBLE', 'FLOAT')
  await server.session.run('undef("trades", SHARED)')
  await server.session.run(changed)
  const { code, stderr } = await runMain(wordsOf(command!))
  t.equal(code, 5)
  t.match(
    stderr,
    /other columns than expected: column "price" is FLOAT, not DOUBLE.*leave out --expect-types/,
  )
  t.equal(await server.count('trades'), 0)
  await server.session.run('undef("trades", SHARED)')
  await server.session.run(script.split('\n')[0]!)
})

t.test('functions are checked by the types that are sent to them', async t => {
  const environment = { DDB_USER: 'admin', DDB_PASSWORD: '123456' }
  const types = 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'
  const argv = [here('fixtures/csv/trades.csv'), '--function', 'takeRows', '--types', types]
  const { code, stdout } = await check([...argv, '--json'], { environment })
  t.equal(code, 0)
  t.notMatch(stdout, /123456/)
  const [command] = (JSON.parse(stdout) as CheckResult).commands
  t.match(command, / --user admin /)
  t.equal((await runMain(wordsOf(command!), { environment })).code, 0)
  t.equal(await server.count('trades'), 1000)
})
