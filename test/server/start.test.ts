import t from 'tap'
import type { Platform } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system.js'
import type { Faults } from '../../src/server/net/faults.js'
import type { ServerNode } from '../../src/server/node.js'
import type { ServerOptions } from '../../src/server/options.js'
import { startServerWith, type EmbeddedServer } from '../../src/server/start.js'
import { RawPeer } from '../helpers/raw-peer.js'
import { asynchronous, call, connectBytes, requestBytes, script } from '../helpers/requests.js'
import { startTinyServer } from '../helpers/tiny-server.js'
import { idTable, int } from '../helpers/values.js'

t.test('beyond loopback the initial password is refused', async t => {
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

t.test('an initial script may change the password that would keep the server in', async t => {
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

t.test('an initial script that fails keeps the server from starting', async t => {
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

t.test('options that cannot be are refused', async t => {
  for (const options of [{ port: 65_536 }, { port: 1.5 }, { maxConnections: 0 }, { host: '' }]) {
    await t.rejects(startTinyServer({}, options), { code: 'DDB_USAGE' })
  }
})

/** A server whose port is none of this machine's. */
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

t.test('left out, an option is what DolphinDB has', async t => {
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
    maxRequestBytes: 2 ** 30,
    maxTransactionBytes: Infinity,
    config: { newValuePartitionPolicy: 'add' },
  })
  t.equal(server.node.users.get('admin')!.password, '123456')
  t.equal(server.node.beforeWrite, undefined)
  await server.close()
})

t.test('what a server is told reaches its node', async t => {
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
    maxRequestBytes: 5,
    maxTransactionBytes: 6,
    faults,
  })
  t.strictSame(calls, ['listen localhost 0'])
  t.equal(server.port, 77)
  t.match(server.node, { port: 77, maxRequestBytes: 5, maxTransactionBytes: 6 })
  t.equal(server.node.config.newValuePartitionPolicy, 'fail')
  t.equal(server.node.users.get('admin')!.password, 'secret')
  server.node.beforeWrite!({ sessionId: '1', table: 't', rows: 0 })
  t.equal(faults.writes, 1, 'a hook keeps the object it belongs to')
  server.node.users.set('ann', { password: 'x', isAdmin: false })
  const [next] = await listening({ restartOf: server })
  t.ok(next.node.users.has('ann'))
  t.not(next.node, server.node)
})

t.test('what happened is counted, and failures nobody is told of are kept', async t => {
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

t.test('tables are counted and forgotten where that is asked for', async t => {
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

t.test('functions and views of users run even then', async t => {
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

t.test('logins are asked for, and values limited, where that is wanted', async t => {
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
