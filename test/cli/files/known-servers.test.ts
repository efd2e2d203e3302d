/*
  What was found out about servers: kept for one server each, read back, and never in the way of a run.
*/
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  keepKnownServer,
  knownServers,
  readKnownServer,
} from '../../../src/cli/files/known-servers.js'

const server = { host: 'ddb.example', port: 8848 }
const known = {
  version: '2.00.10 2023.09.12',
  facts: { mixedFlags: false },
  users: { ann: { loginWithConnect: true } },
}

t.test('what is kept is read back, for this server alone', async t => {
  const environment = { XDG_STATE_HOME: t.testdir() }
  t.equal(readKnownServer(server, environment), undefined)
  t.equal(keepKnownServer(server, known, environment), undefined)
  t.same(readKnownServer(server, environment), known)
  t.same(readKnownServer({ ...server, host: 'DDB.example' }, environment), known)
  t.equal(readKnownServer({ ...server, port: 8849 }, environment), undefined)
  t.equal(readKnownServer({ host: 'example', port: 8848 }, environment), undefined)
  const later = { version: '3.00.0', facts: { mixedFlags: true }, users: {} }
  const memory = knownServers(environment)
  memory.keep(server, later)
  t.same(memory.known(server), later, 'the latest counts')
  const folder = join(environment.XDG_STATE_HOME, 'ddb-ingest', 'servers')
  const [file, ...others] = readdirSync(folder)
  t.same(others, [])
  t.equal(statSync(join(folder, file!)).mode & 0o777, 0o600)
})

t.test('names of hosts lead out of no folder', async t => {
  const environment = { XDG_STATE_HOME: t.testdir() }
  for (const host of ['../../up', '.', '..', '::1', 'a b', 'x/y']) {
    t.equal(keepKnownServer({ host, port: 1 }, known, environment), undefined, host)
    t.same(readKnownServer({ host, port: 1 }, environment), known)
  }
  t.same(readdirSync(environment.XDG_STATE_HOME), ['ddb-ingest'])
  t.equal(readdirSync(join(environment.XDG_STATE_HOME, 'ddb-ingest', 'servers')).length, 6)
})

t.test('files with something else in them are as good as none', async t => {
  const environment = { XDG_STATE_HOME: t.testdir() }
  keepKnownServer(server, known, environment)
  const folder = join(environment.XDG_STATE_HOME, 'ddb-ingest', 'servers')
  const path = join(folder, readdirSync(folder)[0]!)
  for (const text of [
    '',
    '{"version":"3',
    'null',
    '7',
    '{"version":3,"facts":{},"users":{}}',
    '{"version":"3","mixedFlags":true}',
    '{"version":"3","facts":[],"users":{}}',
    '{"version":"3","facts":{"mixedFlags":"yes"},"users":{}}',
    '{"version":"3","facts":{},"users":{"ann":7}}',
  ]) {
    writeFileSync(path, text)
    t.equal(readKnownServer(server, environment), undefined, text)
  }
})

t.test('a folder that cannot be written is told, and nothing else happens', async t => {
  const folder = t.testdir({ file: '' })
  t.match(keepKnownServer(server, known, { XDG_STATE_HOME: join(folder, 'file') }), /ENOTDIR/)
  mkdirSync(join(folder, 'closed'))
  chmodSync(join(folder, 'closed'), 0o500)
  const said = keepKnownServer(server, known, { XDG_STATE_HOME: join(folder, 'closed') })
  if (process.getuid?.() === 0) t.equal(said, undefined, 'root may write everywhere')
  else t.match(said, /EACCES/)
})
