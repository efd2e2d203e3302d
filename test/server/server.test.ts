/*
  The embedded server: its options and settings, its node, and the sessions of requests.
*/
import t from 'tap'
import type { Platform } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system.js'
import type { Faults } from '../../src/server/net/faults.js'
import { type ServerNode, createNode, nodeAlias } from '../../src/server/node.js'
import {
  type ServerOptions,
  checkExposure,
  checkServerOptions,
  readSettings,
} from '../../src/server/options.js'
import { startServerWith, type EmbeddedServer } from '../../src/server/start.js'
import { RawPeer } from '../helpers/raw-peer.js'
import { asynchronous, call, connectBytes, requestBytes, script } from '../helpers/requests.js'
import { startTinyServer } from '../helpers/tiny-server.js'
import { idTable, int } from '../helpers/values.js'
import { connect } from '../../src/client/open-session.js'
import { requestFlags } from '../../src/protocol/request.js'
import { startServer, startServerOn } from '../../src/server/index.js'
import { handClock } from '../helpers/clocks.js'
import { defaultVersion, isAtLeast, releaseOf } from '../../src/server/release.js'
import { ScriptError } from '../../src/server/script-error.js'
import type { Response } from '../../src/protocol/response.js'

t.test('the initial password is refused if the server listens beyond loopback', async t => {
  await t.rejects(startTinyServer({}, { host: '0.0.0.0' }), {
    code: 'DDB_CONFIG',
    message: /initial password.*adminPassword/,
  })
  await t.rejects(startTinyServer({}, { host: '::' }), { code: 'DDB_CONFIG' })
  const changed = await startTinyServer({}, { host: '0.0.0.0', adminPassword: 'another' })
  await changed.close()
  const allowed = await startTinyServer({}, { host: '0.0.0.0', allowInitialPassword: true })
  await allowed.close()
})

t.test('the initial script runs as admin before anyone can connect', async t => {
  const users: string[] = []
  const server = await startTinyServer(
    {
      script: (_code, session) => {
        users.push(session.user)
        return int(1)
      },
    },
    { initScript: 'share t as u' },
  )
  t.teardown(() => server.close())
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
  await t.rejects(failing, {
    code: 'DDB_SCRIPT',
    message: /initial script failed: no such function/,
  })
})

t.test('impossible options are refused', async t => {
  for (const options of [{ port: 65_536 }, { port: 1.5 }, { maxConnections: 0 }, { host: '' }]) {
    await t.rejects(startTinyServer({}, options), { code: 'DDB_USAGE' })
  }
})

/** A server on a simulated port that this machine does not really open. */
async function listening(options: ServerOptions = {}): Promise<[EmbeddedServer, string[]]> {
  const calls: string[] = []
  const platform: Platform = {
    ...systemPlatform,
    network: {
      ...systemPlatform.network,
      listen: (host, port) => {
        calls.push(`listen ${host} ${port}`)
        return Promise.resolve({ port: port || 77, close: closed => closed() })
      },
    },
  }
  const server = await startServerWith(options, () => undefined as never, platform)
  return [server, calls]
}

t.test("a missing option has DolphinDB's default", async t => {
  const [server, calls] = await listening()
  t.strictSame(calls, ['listen 127.0.0.1 8848'])
  t.match(server, { host: '127.0.0.1', port: 8848, recentAsyncErrors: [] })
  t.strictSame(server.counters, {
    requests: 0,
    asynchronousRequests: 0,
    asynchronousFailures: 0,
    connections: 0,
  })
  t.match(server.discarded, { requests: 0, rows: 0 })
  t.match(server.node, {
    port: 8848,
    host: '127.0.0.1',
    maxTransactionBytes: Infinity,
    config: { newValuePartitionPolicy: 'add' },
  })
  t.equal(server.node.users.get('admin')!.password, '123456')
  t.strictSame(server.node.faults, {})
  await server.close()
})

t.test('options are passed to the node', async t => {
  class Counting implements Faults {
    writes = 0
    beforeWrite(): undefined {
      this.writes++
    }
  }
  const faults = new Counting()
  const [server, calls] = await listening({
    host: 'localhost',
    port: 0,
    adminPassword: 'secret',
    newValuePartitions: 'fail',
    maxTransactionBytes: 6,
    faults,
  })
  t.strictSame(calls, ['listen localhost 0'])
  t.equal(server.port, 77)
  t.match(server.node, { port: 77, maxTransactionBytes: 6 })
  t.equal(server.node.config.newValuePartitionPolicy, 'fail')
  t.equal(server.node.users.get('admin')!.password, 'secret')
  server.node.faults.beforeWrite!({ sessionId: '1', table: 't', rows: 0 })
  t.equal(faults.writes, 1, 'a hook keeps its object')
  server.node.users.set('ann', { password: 'x', isAdmin: false })
  const [next] = await listening({ restartOf: server })
  t.ok(next.node.users.has('ann'))
  t.not(next.node, server.node)
})

t.test('events are counted, and failures without an answer are kept', async t => {
  const told: string[] = []
  const server = await startTinyServer(
    {
      script: code => {
        if (code === 'fails') throw new Error('no')
        return int(1)
      },
    },
    { onAsyncError: ({ text, message }) => void told.push(`${text} => ${message}`) },
  )
  t.teardown(() => server.close())
  const [first, second] = [await RawPeer.connect(server.port), await RawPeer.connect(server.port)]
  await first.write(connectBytes)
  await second.write(connectBytes)
  const ids = [(await first.response()).sessionId, (await second.response()).sessionId]
  t.strictSame(ids.sort(), ['1000000001', '1000000002'], 'no session is 0')
  await first.write(
    Buffer.concat([
      requestBytes(script('fails'), asynchronous),
      requestBytes(script('works'), asynchronous),
      requestBytes(script('last')),
    ]),
  )
  await first.response()
  t.strictSame(server.counters, {
    requests: 5,
    asynchronousRequests: 2,
    asynchronousFailures: 1,
    connections: 2,
  })
  t.match(server.recentAsyncErrors, [{ sessionId: '1000000001', text: 'fails', message: 'no' }])
  t.strictSame(told, ['fails => no'])
})

t.test('tables are counted and discarded on request', async t => {
  for (const [discard, rows, log] of [
    [true, 2, []],
    [false, 0, ['call f']],
  ] as const) {
    const server = await startTinyServer({}, { discard })
    t.teardown(() => server.close())
    const peer = await RawPeer.connect(server.port)
    await peer.write(Buffer.concat([connectBytes, requestBytes(call('f', idTable(1, 2)))]))
    await peer.response()
    await peer.response()
    t.equal(server.discarded.rows, rows)
    t.strictSame(server.log, log)
  }
})

t.test('functions and views of users also run on a discarding server', async t => {
  const nodes: ServerNode[] = []
  const server = await startTinyServer(
    {
      script: (name, session, node) => {
        nodes.push(node)
        session.functions.set(name, { form: 'function' } as never)
        return undefined
      },
    },
    { discard: true },
  )
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  await peer.write(Buffer.concat([connectBytes, requestBytes(script('own'))]))
  await peer.response()
  await peer.response()
  nodes[0]!.functionViews.set('view', { name: 'view' } as never)
  for (const name of ['own', 'view', 'builtin']) {
    await peer.write(requestBytes(call(name, idTable(1))))
    await peer.response()
  }
  t.strictSame(server.log, ['script own', 'call own', 'call view'])
})

t.test('on request, logins are required and values limited', async t => {
  const outcome = async (options: ServerOptions, bytes: Buffer): Promise<unknown> => {
    const server = await startTinyServer({ call: () => int(1), script: () => int(1) }, options)
    t.teardown(() => server.close())
    const peer = await RawPeer.connect(server.port)
    await peer.write(Buffer.concat([connectBytes, bytes]))
    await peer.response()
    return peer.response()
  }
  t.match(await outcome({ requireLogin: true }, requestBytes(script('1'))), {
    ok: false,
    message: /S04009$/,
  })
  t.match(await outcome({}, requestBytes(script('1'))), { ok: true })
  const large = requestBytes(call('f', idTable(...Array<number>(1_000).fill(0))))
  t.match(await outcome({ maxValueBytes: 1_000 }, large), { ok: false })
  t.match(await outcome({ maxValueBytes: 10_000 }, large), { ok: true })
  t.match(await outcome({}, large), { ok: true })
})

const host = '127.0.0.1'

t.test('scripts, functions and variables reach the interpreter', async t => {
  const server = await startServer({ port: 0, initScript: 'share table(1:0, [`id], [INT]) as st' })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  t.match(await session.run('1 + 1'), int(2))
  t.match(await session.call('tableInsert{st}', [idTable(1, 2)]), int(2))
  t.match(await session.run('exec count(*) from st'), int(2))
  const printed: string[] = []
  session.onMessage = text => void printed.push(text)
  await session.run('print("a"); 1')
  await session.run('1')
  t.strictSame(
    printed.map(text => text.trim()),
    ['a'],
  )
  await session.upload({ x: int(7) })
  t.match(await session.run('x + 1'), int(8))
  await t.rejects(session.upload({ st: int(7) }), { message: /'st' is a shared variable/ })
  await t.rejects(session.run('f('), { message: /Syntax Error/ })
  await session.close()
})

t.test('the node lists a session until its connection ends', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  t.equal(server.node.sessions.size, 0)
  const peer = await RawPeer.connect(server.port)
  await peer.write(connectBytes)
  const { sessionId } = await peer.response()
  t.strictSame([...server.node.sessions.keys()], [sessionId])
  t.match(server.node.sessions.get(sessionId), { user: 'guest' })
  peer.socket.end()
  await peer.ended()
  t.equal(server.node.sessions.size, 0)
})

t.test('flag 16 releases variables', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  const clearing = { flags: requestFlags.apiClient | requestFlags.clearMemory }
  await peer.write(
    Buffer.concat([
      connectBytes,
      requestBytes(script('x = 1')),
      requestBytes(script('x'), clearing),
      requestBytes(script('x')),
    ]),
  )
  for (let i = 0; i < 2; i++) await peer.response()
  t.match(await peer.response(), { ok: true, value: int(1) })
  t.match(await peer.response(), { ok: false })
})

t.test('a waiting request can be cancelled from a different session', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const [waiting, other] = [
    await connect({ host, port: server.port }),
    await connect({ host, port: server.port, user: 'admin', password: '123456' }),
  ]
  const request = waiting.run('sleep(1000000000)').catch((error: unknown) => error)
  const jobs = `exec rootJobId from getConsoleJobs() where sessionId = ${waiting.id}l`
  while (((await other.run(`size(${jobs})`)) as { value: number }).value === 0);
  await other.run(`cancelConsoleJob(${jobs})`)
  t.match(await request, { message: /cancelled/ })
  t.match(await waiting.run('1 + 1'), int(2), 'the session continues')
  await waiting.close()
  await other.close()
})

t.test('time and connections come from the given platform', async t => {
  const ports: number[] = []
  const server = await startServerOn(
    {
      ...systemPlatform,
      clock: { ...systemPlatform.clock, wallMs: () => 1_700_000_000_000 },
      network: {
        ...systemPlatform.network,
        listen: (on, port, accept) => {
          ports.push(port)
          return systemPlatform.network.listen(on, port, accept)
        },
      },
    },
    { port: 0 },
  )
  t.teardown(() => server.close())
  t.strictSame(ports, [0])
  t.equal(server.node.now(), 1_700_000_000_000)
  const session = await connect({ host, port: server.port })
  t.match(await session.run('1 + 1'), int(2))
  await session.close()
})

t.test('impossible options are refused before anything listens', async t => {
  await t.rejects(startServer({ port: -1 }), { code: 'DDB_USAGE' })
  await t.rejects(startServer({ port: 0, initScript: 'f(' }), { code: 'DDB_SCRIPT' })
})

t.test('a node begins with nothing but the admin of a new DolphinDB server', async t => {
  const node = createNode()
  for (const map of [
    node.shared,
    node.databases,
    node.functionViews,
    node.sessions,
    node.privileges,
    node.jobs,
  ]) {
    t.equal(map.size, 0)
  }
  t.strictSame([...node.users], [['admin', { password: '123456', isAdmin: true }]])
  t.strictSame(node.config, {
    newValuePartitionPolicy: 'add',
    enableInsertStatementForDFSTable: false,
    persistenceDir: '',
    maxPubConnections: 4,
    enableSharedVarCreationControl: false,
    maxMemSize: 8,
    enableConfigAccessControl: false,
  })
  t.match(node, {
    version: '3.00.5.0',
    release: [3, 0, 5, 0],
    host: '127.0.0.1',
    port: 0,
    maxTransactionBytes: Infinity,
    faults: {},
    clock: systemPlatform.clock,
    random: systemPlatform.random,
  })
  t.equal(createNode().users === node.users, false, 'no two nodes share anything')
})

t.test('a node has the given options', async t => {
  const clock = handClock()
  clock.advance(1_000)
  const random = { number: () => 0, bytes: (length: number) => new Uint8Array(length) }
  const node = createNode({
    host: 'localhost',
    port: 9,
    adminPassword: '',
    config: { newValuePartitionPolicy: 'skip' },
    platform: { clock, random },
    maxTransactionBytes: 6,
  })
  t.match(node, {
    host: 'localhost',
    port: 9,
    maxTransactionBytes: 6,
    clock,
    random,
  })
  t.equal(node.users.get('admin')!.password, '')
  t.match(node.config, { newValuePartitionPolicy: 'skip', enableInsertStatementForDFSTable: false })
  t.equal(node.now(), 1_000)
  clock.advance(1)
  t.equal(node.now(), 1_001, 'the clock of the platform')
  t.equal(createNode({ platform: { clock, random }, now: () => 7 }).now(), 7)
})

t.test(
  'after a restart the disk is kept, memory is lost, and the old node does not change',
  async t => {
    const before = createNode({ adminPassword: 'secret' })
    const database = { handle: {} as never, owner: 'admin', tables: new Map() }
    before.databases.set('dfs://d', database)
    before.functionViews.set('f', { name: 'f' } as never)
    before.users.set('joe', { password: 'x', isAdmin: false })
    before.privileges.set('joe', new Map([['TABLE_READ *', true]]))
    before.shared.set('t', { table: {} as never, owner: 'admin' })
    before.jobs.set('1', { running: undefined!, queued: () => [] })
    before.sessions.set('1', {} as never)
    const node = createNode({ restartOf: before, adminPassword: 'other' })
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
      [before.databases, before.functionViews, before.users, before.privileges].map(
        map => map.size,
      ),
      [1, 1, 2, 1],
    )
  },
)

t.test('the alias contains the port, like that of single nodes', async t => {
  t.equal(nodeAlias(createNode({ port: 8848 })), 'local8848')
  const node = createNode()
  node.port = 5
  t.equal(nodeAlias(node), 'local5')
})

t.test('possible options', async t => {
  const most = Number.MAX_SAFE_INTEGER
  const accepted: ServerOptions[] = [
    {},
    { port: 0 },
    { port: 65_535 },
    { maxConnections: 1 },
    { maxConnections: 65_535 },
    { maxValueBytes: 1, maxTransactionBytes: 1 },
    { maxValueBytes: most, maxTransactionBytes: most },
    { newValuePartitions: 'add' },
    { newValuePartitions: 'skip' },
    { newValuePartitions: 'fail' },
    { version: '1.30.22' },
    { version: '3.00.5.1', settings: { newValuePartitionPolicy: 'skip', maxPubConnections: 0 } },
    { host: '::' },
  ]
  for (const options of accepted) t.doesNotThrow(() => checkServerOptions(options))
})

t.test('errors name impossible options', async t => {
  const refused: [name: string, values: unknown[]][] = [
    ['port', [-1, 65_536, 1.5, NaN, '8848']],
    ['maxConnections', [0, -1, 65_536, 1.5, Infinity]],
    ['maxValueBytes', [0, 0.5, 2 ** 53, NaN]],
    ['maxTransactionBytes', [0, 0.5, 2 ** 53, Infinity]],
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
  for (const host of [
    '0.0.0.0',
    '::',
    '192.168.1.1',
    'example.org',
    '1127.0.0.1',
    '127.0.0.1.org',
    '127.0.0',
    'localhost.org',
    '128.0.0.1',
  ]) {
    t.ok(exposed(host, '123456'), host)
    t.ok(exposed(host, '123456', { allowInitialPassword: false }), host)
    t.notOk(exposed(host, '123456', { allowInitialPassword: true }), host)
    t.notOk(exposed(host, 'another'), host)
    t.notOk(exposed(host, undefined), 'admin no longer exists')
  }
})

t.test('settings are read in the form of a configuration file', async t => {
  const texts = {
    newValuePartitionPolicy: 'skip',
    maxPubConnections: '0',
    OLAPCacheEngineSize: '0.5',
    enableSharedVarCreationControl: 'true',
    persistenceDir: '',
  }
  t.strictSame(readSettings(texts), {
    newValuePartitionPolicy: 'skip',
    maxPubConnections: 0,
    OLAPCacheEngineSize: 0.5,
    enableSharedVarCreationControl: true,
    persistenceDir: '',
  })
  const refused: Record<string, string>[] = [
    { maxpubconnections: '0' },
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

t.test('versions are numbers joined by dots', async t => {
  t.strictSame(releaseOf(defaultVersion), [3, 0, 5, 0])
  t.strictSame(releaseOf('2.00.10'), [2, 0, 10])
  for (const text of ['', '2', '2.00', '2.00.', '2.00.10.1.1', '2.00.x', ' 2.00.10']) {
    t.equal(releaseOf(text), undefined, text)
  }
})

t.test('a feature exists from its version on', async t => {
  const there = (version: string): boolean => isAtLeast(releaseOf(version)!, [2, 0, 10])
  t.strictSame(['2.00.10', '2.00.10.1', '2.00.11', '3.00.0', '10.0.0'].map(there), [
    true,
    true,
    true,
    true,
    true,
  ])
  t.strictSame(['1.30.22', '2.00.9', '2.00.9.99', '1.99.99'].map(there), [
    false,
    false,
    false,
    false,
  ])
})

t.test("an error has the server's message, and the text that a script can catch", async t => {
  const plain = new ScriptError('Incompatible type.')
  t.ok(plain instanceof Error)
  t.match(plain, {
    name: 'ScriptError',
    message: 'Incompatible type.',
    category: 'SYSTEM_Runtime',
    bareText: 'Incompatible type.',
    located: false,
    isCancellation: false,
  })
  const options = {
    category: 'USER',
    located: true,
    bareText: 'no',
    isCancellation: true,
  }
  t.match(new ScriptError('f(x) => no', options), { message: 'f(x) => no', ...options })
  t.match(new ScriptError('no', { located: false, bareText: '' }), { bareText: '', located: false })
})

t.test('a request of an unknown session runs in a new session, which the answer names', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  const ask = async (sessionId: string, code: string): Promise<Response> => {
    await peer.write(requestBytes(script(code), { sessionId }))
    return peer.response()
  }
  await peer.write(connectBytes)
  const { sessionId } = await peer.response()
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

t.test('a session belongs to its connection: its id is useless on other connections', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const [first, second] = [await RawPeer.connect(server.port), await RawPeer.connect(server.port)]
  await first.write(connectBytes)
  const { sessionId } = await first.response()
  await first.write(requestBytes(script('login("admin","123456")'), { sessionId }))
  await first.response()
  await second.write(connectBytes)
  await second.response()
  await second.write(requestBytes(script('getCurrentSessionAndUser()[1]'), { sessionId }))
  t.match(await second.response(), { ok: true, value: { value: 'guest' } })
})
