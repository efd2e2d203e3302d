import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { knownLogins } from '../../../src/cli/files/known-logins.js'

t.test('what a server did is read back, for this server alone', t => {
  const memory = knownLogins({ XDG_STATE_HOME: t.testdir() })
  t.equal(memory.best('db.example', 8848), undefined)
  memory.keep('db.example', 8848, 'rsa')
  t.equal(memory.best('DB.example', 8848), 'rsa')
  t.equal(memory.best('db.example', 8849), undefined)
  memory.keep('db.example', 8848, 'scram')
  t.equal(memory.best('db.example', 8848), 'scram')
  const path = memory.place('db.example', 8848)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(dirname(path)).mode & 0o777, 0o700)
  t.equal(readdirSync(dirname(path)).length, 1, 'nothing is left beside it')
  for (const text of ['', 'null', '7', '{}', '{"method":"magic"}', '{"method":']) {
    writeFileSync(path, text)
    t.equal(memory.best('db.example', 8848), undefined, text)
  }
  t.end()
})

t.test('a folder that cannot be written fails nothing', t => {
  const folder = t.testdir({ file: '' })
  mkdirSync(join(folder, 'closed'), { mode: 0o500 })
  for (const home of ['file', 'closed']) {
    const memory = knownLogins({ XDG_STATE_HOME: join(folder, home) })
    t.doesNotThrow(() => memory.keep('db', 1, 'scram'))
    if (home === 'file') t.equal(memory.best('db', 1), undefined)
  }
  t.end()
})
