/* The parts of `load` that belong to the command line: streams, JSON objects, exit codes, signals. The tests also run the load itself. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { main } from '../../../src/cli/main.js'
import type { CheckResult } from '../../../src/load/check/check-observer.js'
import type { LoadResult } from '../../../src/load/options.js'
import { startServer } from '../../../src/server/index.js'
import { root } from '../../helpers/checkout.js'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer, tradesScript, startServerFor } from '../../helpers/load-server.js'
import { deepTest, sampled } from '../../helpers/runs.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { noRows } from '../../helpers/values.js'
import {
  fakeProcess,
  runMain,
  type FakeTerminals,
  type Outcome,
  spawnCli,
} from '../../cli/run-cli.js'

useTurnClock()

const server = await startServerFor(t, {
  initScript: 'share streamTable(100:0, `id`price, [INT, DOUBLE]) as prices',
})
const port = String(server.port)
const rows = 'id,price\n1,1.5\n2,2.5\n3,3.5\n'

const load = (argv: readonly string[], terminals: FakeTerminals = {}): Promise<Outcome> =>
  runMain(['load', '--host', `127.0.0.1:${port}`, '-t', 'prices', ...argv], terminals)

t.test('a load prints five lines, including how it read the input', async t => {
  const { code, stdout, stderr } = await load(['-'], { stdin: rows })
  t.equal(code, 0, stderr)
  t.match(
    stdout,
    /^Loaded 3 rows into prices on 127\.0\.0\.1:\d+\n {2}took .*\n {2}refused {3}nothing\n {2}proof {5}confirmed by .*\n {2}next {6}nothing\n$/,
  )
  t.equal(
    stderr,
    '-: delimiter "," (found), quote "\\"" (found), header (found), encoding utf-8 (found)\n',
  )
})

t.test('the heap limit is set once, when loading begins', async t => {
  let times = 0
  const fake = fakeProcess({ stdin: rows })
  const stopHeapGrowth = (): number => times++
  const argv = ['load', '--host', `127.0.0.1:${port}`, '-t', 'prices', '-', '--batch-rows', '1']
  t.equal(await main(argv, { ...fake.processEnvironment, stopHeapGrowth }), 0)
  t.equal(times, 1)
})

t.test('the JSON describes the input, and says which settings the user gave', async t => {
  const argv = ['-', '--json', '--delimiter', ';', '--ragged', 'cut', '--max-record-bytes', '1Ki']
  const { code, stdout, stderr } = await load(argv, { stdin: 'id;price\n1;1.5;x\n2;2.5\n' })
  t.equal(code, 0, stderr)
  t.match(JSON.parse(stdout), {
    inputs: [
      {
        detected: {
          delimiter: { value: ';', how: 'given' },
          quote: { value: '"', how: 'found' },
          header: { value: true, how: 'found' },
          encoding: { value: 'utf-8', how: 'found' },
        },
        ragged: 1,
      },
    ],
  })
  const long = await load(['-', '--max-record-bytes', '16', '--on-error', 'skip'], {
    stdin: `id,price\n1,${'1'.repeat(20)}\n2,2.5\n`,
  })
  t.match(long, { code: 3, stderr: /DDB_INPUT_RECORD_TOO_LONG/ })
})

t.test('without a header and by position, the first line is reported as a row', async t => {
  const argv = ['-', '--match', 'position']
  const { stderr } = await load(argv, { stdin: '1,1.5\n' })
  t.match(stderr, /no header, .*--header yes/)
})

t.test('--json is one object on one line, and --json=FILE writes the same to a file', async t => {
  const summary = join(t.testdir(), 'summary.json')
  await writeFile(summary, 'an older and much longer summary'.repeat(1000))
  const { code, stdout } = await load(['--json', `--json=${summary}`], { stdin: rows })
  t.equal(code, 0)
  t.equal(stdout.split('\n').length, 2)
  const result = JSON.parse(stdout) as LoadResult
  t.match(result, {
    schema: 'ddb-ingest/load/2',
    status: 'loaded',
    exitCode: 0,
    target: { table: 'prices', function: null },
    rows: { ...noRows, read: 3, confirmed: 3 },
    error: null,
  })
  t.ok(result.memory.peakRssBytes! > 1e6)
  t.strictSame(JSON.parse(await readFile(summary, 'utf8')), result)
})

t.test('every failure gives an object, an exit code and a message', async t => {
  const dead = await startServer({ port: 0 })
  await dead.close()
  const summary = join(t.testdir(), 'summary.json')
  const loaded = JSON.parse((await load(['--json'], { stdin: rows })).stdout) as LoadResult
  const members = Object.keys(loaded).sort()
  const cases: [argv: string[], exitCode: number, code: string][] = [
    [['/no/such.csv'], 66, 'DDB_INPUT_MISSING'],
    [['-t', 'pricse'], 78, 'DDB_TARGET'],
    [['--host', `127.0.0.1:${dead.port}`], 69, 'DDB_CONNECT'],
    [['--function', 'f', '--types', 'a:INT'], 64, 'DDB_USAGE'],
    [['--on-error', 'quarantine'], 64, 'DDB_USAGE'],
    [['--user', 'admin'], 64, 'DDB_USAGE'],
    [['--password-file', '/no/such', '--user', 'admin'], 78, 'DDB_CONFIG'],
  ]
  for (const [argv, exitCode, code] of cases) {
    const result = await load([...argv, '--json', `--json=${summary}`], { stdin: rows })
    t.equal(result.code, exitCode, argv.join(' '))
    const object = JSON.parse(result.stdout) as LoadResult
    t.strictSame(Object.keys(object).sort(), members)
    t.match(object, { status: 'failed', exitCode, error: { code }, rows: { read: 0 } })
    t.match(result.stderr, new RegExp(`^ddb-ingest: .*\\[${code}\\]$`, 'm'))
    t.strictSame(JSON.parse(await readFile(summary, 'utf8')), object, 'the summary is not stale')
    const plain = await load(argv, { stdin: rows })
    t.equal(plain.code, exitCode)
    t.match(plain.stderr, new RegExp(`\\[${code}\\]`))
    if (code === 'DDB_TARGET') t.match(plain.stderr, /"pricse".*Did you mean "prices"/)
  }
})

t.test('a command that is printed does not load into a table with a similar name', async t => {
  const file = join(t.testdir({ 'a.csv': rows }), 'a.csv')
  const { code, stderr } = await load([file, '-t', 'pricse'])
  t.equal(code, 78)
  t.match(
    stderr,
    /Did you mean "prices"\?.*\nnext: ddb-ingest load .* --table pricse .*--create stream\n$/,
  )
})

t.test('rejected rows give exit code 3; their reasons are printed, even with -q', async t => {
  const bad = 'id,price\n1,1.5\nx,2\n3,y\n'
  for (const quiet of [[], ['-q']]) {
    const result = await load(['--on-error', 'skip', ...quiet], { stdin: bad })
    t.equal(result.code, 3)
    t.match(result.stdout, /^Loaded 1 row .*\n.*\n {2}refused {3}2 rows: /)
    t.match(result.stderr, /line 3/)
    t.match(result.stderr, /line 4/)
    t.match(result.stderr, /^2 rows rejected \(DDB_INPUT_CELL 2\)$/m)
  }
})

t.test('a signal ends the run cleanly: all rows read are accounted for', async t => {
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const) {
    const fake = fakeProcess()
    const stdin = new PassThrough()
    const running = main(
      ['load', '--host', `127.0.0.1:${port}`, '-t', 'prices', '--json', '--flush-interval', '1ms'],
      { ...fake.processEnvironment, stdin },
    )
    stdin.write(rows)
    const { table } = server.node.shared.get('prices')!
    const before = table.rows
    while (table.rows === before) await new Promise(resolve => setImmediate(resolve))
    fake.signals.emit(signal, signal)
    t.equal(await running, exitCode)
    await new Promise(resolve => setImmediate(resolve))
    const { status, exitCode: said, rows: counts } = JSON.parse(fake.stdout()) as LoadResult
    t.equal(status, 'interrupted')
    t.equal(said, exitCode)
    const { read, confirmed, unconfirmed, rejected, skipped, unsent } = counts
    t.equal(read, confirmed + unconfirmed + rejected + skipped + unsent)
    t.match(fake.stderr(), new RegExp(`^${signal}: ending the run cleanly`, 'm'))
  }
})

/** A server that accepts rows and never processes them. */
async function frozenServer(t: Test): Promise<{ port: string; isStuck: Promise<unknown> }> {
  const thaw = closedGate()
  const stuck = closedGate()
  const frozen = await startServer({
    port: 0,
    initScript: 'share streamTable(100:0, `id`price, [INT, DOUBLE]) as prices',
    faults: {
      before: request => {
        if (request.rows === 0) return undefined
        stuck.open()
        return { until: thaw.opened }
      },
    },
  })
  t.teardown(() => {
    thaw.open()
    return frozen.close()
  })
  return { port: String(frozen.port), isStuck: stuck.opened }
}

for (const mode of ['async', 'sync']) {
  t.test(`a second signal ends the process at once, all rows in its object: ${mode}`, async t => {
    const frozen = await frozenServer(t)
    const fake = fakeProcess({ stdin: rows })
    const host = `127.0.0.1:${frozen.port}`
    const argv = ['load', '--host', host, '-t', 'prices', '--json', '--mode', mode]
    const running = main(argv, fake.processEnvironment)
    await frozen.isStuck
    fake.signals.emit('SIGTERM', 'SIGTERM')
    // Signals within a quarter of a second count as one.
    await new Promise(resolve => setTimeout(resolve, 300))
    fake.signals.emit('SIGTERM', 'SIGTERM')
    t.equal(await running, 143)
    await new Promise(resolve => setImmediate(resolve))
    t.strictSame(fake.left, [143], 'once, after the object was written')
    t.match(JSON.parse(fake.stdout()), {
      status: 'interrupted',
      exitCode: 143,
      rows: { read: 3, confirmed: 0, unconfirmed: 3, rejected: 0 },
      error: { code: 'DDB_INTERRUPTED' },
    })
  })
}

t.test('a list can give the sources, and --encoding accepts every name of an encoding', async t => {
  const dir = t.testdir({ 'a.csv': rows, 'b.csv': rows.replace('3,3.5', 'x,3.5') })
  const list = join(dir, 'list')
  await writeFile(list, `${join(dir, 'a.csv')}\n${join(dir, 'b.csv')}\n`)
  for (const [argv, stdin] of [
    [['--files-from', list], ''],
    [['--files-from', '-'], await readFile(list, 'utf8')],
  ] as const) {
    const { code, stdout, stderr } = await load(
      [...argv, '--encoding', 'CP936', '--on-error', 'skip'],
      { stdin },
    )
    t.equal(code, 3, stderr)
    t.match(stdout, /^Loaded 5 rows/)
    t.match(stderr, /b\.csv: 1 of 3 rows rejected; first: line 4: /)
  }
  t.match(await load(['--files-from', '-', '-'], { stdin: 'x' }), { code: 64 })
  t.match(await load(['--files-from', list, '--rejects', list]), {
    code: 64,
    stderr: /list of inputs/,
  })
  const expected = { code: 64, stderr: /--encoding.*gb18030/ }
  t.match(await load(['-', '--encoding', 'ebcdic'], { stdin: rows }), expected)
})

/*
  The parts of `check` that belong to the command line: text, JSON objects, exit codes, and the printed command, which
  loads exactly what was checked.
*/

const script = `${tradesScript}
share table(1:0, \`id\`mag\`placeName\`time, [STRING,DOUBLE,STRING,TIMESTAMP]) as quakes
share table(1:0, \`时间\`a, [TIMESTAMP,DOUBLE]) as odd
share streamTable(100:0, \`iata\`name\`city\`state\`country\`latitude\`longitude, [SYMBOL,STRING,STRING,SYMBOL,SYMBOL,DOUBLE,DOUBLE]) as airports
def takeRows(mutable data) { tableInsert(trades, data) }
addFunctionView(takeRows)`
const serverOfCheck = await startLoadServer(t, script)
const portOfCheck = String(serverOfCheck.server.port)
const here = (path: string): string => new URL(path, root).pathname

const check = (argv: readonly string[], terminals: FakeTerminals = {}): Promise<Outcome> =>
  runMain(['check', '--host', `127.0.0.1:${portOfCheck}`, ...argv], terminals)

t.test('a check prints what would load and how, what would not load, and the command', async t => {
  const path = here('fixtures/csv/trades-with-bad-rows.csv')
  const { code, stdout, stderr } = await check([path, '-t', 'trades'])
  t.equal(code, 3)
  t.match(
    stdout,
    /^11 of 15 rows would load into trades on 127\.0\.0\.1:\d+: 4 would be rejected\./,
  )
  t.match(stdout, /^ {2}time +2020\.07\.04T15:26:38\.874 +time +TIMESTAMP +2020\S+ +0 +1$/m)
  t.match(stdout, /^ {2}.*, line 11, column price: /m)
  t.match(stdout, /\nto load with the options found:\nddb-ingest load .*\n$/)
  t.match(stdout, /^ {2}price: "n\/a" in 1 of 14 rows is null with --null n\/a$/m)
  t.strictSame(stderr.split('\n'), [
    'a load stops at the first row that it rejects: --rejects saves such rows, --on-error skip leaves them out',
    `next: ddb-ingest load ${path} --table trades --host 127.0.0.1:${portOfCheck} --null n/a --rejects rejects.csv`,
    '',
  ])
  t.equal(await serverOfCheck.count('trades'), 0)
})

t.test('load --dry-run does the same as check', async t => {
  const argv = ['-', '-t', 'trades', '--host', `127.0.0.1:${portOfCheck}`]
  const stdin = 'time,sym,price,id\n2020.01.01,A,1,1\n'
  const dry = await runMain(['load', '-n', ...argv], { stdin })
  t.strictSame(dry, await runMain(['check', ...argv], { stdin }))
  t.match(dry, { code: 0, stdout: /^All 1 row would load into trades.*\n.*ddb-ingest load - /s })
  t.equal(await serverOfCheck.count('trades'), 0)
})

deepTest(t, '--json prints one object for every exit code', async t => {
  const stdin = 'time,sym,price,id\n2020.01.01,A,1,1\n'
  const cases: [argv: string[], code: number, error: string | null][] = [
    [['-t', 'trades'], 0, null],
    [['-t', 'tradse'], 78, 'DDB_TARGET'],
    [['-t', 'trades', '/no/such'], 66, 'DDB_INPUT_MISSING'],
    [['-t', 'trades', '--function', 'f'], 64, 'DDB_USAGE'],
    [['-t', 'trades', '--user', 'admin'], 64, 'DDB_USAGE'],
    [['-t', 'trades', '--host', '127.0.0.1:1'], 69, 'DDB_CONNECT'],
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

t.test('check writes no file, and takes variables of loads', async t => {
  const folder = t.testdir({ options: '--table trades\n--sample 2\n' })
  const argv = [here('fixtures/csv/trades.csv'), `@${join(folder, 'options')}`]
  argv.push('--rejects', join(folder, 'rejects'))
  argv.push('--run-id', 'r', '--state-dir', join(folder, 'state'))
  const ofLoads = {
    DDB_INGEST_JSON: join(folder, 'summary'),
    DDB_INGEST_METRICS_FILE: join(folder, 'metrics'),
    DDB_INGEST_REPORT: join(folder, 'report'),
  }
  const environment = { XDG_STATE_HOME: folder, ...ofLoads }
  const { code, stdout, stderr } = await check(argv, { environment })
  t.equal(code, 0, stderr)
  t.match(
    stdout,
    / --table trades .*--rejects .*--run-id r .*--metrics-file .*--report \S+ --json=\S+\n$/,
  )
  const printed = await check([...argv, '--json'], { environment })
  const result = JSON.parse(printed.stdout) as CheckResult
  t.match(result, { rows: { read: 2, fit: 2 }, inputs: [{ isWhole: false }] })
  t.match(result.commands[0], /--report \S+$/, 'the flag --json replaces the file of the variable')
  t.strictSame(await readdir(folder), ['options'])
})

t.test('a full disk gives exit code 74, and the suggested command explains the code', async t => {
  const stdin = 'time,sym,price,id\n2020.01.01,A,1,1\n'
  const full = await check(['-t', 'trades', '--json=/dev/full'], { stdin })
  t.equal(full.code, 74)
  const expected = /\(ENOSPC\) \[DDB_OUTPUT_WRITE\]\nnext: ddb-ingest explain DDB_OUTPUT_WRITE\n$/
  t.match(full.stderr, expected)
  const { server } = await startLoadServer(t, tradesScript)
  const host = `127.0.0.1:${server.port}`
  const load = ['load', '-t', 'trades', '--host', host, '--report', '/dev/full']
  const loaded = await runMain(load, { stdin })
  t.equal(loaded.code, 74)
  t.match(loaded.stderr, /\nnext: ddb-ingest explain DDB_OUTPUT_WRITE\n$/)
})

t.test('options that only load has are refused', async t => {
  const stdin = 'time,sym,price,id\n2020.01.01,A,1,1\n'
  const path = join(t.testdir(), 'file')
  for (const name of ['--report', '--metrics-file']) {
    const asked = ['-t', 'trades', '--host', `127.0.0.1:${portOfCheck}`, name, path]
    const outcome = await runMain(['load', '-n', ...asked], { stdin })
    t.match(outcome, { code: 64, stderr: /is for loads, and a check loads nothing/ })
    t.match(await runMain(['check', ...asked], { stdin }), { code: 64, stderr: name })
    t.notOk(existsSync(path))
  }
  const { stdout } = await runMain(['check', '--help-all'])
  t.match(stdout, '--json[=file]')
  t.notMatch(stdout, /--report|--metrics-file/)
})

const wordsOf = (line: string): string[] =>
  execFileSync('sh', ['-c', line.replace(/^ddb-ingest/, `printf '%s\\0'`)])
    .toString()
    .split('\0')
    .slice(0, -1)

/** Returns the rows of the table and empties it. */
async function taken(table: string): Promise<string[][]> {
  const rows = await serverOfCheck.rows(`select * from ${table}`)
  await serverOfCheck.session.run(`delete from ${table}`).catch(() => undefined)
  await serverOfCheck.session.run(`undef("${table}", SHARED)`)
  const line = script.split('\n').find(one => one.endsWith(` as ${table}`))!
  await serverOfCheck.session.run(line)
  return rows
}

deepTest(t, 'the printed command loads the same values in a different environment', async t => {
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
    ['trades', [here('fixtures/csv/trades-with-bad-rows.csv'), '--on-error=skip', '--null=n/a']],
    ['trades', [here('fixtures/csv/trades.csv'), here('fixtures/json/trades.ndjson')]],
    ['airports', [here('fixtures/csv/airports.csv')]],
    ['trades', [join(folder, "it's a.csv")]],
    ['trades', [join(folder, 'two.csv')], { DDB_INGEST_TIMEZONE: 'Asia/Shanghai' }],
    ['trades', [join(folder, 'bare.csv'), '--match', 'position']],
    ['odd', [join(folder, '中文.csv'), '--null=-2']],
    ['odd', [join(folder, 'ends.csv')]],
    ['odd', [join(folder, 'gbk.csv')], { DDB_INGEST_ENCODING: 'gb18030' }],
    [
      'quakes',
      [
        join(folder, 'n.json'),
        ...'--date-format time=epoch:ms --ignore-extra --allow-missing'.split(' '),
      ],
      { DDB_INGEST_MAP: '{"id":"i","mag":"p.m","placeName":"p.q","time":"t"}' },
    ],
  ]
  const elsewhere = { TZ: 'Asia/Kathmandu', LC_ALL: 'de_DE.UTF-8', LANG: 'de_DE.UTF-8' }
  // Processes start slowly. So only the first load into a table is a separate process, with a different time zone and
  // locale. Later loads run in this process and change only the time zone.
  const spawned = new Set<string>()
  const { TZ } = process.env
  t.teardown(() => {
    if (TZ === undefined) delete process.env['TZ']
    else process.env['TZ'] = TZ
  })
  for (const [table, argv, environment = {}] of sampled(cases)) {
    const given = [...argv, '--host', `127.0.0.1:${portOfCheck}`, '-t', table]
    process.env['TZ'] = 'UTC'
    const loaded = await runMain(['load', ...given], { environment })
    t.match(loaded.code, /^[03]$/, loaded.stderr)
    const expected = await taken(table)
    const found = await runMain(['check', ...given, '--json'], { environment })
    t.equal(found.code, loaded.code, found.stderr)
    const result = JSON.parse(found.stdout) as CheckResult
    for (const command of result.commands) {
      const words = wordsOf(command)
      process.env['TZ'] = elsewhere.TZ
      const { code, stderr } = await (spawned.has(table)
        ? runMain(words)
        : spawnCli(words, { environment: elsewhere }).outcome)
      spawned.add(table)
      t.match(code, /^[03]$/, `${command}\n${stderr}`)
    }
    t.strictSame(await taken(table), expected, argv.join(' '))
    t.equal(result.rows.fit, expected.length)
  }
})

t.test('functions are checked with the types that a load would send', async t => {
  const environment = { DDB_USER: 'admin', DDB_PASSWORD: '123456' }
  const types = 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'
  const argv = [here('fixtures/csv/trades.csv'), '--function', 'takeRows', '--types', types]
  const { code, stdout } = await check([...argv, '--json'], { environment })
  t.equal(code, 0)
  t.notMatch(stdout, /123456/)
  const [command] = (JSON.parse(stdout) as CheckResult).commands
  t.match(command, / --user admin( |$)/)
  t.equal((await runMain(wordsOf(command!), { environment })).code, 0)
  t.equal(await serverOfCheck.count('trades'), 1000)
})
