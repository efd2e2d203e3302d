import { createServer } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { RawPeer } from '../../helpers/raw-peer.js'
import { asynchronous, call, connectBytes, requestBytes, script } from '../../helpers/requests.js'
import { closedGate } from '../../helpers/gate.js'
import { startTinyServer } from '../../helpers/tiny-server.js'
import { int } from '../../helpers/values.js'

t.test('a server listens on loopback and says where', async t => {
  const server = await startTinyServer()
  t.teardown(() => server.close())
  t.equal(server.host, '127.0.0.1')
  t.ok(server.port > 0)
  t.equal(server.node.port, server.port)
})

t.test('a port in use is named', async t => {
  const taken = createServer()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => void taken.close())
  const { port } = taken.address() as { port: number }
  await t.rejects(startTinyServer({}, { port }), {
    code: 'DDB_CONNECT',
    message: new RegExp(`Port ${port} on 127.0.0.1 is in use`),
  })
})

t.test('an address that is not ours is refused', async t => {
  const server = startTinyServer({}, { host: '192.0.2.1', allowInitialPassword: true })
  await t.rejects(server, { code: 'DDB_CONFIG', message: /Cannot listen on 192\.0\.2\.1/ })
})

t.test('connections beyond the maximum are told so', async t => {
  const server = await startTinyServer({}, { maxConnections: 1 })
  t.teardown(() => server.close())
  const first = await RawPeer.connect(server.port)
  await first.write(connectBytes)
  await first.response()
  const second = await RawPeer.connect(server.port)
  await second.write(connectBytes)
  t.match(await second.response(), {
    ok: false,
    message:
      'Maximum connections 1 reached. Close unused connections or increase maxConnections limit. RefId:S00006',
  })
  await second.ended()
  first.socket.end()
  await server.sessionClosed('1000000001')
  await first.ended()
  const third = await RawPeer.connect(server.port)
  await third.write(connectBytes)
  t.match(await third.response(), { ok: true })
})

t.test('connections on which nothing is asked take nobody’s place', async t => {
  const server = await startTinyServer({}, { maxConnections: 3 })
  t.teardown(() => server.close())
  const silent = await Promise.all(Array.from({ length: 512 }, () => RawPeer.connect(server.port)))
  // Some say nothing, some begin and do not go on.
  for (const peer of silent.slice(0, 100)) await peer.write('A')
  for (const peer of silent.slice(100, 200)) await peer.write('GET / HT')
  for (let count = 0; count < 3; count++) {
    const peer = await RawPeer.connect(server.port)
    await peer.write(connectBytes)
    t.match(await peer.response(), { ok: true })
  }
  const more = await RawPeer.connect(server.port)
  await more.write(connectBytes)
  t.match(await more.response(), { ok: false, message: /^Maximum connections 3 reached/ })
  const [oneOfThem] = silent.slice(300)
  await oneOfThem!.write(connectBytes)
  t.match(await oneOfThem!.response(), { ok: false, message: /^Maximum connections 3 reached/ })
})

t.test('of very many connections on which nothing is asked the oldest go', async t => {
  const server = await startTinyServer({ script: () => int(1) }, { maxConnections: 2 })
  t.teardown(() => server.close())
  const first = await RawPeer.connect(server.port)
  await first.write(connectBytes)
  await first.response()
  const silent: RawPeer[] = []
  for (let round = 0; round < 11; round++) {
    const more = Array.from({ length: 100 }, () => RawPeer.connect(server.port))
    silent.push(...(await Promise.all(more)))
  }
  await Promise.all(silent.slice(0, 70).map(peer => peer.ended()))
  t.ok(server.counters.connections <= 1 + 1024 + 1)
  const last = await RawPeer.connect(server.port)
  await last.write(connectBytes)
  t.match(await last.response(), { ok: true })
  await first.write(requestBytes(script('1')))
  t.match(await first.response(), { ok: true }, 'who has asked stays')
})

t.test('values larger than allowed end the session', async t => {
  const server = await startTinyServer({}, { maxValueBytes: 1000 })
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  const data = new Int32Array(1000)
  const bytes = requestBytes(call('f', { form: 'vector', type: 'INT', length: 1000, data }))
  await peer.write(Buffer.concat([connectBytes, bytes]))
  t.match((await peer.ended()).toString(), /larger than the 1000 bytes/)
})

t.test('closing ends every connection and lets what has arrived be executed', async t => {
  const server = await startTinyServer({ script: () => int(1) })
  const silent = await RawPeer.connect(server.port)
  const idle = await RawPeer.connect(server.port)
  await idle.write(connectBytes)
  await idle.response()
  const sending = await RawPeer.connect(server.port)
  const insert = requestBytes(call('f'), asynchronous)
  const requests = Buffer.concat(Array.from({ length: 2000 }, () => insert))
  await sending.write(Buffer.concat([connectBytes, requests, requestBytes(script('last'))]))
  sending.socket.end()
  await server.logged('call f')
  await server.close()
  t.equal(server.log.length, 2001)
  t.equal(server.counters.connections, 0)
  await Promise.all([silent.ended(), idle.ended(), sending.ended()])
  await t.rejects(RawPeer.connect(server.port), { code: 'ECONNREFUSED' })
})

t.test('closing ends the sleep of scripts without waking them', async t => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  const server = await startTinyServer({
    script: (code, session) => session.delay(Number(code)).then(() => int(1)),
  })
  const peer = await RawPeer.connect(server.port)
  await peer.write(
    Buffer.concat([connectBytes, requestBytes(script('0')), requestBytes(script('1'))]),
  )
  await peer.response()
  await peer.response()
  t.match(await peer.response(), { ok: true, value: { value: 1 } })
  await peer.write(requestBytes(script(String(2 ** 40))))
  await server.logged(`script ${2 ** 40}`)
  await server.close()
  await peer.ended()
  t.equal(timers(), before)
})

t.test('closing does not wait for a request that waits for ever', async t => {
  const server = await startTinyServer({ script: () => closedGate().opened })
  const peer = await RawPeer.connect(server.port)
  await peer.write(Buffer.concat([connectBytes, requestBytes(script('for ever'))]))
  await server.logged('script for ever')
  await Promise.all([server.close(), server.close()])
  await peer.ended()
  t.strictSame(server.closedSessions, ['1000000001'])
})

t.test('a closed server leaves nothing that keeps the process alive', async t => {
  const active = (): string[] =>
    process.getActiveResourcesInfo().filter(name => !name.startsWith('Pipe') && name !== 'TTYWrap')
  const before = active()
  const server = await startTinyServer()
  for (const bytes of [
    connectBytes,
    Buffer.from('nonsense\n'),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  ]) {
    const peer = await RawPeer.connect(server.port)
    await peer.write(bytes)
    await peer.change()
  }
  await server.close()
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(active().sort(), before.sort())
})
