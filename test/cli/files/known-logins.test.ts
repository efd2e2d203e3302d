import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { knownLogins } from '../../../src/cli/files/known-logins.js'

const silent = (): void => undefined

t.test('what a server did is read back, for this server and this user alone', t => {
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
  t.equal(readdirSync(dirname(path)).length, 1, 'nothing is left beside it')
  for (const text of [
    '',
    'null',
    '7',
    '{}',
    '{"users":{"ann":"rsa"}}',
    '{"users":[["ann","magic"],["ann"],7,["bob","rsa"]]}',
    '{"users":',
    // Of earlier versions, for whatever user it was.
    '{"method":"scram"}',
  ]) {
    writeFileSync(path, text)
    t.equal(memory.best('db.example', 8848, 'ann'), undefined, text)
  }
  memory.keep('db.example', 8848, 'ann', 'rsa')
  t.equal(memory.best('db.example', 8848, 'ann'), 'rsa', 'what cannot be read is replaced')
  t.end()
})

t.test('a folder that cannot be written fails nothing', t => {
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

t.test('a server that nobody has verified is told of once', t => {
  const told: string[] = []
  const environment = { XDG_STATE_HOME: t.testdir() }
  const memory = knownLogins(environment, sentence => told.push(sentence))
  knownLogins(environment, undefined).unverified!('db', 8848)
  t.strictSame(told, [], 'a run that must not speak keeps it for the next one')
  memory.unverified!('db', 8848)
  memory.unverified!('DB', 8848)
  memory.unverified!('db', 8849)
  t.strictSame(told, [
    'db:8848: the password is sent encrypted, but the server is not verified: --tls verifies it',
    'db:8849: the password is sent encrypted, but the server is not verified: --tls verifies it',
  ])
  t.end()
})

t.test('of the server of serve -- CMD nothing is kept, and of others it is', t => {
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
  t.equal(memory.best('127.0.0.1', 40001, 'admin'), undefined, 'nor is what others have kept read')
  t.end()
})
