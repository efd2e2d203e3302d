/* The files in the state folder: login methods. Login methods are stored in one file per server and never stop a run, even if a host's name
   is odd, a file has other content, or the folder cannot be written. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  statSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { join, dirname } from 'node:path'
import t from 'tap'
import {
  knownLogins,
  dayMs,
  checkAndMarkReported,
  checkStateFolder,
  stateFolder,
  otherWritersOf,
} from '../../../src/cli/files/state.js'

t.test('the folder follows the XDG specification', async t => {
  t.equal(stateFolder({ XDG_STATE_HOME: '/s', HOME: '/h' }), '/s/ddb-ingest')
  for (const XDG_STATE_HOME of ['', 'relative', undefined]) {
    t.equal(stateFolder({ XDG_STATE_HOME, HOME: '/h' }), '/h/.local/state/ddb-ingest')
  }
  for (const HOME of ['', 'relative', undefined]) t.match(stateFolder({ HOME }), /^\//)
})

t.test('write permission of other users is found by owner, group and mode', async t => {
  const me = 1000
  const group = (number: number) => ({ who: `users of group ${number}`, isGroup: true })
  const all = { who: 'every user of this machine', isGroup: false }
  for (const [what, uid, gid, mode, expected] of [
    ['mine', me, me, 0o40700, undefined],
    ['mine, for all to read', me, me, 0o40755, undefined],
    ['mine, under a umask of 002', me, me, 0o40775, undefined],
    ['mine, and a group of others', me, 100, 0o40770, group(100)],
    ['mine, and all', me, me, 0o41777, all],
    ['of root', 0, 0, 0o40755, undefined],
    ['of root and a group, as with fsGroup', 0, 2000, 0o42775, group(2000)],
    ['of root and of my group, which is its own', 0, me, 0o42775, group(me)],
    ['of root, and all, as an emptyDir', 0, 0, 0o40777, all],
    ['of another', 1001, me, 0o40700, { who: 'user 1001', isGroup: false }],
  ] as const) {
    t.strictSame(otherWritersOf({ uid, gid, mode }, me), expected, what)
  }
  t.match(otherWritersOf({ uid: 1000, gid: 0, mode: 0o40700 }, 0), { who: 'user 1000' })
})

const asRoot = { skip: process.getuid?.() !== 0 && 'only root can give files away' }

t.test('owners are checked', asRoot, async t => {
  const path = join(t.testdir({ state: {} }), 'state')
  const { gid } = statSync(path)
  chownSync(path, 4711, gid)
  const error = { code: 'DDB_CONFIG', message: /state can be written by user 4711: / }
  t.throws(() => checkStateFolder({}, undefined, path), error)
})

t.test('each server has its own file in the folder for its kind', async t => {
  const home = t.testdir()
  const memory = knownLogins({ XDG_STATE_HOME: home }, undefined)
  const of = (host: string, port = 1): string => memory.place(host, port)
  t.equal(of('Db.Example', 8848), join(home, 'ddb-ingest', 'logins', 'db.example_8848.json'))
  for (const host of ['../../up', '.', '..', '::1', 'a b', 'x/y', '%2E']) {
    t.equal(dirname(of(host)), join(home, 'ddb-ingest', 'logins'), host)
    memory.keep(host, 1, 'ann', 'scram')
    t.equal(memory.best(host, 1, 'ann'), 'scram', host)
  }
  t.equal(readdirSync(join(home, 'ddb-ingest', 'logins')).length, 7)
})

t.test('the same process does not repeat a warning', async t => {
  const environment = { XDG_STATE_HOME: t.testdir() }
  t.notOk(checkAndMarkReported('test', 'a', dayMs, environment))
  t.ok(checkAndMarkReported('test', 'a', dayMs, environment))
  t.ok(checkAndMarkReported('test', 'a', dayMs, environment, Date.now() + 10 * dayMs))
  t.notOk(checkAndMarkReported('test', 'b', dayMs, environment), 'about another subject')
  t.notOk(checkAndMarkReported('other', 'a', dayMs, environment), 'another kind')
})

t.test('a second process uses the file to decide whether to repeat a warning', async t => {
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
})

t.test('a folder open to a group gives one warning, and none in a quiet run', asRoot, async t => {
  const path = join(t.testdir({ state: {} }), 'state')
  const environment = { XDG_STATE_HOME: t.testdirName }
  const told: string[] = []
  const warn = (sentence: string): void => void told.push(sentence)
  chmodSync(path, 0o700)
  checkStateFolder(environment, warn, path)
  t.strictSame(told, [])
  const { uid, gid } = statSync(path)
  chownSync(path, uid, gid + 1)
  chmodSync(path, 0o770)
  checkStateFolder(environment, undefined, path)
  t.strictSame(told, [])
  checkStateFolder(environment, warn, path)
  checkStateFolder(environment, warn, path)
  t.match(told, [new RegExp(`^users of group ${gid + 1} can write ${path}: .*chmod g-w`)])
  t.equal(told.length, 1)
})

const silent = (): void => undefined

t.test('login methods are read back only for this server and this user', async t => {
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
})

t.test('a folder that cannot be written to causes no failure', async t => {
  const folder = t.testdir({ file: '' })
  mkdirSync(join(folder, 'closed'), { mode: 0o500 })
  const [file, closed] = [join(folder, 'file'), join(folder, 'closed')]
  for (const home of [file, closed, '/proc/nonexistent']) {
    const memory = knownLogins({ XDG_STATE_HOME: home }, silent)
    t.doesNotThrow(() => memory.keep('db', 1, 'ann', 'scram'))
    t.doesNotThrow(() => memory.unverified!('db', 1))
    if (home !== closed) t.equal(memory.best('db', 1, 'ann'), undefined)
  }
})

t.test('an unverified server gives one warning', async t => {
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
})

t.test('nothing is stored about the server of serve -- CMD, but about all others', async t => {
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
})
