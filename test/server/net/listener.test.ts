/* Ports, TLS, WebSocket (docs/protocol.md#websocket) and the end of a server; the limit of connections is error S00006. */
import { createServer } from 'node:net'
import { once } from 'node:events'
import t from 'tap'
import { get, type IncomingMessage } from 'node:http'
import { WebSocket } from 'ws'
import { RawPeer } from '../../helpers/raw-peer.js'
import { asynchronous, call, connectBytes, requestBytes, script } from '../../helpers/requests.js'
import { deepTest } from '../../helpers/runs.js'
import { startTinyServer, tinyServer } from '../../helpers/tiny-server.js'
import { int, idTable } from '../../helpers/values.js'
import { connectTyped as connect } from '../../../src/client/open-session.js'
import { startServer } from '../../../src/server/index.js'
import { unusableCertificate } from '../../../src/server/net/listener.js'
import { Certificates } from '../../helpers/certificates.js'
import { startServerFor } from '../../helpers/load-server.js'

t.test('if a port is in use, the error names the port', async t => {
  const taken = createServer()
  taken.listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const error = { code: 'DDB_CONNECT', message: new RegExp(`Port ${port} on 127.0.0.1 is in use`) }
  await t.rejects(startTinyServer({}, { port }), error)
})

t.test('an address of a different machine is refused', async t => {
  const server = startTinyServer({}, { host: '192.0.2.1', allowInitialPassword: true })
  await t.rejects(server, { code: 'DDB_CONFIG', message: /Cannot listen on 192\.0\.2\.1/ })
})

t.test('connections beyond the maximum get an error', async t => {
  const server = await tinyServer(t, {}, { maxConnections: 1 })
  const first = await RawPeer.connected(server.port)
  const second = await RawPeer.connect(server.port)
  t.match(await second.ask(connectBytes), {
    ok: false,
    message:
      'Maximum connections 1 reached. Close unused connections or increase maxConnections limit. RefId:S00006',
  })
  await second.ended()
  first.socket.end()
  await server.sessionClosed('1000000001')
  await first.ended()
  const third = await RawPeer.connect(server.port)
  t.match(await third.ask(connectBytes), { ok: true })
})

deepTest(t, 'connections without requests do not count towards the maximum', async t => {
  const server = await tinyServer(t, {}, { maxConnections: 3 })
  const silent = await Promise.all(Array.from({ length: 512 }, () => RawPeer.connect(server.port)))
  // Some connections send nothing, and some send the beginning of a request and stop.
  for (const peer of silent.slice(0, 100)) await peer.write('A')
  for (const peer of silent.slice(100, 200)) await peer.write('GET / HT')
  for (let count = 0; count < 3; count++) {
    const peer = await RawPeer.connect(server.port)
    t.match(await peer.ask(connectBytes), { ok: true })
  }
  const more = await RawPeer.connect(server.port)
  t.match(await more.ask(connectBytes), { ok: false, message: /^Maximum connections 3 reached/ })
  const [oneOfThem] = silent.slice(300)
  await oneOfThem!.write(connectBytes)
  t.match(await oneOfThem!.response(), { ok: false, message: /^Maximum connections 3 reached/ })
})

t.test('values larger than the limit end the session', async t => {
  const server = await tinyServer(t, {}, { maxValueBytes: 1000 })
  const peer = await RawPeer.connect(server.port)
  const data = new Int32Array(1000)
  const bytes = requestBytes(call('f', { form: 'vector', type: 'INT', length: 1000, data }))
  await peer.write(connectBytes, bytes)
  t.match((await peer.ended()).toString(), /larger than the 1000 bytes/)
})

t.test('closing ends every connection, and executes the requests that have arrived', async t => {
  const server = await startTinyServer({ script: () => int(1) })
  const silent = await RawPeer.connect(server.port)
  const idle = await RawPeer.connected(server.port)
  const sending = await RawPeer.connect(server.port)
  const insert = requestBytes(call('f'), asynchronous)
  const requests = Buffer.concat(Array.from({ length: 2000 }, () => insert))
  await sending.write(connectBytes, requests, requestBytes(script('last')))
  sending.socket.end()
  await server.logged('call f')
  await server.close()
  t.equal(server.log.length, 2001)
  t.equal(server.counters.connections, 0)
  await Promise.all([silent.ended(), idle.ended(), sending.ended()])
  await t.rejects(RawPeer.connect(server.port), { code: 'ECONNREFUSED' })
})

deepTest(t, 'closing ends sleeping scripts without waking them', async t => {
  const timers = (): number =>
    process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = timers()
  const server = await startTinyServer({
    script: (code, session) => session.delay(Number(code)).then(() => int(1)),
  })
  const peer = await RawPeer.connected(server.port)
  await peer.ask(requestBytes(script('0')), requestBytes(script('1')))
  t.match(await peer.response(), { ok: true, value: { value: 1 } })
  await peer.write(requestBytes(script(String(2 ** 40))))
  await server.logged(`script ${2 ** 40}`)
  await server.close()
  await peer.ended()
  t.equal(timers(), before)
})

const certificates = new Certificates(t)
const ca = certificates.make('authority', { isAuthority: true })
const identity = certificates.make('server', { by: ca })

t.test('a server with a certificate speaks only TLS', async t => {
  const { certFile: tlsCertFile, keyFile: tlsKeyFile } = identity
  const server = await startServerFor(t, { tlsCertFile, tlsKeyFile })
  const { host, port } = server
  const session = await connect({ host, port, tls: true, caFile: ca.certFile })
  t.match(await session.run('1+1'), { value: 2 })
  t.equal(server.counters.connections, 1)
  await t.rejects(connect({ host, port }), { code: 'DDB_TLS' })
  await session.close()
})

t.test('a server does not start with unusable options', async t => {
  const { certFile, keyFile } = identity
  const wrongOrder = certificates.chain([ca, identity], identity)
  for (const [options, code, message] of [
    [{ tlsCertFile: certFile }, 'DDB_USAGE', /needs a certificate .* and its key/],
    [{ tlsKeyFile: keyFile }, 'DDB_USAGE', /needs a certificate .* and its key/],
    [{ tlsCertFile: keyFile, tlsKeyFile: keyFile }, 'DDB_CONFIG', /holds no certificate/],
    [{ tlsCertFile: certFile, tlsKeyFile: certFile }, 'DDB_CONFIG', /holds no private key/],
    [
      { tlsCertFile: wrongOrder.certFile, tlsKeyFile: keyFile },
      'DDB_CONFIG',
      /own certificate comes first/,
    ],
  ] as const) {
    await t.rejects(startServer({ port: 0, ...options }), { code, message })
  }
  t.match(unusableCertificate(Object.assign(new Error(), { code: 'ERR_OSSL_X' })), {
    message: /cannot be used \(ERR_OSSL_X\)/,
  })
  t.equal(unusableCertificate(new Error('m')), undefined)
})

const connectMessage = Buffer.from('API2 0 26 / 0_1_4_64\nconnect\nlogin\nadmin\n123456')

class WebPeer {
  readonly socket: WebSocket
  readonly messages: Buffer[] = []
  #onMessage: (() => void) | undefined

  constructor(port: number, protocols: string[] = [], headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/`, protocols, { headers })
    this.socket.on('message', (data: Buffer) => {
      this.messages.push(data)
      this.#onMessage?.()
    })
  }

  async next(count: number): Promise<string[]> {
    while (this.messages.length < count)
      await new Promise<void>(resolve => (this.#onMessage = resolve))
    return this.messages.splice(0, count).map(message => message.toString('latin1'))
  }
}

t.test('the JavaScript client is served on the same port, with one message per answer', async t => {
  const server = await tinyServer(t, {
    script: (_code, session) => {
      session.print('one')
      session.print('two')
      return int(5)
    },
    call: (_name, args) => args[0],
  })
  const peer = new WebPeer(server.port)
  await once(peer.socket, 'open')
  t.equal(peer.socket.protocol, '')
  t.equal(peer.socket.extensions, '', 'no compression')
  peer.socket.send(connectMessage)
  t.strictSame(await peer.next(1), ['1000000001 1 1\nOK\n\x01\0\x01'])
  t.equal(server.sessions[0]?.user, 'admin')
  peer.socket.send(requestBytes(script('print')))
  const expected = ['MSG\none\0', 'MSG\ntwo\0', '1000000001 1 1\nOK\n\x04\0\x05\0\0\0']
  t.strictSame(await peer.next(3), expected)
  peer.socket.send(
    requestBytes(call('f', idTable(...Array.from({ length: 100_000 }, (_, i) => i)))),
  )
  const [answer] = await peer.next(1)
  t.ok(answer!.length > 400_000)
  // The JavaScript client ends a call with one LF after the byte order.
  peer.socket.send(
    Buffer.from('API2 1000000001 15 / 0_1_4_64\nfunction\nf\n0\n1\n'.replace('15', '15')),
  )
  t.strictSame(await peer.next(1), ['1000000001 0 1\nOK\n'])
  peer.socket.close()
  await server.sessionClosed('1000000001')
})

t.test('known subprotocols are accepted, others are refused with a message', async t => {
  const server = await tinyServer(t)
  for (const [protocol, words] of [
    ['python', /no Python sessions/],
    ['q', /no q sessions/],
    ['streaming', /does not publish/],
  ] as const) {
    const peer = new WebPeer(server.port, [protocol])
    await once(peer.socket, 'open')
    t.equal(peer.socket.protocol, protocol)
    peer.socket.send(connectMessage)
    t.match((await peer.next(1))[0], words)
    peer.socket.close()
  }
  t.notOk(server.sessions.some(session => session.user !== 'guest'))
})

t.test('web pages may connect only from allowed origins', async t => {
  const server = await tinyServer(t, {}, { allowOrigins: ['https://example.org'] })
  const refused = new WebPeer(server.port, [], { origin: 'https://evil.example' })
  const [, response] = (await once(refused.socket, 'unexpected-response')) as [
    unknown,
    IncomingMessage,
  ]
  t.equal(response.statusCode, 403)
  response.resume()
  const allowed = new WebPeer(server.port, [], { origin: 'https://example.org' })
  await once(allowed.socket, 'open')
  allowed.socket.send(connectMessage)
  t.match(await allowed.next(1), [/OK/])
  allowed.socket.terminate()
})

t.test('a visit by a browser without WebSocket gets an explanation', async t => {
  const server = await tinyServer(t)
  const [response] = (await once(get({ port: server.port, host: '127.0.0.1' }), 'response')) as [
    IncomingMessage,
  ]
  t.equal(response.statusCode, 426)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  t.match(Buffer.concat(chunks).toString(), /DolphinDB protocol over TCP and WebSocket/)
})

t.test('invalid bytes in a WebSocket message end that session with a message', async t => {
  const server = await tinyServer(t)
  const peer = new WebPeer(server.port)
  await once(peer.socket, 'open')
  peer.socket.send('nonsense\n')
  t.match(await peer.next(1), [/^1000000001 0 1\n.*begin with API/])
  await once(peer.socket, 'close')
})
