import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import type { Socket } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system.js'
import { keepsAlive, tellsTimers } from '../helpers/keeps-alive.js'
import { Certificates } from '../helpers/certificates.js'

const { network } = systemPlatform
const host = '127.0.0.1'
const certificates = new Certificates(t)
const ca = certificates.make('authority', { isAuthority: true })
const server = certificates.make('server', { by: ca })
const listenTls = { certificate: server.cert, key: server.key }
const dialTls = { isVerified: true, authorities: ca.cert }

async function listening(
  t: Test,
): Promise<{ port: number; accepted: Promise<Socket>; close: () => Promise<void> }> {
  let accept = (socket: Socket): void => void socket
  const accepted = new Promise<Socket>(resolve => (accept = resolve))
  const port = await network.listen(host, 0, socket => accept(socket), listenTls)
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= new Promise(closed => port.close(closed)))
  t.teardown(close)
  return { port: port.port, accepted, close }
}

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', chunk => (text += String(chunk)))
  await once(socket, 'end')
  return text
}

t.test('each end may continue sending after the other end has finished', async t => {
  const { port, accepted, close } = await listening(t)
  const client = network.dial(host, port, dialTls)
  await once(client, 'secureConnect')
  const peer = await accepted
  t.equal(peer.remoteAddress, host)
  client.end('question')
  t.equal(await textOf(peer), 'question')
  peer.end('answer')
  t.equal(await textOf(client), 'answer')
  await close()
})

t.test(
  'both ends of a connection check that the other end is alive',
  { skip: !tellsTimers },
  async t => {
    const { port, accepted } = await listening(t)
    const client = network.dial(host, port, dialTls)
    await once(client, 'secureConnect')
    const peer = await accepted
    t.ok(await keepsAlive(peer.remotePort!, port), 'the end that dialled')
    t.ok(await keepsAlive(port, peer.remotePort!), 'the end that listened')
    for (const socket of [client, peer]) socket.end()
  },
)

t.test('a connection that does not begin with TLS is refused', async t => {
  const { port, accepted, close } = await listening(t)
  void accepted.then(() => t.fail('a connection without TLS was accepted'))
  const plain = connectPlain(port, host)
  plain.write('API 0 8 / 32_1_4_2\nconnect\n')
  t.equal(await textOf(plain), '')
  const silent = connectPlain(port, host)
  silent.on('error', () => undefined)
  await once(silent, 'connect')
  const ended = once(silent, 'close')
  // Once the server has answered a second connection, it has also accepted this connection.
  const other = connectTls({
    host,
    port,
    rejectUnauthorized: false,
    maxVersion: 'TLSv1.1',
    minVersion: 'TLSv1',
  })
  await once(other, 'error')
  await close()
  await ended
})

t.test('nothing older than TLS 1.2 is accepted, whatever the other end allows', async t => {
  const { port, accepted } = await listening(t)
  void accepted.then(() => t.fail('it was accepted'))
  const ciphers = 'DEFAULT@SECLEVEL=0'
  const versions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
  const old = connectTls({ host, port, rejectUnauthorized: false, ciphers, ...versions })
  const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
})

t.test('a probe determines which protocol a port speaks', async t => {
  const { port } = await listening(t)
  const plain = await network.listen(host, 0, socket => {
    socket
      .on('error', () => undefined)
      .resume()
      .end('1 0 1\nOK\n')
  })
  t.teardown(() => plain.close(() => undefined))
  const mute = await network.listen(host, 0, () => undefined)
  const never = new AbortController().signal
  t.equal(await network.speaksTls(host, port, never), true)
  t.equal(await network.speaksTls(host, plain.port, never), false)
  const ending = new AbortController()
  const asked = network.speaksTls(host, mute.port, ending.signal)
  ending.abort()
  t.equal(await asked, false)
  t.equal(await network.speaksTls(host, port, ending.signal), false)
  mute.close(() => undefined)
  await new Promise<void>(resolve => plain.close(resolve))
  t.equal(await network.speaksTls(host, plain.port, never), false)
})

t.test('unusable certificates are refused with the system’s error', async t => {
  const listen = network.listen(host, 0, () => undefined, { certificate: ca.cert, key: server.key })
  await t.rejects(listen, { code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' })
  t.throws(() => network.dial(host, 1, { ...dialTls, certificate: ca.cert, key: server.key }), {
    code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
  })
})
