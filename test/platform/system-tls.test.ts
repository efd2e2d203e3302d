import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { connect as connectPlain } from 'node:net'
import { connect as connectTls } from 'node:tls'
import t, { type Test } from 'tap'
import type { Socket } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { Certificates } from '../helpers/certificates.js'

const { network } = systemPlatform
const host = '127.0.0.1'
const certificates = new Certificates(t)
const ca = certificates.make('authority', { isAuthority: true })
const server = certificates.make('server', { by: ca })
const listenTls = { certificate: server.cert, key: server.key }
const dialTls = { isVerified: true, authorities: ca.cert }

/** How the two ends connect: with TLS or without. */
const ways = [
  { name: 'TLS', listen: listenTls, dial: dialTls, connected: 'secureConnect' },
  { name: 'TCP', listen: undefined, dial: undefined, connected: 'connect' },
] as const

async function listening(t: Test, tls: typeof listenTls | undefined) {
  let accept = (socket: Socket): void => void socket
  const accepted = new Promise<Socket>(resolve => (accept = resolve))
  const port = await network.listen(host, 0, socket => accept(socket), tls)
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= new Promise(closed => port.close(closed)))
  t.teardown(close)
  return { port: port.port, accepted, close }
}

const table = '/proc/net/tcp'

/** Whether `keepsAlive` works on this system. */
const tellsTimers: boolean = existsSync(table)

/** Codes for the timer of a connection, see proc(5). */
const acknowledging = '01'
const keepAlive = '02'

const inHex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0')

function timerOf(localPort: number, remotePort: number): string | undefined {
  for (const line of readFileSync(table, 'utf8').split('\n')) {
    const [, local, remote, , , timer] = line.trim().split(/\s+/)
    if (local?.endsWith(`:${inHex(localPort)}`) && remote?.endsWith(`:${inHex(remotePort)}`)) {
      return timer?.slice(0, 2)
    }
  }
  return undefined
}

/** Whether this end of a local connection has a keep-alive timer, once sent bytes are acknowledged. */
async function keepsAlive(localPort: number, remotePort: number): Promise<boolean> {
  for (;;) {
    const timer = timerOf(localPort, remotePort)
    if (timer !== acknowledging) return timer === keepAlive
    await new Promise(resolve => setImmediate(resolve))
  }
}

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', chunk => (text += String(chunk)))
  await once(socket, 'end')
  return text
}

for (const { name, listen, dial, connected } of ways) {
  t.test(`${name}: each end may continue sending after the other end has finished`, async t => {
    const { port, accepted, close } = await listening(t, listen)
    const client = network.dial(host, port, dial)
    await once(client, connected)
    const peer = await accepted
    t.equal(peer.remoteAddress, host)
    client.end('question')
    t.equal(await textOf(peer), 'question')
    if (name === 'TCP') t.equal(peer.bytesRead, 8)
    peer.end('answer')
    t.equal(await textOf(client), 'answer')
    await close()
    const refused = network.dial(host, port, dial)
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    t.equal(error.code, 'ECONNREFUSED')
  })

  t.test(
    `${name}: each end of a connection checks if the other lives`,
    { skip: !tellsTimers },
    async t => {
      const { port, accepted } = await listening(t, listen)
      const client = network.dial(host, port, dial)
      await once(client, connected)
      const peer = await accepted
      t.ok(await keepsAlive(peer.remotePort!, port), 'the end that dialled')
      t.ok(await keepsAlive(port, peer.remotePort!), 'the end that listened')
      for (const socket of [client, peer]) socket.destroy()
    },
  )
}

t.test('a connection that does not begin with TLS is refused', async t => {
  const { port, accepted, close } = await listening(t, listenTls)
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
  const { port, accepted } = await listening(t, listenTls)
  void accepted.then(() => t.fail('it was accepted'))
  const ciphers = 'DEFAULT@SECLEVEL=0'
  const versions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const
  const old = connectTls({ host, port, rejectUnauthorized: false, ciphers, ...versions })
  const [error] = (await once(old, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
})

t.test('a probe determines which protocol a port speaks', async t => {
  const { port } = await listening(t, listenTls)
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
