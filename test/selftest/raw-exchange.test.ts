import { Duplex } from 'node:stream'
import t, { type Test } from 'tap'
import { systemPlatform } from '../../src/platform/system.js'
import type { Socket } from '../../src/platform/platform.js'
import { rawExchange, type RawExchange } from '../../src/selftest/raw-exchange.js'
import { freePort } from '../helpers/free-port.js'
import { script } from '../helpers/requests.js'
import { startTinyServer, type TinyServer } from '../helpers/tiny-server.js'
import { int } from '../helpers/values.js'

async function connected(t: Test): Promise<[RawExchange, TinyServer]> {
  const server = await startTinyServer({
    script: code => {
      if (code === 'fails') throw new Error('no')
      return int(Number(code))
    },
  })
  t.teardown(() => server.close())
  const exchange = rawExchange(systemPlatform.network.dial('127.0.0.1', server.port))
  t.teardown(() => exchange.end())
  return [exchange, server]
}

/** A socket in the hands of a test. */
function fakeSocket(): { socket: Socket; written: Buffer[]; receive: (text: string) => void } {
  const written: Buffer[] = []
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => {
      written.push(chunk)
      done()
    },
  })
  const socket = Object.assign(duplex, { bytesRead: 0 })
  return { socket, written, receive: text => void duplex.push(Buffer.from(text, 'latin1')) }
}

t.test('requests go out with heads of their own, and are answered in order', async t => {
  const [exchange, server] = await connected(t)
  const hello = await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
  const { sessionId } = hello
  t.match(hello, { ok: true, sessionId: '1000000001' })
  t.match(await exchange.ask({ sessionId }, script('7')), { ok: true, value: int(7) })
  t.match(await exchange.ask({ sessionId }, script('fails')), { ok: false, message: 'no' })
  exchange.send({ sessionId, flags: 36 }, script('1'))
  exchange.send({ sessionId }, script('2'))
  exchange.send({ sessionId }, script('3'))
  t.match(await exchange.answer(), { value: int(2) }, 'flag 4 gets no answer')
  t.match(await exchange.answer(), { value: int(3) })
  t.strictSame(server.log.slice(-3), ['script 1', 'script 2', 'script 3'])
})

t.test('what a head leaves out is as official clients send it', async t => {
  const { socket, written } = fakeSocket()
  const exchange = rawExchange(socket)
  exchange.send({}, script('1+1'))
  exchange.send(
    { sessionId: '5', protocol: 'API', flags: 48, priority: 8, parallelism: 2 },
    script('x'),
  )
  await new Promise(resolve => setImmediate(resolve))
  t.equal(
    Buffer.concat(written).toString(),
    'API2 0 10 / 32_1_4_64\nscript\n1+1API 5 8 / 48_1_8_2\nscript\nx',
  )
})

t.test('an answer may come in any pieces', async t => {
  const { socket, receive } = fakeSocket()
  const exchange = rawExchange(socket)
  const answer = exchange.answer()
  for (const byte of '7 1 1\nOK\n\x04\0\x09\0\0\0') receive(byte)
  t.match(await answer, { ok: true, sessionId: '7', value: int(9) })
})

t.test('the end of a connection ends what waits for it', async t => {
  for (const [title, end, message] of [
    ['an end', socket => void socket.push(null), /ended/],
    ['a close', socket => void socket.destroy(), /ended/],
    ['an error', socket => void socket.destroy(new Error('reset')), /reset/],
  ] as [string, (socket: Socket) => void, RegExp][]) {
    const { socket } = fakeSocket()
    const failure = { code: 'DDB_CONNECTION_LOST', message }
    const waiting = t.rejects(rawExchange(socket).answer(), failure, title)
    end(socket)
    await waiting
  }
  const { socket, receive } = fakeSocket()
  const half = rawExchange(socket).answer()
  receive('7 1')
  socket.push(null)
  await t.rejects(half, { code: 'DDB_PROTOCOL' }, 'in the middle of an answer')
})

t.test('a connection that cannot be made ends what waits for it', async t => {
  const refused = rawExchange(systemPlatform.network.dial('127.0.0.1', await freePort()))
  await t.rejects(refused.answer(), { code: 'DDB_CONNECTION_LOST', message: /ECONNREFUSED/ })
})

t.test('an exchange that is ended is closed at once', async t => {
  const [exchange, server] = await connected(t)
  await exchange.ask({ protocol: 'API' }, { kind: 'connect' })
  exchange.end()
  await server.sessionClosed('1000000001')
  await t.rejects(exchange.answer())
})
