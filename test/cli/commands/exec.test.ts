/*
  `exec` against an embedded server in this process.
*/
import { closeSync, openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { startServer } from '../../../src/server/index.js'
import {
  bin,
  fakeProcess,
  runMain,
  spawnCli,
  type FakeTerminals,
  type Outcome,
} from '../run-cli.js'
import { main } from '../../../src/cli/main.js'

const server = await startServer({
  port: 0,
  initScript: `
    t = table(1..3 as id, ["A", "B,C", ""] as sym, [1.5, 00F, 3] as price)
    share t as quotes`,
})
t.teardown(() => server.close())
const port = String(server.port)

const exec = (argv: readonly string[], terminals?: FakeTerminals): Promise<Outcome> =>
  runMain(['exec', '--port', port, ...argv], terminals)

t.test('a scalar is its bare value in every format', async t => {
  for (const output of ['table', 'csv', 'json']) {
    const result = await exec(['-e', '1+2', '--output', output])
    t.strictSame(result, { code: 0, stdout: '3\n', stderr: '' }, output)
  }
  t.equal((await exec(['-e', '"a"', '--json'])).stdout, '"a"\n')
})

t.test('a table is printed for people, for programs, or as json', async t => {
  const argv = ['-e', 'select * from quotes']
  t.equal(
    (await exec(argv)).stdout,
    ['id  sym  price', ' 1  A      1.5', ' 2  B,C', ' 3           3', '3 rows', ''].join('\n'),
  )
  t.equal(
    (await exec([...argv, '--output', 'csv'])).stdout,
    'id,sym,price\n1,A,1.5\n2,"B,C",\n3,,3\n',
  )
  t.strictSame(JSON.parse((await exec([...argv, '--json'])).stdout), [
    { id: 1, sym: 'A', price: 1.5 },
    { id: 2, sym: 'B,C', price: null },
    { id: 3, sym: null, price: 3 },
  ])
})

t.test('the script comes from a file, from standard input, or from -e', async t => {
  const path = join(t.testdir(), 'count.dos')
  await writeFile(path, '// how many\nexec count(*) from quotes\n')
  t.equal((await exec([path])).stdout, '3\n')
  t.equal((await exec([], { stdin: '6*7' })).stdout, '42\n')
  t.equal((await exec(['-'], { stdin: '6*7' })).stdout, '42\n')
  t.match(await exec(['/no/such.dos']), {
    code: 66,
    stdout: '',
    stderr: /\/no\/such\.dos \(ENOENT\)/,
  })
})

t.test('an error of the script is 65, on standard error, in words of the server', async t => {
  const { code, stdout, stderr } = await exec(['-e', 'select * from nosuchtable'])
  t.equal(code, 65)
  t.equal(stdout, '')
  t.match(stderr, /^ddb-ingest: .*nosuchtable.* \[DDB_SCRIPT\]\n$/)
})

t.test('with json there is one object on every exit', async t => {
  const failed = await exec(['-e', 'select * from nosuchtable', '--json'])
  t.equal(failed.code, 65)
  t.match(JSON.parse(failed.stdout), {
    schema: 'ddb-ingest/exec/1',
    exitCode: 65,
    error: { code: 'DDB_SCRIPT', message: /nosuchtable/ },
  })
  t.equal((await exec(['-e', 'undef(`nothing)', '--json'])).stdout.split('\n').length, 2)
})

t.test('what the script prints goes to standard error', async t => {
  t.match(await exec(['-e', 'print("hello")\n5']), { stdout: '5\n', stderr: 'hello\n' })
})

t.test('without a server there is a hint how to have one', async t => {
  const gone = await startServer({ port: 0 })
  await gone.close()
  const result = await runMain(['exec', '--port', String(gone.port), '-e', '1'])
  t.match(result, { code: 69, stdout: '', stderr: /\[DDB_CONNECT\]\n.*ddb-ingest serve/ })
})

t.test('of several hosts the first that answers is taken', async t => {
  const dead = await startServer({ port: 0 })
  await dead.close()
  const hosts = `127.0.0.1:${dead.port},127.0.0.1:${port}`
  t.match(await runMain(['exec', '--host', hosts, '-e', '1']), { code: 0, stdout: '1\n' })
})

t.test('a refused login is 77 and never shows the password', async t => {
  for (const flags of [[], ['-v'], ['--json']]) {
    const result = await exec(['--user', 'admin', '-e', '1', ...flags], {
      environment: { DDB_PASSWORD: 'hunter2-secret' },
    })
    t.equal(result.code, 77)
    t.notMatch(result.stdout + result.stderr, /hunter2/)
  }
})

t.test('data cannot move the cursor of a terminal', async t => {
  const text = 'x\u001b[2J\u0007\u202ey\u061c'
  const script = `table(["${text}"] as s)`
  const shown = {
    table: 's\nxy\n1 row\n',
    csv: 's\nx\\u001b[2J\\u0007\\u202ey\\u061c\n',
    json: '[\n{"s":"x\\u001b[2J\\u0007\\u202ey\\u061c"}\n]\n',
  }
  for (const [output, expected] of Object.entries(shown)) {
    const terminals = { stdoutColumns: 80, environment: { NO_COLOR: '1' } }
    const result = await exec(['-e', script, '--output', output], terminals)
    t.strictSame(result, { code: 0, stdout: expected, stderr: '' }, output)
  }
  t.equal((await exec(['-e', script, '--output', 'csv'])).stdout, `s\n${text}\n`)
  const json = (await exec(['-e', script, '--json'])).stdout
  t.strictSame(JSON.parse(json), [{ s: text }])
  t.strictSame(JSON.parse(shown.json), [{ s: text }], 'it is the same value')
})

t.test('a line break in a field is nothing but that, a CR is shown', async t => {
  const script = 'table(["a\r\nb\tc", "over\rwritten"] as s)'
  const { stdout } = await exec(['-e', script, '--output', 'csv'], { stdoutColumns: 80 })
  t.equal(stdout, 's\n"a\\u000d\nb\tc"\n"over\\u000dwritten"\n')
})

const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes(
  'util-linux',
)

t.test(
  'a real terminal is known as one',
  { skip: hasScript ? false : 'there is no script(1) of util-linux' },
  async t => {
    const script = 'table(["x\u001b[2Jy"] as s)'
    for (const output of ['csv', 'json']) {
      const argv = [process.execPath, bin, 'exec', '--port', port, '-e', script, '--output', output]
      const line = argv.map(word => `'${word}'`).join(' ')
      const child = spawn('script', ['-qec', line, '/dev/null'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await once(child, 'close')
      t.ok(said.includes('x\\u001b[2Jy'), JSON.stringify(said))
      t.notOk(said.includes('\u001b'))
    }
  },
)

t.test('a full disk behind standard output is 74', async t => {
  for (const argv of [['exec', '--port', port, '-e', '1+2'], ['--version']]) {
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [bin, ...argv], { stdio: ['ignore', full, 'pipe'] })
    closeSync(full)
    let said = ''
    child.stderr!.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number]
    t.equal(code, 74, argv.join(' '))
    t.equal(said, 'ddb-ingest: cannot write standard output (ENOSPC) [DDB_OUTPUT_WRITE]\n')
  }
})

t.test('a reader that leaves early ends it quietly', async t => {
  const script = 'table(1..200000 as id)'
  const { child, firstLine, outcome } = spawnCli([
    'exec',
    '--port',
    port,
    '-e',
    script,
    '--output',
    'csv',
  ])
  t.equal(await firstLine, 'id')
  child.stdout!.destroy()
  t.match(await outcome, { code: 0, signal: null, stderr: '' })
})

t.test('Ctrl-C leaves a script that runs, code 130', async t => {
  const fake = fakeProcess()
  const running = main(
    ['exec', '--port', port, '-e', 'sleep(600000)', '--json'],
    fake.processEnvironment,
  )
  while (server.counters.requests === 0 || fake.signals.listenerCount('SIGINT') === 0) {
    await new Promise(resolve => setImmediate(resolve))
  }
  fake.signals.emit('SIGINT', 'SIGINT')
  t.equal(await running, 130)
  await new Promise(resolve => setImmediate(resolve))
  t.match(JSON.parse(fake.stdout()), { exitCode: 130, error: { code: 'DDB_INTERRUPTED' } })
})

t.test('the program in bin/ behaves the same', async t => {
  const child = spawn(process.execPath, [bin, 'exec', '--port', port, '-e', '1+2'])
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const [code] = (await once(child, 'close')) as [number]
  t.equal(code, 0)
  t.equal(stdout, '3\n')
})
