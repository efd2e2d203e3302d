/* Rules for every call of the command line: exit codes, the use of each stream, and refusals that suggest the nearest names. */
import { spawnSync } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { commands, dispatch } from '../../src/cli/dispatch.js'
import { catchSignals } from '../../src/cli/process-environment.js'
import { main } from '../../src/cli/main.js'
import { version } from '../../src/version.js'
import { fakeProcess, runMain, type FakeTerminals } from './run-cli.js'
import { deepTest } from '../helpers/runs.js'

t.test('without a command, help and three commands to begin with go to standard error', async t => {
  const { code, stdout, stderr } = await runMain([])
  t.strictSame([code, stdout], [64, ''])
  t.match(stderr, /^Usage: ddb-ingest/)
  const expected = ['  ddb-ingest demo', '  ddb-ingest schema', '  ddb-ingest load']
  t.strictSame(stderr.match(/^ {2}ddb-ingest \w+/gm), expected)
  t.match(stderr, /columns of a table for the file/)
})

t.test('requested help goes to standard output, code 0', async t => {
  for (const words of [['--help'], ['help'], ['-h']]) {
    const { code, stdout, stderr } = await runMain(words)
    t.strictSame({ code, stderr }, { code: 0, stderr: '' })
    for (const { name } of commands) t.match(stdout, new RegExp(`^  ${name}\\b`, 'm'), name)
  }
})

t.test('the help of load and check fits a screen, with flags of the option table', async t => {
  for (const name of ['load', 'check']) {
    const help = await runMain(['help', name])
    t.strictSame(help, await runMain([name, '--help']))
    const lines = help.stdout.trimEnd().split('\n')
    t.ok(lines.length < 24, `${lines.length} lines, and one for the prompt`)
    t.ok(lines.every(line => line.length <= 80))
    const whole = (await runMain([name, '--help-all'])).stdout
    const flags = lines.flatMap(line => /^ {2}(-.*?) {2,}/.exec(line)?.[1] ?? [])
    t.ok(flags.every(one => whole.includes(`  ${one} `)))
    if (name === 'load') t.equal(flags.length, 12)
    t.match(lines.at(-1), new RegExp(`ddb-ingest ${name} --help-all$`))
    const narrow = (await runMain([name, '--help'], { stdoutColumns: 60 })).stdout.split('\n')
    t.ok(narrow.every(line => line.length <= 60))
  }
})

const wrong: [argv: string[], message: RegExp, terminals?: FakeTerminals][] = [
  [['laod'], /unknown command 'laod' \(did you mean load\?\)/],
  [['exec', '-e', '1', 'b.dos'], /a file or -e, not both/],
  [['exec', 'a', 'b'], /too many arguments/],
  [['load', '-t'], /argument missing/],
  [['load', 'x.csv', '--password', 'hunter2'], /a password does not belong on the command line/],
  [['load', 'x.csv', '--password=hunter2'], /a password does not belong on the command line/],
  [['load', 'x.csv', '--pasword=hunter2'], /unknown option '--pasword'/],
  [['load', 'x.csv', '--host', 'joe:hunter2@h'], /got "joe:\*\*\*@h"/],
  [['load', 'x.csv', '--rejets', 'r'], /unknown option '--rejets' \(did you mean --rejects\?\)/],
  [['load', 'x.csv', '-j', '0'], /--connections: expected .*, got "0"/],
  [
    ['load', 'x.csv', '--function', 'f', '--types', 'a:INT', '-j', '2'],
    /a function takes batches one after the other/,
  ],
  [
    ['load', 'x.csv', '-t', 't', '-j', '65'],
    /--connections: expected a number from 1 to 64, got "65"/,
  ],
  [['load', 'x.csv', '-t', '1st'], /"1st" is not a table name/],
  [['load', 'x.csv', '-t', 'dfs://db'], /does not name a DFS table/],
  [['load', 'x.csv', '--function', 'f(x)'], /"f\(x\)" is not a function name/],
  [['load', 'x.csv', '-t', 't', '--batch-bytes', '1 MB'], /expected a size/],
  [['load', 'x.csv', '-t', 't', '--map', 'price'], /expected TARGET=SOURCE/],
  [['load', 'x.csv'], /no target/],
  [['load', 'x.csv', '-t', 't', '--function', 'f'], /one target/],
  [['serve', '--'], /name the command to run/],
  [['serve', '--port', '99999'], /expected a port from 0 to 65535/],
  [['load', '-t', 't'], /no input/, { stdinIsTerminal: true }],
  [['exec'], /no script/, { stdinIsTerminal: true }],
  [['load', 'x'], /DDB_INGEST_HOTS sets no option/, { environment: { DDB_INGEST_HOTS: 'x' } }],
  [['load', '-', '-t', 't', '--user', 'u', '--password-file', '-'], /exclude each other/],
  [['load', 'x'], /path of HOME is not UTF-8/, { environment: { HOME: '/h\ufffd' } }],
]

t.test('a usage error is one sentence on standard error, code 64', async t => {
  for (const [argv, message, terminals] of wrong) {
    const { code, stdout, stderr } = await runMain(argv, terminals)
    t.equal(code, 64, argv.join(' '))
    t.equal(stdout, '', argv.join(' '))
    t.match(stderr, message)
    t.notMatch(stderr, /hunter2/, 'no secret is printed')
    const [said, next] = stderr.trimEnd().split('\n').slice(-2)
    t.match(said, /^ddb-ingest: .* \[DDB_(USAGE|NAME)\]$/)
    t.match(next, /^next: ddb-ingest /)
  }
})

t.test('on a terminal and without a source, help is printed without waiting', async t => {
  for (const name of ['load', 'check']) {
    const { code, stderr } = await runMain([name, '-t', 't'], { stdinIsTerminal: true })
    t.equal(code, 64)
    t.match(stderr, new RegExp(`^Usage: ddb-ingest ${name}[^]*Example:`))
  }
})

t.test('options of a file apply as if they were typed', async t => {
  const path = join(t.testdir(), 'options')
  await writeFile(path, '--output csv\n--batch-rows 5\n')
  const { code, stderr } = await runMain(['exec', `@${path}`, '-e', '1'])
  t.equal(code, 64)
  t.match(stderr, /unknown option '--batch-rows'/)
  await writeFile(path, '--output nonsense\n')
  t.match((await runMain(['exec', '-e', '1', `@${path}`])).stderr, /--output: expected table, csv/)
})

t.test('colours appear only if wanted', async t => {
  const colored = async (terminals: FakeTerminals, ...flags: string[]): Promise<boolean> =>
    (await runMain(['load', 'x', ...flags], terminals)).stderr.includes('\u001b[31m')
  t.notOk(await colored({}), 'not a terminal')
  t.ok(await colored({ stderrColumns: 80 }), 'a terminal')
  t.notOk(await colored({ stderrColumns: 80 }, '--no-color'))
  t.notOk(await colored({ stderrColumns: 80, environment: { NO_COLOR: '1' } }))
  t.notOk(await colored({ stderrColumns: 80, environment: { TERM: 'dumb' } }))
  t.ok(await colored({ environment: { FORCE_COLOR: '1' } }), 'forced')
  t.notOk(await colored({ stderrColumns: 80, environment: { FORCE_COLOR: '0' } }))
  t.notOk(await colored({ environment: { FORCE_COLOR: '1' } }, '--no-color'), 'a flag overrides')
})

t.test('an internal error gives exit code 70 and asks for a report', async t => {
  const fake = fakeProcess()
  await dispatch(['load', '--mode', 'x'], fake.processEnvironment)
  fake.stray(new TypeError('x is not a function'))
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(fake.left, [70])
  t.match(
    fake.stderr(),
    /x is not a function; this is a bug of ddb-ingest: please report it \[DDB_INTERNAL\]/,
  )
})

t.test('--version prints only the version', async t => {
  for (const words of [['--version'], ['-V'], ['version'], ['--version', '--help']]) {
    t.strictSame(await runMain(words), { code: 0, stdout: `${version}\n`, stderr: '' })
  }
})

t.test('a version that cannot be written gives code 74, unless the reader has left', async t => {
  for (const [systemCode, exitCode, said] of [
    ['ENOSPC', 74, /\(ENOSPC\) \[DDB_OUTPUT_WRITE\]\nnext: ddb-ingest explain DDB_OUTPUT_WRITE\n$/],
    ['EPIPE', 0, /^$/],
  ] as const) {
    const fake = fakeProcess()
    const stdout = new Writable({
      write: (_chunk, _encoding, done) =>
        done(Object.assign(new Error('refused'), { code: systemCode })),
    })
    t.equal(await main(['--version'], { ...fake.processEnvironment, stdout }), exitCode)
    await new Promise(resolve => setImmediate(resolve))
    t.match(fake.stderr(), said)
  }
})

function setup() {
  const signals = new EventEmitter()
  const left: number[] = []
  const seen: string[] = []
  let nowMs = 0
  const interruption = catchSignals(
    { signals, leave: code => left.push(code) },
    { onFirst: name => void seen.push(name), now: () => nowMs },
  )
  return { signals, left, seen, interruption, tick: (ms: number) => void (nowMs += ms) }
}

t.test('the first signal aborts cleanly, a second one ends the process at once', async t => {
  const { signals, left, seen, interruption, tick } = setup()
  t.notOk(interruption.signal.aborted)
  signals.emit('SIGINT', 'SIGINT')
  t.ok(interruption.signal.aborted)
  t.equal(interruption.exitCode, 130)
  t.strictSame(left, [])
  tick(1000)
  signals.emit('SIGTERM', 'SIGTERM')
  t.strictSame(left, [130], 'with the code of the first signal')
  t.strictSame(seen, ['SIGINT'])
})

t.test('a key press that arrives twice counts as one signal, and SIGHUP as SIGTERM', async t => {
  const { signals, left, tick } = setup()
  signals.emit('SIGINT', 'SIGINT')
  tick(20)
  signals.emit('SIGINT', 'SIGINT')
  t.strictSame(left, [])
  const other = setup()
  other.signals.emit('SIGHUP', 'SIGHUP')
  t.equal(other.interruption.exitCode, 143)
})

t.test('a second signal counts even if the clock was set back', t => {
  const signals = new EventEmitter()
  const left: number[] = []
  let nowMs = 0
  t.intercept(performance, 'now', { value: () => nowMs })
  t.intercept(Date, 'now', { value: () => -nowMs })
  catchSignals({ signals, leave: code => left.push(code) })
  signals.emit('SIGINT', 'SIGINT')
  nowMs += 1000
  signals.emit('SIGINT', 'SIGINT')
  t.strictSame(left, [130])
  t.end()
})

t.test('after release, the process handles signals itself', async t => {
  const { signals, interruption } = setup()
  interruption[Symbol.dispose]()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) t.equal(signals.listenerCount(name), 0)
  t.equal(interruption.exitCode, undefined)
})

/*
  Effects of the command line on its process, tested in separate processes.
*/

/** Kilobytes that V8 reserves for young objects, before and after many of them have lived for a while. */
function youngKilobytes(prepare: string): { before: number; after: number } {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8'
    import { thisProcess } from './src/cli/process-environment.ts'
    const size = () =>
      getHeapSpaceStatistics().find(space => space.space_name === 'new_space').space_size / 1024
    const before = size()
    ${prepare}
    const kept = new Array(20_000).fill(null)
    for (let i = 0; i < 2_000_000; i++) kept[i % kept.length] = { i }
    process.stdout.write(JSON.stringify({ before, after: size() }))`
  const node = spawnSync(
    process.execPath,
    ['--import=./scripts/typescript-loader.js', '--input-type=module', '--eval', script],
    { encoding: 'utf8' },
  )
  return JSON.parse(node.stdout) as { before: number; after: number }
}

deepTest(t, 'the heap stops growing on request', async t => {
  const told = youngKilobytes('thisProcess().stopHeapGrowth()')
  t.ok(told.after <= 2 * told.before, JSON.stringify(told))
  const untold = youngKilobytes('')
  t.ok(untold.after > 2 * told.after, JSON.stringify(untold))
})
