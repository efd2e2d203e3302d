/*
  --lock: real processes that want the same lock, killed ones among them.
*/
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startServer, type EmbeddedServer } from '../../../src/server/index.js'
import { closedGate, type Gate } from '../../helpers/gate.js'
import { runMain, spawnCli, type Outcome, type Spawned } from '../run-cli.js'

interface Place {
  server: EmbeddedServer
  /** Folder of the locks. */
  locks: string
  input: string
  dir: string
  /** Every insert waits for it. */
  gate: Gate
  /** Resolves with the first insert that waits. */
  waiting: Promise<unknown>
  start: (table: string) => Spawned
  run: (argv?: readonly string[]) => Promise<Outcome>
}

const tables =
  'share table(10:0, `id`x, [INT,INT]) as first; share table(10:0, `id`x, [INT,INT]) as second'

async function place(t: Test): Promise<Place> {
  const gate = closedGate()
  const reached = closedGate()
  const server = await startServer({
    port: 0,
    initScript: tables,
    faults: {
      beforeExecute: ({ text }) => {
        if (!text.startsWith('tableInsert')) return undefined
        reached.open()
        return { until: gate.opened }
      },
    },
  })
  t.teardown(() => {
    gate.open()
    return server.close()
  })
  const dir = t.testdir({ 'in.csv': 'id,x\n1,1\n2,2\n', state: {} })
  const environment = { XDG_STATE_HOME: join(dir, 'state') }
  const input = join(dir, 'in.csv')
  const argv = (table: string): string[] => [
    'load',
    input,
    '--port',
    String(server.port),
    '-t',
    table,
    '--mode',
    'sync',
    '--lock',
    'nightly',
  ]
  return {
    server,
    locks: join(dir, 'state/ddb-ingest/locks'),
    input,
    dir,
    gate,
    waiting: reached.opened,
    start: table => spawnCli(argv(table), { environment }),
    run: (more = []) => runMain([...argv('first'), ...more], { environment }),
  }
}

/** Resolves with the first words on stderr: what a run says of a signal it has seen. */
const saidSomething = ({ child }: Spawned): Promise<void> =>
  new Promise(resolve => child.stderr!.once('data', () => resolve()))

const rows = ({ server }: Place, table: string): number => server.node.shared.get(table)!.table.rows

t.test('a lock that a living process holds is 75, and free once that has ended', async t => {
  const here = await place(t)
  const first = here.start('first')
  await here.waiting
  const path = join(here.locks, 'nightly')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(here.locks).mode & 0o777, 0o700)
  t.equal(statSync(join(here.locks, '..')).mode & 0o777, 0o700)

  const summary = join(here.dir, 'summary.json')
  const metrics = join(here.dir, 'run.prom')
  const refused = await here.run(['--json', '--summary', summary, '--metrics-file', metrics])
  t.match(refused, { code: 75, stderr: /\[DDB_LOCKED\]/ })
  t.match(JSON.parse(refused.stdout), { exitCode: 75, error: { code: 'DDB_LOCKED' } })
  t.match(refused.stderr, `held by process ${first.child.pid} since`)
  t.strictSame(readdirSync(here.dir).sort(), ['in.csv', 'state'], 'its files are not touched')

  here.gate.open()
  t.equal((await first.outcome).code, 0)
  t.strictSame(readdirSync(here.locks), [])
  t.match(await here.run(), { code: 0 })
  t.equal(rows(here, 'first'), 4)
})

t.test('of many that find the lock of a killed process exactly one takes it over', async t => {
  const here = await place(t)
  const killed = here.start('first')
  await here.waiting
  killed.child.kill('SIGKILL')
  t.equal((await killed.outcome).signal, 'SIGKILL')
  t.strictSame(readdirSync(here.locks), ['nightly'])

  const contenders = Array.from({ length: 5 }, () => here.start('second'))
  const codes: number[] = []
  // The winner waits at the gate until all the others have been turned away.
  const ended = contenders.map(async ({ outcome }) => {
    const { code } = await outcome
    codes.push(code)
    if (codes.length === contenders.length - 1) here.gate.open()
  })
  await Promise.all(ended)
  t.strictSame(codes, [75, 75, 75, 75, 0])
  t.equal(rows(here, 'second'), 2)
  t.strictSame(readdirSync(here.locks), [], 'nothing is left behind')
})

t.test('the lock is given back after failures and signals', async t => {
  const here = await place(t)
  t.match(await here.run(['/no/such.csv']), { code: 66 })
  t.strictSame(readdirSync(here.locks), [])
  const interrupted = here.start('first')
  await here.waiting
  const said = saidSomething(interrupted)
  interrupted.child.kill('SIGTERM')
  // Opened at once, the gate could let the run end before the signal is there.
  await said
  here.gate.open()
  t.equal((await interrupted.outcome).code, 143)
  t.strictSame(readdirSync(here.locks), [])
})

t.test('a second signal leaves at once, and the lock with it', async t => {
  const here = await place(t)
  const stuck = here.start('first')
  await here.waiting
  const said = saidSomething(stuck)
  stuck.child.kill('SIGINT')
  await said
  // Signals within a quarter of a second count as one key.
  const again = setInterval(() => stuck.child.kill('SIGINT'), 100)
  t.equal((await stuck.outcome).code, 130)
  clearInterval(again)
  t.strictSame(readdirSync(here.locks), [])
})

/** Writes the lock of an imagined process. */
function plant(here: Place, holder: object, name = 'nightly'): void {
  mkdirSync(here.locks, { recursive: true })
  const whole = {
    token: '00112233445566ff',
    pid: process.pid,
    bootId: null,
    startTicks: null,
    host: hostname(),
    since: '2026-01-02T03:04:05.678Z',
    ...holder,
  }
  writeFileSync(join(here.locks, name), JSON.stringify(whole))
}

t.test('whether a holder still lives is known by more than its number', async t => {
  const here = await place(t)
  here.gate.open()
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  // Above the largest number Linux gives out.
  const nobody = 2 ** 22 + 1
  const cases: [holder: object, code: number][] = [
    [{ startTicks, bootId }, 75],
    [{}, 75],
    [{ startTicks: '1' }, 0],
    [{ startTicks, bootId: 'before the last boot' }, 0],
    [{ pid: nobody }, 0],
    [{ pid: 1 }, 75],
    [{ pid: nobody, host: 'elsewhere' }, 75],
  ]
  for (const [holder, code] of cases) {
    plant(here, holder)
    t.equal((await here.run()).code, code, JSON.stringify(holder))
  }
  t.match((await here.run()).stderr, /on elsewhere.*remove .*nightly/)
})

t.test('a takeover that died half-way is taken over in its turn', async t => {
  const here = await place(t)
  here.gate.open()
  const nobody = 2 ** 22 + 1
  plant(here, { pid: nobody })
  plant(here, { pid: nobody, token: 'aaaaaaaaaaaaaaaa' }, 'nightly+00112233445566ff')
  t.match(await here.run(), { code: 0 })
  t.strictSame(readdirSync(here.locks), [])
})

t.test('another file is not taken for a lock', async t => {
  const here = await place(t)
  mkdirSync(here.locks, { recursive: true })
  writeFileSync(join(here.locks, 'nightly'), 'my notes')
  t.match(await here.run(), { code: 75, stderr: /is not a lock of ddb-ingest/ })
  t.equal(readFileSync(join(here.locks, 'nightly'), 'utf8'), 'my notes')
  t.match(await here.run(['--lock', '../up']), { code: 64 })
})

t.test('what is JSON and no lock is not taken for one either', async t => {
  const here = await place(t)
  here.gate.open()
  const token = '00112233445566ff'
  const lock = { token, pid: 1, bootId: null, startTicks: null, host: hostname(), since: 'then' }
  const contents: [what: string, text: string][] = [
    ...[[], 5, null, 'text', {}, { pid: 'x' }, { token }, { token, pid: 1 }].map(
      (value): [string, string] => [JSON.stringify(value), JSON.stringify(value)],
    ),
    ...Object.entries({
      token: 5,
      pid: '1',
      bootId: 5,
      startTicks: 1,
      host: null,
      since: undefined,
    }).map(([member, value]): [string, string] => [
      `${member} is ${value}`,
      JSON.stringify({ ...lock, [member]: value }),
    ]),
    ['pid is 0', JSON.stringify({ ...lock, pid: 0 })],
    ['pid is -1', JSON.stringify({ ...lock, pid: -1 })],
    ['nothing', ''],
    ['half of one', JSON.stringify(lock).slice(0, -10)],
    ['huge', JSON.stringify({ ...lock, more: 'x'.repeat(5_000_000) })],
  ]
  mkdirSync(here.locks, { recursive: true })
  const path = join(here.locks, 'nightly')
  const before = here.server.counters.requests
  for (const [what, text] of contents) {
    writeFileSync(path, text)
    const { code, stderr } = await here.run()
    t.equal(code, 75, what)
    t.match(stderr, `${path} is not a lock of ddb-ingest: remove it when nothing uses it`, what)
    t.equal(readFileSync(path, 'utf8'), text)
  }
  rmSync(path)
  mkdirSync(path)
  t.match(await here.run(), { code: 75, stderr: /is not a lock of ddb-ingest/ })
  t.equal(here.server.counters.requests, before)
  rmSync(path, { recursive: true })
  writeFileSync(path, JSON.stringify(lock))
  t.match(
    await here.run(),
    { code: 75, stderr: /is held by process 1 since then/ },
    'a whole one is one',
  )
})

t.test('a state folder that cannot be used stops the run before it begins', async t => {
  const here = await place(t)
  const before = here.server.counters.requests
  const environment = { XDG_STATE_HOME: here.input }
  const argv = ['load', here.input, '--port', String(here.server.port), '-t', 'first']
  const result = await runMain([...argv, '--lock', 'a'], { environment })
  t.match(result, { code: 73, stderr: /cannot keep the lock.*\[DDB_OUTPUT_CREATE\]/ })
  t.equal(here.server.counters.requests, before)
})
