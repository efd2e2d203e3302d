/*
  The files in the state folder: login methods, and locks. Login methods are stored in one file per server and never stop
  a run.
*/
import {
  chmodSync,
  chownSync,
  mkdirSync,
  statSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  rmSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { join, dirname } from 'node:path'
import t, { type Test } from 'tap'
import { knownLogins } from '../../../src/cli/files/known-logins.js'
import {
  checkedStateFolder,
  dayMs,
  replaceStateFile,
  loginFile,
  checkAndMarkReported,
} from '../../../src/cli/files/state-file.js'
import {
  checkStateFolder,
  stateFolder,
  otherWritersAt,
  otherWritersOf,
} from '../../../src/cli/files/state-folder.js'
import { startServer, type EmbeddedServer } from '../../../src/server/index.js'
import { closedGate, type Gate } from '../../helpers/gate.js'
import { deepTest } from '../../helpers/runs.js'
import { runMain, spawnCli, type Outcome, type Spawned } from '../run-cli.js'

t.test('the folder follows the XDG specification', t => {
  t.equal(stateFolder({ XDG_STATE_HOME: '/s', HOME: '/h' }), '/s/ddb-ingest')
  for (const XDG_STATE_HOME of ['', 'relative', undefined]) {
    t.equal(stateFolder({ XDG_STATE_HOME, HOME: '/h' }), '/h/.local/state/ddb-ingest')
  }
  t.end()
})

t.test('write permission of other users is found by owner, group and mode', t => {
  const me = 1000
  const none = { owner: undefined, isOpenToAll: false, group: undefined }
  for (const [what, uid, gid, mode, expected] of [
    ['mine', me, me, 0o40700, undefined],
    ['mine, for all to read', me, me, 0o40755, undefined],
    ['mine, under a umask of 002', me, me, 0o40775, undefined],
    ['mine, and a group of others', me, 100, 0o40770, { ...none, group: 100 }],
    ['mine, and all', me, me, 0o41777, { ...none, isOpenToAll: true }],
    ['of root', 0, 0, 0o40755, undefined],
    ['of root and a group, as with fsGroup', 0, 2000, 0o42775, { ...none, group: 2000 }],
    ['of root and of my group, which is its own', 0, me, 0o42775, { ...none, group: me }],
    [
      'of root, and all, as an emptyDir',
      0,
      0,
      0o40777,
      { owner: undefined, isOpenToAll: true, group: 0 },
    ],
    ['of another', 1001, me, 0o40700, { ...none, owner: 1001 }],
  ] as const) {
    t.strictSame(otherWritersOf({ uid, gid, mode }, me), expected, what)
  }
  t.match(
    otherWritersOf({ uid: 1000, gid: 0, mode: 0o40700 }, 0),
    { owner: 1000 },
    'for root as well',
  )
  t.end()
})

t.test(
  'a folder that belongs to a different user or that all users can write to is refused; a folder open to a group gives a warning',
  t => {
    const path = join(t.testdir(), 'state')
    t.equal(checkStateFolder(path), undefined, 'it does not exist yet')
    mkdirSync(path, { mode: 0o700 })
    t.equal(checkStateFolder(path), undefined)
    t.equal(otherWritersAt(path), undefined)
    t.throws(() => otherWritersAt(join(path, 'none')), { code: 'ENOENT' })
    chmodSync(path, 0o777)
    t.throws(() => checkStateFolder(path), {
      code: 'DDB_CONFIG',
      exitCode: 78,
      message: /state can be written by every user of this machine: .*--state-dir .*XDG_STATE_HOME/,
    })
    chmodSync(path, 0o1777)
    t.throws(() => checkStateFolder(path), { code: 'DDB_CONFIG' }, 'sticky or not')
    chmodSync(path, 0o700)
    t.equal(checkStateFolder('/dev/null/ddb-ingest'), undefined)
    t.end()
  },
)

t.test(
  'owners are checked',
  { skip: process.getuid?.() !== 0 && 'only root can give files away' },
  t => {
    const path = join(t.testdir({ state: {} }), 'state')
    const { gid } = statSync(path)
    chownSync(path, 4711, gid)
    t.throws(() => checkStateFolder(path), {
      code: 'DDB_CONFIG',
      message: /state belongs to user 4711: /,
    })
    chownSync(path, 0, 4711)
    chmodSync(path, 0o2770)
    t.match(checkStateFolder(path), /^group 4711 can write .*state: .*chmod g-w/)
    t.end()
  },
)

t.test('each server has its own file in the folder for its kind', t => {
  const home = t.testdir()
  const of = (host: string, port = 1): string => loginFile({ host, port }, { XDG_STATE_HOME: home })
  t.equal(of('Db.Example', 8848), join(home, 'ddb-ingest', 'logins', 'db.example_8848.json'))
  for (const host of ['../../up', '.', '..', '::1', 'a b', 'x/y', '%2E']) {
    t.equal(dirname(of(host)), join(home, 'ddb-ingest', 'logins'), host)
  }
  t.end()
})

t.test('a file is replaced in one step and readable only by its owner', t => {
  const path = join(t.testdir({ file: '' }), 'new', 'a.json')
  t.equal(replaceStateFile(path, { a: 1 }), undefined)
  t.equal(replaceStateFile(path, { a: 2 }), undefined)
  t.equal(readFileSync(path, 'utf8'), '{"a":2}\n')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  t.same(readdirSync(dirname(path)), ['a.json'])
  t.equal(replaceStateFile(join(t.testdirName, 'file', 'x', 'a.json'), {}), 'ENOTDIR')
  t.end()
})

t.test('the same process does not repeat a warning', t => {
  const environment = { XDG_STATE_HOME: t.testdir() }
  t.notOk(checkAndMarkReported('test', 'a', dayMs, environment))
  t.ok(checkAndMarkReported('test', 'a', dayMs, environment))
  t.ok(checkAndMarkReported('test', 'a', dayMs, environment, Date.now() + 10 * dayMs))
  t.notOk(checkAndMarkReported('test', 'b', dayMs, environment), 'about another subject')
  t.notOk(checkAndMarkReported('other', 'a', dayMs, environment), 'another kind')
  t.end()
})

t.test('a second process uses the file to decide whether to repeat a warning', t => {
  const home = t.testdir()
  const now = Date.parse('2026-03-01T12:00:00Z')
  const at = (number: number): { XDG_STATE_HOME: string } => ({
    XDG_STATE_HOME: join(home, String(number)),
  })
  const cases: readonly (readonly [string, string, number, boolean])[] = [
    ['an hour ago', '{"told":"2026-03-01T11:00:00Z"}', dayMs, true],
    ['now', '{"told":"2026-03-01T12:00:00Z"}', dayMs, true],
    ['nearly a day ago', '{"told":"2026-02-28T12:00:01Z"}', dayMs, true],
    ['a day ago', '{"told":"2026-02-28T12:00:00Z"}', dayMs, false],
    ['years ago, for good', '{"told":"1990-01-01T00:00:00Z"}', Infinity, true],
    ['in a year', '{"told":"2027-03-01T12:00:00Z"}', dayMs, false],
    ['at no time', '{"told":"yesterday"}', dayMs, false],
    ['in no words', '{"told":', dayMs, false],
    ['in others', 'null', dayMs, false],
  ]
  for (const [i, [what, text, forMs, expected]] of cases.entries()) {
    // Finds out which file name the program uses, in a separate state folder.
    checkAndMarkReported('test', 'x', forMs, at(100 + i), now)
    const [name] = readdirSync(join(at(100 + i).XDG_STATE_HOME, 'ddb-ingest', 'told'))
    const folder = join(at(i).XDG_STATE_HOME, 'ddb-ingest', 'told')
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name!), text)
    t.equal(checkAndMarkReported('test', 'x', forMs, at(i), now), expected, what)
    const left = readFileSync(join(folder, name!), 'utf8')
    t.equal(left, expected ? text : '{"told":"2026-03-01T12:00:00.000Z"}\n', what)
  }
  t.notOk(
    checkAndMarkReported('test', 'x', dayMs, { XDG_STATE_HOME: '/dev/null' }, now),
    'nothing can be stored',
  )
  t.end()
})

t.test(
  'a folder open to a group gives one warning, and none in a quiet run',
  { skip: process.getuid?.() !== 0 && 'only root can give files to any group' },
  t => {
    const path = join(t.testdir({ state: {} }), 'state')
    const environment = { XDG_STATE_HOME: t.testdirName }
    const told: string[] = []
    const warn = (sentence: string): void => void told.push(sentence)
    chmodSync(path, 0o700)
    t.equal(checkedStateFolder(environment, warn, path), path)
    const { uid, gid } = statSync(path)
    chownSync(path, uid, gid + 1)
    chmodSync(path, 0o770)
    checkedStateFolder(environment, undefined, path)
    t.strictSame(told, [])
    checkedStateFolder(environment, warn, path)
    checkedStateFolder(environment, warn, path)
    t.match(told, [new RegExp(`^group ${gid + 1} can write ${path}: `)])
    t.equal(told.length, 1)
    t.end()
  },
)

const silent = (): void => undefined

t.test('login methods are read back only for this server and this user', t => {
  const memory = knownLogins({ XDG_STATE_HOME: t.testdir() }, silent)
  t.equal(memory.best('db.example', 8848, 'ann'), undefined)
  memory.keep('db.example', 8848, 'ann', 'rsa')
  t.equal(memory.best('DB.example', 8848, 'ann'), 'rsa')
  t.equal(memory.best('db.example', 8849, 'ann'), undefined)
  t.equal(memory.best('db.example', 8848, 'bob'), undefined)
  memory.keep('db.example', 8848, 'ann', 'scram')
  memory.keep('db.example', 8848, '__proto__', 'plain')
  t.equal(memory.best('db.example', 8848, 'ann'), 'scram')
  t.equal(memory.best('db.example', 8848, '__proto__'), 'plain')
  const path = memory.place('db.example', 8848)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  t.equal(readdirSync(dirname(path)).length, 1, 'no other file is left')
  for (const text of [
    '',
    'null',
    '7',
    '{}',
    '{"users":{"ann":"rsa"}}',
    '{"users":[["ann","magic"],["ann"],7,["bob","rsa"]]}',
    '{"users":',
    // Earlier versions did not store the user.
    '{"method":"scram"}',
  ]) {
    writeFileSync(path, text)
    t.equal(memory.best('db.example', 8848, 'ann'), undefined, text)
  }
  memory.keep('db.example', 8848, 'ann', 'rsa')
  t.equal(memory.best('db.example', 8848, 'ann'), 'rsa', 'an unreadable file is replaced')
  t.end()
})

t.test('a folder that cannot be written to causes no failure', t => {
  const folder = t.testdir({ file: '' })
  mkdirSync(join(folder, 'closed'), { mode: 0o500 })
  for (const home of ['file', 'closed']) {
    const memory = knownLogins({ XDG_STATE_HOME: join(folder, home) }, silent)
    t.doesNotThrow(() => memory.keep('db', 1, 'ann', 'scram'))
    t.doesNotThrow(() => memory.unverified!('db', 1))
    if (home === 'file') t.equal(memory.best('db', 1, 'ann'), undefined)
  }
  t.end()
})

t.test('an unverified server gives one warning', t => {
  const told: string[] = []
  const environment = { XDG_STATE_HOME: t.testdir() }
  const memory = knownLogins(environment, sentence => told.push(sentence))
  knownLogins(environment, undefined).unverified!('db', 8848)
  t.strictSame(told, [], 'a quiet run leaves the warning to the next one')
  memory.unverified!('db', 8848)
  memory.unverified!('DB', 8848)
  memory.unverified!('db', 8849)
  t.strictSame(told, [
    'db:8848: the password is sent encrypted, but the server is not verified: --tls verifies it',
    'db:8849: the password is sent encrypted, but the server is not verified: --tls verifies it',
  ])
  t.end()
})

t.test('nothing is stored about the server of serve -- CMD, but about all other servers', t => {
  const told: string[] = []
  const home = t.testdir()
  const memory = knownLogins(
    { XDG_STATE_HOME: home, DDB_EMBEDDED_SERVER: '127.0.0.1:40001' },
    sentence => told.push(sentence),
  )
  memory.keep('127.0.0.1', 40001, 'admin', 'scram')
  memory.unverified!('127.0.0.1', 40001)
  t.equal(memory.best('127.0.0.1', 40001, 'admin'), undefined)
  t.strictSame([told, readdirSync(home)], [[], []])
  memory.keep('127.0.0.1', 40002, 'admin', 'scram')
  t.equal(memory.best('127.0.0.1', 40002, 'admin'), 'scram')
  const later = knownLogins({ XDG_STATE_HOME: home }, silent)
  t.match(readFileSync(later.place('127.0.0.1', 40002), 'utf8'), '[["admin","scram"]]')
  writeFileSync(later.place('127.0.0.1', 40001), '{"users":[["admin","scram"]]}')
  t.equal(later.best('127.0.0.1', 40001, 'admin'), 'scram')
  t.equal(
    memory.best('127.0.0.1', 40001, 'admin'),
    undefined,
    'nor is anything read that others stored',
  )
  t.end()
})

/*
  Login methods: files with odd names and contents, and folders that cannot be written.
*/

t.test('host names cannot lead out of the folder', async t => {
  const environment = { XDG_STATE_HOME: t.testdir() }
  const memory = knownLogins(environment, undefined)
  for (const host of ['../../up', '.', '..', '::1', 'a b', 'x/y']) {
    memory.keep(host, 1, 'ann', 'scram')
    t.equal(memory.best(host, 1, 'ann'), 'scram', host)
  }
  t.same(readdirSync(environment.XDG_STATE_HOME), ['ddb-ingest'])
  t.equal(readdirSync(join(environment.XDG_STATE_HOME, 'ddb-ingest', 'logins')).length, 6)
})

t.test('files with other content count as missing, and a folder may be closed', async t => {
  const folder = t.testdir({ file: '' })
  const memory = knownLogins({ XDG_STATE_HOME: folder }, undefined)
  memory.keep('h', 1, 'ann', 'scram')
  for (const text of ['', '{"users":[', 'null', '7', '{"users":{"ann":"scram"}}']) {
    writeFileSync(memory.place('h', 1), text)
    t.equal(memory.best('h', 1, 'ann'), undefined, text)
  }
  const closed = knownLogins({ XDG_STATE_HOME: join(folder, 'file') }, undefined)
  closed.keep('h', 1, 'ann', 'scram')
  t.equal(closed.best('h', 1, 'ann'), undefined)
})

/*
  --lock: real processes compete for the same lock. The test kills some of them.
*/

interface Place {
  server: EmbeddedServer
  locks: string
  input: string
  dir: string
  /** Every insert waits for the gate. */
  gate: Gate
  /** Resolves once an insert waits at the gate. */
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
    '--host',
    `127.0.0.1:${server.port}`,
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

/** Resolves with the first text on stderr, which a run prints when it receives a signal. */
const saidSomething = ({ child }: Spawned): Promise<void> =>
  new Promise(resolve => child.stderr!.once('data', () => resolve()))

const rows = ({ server }: Place, table: string): number => server.node.shared.get(table)!.table.rows

t.test('a lock held by a living process gives exit code 75, until that process ends', async t => {
  const here = await place(t)
  const first = here.start('first')
  await here.waiting
  const path = join(here.locks, 'nightly')
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(here.locks).mode & 0o777, 0o700)
  t.equal(statSync(join(here.locks, '..')).mode & 0o777, 0o700)

  const summary = join(here.dir, 'summary.json')
  const metrics = join(here.dir, 'run.prom')
  const refused = await here.run(['--json', `--json=${summary}`, '--metrics-file', metrics])
  t.match(refused, { code: 75, stderr: /\[DDB_LOCKED\]/ })
  t.match(JSON.parse(refused.stdout), { exitCode: 75, error: { code: 'DDB_LOCKED' } })
  t.match(refused.stderr, `held by process ${first.child.pid} since`)
  t.strictSame(readdirSync(here.dir).sort(), ['in.csv', 'state'], 'its files have not changed')

  here.gate.open()
  t.equal((await first.outcome).code, 0)
  t.strictSame(readdirSync(here.locks), [])
  t.match(await here.run(), { code: 0 })
  t.equal(rows(here, 'first'), 4)
})

deepTest(t, 'if many processes find the lock of a killed process, one takes it over', async t => {
  const here = await place(t)
  const killed = here.start('first')
  await here.waiting
  killed.child.kill('SIGKILL')
  t.equal((await killed.outcome).signal, 'SIGKILL')
  t.strictSame(readdirSync(here.locks), ['nightly'])

  const contenders = Array.from({ length: 5 }, () => here.start('second'))
  const codes: number[] = []
  // The winner waits at the gate until all other processes have been refused.
  const ended = contenders.map(async ({ outcome }) => {
    const { code } = await outcome
    codes.push(code)
    if (codes.length === contenders.length - 1) here.gate.open()
  })
  await Promise.all(ended)
  t.strictSame(codes, [75, 75, 75, 75, 0])
  t.equal(rows(here, 'second'), 2)
  t.strictSame(readdirSync(here.locks), [], 'nothing is left')
})

deepTest(t, 'the lock is released after failures and signals', async t => {
  const here = await place(t)
  t.match(await here.run(['/no/such.csv']), { code: 66 })
  t.strictSame(readdirSync(here.locks), [])
  const interrupted = here.start('first')
  await here.waiting
  const said = saidSomething(interrupted)
  interrupted.child.kill('SIGTERM')
  // If the gate opened at once, the run could end before the signal arrives.
  await said
  here.gate.open()
  t.equal((await interrupted.outcome).code, 143)
  t.strictSame(readdirSync(here.locks), [])
})

deepTest(t, 'a second signal ends the process at once, and releases the lock', async t => {
  const here = await place(t)
  const stuck = here.start('first')
  await here.waiting
  const said = saidSomething(stuck)
  stuck.child.kill('SIGINT')
  await said
  // Waits, because signals within a quarter of a second count as one.
  const again = setInterval(() => stuck.child.kill('SIGINT'), 100)
  t.equal((await stuck.outcome).code, 130)
  clearInterval(again)
  t.strictSame(readdirSync(here.locks), [])
})

/** Writes the lock of a process that does not exist. */
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

deepTest(t, 'the number of a process alone does not prove that a lock holder is alive', async t => {
  const here = await place(t)
  here.gate.open()
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const startTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  // A number above the largest process number of Linux.
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

t.test('if a takeover is interrupted, a later process takes the lock over', async t => {
  const here = await place(t)
  here.gate.open()
  const nobody = 2 ** 22 + 1
  plant(here, { pid: nobody })
  plant(here, { pid: nobody, token: 'aaaaaaaaaaaaaaaa' }, 'nightly+00112233445566ff')
  t.match(await here.run(), { code: 0 })
  t.strictSame(readdirSync(here.locks), [])
})

t.test('a file that is not a lock is not used as a lock', async t => {
  const here = await place(t)
  mkdirSync(here.locks, { recursive: true })
  writeFileSync(join(here.locks, 'nightly'), 'my notes')
  t.match(await here.run(), { code: 75, stderr: /is not a lock of ddb-ingest/ })
  t.equal(readFileSync(join(here.locks, 'nightly'), 'utf8'), 'my notes')
  t.match(await here.run(['--lock', '../up']), { code: 64 })
})

deepTest(t, 'JSON that is not a lock is not used as a lock either', async t => {
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
    'a complete lock is a lock',
  )
})

t.test('an unusable state folder stops the run before it begins', async t => {
  const here = await place(t)
  const before = here.server.counters.requests
  const environment = { XDG_STATE_HOME: here.input }
  const argv = ['load', here.input, '--host', `127.0.0.1:${here.server.port}`, '-t', 'first']
  const result = await runMain([...argv, '--lock', 'a'], { environment })
  t.match(result, { code: 73, stderr: /cannot keep the lock.*\[DDB_OUTPUT_CREATE\]/ })
  t.equal(here.server.counters.requests, before)
})
