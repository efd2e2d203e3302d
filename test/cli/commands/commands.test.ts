/* Checks every command and each of its options. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { commands } from '../../../src/cli/dispatch.js'
import { explanationsOf } from '../../../src/cli/commands/explain.js'
import { main } from '../../../src/cli/main.js'
import type { OptionDefinition, OptionSources } from '../../../src/cli/options/definition.js'
import { loadOptions } from '../../../src/cli/options/options.js'
import { errorCodes } from '../../../src/errors.js'
import { startServer, type RequestInfo } from '../../../src/server/index.js'
import { root } from '../../helpers/checkout.js'
import { closedGate } from '../../helpers/gate.js'
import { deepTest } from '../../helpers/runs.js'
import { fakeProcess, runMain, spawnCli, type FakeTerminals, type Outcome } from '../run-cli.js'
import { startServerFor } from '../../helpers/load-server.js'

const noSources: OptionSources = { flags: new Map(), environment: {} }

t.test('only the embedded server has settings of its own in the environment', async t => {
  for (const { name, options } of commands) {
    const own = Object.values(options).map(({ environment }) => environment[0] ?? 'none')
    const isItsOwn = own.every(
      one => one === 'none' || one.startsWith('DDB_INGEST_SERVE_') === (name === 'serve'),
    )
    t.ok(isItsOwn, name)
  }
  const { port, host } = { port: 'DDB_INGEST_SERVE_PORT', host: 'DDB_INGEST_SERVE_HOST' }
  const { listenPort, listenHost } = commands.find(({ name }) => name === 'serve')!.options
  t.strictSame([listenPort!.environment, listenHost!.environment], [[port], [host]])
})

t.test('every default can be read like a value of its option', async t => {
  for (const command of commands) t.doesNotThrow(() => command.prepare(noSources), command.name)
})

t.test('names and short flags are unique within a command', async t => {
  for (const { name, options } of commands) {
    const definitions: OptionDefinition[] = Object.values(options)
    const names = definitions.map(({ name }) => name)
    t.equal(new Set(names).size, names.length, name)
    const short = definitions.flatMap(({ short }) => short ?? [])
    t.equal(new Set(short).size, short.length, `short flags of ${name}`)
  }
})

t.test('the key of an option of load is its long name in camel case', async t => {
  for (const [key, definition] of Object.entries(loadOptions)) {
    const camel = definition.name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    t.equal(camel, key)
  }
})

t.test('every error code is explained, together with its exit code', async t => {
  const known = explanationsOf(await readFile(new URL('docs/errors.md', root), 'utf8'))
  const codes = known.map(({ code }) => code)
  const wanted = [...Object.keys(errorCodes), ...Object.values(errorCodes).map(String)]
  const missing = wanted.filter(code => !codes.includes(code))
  t.strictSame(missing, [])
  t.equal(new Set(codes).size, codes.length, 'each once')
  for (const { code, cells } of known) {
    t.ok(cells.length > 0 && cells.every(([head, text]) => head !== '' && text !== ''), code)
    t.notMatch(cells.map(([, text]) => text).join(), /`|\]\(/, `${code} is plain text`)
  }
})

deepTest(t, 'a code is found in any case, and shown with its exit code', async t => {
  const { code, stdout } = await runMain(['explain', 'ddb_input_cell'])
  t.equal(code, 0)
  t.match(stdout, /^DDB_INPUT_CELL\nexit: 65\nwhat it means, and what to do: A text that is not/)
  const narrow = (await runMain(['explain', 'DDB_INPUT_CELL'], { stdoutColumns: 60 })).stdout
  t.ok(narrow.split('\n').every(line => line.length <= 60))
  const explained = (await runMain(['explain', '75'])).stdout
  t.match(explained, /^75\nmeaning: .*has given up for now\nwhat to do: /)
})

t.test('an unknown code is a usage error that names the nearest one', async t => {
  const { code, stderr, stdout } = await runMain(['explain', 'DDB_INPUT_CEL'])
  t.equal(code, 64)
  t.equal(stdout, '')
  t.match(stderr, /no code is called "DDB_INPUT_CEL" \(did you mean DDB_INPUT_CELL/)
})

t.test('without a code, all codes are listed with their first sentence', async t => {
  const { code, stdout } = await runMain(['explain'], { stdoutColumns: 80 })
  t.equal(code, 0)
  const lines = stdout.trimEnd().split('\n')
  t.match(lines[0], /^0 +every row read was delivered/)
  for (const each of Object.keys(errorCodes)) {
    const isListed = lines.some(line => new RegExp(`^${each} +[A-Z"\`].{20}`).test(line))
    t.ok(isListed, each)
  }
  t.ok(lines.every(line => line.length <= 80))
})

/*
  `exec` against an embedded server in this process.
*/

const server = await startServerFor(t, {
  initScript: `
    t = table(1..3 as id, ["A", "B,C", ""] as sym, [1.5, 00F, 3] as price)
    share t as quotes`,
})
const port = String(server.port)

const exec = (argv: readonly string[], terminals?: FakeTerminals): Promise<Outcome> =>
  runMain(['exec', '--host', `127.0.0.1:${port}`, ...argv], terminals)

t.test('a table is printed for people, for programs, or as JSON', async t => {
  const argv = ['-e', 'select * from quotes']
  t.equal(
    (await exec(argv)).stdout,
    ['id  sym  price', ' 1  A      1.5', ' 2  B,C', ' 3           3', '3 rows', ''].join('\n'),
  )
  const asCsv = (await exec([...argv, '--output', 'csv'])).stdout
  t.equal(asCsv, 'id,sym,price\n1,A,1.5\n2,"B,C",\n3,,3\n')
  t.strictSame(JSON.parse((await exec([...argv, '--json'])).stdout), [
    { id: 1, sym: 'A', price: 1.5 },
    { id: 2, sym: 'B,C', price: null },
    { id: 3, sym: null, price: 3 },
  ])
})

deepTest(t, 'the script comes from a file, from standard input, or from -e', async t => {
  const path = join(t.testdir(), 'count.dos')
  await writeFile(path, '// how many\nexec count(*) from quotes\n')
  t.equal((await exec([path])).stdout, '3\n')
  t.equal((await exec([], { stdin: '6*7' })).stdout, '42\n')
  t.equal((await exec(['-'], { stdin: '6*7' })).stdout, '42\n')
  const expected = { code: 66, stdout: '', stderr: /there is no file "\/no\/such\.dos"/ }
  t.match(await exec(['/no/such.dos']), expected)
  await writeFile(path, Buffer.from('"\xb9\xfe"', 'latin1'))
  t.match(await exec([path]), { code: 65, stderr: /is not UTF-8: convert it.*DDB_INPUT_ENCODING/ })
})

t.test('with --json there is one object for every exit code, without it a message', async t => {
  const failed = await exec(['-e', 'select * from nosuchtable', '--json'])
  t.equal(failed.code, 65)
  const said = /^ddb-ingest: .*nosuchtable.* \[DDB_SCRIPT\]\nnext: ddb-ingest explain DDB_SCRIPT\n$/
  t.match(await exec(['-e', 'select * from nosuchtable']), { code: 65, stdout: '', stderr: said })
  t.match(JSON.parse(failed.stdout), {
    schema: 'ddb-ingest/exec/1',
    exitCode: 65,
    error: { code: 'DDB_SCRIPT', message: /nosuchtable/ },
  })
  t.equal((await exec(['-e', 'undef(`nothing)', '--json'])).stdout.split('\n').length, 2)
})

t.test('printed output of the script goes to standard error', async t => {
  t.match(await exec(['-e', 'print("hello")\n5']), { stdout: '5\n', stderr: 'hello\n' })
})

t.test('if there are several hosts, the first one that answers is used', async t => {
  const dead = await startServer({ port: 0 })
  await dead.close()
  const hosts = `127.0.0.1:${dead.port},127.0.0.1:${port}`
  t.match(await runMain(['exec', '--host', hosts, '-e', '1']), { code: 0, stdout: '1\n' })
})

deepTest(t, 'if the reader of its output leaves early, the command ends quietly', async t => {
  const script = 'table(1..200000 as id)'
  const words = ['exec', '--host', `127.0.0.1:${port}`, '-e', script, '--output', 'csv']
  const { child, firstLine, outcome } = spawnCli(words)
  t.equal(await firstLine, 'id')
  child.stdout!.destroy()
  t.match(await outcome, { code: 0, signal: null, stderr: '' })
})

t.test("a signal ends a running script, with the signal's code also in JSON", async t => {
  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    const fake = fakeProcess()
    const [begun, ended] = [closedGate(), closedGate()]
    const before = ({ text }: RequestInfo) => {
      if (text !== '6 * 7') return undefined
      begun.open()
      return { until: ended.opened }
    }
    const busy = await startServerFor(t, { faults: { before } })
    const at = ['--host', `127.0.0.1:${busy.port}`]
    const running = main(['exec', ...at, '-e', '6 * 7', '--json'], fake.processEnvironment)
    await begun.opened
    fake.signals.emit(name, name)
    t.equal(await running, code)
    ended.open()
    t.match(JSON.parse(fake.stdout()), { exitCode: code, error: { code: 'DDB_INTERRUPTED' } })
  }
})

t.test('while a command waits for the password or a script, a signal ends the process', async t => {
  const password = ['--user', 'admin', '--password-file', '-', '--host', `127.0.0.1:${port}`]
  for (const words of [
    ['exec', '-', '--host', `127.0.0.1:${port}`],
    ['exec', '-e', '1', ...password],
    ['selftest', ...password],
    ['bench', ...password],
  ]) {
    const { processEnvironment, signals } = fakeProcess()
    const stdin = new PassThrough()
    const running = main(words, { ...processEnvironment, stdin })
    while (stdin.listenerCount('readable') === 0)
      await new Promise(resolve => setImmediate(resolve))
    t.equal(signals.listenerCount('SIGINT'), 0, words.join(' '))
    stdin.end('wrong')
    t.not(await running, 0)
    t.equal(signals.listenerCount('SIGINT'), 0)
  }
})
