import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { WebSocket } from 'ws'
import { exchangeMeanwhile, scriptsRun, startBigServer } from '../../helpers/big-answers.js'
import { closedGate } from '../../helpers/gate.js'
import { RawPeer } from '../../helpers/raw-peer.js'
import { call, requestBytes, script } from '../../helpers/requests.js'
import { startTinyServer } from '../../helpers/tiny-server.js'
import { idTable, int } from '../../helpers/values.js'

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

  /** The next `count` messages, as text. */
  async next(count: number): Promise<string[]> {
    while (this.messages.length < count)
      await new Promise<void>(resolve => (this.#onMessage = resolve))
    return this.messages.splice(0, count).map(message => message.toString('latin1'))
  }
}

t.test('the JavaScript client is served on the same port, a message for each answer', async t => {
  const server = await startTinyServer({
    script: (_code, session) => {
      session.print('one')
      session.print('two')
      return int(5)
    },
    call: (_name, args) => args[0],
  })
  t.teardown(() => server.close())
  const peer = new WebPeer(server.port)
  await once(peer.socket, 'open')
  t.equal(peer.socket.protocol, '')
  t.equal(peer.socket.extensions, '', 'no compression')
  peer.socket.send(connectMessage)
  t.strictSame(await peer.next(1), ['1000000001 1 1\nOK\n\x01\0\x01'])
  t.equal(server.sessions[0]?.user, 'admin')
  peer.socket.send(requestBytes(script('print')))
  t.strictSame(await peer.next(3), [
    'MSG\none\0',
    'MSG\ntwo\0',
    '1000000001 1 1\nOK\n\x04\0\x05\0\0\0',
  ])
  peer.socket.send(
    requestBytes(call('f', idTable(...Array.from({ length: 100_000 }, (_, i) => i)))),
  )
  const [answer] = await peer.next(1)
  t.ok(answer!.length > 400_000)
  // As the JavaScript client ends a call: one LF behind the byte order.
  peer.socket.send(
    Buffer.from('API2 1000000001 15 / 0_1_4_64\nfunction\nf\n0\n1\n'.replace('15', '15')),
  )
  t.strictSame(await peer.next(1), ['1000000001 0 1\nOK\n'])
  peer.socket.close()
  await server.sessionClosed('1000000001')
})

t.test('requests in flight when a WebSocket closes are executed', async t => {
  const gate = closedGate()
  const server = await startTinyServer({ script: () => gate.opened })
  t.teardown(() => server.close())
  const peer = new WebPeer(server.port)
  await once(peer.socket, 'open')
  peer.socket.send(connectMessage)
  peer.socket.send(requestBytes(script('wait')))
  peer.socket.send(requestBytes(script('last')))
  peer.socket.close()
  await once(peer.socket, 'close')
  gate.open()
  await server.sessionClosed('1000000001')
  t.strictSame(server.log, ['script wait', 'script last'])
})

t.test('subprotocols are echoed and refused in words', async t => {
  const server = await startTinyServer()
  t.teardown(() => server.close())
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

t.test('web pages may connect only from origins that are allowed', async t => {
  const server = await startTinyServer({}, { allowOrigins: ['https://example.org'] })
  t.teardown(() => server.close())
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

t.test('a browser that only looks is told what this is', async t => {
  const server = await startTinyServer()
  t.teardown(() => server.close())
  const [response] = (await once(get({ port: server.port, host: '127.0.0.1' }), 'response')) as [
    IncomingMessage,
  ]
  t.equal(response.statusCode, 426)
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  t.match(Buffer.concat(chunks).toString(), /DolphinDB protocol over TCP and WebSocket/)
})

t.test('an HTTP request that arrives byte by byte is one', async t => {
  const server = await startTinyServer()
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  for (const byte of Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n'))
    await peer.write(Buffer.of(byte))
  t.match((await peer.ended()).toString(), /^HTTP\/1\.1 426 /)
})

t.test('nonsense in a WebSocket message ends that session with a word', async t => {
  const server = await startTinyServer()
  t.teardown(() => server.close())
  const peer = new WebPeer(server.port)
  await once(peer.socket, 'open')
  peer.socket.send('nonsense\n')
  t.match(await peer.next(1), [/^1000000001 0 1\n.*begin with API/])
  await once(peer.socket, 'close')
})

t.test('a WebSocket client that does not read is not worked for', async t => {
  const server = await startBigServer()
  t.teardown(() => server.close())
  const peer = new WebPeer(server.port)
  await once(peer.socket, 'open')
  peer.socket.send(connectMessage)
  await peer.next(1)
  peer.socket.pause()
  const requests = 100
  for (let i = 0; i < requests; i++) peer.socket.send(requestBytes(script('1')))
  await server.logged('script 1')
  await exchangeMeanwhile(server.port, connectMessage)
  const executed = scriptsRun(server)
  t.ok(executed < 20, `${executed} of ${requests} answers of 1 MiB were made`)
  peer.socket.resume()
  t.equal((await peer.next(requests)).length, requests)
  peer.socket.terminate()
})

t.test('closing the server closes WebSockets', async t => {
  const server = await startTinyServer()
  const peer = new WebPeer(server.port)
  await once(peer.socket, 'open')
  const closed = once(peer.socket, 'close')
  await server.close()
  const [code] = (await closed) as [number]
  t.equal(code, 1001)
})
