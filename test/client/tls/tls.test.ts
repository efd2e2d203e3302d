/* Connections over TLS: options and failures. */
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { connectTyped as connect, type ConnectOptions } from '../../../src/client/open-session.js'
import { tlsFailure, unusableIdentity } from '../../../src/client/tls/tls-failure.js'
import { checkTlsOptions, readTls } from '../../../src/client/tls/tls-options.js'
import { ConnectionError, type DdbError } from '../../../src/errors.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { Certificates, type Identity, opensslDate } from '../../helpers/certificates.js'
import { freePort } from '../../helpers/free-port.js'
import { deepTest } from '../../helpers/runs.js'
import { startServerFor } from '../../helpers/load-server.js'

const { files } = systemPlatform

t.test('contradictory options are refused', async t => {
  for (const fine of [
    {},
    { tls: true },
    { tls: true, caFile: 'ca.pem', certFile: 'c' },
    { tls: true, tlsInsecure: true },
    { tls: false, tlsInsecure: false },
  ]) {
    t.doesNotThrow(() => checkTlsOptions(fine), JSON.stringify(fine))
  }
  for (const [options, message] of [
    [{ caFile: 'ca.pem' }, /`server.caFile` is only for `server.tls`/],
    [{ tls: false, tlsInsecure: true }, /`server.tlsInsecure` is only for/],
    [{ certFile: 'c' }, /`server.certFile` is only for/],
    [{ tls: true, tlsInsecure: true, caFile: 'ca.pem' }, /leave one of them out/],
  ] as const) {
    const error = { code: 'DDB_USAGE', message }
    t.throws(() => checkTlsOptions(options), error, JSON.stringify(options))
  }
})

t.test('files are read for a connection', async t => {
  const certificates = new Certificates(t)
  const ca = certificates.make('authority', { isAuthority: true })
  t.strictSame(await readTls({ tls: true }, files), { isVerified: true })
  t.strictSame(await readTls({ tls: true, caFile: ca.certFile, certFile: ca.bothFile }, files), {
    isVerified: true,
    authorities: ca.cert,
    certificate: ca.cert + ca.key,
    key: ca.cert + ca.key,
  })
  t.strictSame(await readTls({ tls: true, tlsInsecure: true }, files), { isVerified: false })
  for (const options of [
    { caFile: ca.keyFile },
    { certFile: ca.keyFile },
    { certFile: ca.certFile },
  ]) {
    await t.rejects(readTls({ tls: true, ...options }, files), { code: 'DDB_CONFIG', exitCode: 78 })
  }
})

// A peer with the wrong identity or protocol: the client reports one sentence in time, and sends none of its data.

const host = '127.0.0.1'
const certificates = new Certificates(t)
const ca = certificates.make('test authority', { isAuthority: true })
const between = certificates.make('test authority in between', { isAuthority: true, by: ca })
const trusted = { tls: true, caFile: ca.certFile, user: 'admin', password: '123456' } as const
const good = certificates.make('server', { by: ca })
const signed = (change: Parameters<Certificates['make']>[1], name = 's'): Identity =>
  certificates.make(name, { by: ca, ...change })
const chain = certificates.chain.bind(certificates)

/** @returns the port of the server */
async function serverWith(t: Test, identity: Identity): Promise<number> {
  const { certFile: tlsCertFile, keyFile: tlsKeyFile } = identity
  const server = await startServerFor(t, { tlsCertFile, tlsKeyFile })
  return server.port
}

async function failureOf(options: ConnectOptions): Promise<DdbError> {
  const session = await connect(options).catch((error: unknown) => error as DdbError)
  if (session instanceof Error) return session
  await session.close()
  throw new Error('the connection was made')
}

deepTest(t, 'a certificate signed by its authority is accepted', async t => {
  const byBetween = certificates.make('server', { by: between })
  for (const [what, identity] of [
    ['directly', good],
    ['through another', chain([byBetween, between])],
    ['through another, behind what nobody needs', chain([byBetween, good, ca, between])],
    [
      'under a name and all its subdomains',
      signed({ names: 'DNS:localhost,DNS:*.example,IP:127.0.0.1' }),
    ],
    ['with a key of 2,048 bits', signed({ rsaBits: 2048 })],
  ] as const) {
    const port = await serverWith(t, identity)
    for (const name of [host, 'localhost']) {
      const session = await connect({ ...trusted, host: name, port })
      t.match(await session.run('getCurrentSessionAndUser()[1]'), { value: 'admin' }, what)
      await session.close()
    }
  }
})

deepTest(t, 'keys of fewer than 2,048 bits are refused anywhere in a chain', async t => {
  const weak = { isAuthority: true, rsaBits: 1024 }
  const weakCa = certificates.make('weak authority', weak)
  const weakBetween = certificates.make('weak authority in between', { ...weak, by: ca })
  for (const [what, { cert, key }, change] of [
    ['its own', signed({ rsaBits: 1024 }), {}],
    ['in between', chain([signed({ by: weakBetween }), weakBetween]), {}],
    ['of the authority', signed({ by: weakCa }), { caFile: weakCa.certFile }],
  ] as const) {
    // Lowers the security level, because servers with newer versions of OpenSSL refuse such keys by default.
    const server = createTlsServer({ cert, key, ciphers: 'DEFAULT@SECLEVEL=0' })
    server.on('tlsClientError', () => undefined)
    server.listen(0, host)
    await once(server, 'listening')
    t.teardown(() => server.close())
    const { port } = server.address() as AddressInfo
    const expected = {
      code: 'DDB_TLS',
      exitCode: 76,
      message: /has a key of fewer than 2,048 bits, or a certificate above it/,
    }
    t.match(await failureOf({ ...trusted, host, port, ...change }), expected, what)
  }
})

deepTest(t, 'a certificate is refused in one sentence, and not tried again', async t => {
  const other = certificates.make('other authority', { isAuthority: true })
  const cases: Readonly<Record<string, readonly [Identity, RegExp, Partial<ConnectOptions>?]>> = {
    expired: [signed({ from: opensslDate(-9), until: opensslDate(-2) }), /has expired/],
    'not yet valid': [signed({ from: opensslDate(1) }), /is not valid yet/],
    'self-signed': [certificates.make('localhost'), /is self-signed/],
    'of another authority': [signed({ by: other }), /an authority that is not known here/],
    'with an unknown authority': [chain([signed({ by: other }), other]), /not trusted here/],
    'for another host': [
      signed({ names: 'DNS:db.example' }),
      /is not for "127.0.0.1", but for db.example: connect by/,
    ],
    'for another address': [
      signed({ names: 'DNS:localhost,IP:192.0.2.1' }),
      /is not for "127.0.0.1"/,
    ],
    'for a name where an address is meant': [
      signed({ names: 'DNS:127.0.0.1' }),
      /has 127\.0\.0\.1 as the name of a host, not as an IP address: .* IP:127\.0\.0\.1/,
    ],
    'with a common name alone': [
      signed({ names: '' }, 'localhost'),
      /names its host by the common name alone, which does not count: .*subjectAltName/,
      { host: 'localhost' },
    ],
    'with a common name besides names of other kinds': [
      signed({ names: 'IP:127.0.0.1' }, 'localhost'),
      /is not for "localhost", but for 127\.0\.0\.1/,
      { host: 'localhost' },
    ],
    'without what lies in between': [
      signed({ by: between }),
      /leaves out intermediate certificates/,
    ],
    'in the wrong order': [
      chain([between, signed({ by: between })]),
      /is not for "127.0.0.1"|is refused|not meant/,
    ],
    'not meant for servers': [signed({ usage: 'clientAuth' }), /is not meant for servers/],
    'signed by one that may not': [
      chain([signed({ by: good }), good]),
      /not meant for servers, or was signed/,
    ],
  }
  for (const [what, [identity, message, options]] of Object.entries(cases)) {
    const port = await serverWith(t, identity)
    const failure = await failureOf({ ...trusted, host, port, ...options })
    t.match(
      failure,
      { name: 'TlsError', code: 'DDB_TLS', exitCode: 76, message, safeToRetry: false },
      what,
    )
    t.notMatch(failure.message, /\n/, what)
    const session = await connect({ host, port, tls: true, tlsInsecure: true })
    t.match(await session.run('1+1'), { value: 2 }, `${what}, but accepted on request`)
    await session.close()
  }
})

t.test('without a file, the authorities of the system are used', async t => {
  const port = await serverWith(t, good)
  const options = { host, port, tls: true }
  for (const value of [undefined, '0']) {
    if (value !== undefined) process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = value
    t.teardown(() => delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'])
    t.match(await failureOf(options), { code: 'DDB_TLS', message: /not known here/ })
  }
})

t.test('a plain server although TLS was requested', async t => {
  const plain = await startServerFor(t)
  const ended = await failureOf({ ...trusted, host, port: plain.port })
  t.match(ended, { code: 'DDB_TLS', exitCode: 76, message: /does not speak TLS/ })
  const answering = await rawServer(t, socket => void socket.write('1 0 1\nOK\n'))
  t.match(await failureOf({ ...trusted, host, port: answering }), {
    name: 'TlsError',
    message: /does not speak TLS: connect without `server.tls`/,
  })
  const silent = await rawServer(t, () => undefined)
  t.match(await failureOf({ ...trusted, host, port: silent, connectTimeoutMs: 50 }), {
    name: 'ConnectionError',
    code: 'DDB_TLS',
    exitCode: 76,
    message: /did not answer in TLS within 50 ms/,
  })
  const closing = await rawServer(t, socket => void socket.destroy())
  const closed = { name: 'ConnectionError', code: 'DDB_TLS', safeToRetry: true }
  t.match(await failureOf({ ...trusted, host, port: closing }), closed)
  const expected = { code: 'DDB_CONNECT', message: /Nothing listens/ }
  t.match(await failureOf({ ...trusted, host, port: await freePort() }), expected)
})

t.test('a TLS server although plain was requested', async t => {
  const expected = {
    code: 'DDB_TLS',
    exitCode: 76,
    message: /speaks TLS: connect with `server.tls`/,
  }
  const port = await serverWith(t, good)
  t.match(await failureOf({ host, port }), expected, 'a server that disconnects')
  const alert = Buffer.from([21, 3, 1, 0, 2, 2, 70])
  const alerting = await rawServer(t, socket => void socket.end(alert))
  t.match(await failureOf({ host, port: alerting }), expected)
  const hangingUp = await rawServer(t, socket => void socket.end())
  t.match(await failureOf({ host, port: hangingUp }), { code: 'DDB_CONNECT', exitCode: 69 })
  const strict = await tlsServer(t, { ...identityOf(good), requestCert: true, ca: ca.cert })
  t.match(await failureOf({ host, port: strict }), expected, 'a server that wants a certificate')
})

t.test("a server that requests a certificate gets the client's certificate", async t => {
  const settings = { ...identityOf(good), requestCert: true, ca: ca.cert }
  const mine = certificates.make('client', { by: ca, usage: 'clientAuth' })
  const nobody = { ...trusted, user: undefined, password: undefined, certFile: mine.bothFile }
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const port = await tlsServer(t, { ...settings, maxVersion })
    t.match(await failureOf({ ...trusted, host, port }), {
      name: 'TlsError',
      message: /only clients with a certificate that it knows.*`server.certFile`/,
    })
    const session = await connect({ ...nobody, host, port } as unknown as ConnectOptions)
    t.equal(session.id, '7')
    session.abandon(new ConnectionError('DDB_CONNECT', 'enough'))
  }
})

t.test("the client's certificate and key must match", async t => {
  const port = await serverWith(t, good)
  const mine = certificates.make('client', { by: between })
  const wrongOrder = certificates.chain([between, mine], mine)
  t.match(await failureOf({ ...trusted, host, port, certFile: wrongOrder.bothFile }), {
    code: 'DDB_CONFIG',
    exitCode: 78,
    message: /does not belong to the first certificate/,
  })
  t.match(unusableIdentity(new Error('x')), { message: /cannot be used\.$/ })
  t.match(unusableIdentity(Object.assign(new Error(), { code: 'ERR_OSSL_X' })), {
    message: /\(ERR_OSSL_X\)/,
  })
})

t.test('the TLS code explains only errors that TLS caused', async t => {
  const failed = (code: string): Error => Object.assign(new Error('m'), { code })
  t.equal(tlsFailure('h', 1, new Error('m'), false), undefined)
  t.equal(tlsFailure('h', 1, 'text', true), undefined)
  t.equal(tlsFailure('h', 1, failed('ECONNREFUSED'), false), undefined)
  t.equal(tlsFailure('h', 1, failed('ENOTFOUND'), false), undefined)
  t.equal(
    tlsFailure('h', 1, failed('ECONNRESET'), false),
    undefined,
    'before the connection was established',
  )
  const lost = new ConnectionError('DDB_CONNECTION_LOST', 'm', { cause: failed('ECONNRESET') })
  t.equal(tlsFailure('h', 1, lost, false), undefined)
  t.match(tlsFailure('h', 1, failed('ERR_SSL_BAD_RECORD_TYPE'), true), {
    message: /failed \(ERR_SSL_BAD/,
  })
  t.match(tlsFailure('h', 1, failed('CERT_REVOKED'), true), { message: /was revoked/ })
  t.match(tlsFailure('h', 1, failed('PATH_LENGTH_EXCEEDED'), true), {
    message: /refused \(PATH_LENGTH_EX/,
  })
  const names = `DNS:${'a'.repeat(300)}`
  const altName = Object.assign(failed('ERR_TLS_CERT_ALTNAME_INVALID'), {
    cert: { subjectaltname: names },
  })
  t.match(tlsFailure('h', 1, altName, true), { message: /but for a{200}…: connect/ })
})

async function rawServer(t: Test, onData: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('data', () => onData(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** A server that answers every connect request. */
async function tlsServer(t: Test, settings: TlsOptions): Promise<number> {
  const server = createTlsServer(settings, socket => {
    socket.on('error', () => undefined).once('data', () => socket.write('7 0 1\nOK\n'))
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

function identityOf({ cert, key }: Identity): TlsOptions {
  return { cert, key }
}
