/* The embedded server: its options and settings (docs/embedded-server.md), its node, and the sessions of requests
   (docs/server-semantics.md#sessions). */
import t from 'tap'
import { ServerNode } from '../../src/server/node.js'
import {
  type ServerOptions,
  checkExposure,
  checkServerOptions,
  readSettings,
} from '../../src/server/index.js'
import { RawPeer } from '../helpers/raw-peer.js'
import { connectBytes, requestBytes, script } from '../helpers/requests.js'
import { startTinyServer, tinyServer } from '../helpers/tiny-server.js'
import { int } from '../helpers/values.js'
import type { Response } from '../../src/protocol/response.js'
import { startServerFor } from '../helpers/load-server.js'

t.test('the initial script runs as admin before anyone can connect', async t => {
  const users: string[] = []
  const server = await tinyServer(
    t,
    {
      script: (_code, session) => {
        users.push(session.user)
        return int(1)
      },
    },
    { initScript: 'share t as u' },
  )
  t.strictSame(users, ['admin'])
  t.strictSame(server.log, ['script share t as u'])
  t.equal(server.closedSessions.length, 1)
})

t.test('the initial script may replace the password that keeps the server on loopback', async t => {
  const server = await startTinyServer(
    {
      script: (_code, _session, node) => {
        node.users.set('admin', { password: 'another', isAdmin: true })
        return undefined
      },
    },
    { host: '0.0.0.0', initScript: 'resetPwd("admin", "another")' },
  )
  await server.close()
  t.strictSame(server.log, ['script resetPwd("admin", "another")'])
})

t.test('if the initial script fails, the server does not start', async t => {
  const failing = startTinyServer(
    {
      script: () => {
        throw new Error('no such function')
      },
    },
    { initScript: 'f()' },
  )
  const error = { code: 'DDB_SCRIPT', message: /initial script failed: no such function/ }
  await t.rejects(failing, error)
})

t.test('errors name impossible options', async t => {
  const refused: [name: string, values: unknown[]][] = [
    ['port', [-1, 65_536, 1.5, NaN, '8848']],
    ['maxConnections', [0, -1, 65_536, 1.5, Infinity]],
    ['maxValueBytes', [0, 0.5, 2 ** 53, NaN]],
    ['newValuePartitions', ['', 'ADD', null, 1]],
    ['version', ['', '3', '2.0', '2.00.10 ', 'v2.00.10', '2.00.x']],
    ['host', ['']],
  ]
  for (const [name, values] of refused) {
    for (const value of values) {
      const options = { [name]: value } as ServerOptions
      const error = { code: 'DDB_USAGE', message: new RegExp(`^${name} must`) }
      t.throws(() => checkServerOptions(options), error, `${name}: ${String(value)}`)
    }
  }
})

t.test('the node lists a session until its connection ends', async t => {
  const server = await startServerFor(t)
  t.equal(server.node.sessions.size, 0)
  const peer = await RawPeer.connect(server.port)
  const { sessionId } = await peer.ask(connectBytes)
  t.strictSame([...server.node.sessions.keys()], [sessionId])
  t.match(server.node.sessions.get(sessionId), { user: 'guest' })
  peer.socket.end()
  await peer.ended()
  t.equal(server.node.sessions.size, 0)
})

t.test('after a restart the disk is kept, memory lost, and the old node unchanged', async t => {
  const before = new ServerNode({ adminPassword: 'secret' })
  const database = {} as never
  before.databases.set('dfs://d', database)
  before.functionViews.set('f', { name: 'f' } as never)
  before.users.set('joe', { password: 'x', isAdmin: false })
  before.privileges.set('joe', new Set(['TABLE_READ *']))
  before.shared.set('t', { table: {} as never, owner: 'admin' })
  before.jobs.set('1', undefined!)
  before.sessions.set('1', {} as never)
  const node = new ServerNode({ restartOf: before, adminPassword: 'other' })
  t.equal(node.databases.get('dfs://d'), database)
  t.strictSame([...node.functionViews.keys()], ['f'])
  t.strictSame([...node.users.keys()], ['admin', 'joe'])
  t.equal(node.users.get('admin')!.password, 'secret', 'the password is on the disk')
  t.strictSame([...node.privileges.keys()], ['joe'])
  t.strictSame([node.shared.size, node.jobs.size, node.sessions.size], [0, 0, 0])
  node.databases.delete('dfs://d')
  node.functionViews.clear()
  node.users.delete('joe')
  node.privileges.clear()
  t.strictSame(
    [before.databases, before.functionViews, before.users, before.privileges].map(map => map.size),
    [1, 1, 2, 1],
  )
})

t.test('the initial password works on this machine only', async t => {
  const exposed = (host: string, password: string | undefined, options = {}): boolean => {
    try {
      checkExposure(host, password, options)
      return false
    } catch (error) {
      t.match(error, { code: 'DDB_CONFIG', message: /initial password/ })
      return true
    }
  }
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1']) {
    t.notOk(exposed(host, '123456'), host)
  }
  for (const host of '0.0.0.0 :: 192.168.1.1 example.org 1127.0.0.1 127.0.0.1.org 127.0.0 localhost.org 128.0.0.1'.split(
    ' ',
  )) {
    t.ok(exposed(host, '123456'), host)
    t.ok(exposed(host, '123456', { allowInitialPassword: false }), host)
    t.notOk(exposed(host, '123456', { allowInitialPassword: true }), host)
    t.notOk(exposed(host, 'another'), host)
    t.notOk(exposed(host, undefined), 'admin no longer exists')
  }
})

t.test('settings are read in the form of a configuration file', async t => {
  const texts = {
    maxPubConnections: '0',
    dfsReplicationFactor: '2',
    enableSharedVarCreationControl: 'true',
    persistenceDir: '',
  }
  t.strictSame(readSettings(texts), {
    maxPubConnections: 0,
    dfsReplicationFactor: 2,
    enableSharedVarCreationControl: true,
    persistenceDir: '',
  })
  const refused: Record<string, string>[] = [
    { maxpubconnections: '0' },
    { newValuePartitionPolicy: 'skip' },
    { toString: '0' },
    { maxPubConnections: '-1' },
    { maxPubConnections: '' },
    { dataSync: 'true' },
    { enableSharedVarCreationControl: '1' },
  ]
  for (const one of refused) {
    t.throws(() => readSettings(one), { code: 'DDB_USAGE', message: Object.keys(one)[0] })
  }
})

t.test('a request of an unknown session runs in a new session, which the answer names', async t => {
  const server = await startServerFor(t)
  const peer = await RawPeer.connect(server.port)
  const ask = async (sessionId: string, code: string): Promise<Response> => {
    await peer.write(requestBytes(script(code), { sessionId }))
    return peer.response()
  }
  const { sessionId } = await peer.ask(connectBytes)
  await ask(sessionId, 'login("admin","123456"); x=1; def f(){ return 2 }')
  t.match(await ask(sessionId, 'x+f()'), { ok: true, sessionId, value: { value: 3 } })
  const other = await ask('4711', 'getCurrentSessionAndUser()[1]')
  t.match(other, { ok: true, value: { value: 'guest' } })
  t.notOk([sessionId, '4711'].includes(other.sessionId))
  t.match(await ask(other.sessionId, 'x'), {
    ok: false,
    sessionId: other.sessionId,
    message: 'Syntax Error: [line #1] Cannot recognize the token x',
  })
  t.match(await ask(other.sessionId, 'f()'), { message: /Cannot recognize the token f/ })
  t.not((await ask(sessionId, '1')).sessionId, sessionId, 'a forgotten session stays forgotten')
  t.equal(server.node.sessions.size, 1, 'a connection has one session')
})
