import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { replaceStateFile, stateFileOf } from '../../../src/cli/files/state-file.js'

t.test('each server has a file of its own, in the folder of its kind', t => {
  const home = t.testdir()
  const of = (host: string, port = 1): string =>
    stateFileOf('logins', { host, port }, { XDG_STATE_HOME: home })
  t.equal(of('Db.Example', 8848), join(home, 'ddb-ingest', 'logins', 'db.example_8848.json'))
  for (const host of ['../../up', '.', '..', '::1', 'a b', 'x/y', '%2E']) {
    t.equal(dirname(of(host)), join(home, 'ddb-ingest', 'logins'), host)
  }
  t.end()
})

t.test('a file is replaced in one step and is its owner’s alone', t => {
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
