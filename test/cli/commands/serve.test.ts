/* `serve`: its ready line, its end, its command, its refusals. Also `demo` and `bench`, which need a server. */
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Writable } from 'node:stream'
import t, { type Test } from 'tap'
import { main } from '../../../src/cli/main.js'
import { connectTyped as connect } from '../../../src/client/open-session.js'
import { startServer, type Faults } from '../../../src/server/index.js'
import { startLoadServer, startServerFor } from '../../helpers/load-server.js'
import { closedGate } from '../../helpers/gate.js'
import { deepTest } from '../../helpers/runs.js'
import { fakeProcess, runMain, spawnCli } from '../run-cli.js'

/** Runs the command in this process. The command ends with the test at the latest. */
async function serve(t: Test, ...argv: string[]) {
  const fake = fakeProcess()
  const said = once(fake.processEnvironment.stdout, 'data')
  const ended = main(['serve', '--port', '0', ...argv], fake.processEnvironment)
  await Promise.race([said, ended])
  /** Sends SIGTERM to the command. */
  const end = async () => {
    fake.signals.emit('SIGTERM', 'SIGTERM')
    const code = await ended
    await new Promise(resolve => setImmediate(resolve))
    return { code, stdout: fake.stdout() }
  }
  t.teardown(end)
  const port = portIn(fake.stdout())
  const exec = (...script: string[]) => runMain(['exec', '--host', `127.0.0.1:${port}`, ...script])
  return { port, exec, stderr: () => fake.stderr(), end }
}

function portIn(text: string): string {
  const port = /^listening on 127\.0\.0\.1:(\d+)\n?$/.exec(text)?.[1]
  if (port === undefined) throw new Error(`not a ready line: ${text}`)
  return port
}

async function scriptFile(t: Test, script: string): Promise<string> {
  const path = join(t.testdir(), 'init.dos')
  await writeFile(path, script)
  return path
}

deepTest(t, 'stdout has only the ready line; SIGTERM and Ctrl-C end the server well', async t => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, firstLine, outcome } = spawnCli(['serve', '--port', '0'])
    t.teardown(() => void child.kill('SIGKILL'))
    const argv = ['exec', '--host', `127.0.0.1:${portIn(await firstLine)}`, '-e', '1+2']
    t.strictSame(await runMain(argv), { code: 0, stdout: '3\n', stderr: '' })
    child.kill(signal)
    const ended = { code: 0, signal: null, stdout: /^listening on [^\n]*\n$/, stderr: '' }
    t.match(await outcome, ended, signal)
  }
})

t.test('the script of --init runs as admin', async t => {
  const init = await scriptFile(t, 'def triple(x){ return 3*x }\naddFunctionView(triple)\n')
  const { exec } = await serve(t, '--init', init)
  t.match(await exec('-e', 'login("admin", "123456"); triple(14)'), { code: 0, stdout: '42\n' })
})

t.test('unusable options are refused with their own code', async t => {
  const { port } = await serve(t)
  const broken = await scriptFile(t, 'nosuchfunction(1)')
  const cases: [argv: string[], code: number, message: RegExp][] = [
    [['--port', port], 69, new RegExp(port)],
    [['--port', '0', '--host', '0.0.0.0'], 78, /does not listen on 0\.0\.0\.0/],
    [['--port', '0', '--init', '/no/such.dos'], 66, /there is no file "\/no\/such\.dos"/],
    [['--port', '0', '--init', broken], 65, /initial script failed/],
  ]
  for (const [argv, code, message] of cases) {
    const result = await runMain(['serve', ...argv])
    t.match(result, { code, stdout: '', stderr: message }, argv.join(' '))
  }
})

deepTest(t, 'with --require-login a guest may do nothing', async t => {
  const { exec, port } = await serve(t, '--require-login')
  t.equal((await exec('-e', '1+2')).code, 77)
  const environment = { DDB_PASSWORD: '123456' }
  const argv = ['exec', '--host', `127.0.0.1:${port}`, '--user', 'admin', '-e', '1+2']
  t.match(await runMain(argv, { environment }), { code: 0, stdout: '3\n' })
})

t.test('--new-value-partitions decides about values without a partition', async t => {
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

t.test('--setting and --server-version change the server', async t => {
  const settings = ['--setting', 'maxPubConnections=0', '--setting', 'dataSync=1']
  const { exec } = await serve(t, ...settings, '--server-version', '2.00.9')
  t.match(await exec('-e', 'getConfig("dataSync")', '--output', 'csv'), { stdout: '1\n' })
  t.match(await exec('-e', 'left(version(), 6)', '--output', 'csv'), { stdout: '2.00.9\n' })
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

t.test('--discard confirms a load with receipts, and keeps none of its rows', async t => {
  const init = await scriptFile(t, 'share streamTable(1:0, `id`price, [INT, DOUBLE]) as trades\n')
  const rows = Array.from({ length: 1000 }, (_, id) => `${id},0.5\n`)
  const input = join(dirname(init), 'trades.csv')
  await writeFile(input, `id,price\n${rows.join('')}`)
  const { exec, port, end } = await serve(t, '--discard', '--init', init)
  const argv = ['load', input, '--host', `127.0.0.1:${port}`, '--table', 'trades', '--json']
  const { code, stdout } = await runMain([...argv, '--batch-rows', '100', '--mode', 'async'])
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { rows: { read: 1000, confirmed: 1000 } })
  t.match(await exec('-e', 'exec count(*) from trades'), { code: 0, stdout: '0\n' })
  const counted: unknown = JSON.parse((await end()).stdout.trimEnd().split('\n').at(-1)!)
  t.strictSame(counted, { inserts: 10, rows: 1000 })
})

t.test('--discard also prints its counts after a command', async t => {
  const server = ['serve', '--port', '0', '--discard', '--', process.execPath, '-e', '0']
  t.match(await spawnCli(server).outcome, { code: 0, stdout: '{"inserts":0,"rows":0}\n' })
})

t.test(
  'the exit code of a command counts even if the counts of --discard cannot be printed',
  async t => {
    const fake = fakeProcess()
    const full = Object.assign(new Error('no space'), { code: 'ENOSPC' })
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(full) })
    const argv = ['serve', '--port', '0', '--discard', '--', process.execPath, '-e']
    const processEnvironment = { ...fake.processEnvironment, stdout }
    t.equal(await main([...argv, 'process.exit(3)'], processEnvironment), 3)
    t.match(fake.stderr(), /cannot write standard output \(ENOSPC\)/)
  },
)

const child = (code: string): string[] =>
  ['serve', '--port', '0', '--'].concat(process.execPath, '-e', code)

t.test('a command finds its server, gets options after -- and decides the exit code', async t => {
  const code = `
    const { DDB_HOST, DDB_PORT } = process.env
    require('node:net').connect(DDB_PORT, DDB_HOST, () => {
      console.log('connected to ' + DDB_HOST, process.argv.slice(1))
      process.exit(7)
    })`
  const stdout = "connected to 127.0.0.1 [ '--port' ]\n"
  const outcome = await spawnCli([...child(code), '--', '--port']).outcome
  t.strictSame(outcome, { code: 7, signal: null, stdout, stderr: '' })
})

t.test('variables for another server do not lead a command away from its server', async t => {
  const environment = {
    ...{ DDB_INGEST_HOST: '127.0.0.1:9', DDB_INGEST_TLS: '1', DDB_INGEST_TLS_INSECURE: '1' },
    ...{ DDB_INGEST_CERT_FILE: '/no/such.pem', DDB_INGEST_ROWS: '3', DDB_USER: 'admin' },
  }
  const shown = 'console.log(Object.keys(process.env).filter(n => n.startsWith("DDB_")).sort())'
  const outcome = await spawnCli(child(shown), { environment }).outcome
  const kept = ['HOST', 'INGEST_ROWS', 'PORT', 'USER'].map(name => `'DDB_${name}'`)
  const names = outcome.stdout.match(/'DDB_\w+'/g)?.filter(name => !name.includes('EMBEDDED'))
  t.strictSame(names, kept, outcome.stderr)
})

deepTest(t, 'a command ended by a signal gives 128 plus its number', async t => {
  t.match(await spawnCli(child('process.kill(process.pid, "SIGKILL")')).outcome, { code: 137 })
})

deepTest(t, 'SIGTERM is passed on to the command', async t => {
  const code = `
    process.on('SIGTERM', () => { console.log('told to end'); process.exit(5) })
    setInterval(() => {}, 1000)
    console.log('ready')`
  const { child: server, firstLine, outcome } = spawnCli(child(code))
  t.equal(await firstLine, 'ready')
  server.kill('SIGTERM')
  t.match(await outcome, { code: 5, stdout: 'ready\ntold to end\n' })
})

t.test('a missing command is a usage error', async t => {
  // Of some names, Node throws at once.
  for (const name of ['no-such-command', '/dev/null/x', '']) {
    const result = await runMain(['serve', '--port', '0', '--', name])
    t.match(result, { code: 64, stderr: `cannot run ${name} (E` })
  }
})

t.test('failures of asynchronous requests are printed, the first three', async t => {
  const { port, stderr, end } = await serve(t)
  const session = await connect({ host: '127.0.0.1', port: Number(port) })
  for (let i = 0; i < 5; i++) session.send('noSuchFunction', [])
  await session.run('1')
  await session.close()
  await end()
  t.equal(stderr().match(/asynchronous request of session \d+ failed/g)?.length, 3)
  t.match(stderr(), /further failures are not shown\n/)
})

/*
  The tour of `npm start` on a build server, which has no terminal.
*/

deepTest(t, 'the tour shows three ways to load, and ends with code 0', async t => {
  const { code, stdout, stderr } = await runMain(['demo'])
  t.equal(code, 0, stderr)
  for (const way of [
    'tableInsert{trades}',
    'append!{loadTable("dfs://testDB","tb1")}',
    'appendStreamingData',
  ]) {
    t.ok(stdout.includes(`DolphinDB runs  ${way}`), way)
  }
  t.match(stdout, /(?:\nLoaded 1,000 rows into trades on [^]*\n4 rows\n)/)
  t.match(
    stdout,
    /\nLoaded 4 rows into dfs:\/\/testDB\/tb1 on [^]*\n {2}took [^]*\n {2}next {6}nothing\n/,
  )
  t.match(stdout, /\nLoaded 1,000 rows into appendStreamingData on /)
  t.match(stdout, /Everything that was sent has been confirmed/)
  t.notOk(stdout.includes('\u001b'), 'no colours in a log')
  t.strictSame(
    stdout.split('\n').filter(line => [...line].length > 80 && !line.includes('/')),
    [],
    'lines fit 80 columns, for paths of any length',
  )
})

t.test('a signal ends the tour and its server, also between two of its commands', async t => {
  const fake = fakeProcess()
  const port = new Promise<string>(resolve => {
    let text = ''
    fake.processEnvironment.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const port = /listens on 127\.0\.0\.1:(\d+)/.exec(text)?.[1]
      if (port === undefined) return
      fake.signals.emit('SIGINT', 'SIGINT')
      resolve(port)
    })
  })
  const ended = main(['demo'], fake.processEnvironment)
  const argv = ['exec', '--host', `127.0.0.1:${await port}`, '-e', '1']
  t.equal(await ended, 130)
  t.equal((await runMain(argv)).code, 69, 'nothing listens any more')
})

const server = await startServerFor(t)
const bench = ['bench', '--host', `127.0.0.1:${server.port}`, '--requests', '30', '--rows', '7']

t.test('with --json the output is one object with both modes and their ratio', async t => {
  const { code, stdout, stderr } = await runMain([...bench, '--json'])
  t.equal(code, 0, stderr)
  const result = JSON.parse(stdout) as Record<'sync' | 'async', Record<string, number>> & {
    ratio: number
  }
  const asked = { requests: 30, rowsPerRequest: 7 }
  t.match(result, { schema: 'ddb-ingest/bench/1', exitCode: 0, ...asked, error: null })
  for (const mode of ['sync', 'async'] as const) {
    const { seconds, rowsPerSec } = result[mode]
    t.equal(rowsPerSec, Math.round((30 * 7) / seconds!), mode)
  }
  t.equal(result.ratio, Number((result.sync['seconds']! / result.async['seconds']!).toFixed(3)))
})

t.test('bench sends the requests asked for, prints one sentence, leaves no table', async t => {
  const before = server.counters.asynchronousRequests
  const { code, stdout, stderr } = await runMain(bench)
  t.equal(code, 0)
  t.equal(server.counters.asynchronousRequests - before, 30)
  t.match(
    stdout,
    /^Asynchronous writing (was|took) [\d.]+ times as (fast|long) as synchronous.*: .* 30 requests of 7 rows each on 127\.0\.0\.1:\d+\.\n$/,
  )
  t.match(stderr, /^30 requests of 7 rows in each mode\nsync .*\nasync .*\n$/)
  t.equal(server.node.shared.size, 0)
})

t.test('an error is also printed as an object, without invented figures', async t => {
  const dead = await startServer({ port: 0 })
  await dead.close()
  const { code, stdout } = await runMain(['bench', '--host', `127.0.0.1:${dead.port}`, '--json'])
  t.equal(code, 69)
  const noFigures = { sync: null, async: null, ratio: null }
  t.match(JSON.parse(stdout), { exitCode: 69, ...noFigures, error: { code: 'DDB_CONNECT' } })
})

/** Runs bench against a server of its own; both modes send 250 requests. */
async function scene(t: Test, faults: Faults = {}) {
  const { server } = await startLoadServer(t, '1', { faults })
  const fake = fakeProcess({ environment: { DDB_PASSWORD: '123456' } })
  const host = `${server.host}:${server.port}`
  const words = ['--host', host, '--user', 'admin', '--requests', '250', '--rows', '3']
  const running = main(['bench', ...words], fake.processEnvironment)
  return { server, fake, running }
}

deepTest(t, 'a signal ends the measurement, and no table is left on the server', async t => {
  const { server, fake, running } = await scene(t)
  while (server.node.shared.size === 0) await new Promise(resolve => setImmediate(resolve))
  fake.signals.emit('SIGINT', 'SIGINT')
  t.equal(await running, 130)
  while (server.node.sessions.size > 1) await new Promise(resolve => setImmediate(resolve))
  t.equal(server.node.shared.size, 0)
})

t.test('a measurement that fails says why, and leaves no table on the server', async t => {
  const { server, fake, running } = await scene(t, {
    before: ({ rows }) => (rows > 0 ? { error: 'refused' } : undefined),
  })
  t.equal(await running, 65)
  t.match(fake.stderr(), /refused/)
  t.equal(server.node.shared.size, 0)
})

t.test('bench ends if the server falls silent, and takes its table away', async t => {
  const { setTimeout } = globalThis
  let waited = (): void => undefined
  const value = (act: () => void, ms: number) => {
    if (ms === 60_000) waited = act
    return setTimeout(act, ms)
  }
  t.intercept(globalThis, 'setTimeout', { value })
  for (const silent of [/^tableInsert/, /^exec count.*_async_/, /^share/]) {
    const reached = closedGate()
    const { server, fake, running } = await scene(t, {
      before: ({ text }) => {
        if (!silent.test(text)) return undefined
        reached.open()
        return 'stall'
      },
    })
    await reached.opened
    waited()
    t.equal(await running, 75, silent.source)
    t.match(fake.stderr(), /nothing for 60 s/)
    if (silent.source !== '^share') t.equal(server.node.shared.size, 0)
  }
})

t.test('bench names its table if it loses the server for good, and else takes it away', async t => {
  for (const [last, left] of [
    [/^exec count/, 0],
    [/^exec count|^undef/, 1],
  ] as const) {
    const { server, fake, running } = await scene(t, {
      before: ({ text }) => (last.test(text) ? 'close' : undefined),
    })
    t.equal(await running, 4)
    t.equal(server.node.shared.size, left)
    const [name] = [...server.node.shared.keys()]
    const removal = `the table ${name} is still on the server; to remove it: ddb-ingest exec -e 'undef("${name}", SHARED)' --host`
    t.equal(fake.stderr().includes(removal), left === 1, fake.stderr())
  }
})
