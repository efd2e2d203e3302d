/*
  `serve` as a process of its own: the line that says it is ready, its end, its command, its refusals.
*/
import { readdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { bin, runMain, spawnCli, type Spawned } from '../run-cli.js'

interface Serving extends Spawned {
  port: string
  exec: (...argv: string[]) => ReturnType<typeof runMain>
}

/** A server that the test ends, if nothing else has. */
async function serve(t: Test, ...argv: string[]): Promise<Serving> {
  const spawned = spawnCli(['serve', '--port', '0', ...argv], { covered: argv.length > 0 })
  t.teardown(async () => {
    spawned.child.kill('SIGTERM')
    await spawned.outcome
  })
  const line = await spawned.firstLine
  const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1]
  if (port === undefined) throw new Error(`not a ready line: ${line}`)
  return { ...spawned, port, exec: (...script) => runMain(['exec', '--port', port, ...script]) }
}

async function scriptFile(t: Test, script: string): Promise<string> {
  const path = join(t.testdir(), 'init.dos')
  await writeFile(path, script)
  return path
}

t.test('the ready line comes when it can be used, and is all there is on stdout', async t => {
  const { exec, child, outcome } = await serve(t)
  t.strictSame(await exec('-e', '1+2'), { code: 0, stdout: '3\n', stderr: '' })
  child.kill('SIGTERM')
  t.match(await outcome, { code: 0, stdout: /^listening on [^\n]*\n$/, stderr: '' })
})

t.test('Ctrl-C ends it in order, code 0', async t => {
  const { child, outcome } = await serve(t)
  child.kill('SIGINT')
  t.match(await outcome, { code: 0, signal: null })
})

t.test('the script of --init runs as admin', async t => {
  const init = await scriptFile(t, 'def triple(x){ return 3*x }\naddFunctionView(triple)\n')
  const { exec } = await serve(t, '--init', init)
  t.match(await exec('-e', 'login("admin", "123456"); triple(14)'), { code: 0, stdout: '42\n' })
})

t.test('what cannot be served is refused with its own code', async t => {
  const { port } = await serve(t)
  const broken = await scriptFile(t, 'nosuchfunction(1)')
  const cases: [argv: string[], code: number, message: RegExp][] = [
    [['--port', port], 69, new RegExp(port)],
    [['--port', '0', '--host', '0.0.0.0'], 78, /does not listen on 0\.0\.0\.0/],
    [['--port', '0', '--init', '/no/such.dos'], 66, /cannot read the script \/no\/such\.dos/],
    [['--port', '0', '--init', broken], 65, /initial script failed/],
  ]
  for (const [argv, code, message] of cases) {
    const result = await spawnCli(['serve', ...argv]).outcome
    t.match(result, { code, stdout: '', stderr: message }, argv.join(' '))
  }
})

t.test('with --require-login a guest may do nothing', async t => {
  const { exec, port } = await serve(t, '--require-login')
  t.equal((await exec('-e', '1+2')).code, 77)
  const environment = { DDB_PASSWORD: '123456' }
  const argv = ['exec', '--port', port, '--user', 'admin', '-e', '1+2']
  t.match(await runMain(argv, { environment }), { code: 0, stdout: '3\n' })
})

t.test('--new-value-partitions says what becomes of values without a partition', async t => {
  const script = `login("admin", "123456")
pt = createPartitionedTable(database("dfs://d", VALUE, 1 2), table(1:0, [\`id], [INT]), \`t, \`id)
tableInsert(pt, table(1 2 3 as id))`
  for (const [policy, outcome] of [
    ['add', { code: 0, stdout: '3\n' }],
    ['skip', { code: 0, stdout: '2\n' }],
    ['fail', { code: 65, stderr: /S01016/ }],
  ] as const) {
    const { exec } = await serve(t, '--new-value-partitions', policy)
    t.match(await exec('-e', script), outcome, policy)
  }
})

t.test('--setting and --server-version make it another server', async t => {
  const settings = ['--setting', 'maxPubConnections=0', '--setting', 'dataSync=1']
  const { exec } = await serve(t, ...settings, '--server-version', '2.00.9')
  t.match(await exec('-e', 'getConfig("dataSync")', '--output', 'csv'), { stdout: '1\n' })
  t.match(await exec('-e', 'version().split(" ")[0]', '--output', 'csv'), { stdout: '2.00.9\n' })
  t.match(await exec('-e', 'share streamTable(1 as a) as s'), { code: 65, stderr: /S00001/ })
  for (const argv of [
    ['--setting', 'maxPub=0'],
    ['--setting', 'dataSync=yes'],
    ['--setting', 'dataSync'],
    ['--server-version', '2'],
  ]) {
    t.match(await runMain(['serve', '--port', '0', ...argv]), { code: 64 }, argv.join(' '))
  }
})

t.test('--discard ends with one line of what was counted', async t => {
  const { child, outcome } = await serve(t, '--discard')
  child.kill('SIGTERM')
  const { stdout } = await outcome
  t.strictSame(JSON.parse(stdout.trimEnd().split('\n').at(-1)!), { requests: 0, rows: 0, sums: {} })
})

t.test('--discard confirms a load with receipts, and keeps none of its rows', async t => {
  const init = await scriptFile(t, 'share streamTable(1:0, `id`price, [INT, DOUBLE]) as trades\n')
  const rows = Array.from({ length: 1000 }, (_, id) => `${id},0.5\n`)
  const input = join(dirname(init), 'trades.csv')
  await writeFile(input, `id,price\n${rows.join('')}`)
  const { exec, port, child, outcome } = await serve(t, '--discard', '--init', init)
  const argv = ['load', input, '--port', port, '--table', 'trades', '--batch-rows', '100']
  const { code, stdout } = await runMain([...argv, '--confirm', 'receipts', '--json'])
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { rows: { read: 1000, confirmed: 1000 } })
  t.match(await exec('-e', 'exec count(*) from trades'), { code: 0, stdout: '0\n' })
  child.kill('SIGTERM')
  const counted: unknown = JSON.parse((await outcome).stdout.trimEnd().split('\n').at(-1)!)
  t.strictSame(counted, { requests: 10, rows: 1000, sums: { id: 499_500, price: 500 } })
})

const child = (code: string): string[] => [
  'serve',
  '--port',
  '0',
  '--',
  process.execPath,
  '-e',
  code,
]

t.test('of the logins of a command nothing is kept: its server ends with it', async t => {
  const home = t.testdir()
  const own = [process.execPath, bin, 'exec', '-e', '1', '--user', 'admin']
  const environment = { DDB_PASSWORD: '123456', XDG_STATE_HOME: home }
  for (let run = 0; run < 2; run++) {
    const { outcome } = spawnCli(['serve', '--port', '0', '--', ...own], { environment })
    t.match(await outcome, { code: 0, stdout: '1\n', stderr: '' })
  }
  t.strictSame(readdirSync(home), [])
})

t.test('a command finds the server in its environment and decides the exit code', async t => {
  const code = `
    const { DDB_HOST, DDB_PORT } = process.env
    require('node:net').connect(DDB_PORT, DDB_HOST, () => {
      console.log('connected to ' + DDB_HOST)
      process.exit(7)
    })`
  t.strictSame(await spawnCli(child(code), { covered: true }).outcome, {
    code: 7,
    signal: null,
    stdout: 'connected to 127.0.0.1\n',
    stderr: '',
  })
})

t.test('options behind -- belong to the command', async t => {
  const result = await spawnCli([...child('console.log(process.argv.slice(1))'), '--', '--port'])
    .outcome
  t.match(result, { code: 0, stdout: "[ '--port' ]\n" })
})

t.test('a command that a signal ended gives 128 and its number', async t => {
  t.match(await spawnCli(child('process.kill(process.pid, "SIGKILL")')).outcome, { code: 137 })
})

t.test('SIGTERM is passed on to the command', async t => {
  const {
    child: server,
    firstLine,
    outcome,
  } = spawnCli(
    child(`
      process.on('SIGTERM', () => { console.log('told to end'); process.exit(5) })
      setInterval(() => {}, 1000)
      console.log('ready')`),
  )
  t.equal(await firstLine, 'ready')
  server.kill('SIGTERM')
  t.match(await outcome, { code: 5, stdout: 'ready\ntold to end\n' })
})

t.test('a command that does not exist is wrong usage', async t => {
  const result = await spawnCli(['serve', '--port', '0', '--', 'no-such-command']).outcome
  t.match(result, { code: 64, stderr: /cannot run no-such-command \(ENOENT\)/ })
})

t.test(
  'failures of asynchronous requests are told, three of them unless all are wanted',
  async t => {
    const code = `
    const { connect } = await import(${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)})
    const session = await connect({ host: process.env.DDB_HOST, port: Number(process.env.DDB_PORT) })
    for (let i = 0; i < 5; i++) session.send('noSuchFunction', [])
    await session.run('1')
    await session.close()`
    const command = ['--', process.execPath, '--input-type=module', '-e', code]
    const some = await spawnCli(['serve', '--port', '0', ...command]).outcome
    t.equal(some.code, 0)
    t.equal(some.stderr.match(/asynchronous request of session \d+ failed/g)?.length, 3)
    t.match(some.stderr, /--verbose/)
    const all = await spawnCli(['serve', '--port', '0', '-v', ...command], { covered: true })
      .outcome
    t.equal(all.stderr.match(/asynchronous request of session \d+ failed/g)?.length, 5)
  },
)
