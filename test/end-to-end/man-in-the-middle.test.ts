/*
  Somebody who stands between a client and a server on another machine, and changes what they say: strips TLS, hides
  SCRAM, gives out a key of their own. What reaches them is searched for the password.
*/
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import type { LoginMemory, LoginMethod } from '../../src/client/login/protection.js'
import { openSession, type ConnectOptions } from '../../src/client/open-session.js'
import { startServer, type EmbeddedServer, type ServerOptions } from '../../src/server/index.js'
import { Certificates } from '../helpers/certificates.js'
import { farPlatform } from '../helpers/far-platform.js'

const host = '127.0.0.1'
const password = 'correct horse battery staple'
const certificates = new Certificates(t)
const ca = certificates.make('authority', { isAuthority: true })
const identity = certificates.make('server', { by: ca })

interface Middle {
  readonly port: number
  /** All that clients have sent. */
  readonly heard: () => string
}

interface Tricks {
  readonly toServer?: (chunk: string) => string
  readonly toClient?: (chunk: string) => string
  /** Speaks TLS to clients, as somebody else. */
  readonly as?: { readonly cert: string; readonly key: string }
}

async function standBetween(t: Test, server: EmbeddedServer, tricks: Tricks = {}): Promise<Middle> {
  let heard = ''
  const sockets = new Set<{ destroy: () => void }>()
  const relay = (client: ReturnType<typeof connectTcp>): void => {
    const onward = connectTcp(server.port, host)
    for (const socket of [client, onward]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    client.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      heard += text
      onward.write(Buffer.from(tricks.toServer?.(text) ?? text, 'latin1'))
    })
    onward.on('data', (chunk: Buffer) => {
      const text = chunk.toString('latin1')
      client.write(Buffer.from(tricks.toClient?.(text) ?? text, 'latin1'))
    })
    client.on('end', () => onward.end()).on('close', () => onward.destroy())
    onward.on('end', () => client.end()).on('close', () => client.destroy())
  }
  const port = tricks.as === undefined ? createServer(relay) : createTlsServer(tricks.as, relay)
  port.on('tlsClientError', () => undefined)
  port.listen(0, host)
  await once(port, 'listening')
  t.teardown(() => {
    port.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (port.address() as AddressInfo).port, heard: () => heard }
}

async function serve(t: Test, options: ServerOptions = {}): Promise<EmbeddedServer> {
  const server = await startServer({ port: 0, adminPassword: password, ...options })
  t.teardown(() => server.close())
  return server
}

const tlsServer = { tlsCertFile: identity.certFile, tlsKeyFile: identity.keyFile }

/** @returns the failure; undefined when a session came about */
async function attempt(port: number, change: Partial<ConnectOptions> = {}): Promise<unknown> {
  try {
    const options = { host, port, user: 'admin', password, ...change }
    const session = await openSession(options, farPlatform)
    await session.close()
    return undefined
  } catch (error) {
    return error
  }
}

const withoutScram = (chunk: string): string =>
  chunk.replace('scramClientFirst', 'scramClientThird')

function remembering(method: LoginMethod): LoginMemory {
  return { best: () => method, keep: () => undefined, place: () => '/state/logins/db.json' }
}

t.test('without tricks, nothing of the password is heard', async t => {
  const middle = await standBetween(t, await serve(t))
  t.equal(await attempt(middle.port), undefined)
  t.match(middle.heard(), 'scramClientFinal')
  t.notMatch(middle.heard(), password)
})

t.test('who strips TLS gets nothing', async t => {
  const middle = await standBetween(t, await serve(t))
  t.match(await attempt(middle.port, { tls: true, caFile: ca.certFile }), { code: 'DDB_TLS' })
  t.notMatch(middle.heard(), /admin|API/)
})

t.test('who has a certificate of their own gets nothing, but where any is taken', async t => {
  const own = certificates.make('server', { by: certificates.make('x', { isAuthority: true }) })
  const middle = await standBetween(t, await serve(t), { as: own })
  t.match(await attempt(middle.port, { tls: true, caFile: ca.certFile }), { code: 'DDB_TLS' })
  t.notMatch(middle.heard(), /admin|API/)
  t.equal(await attempt(middle.port, { tls: true, tlsInsecure: true }), undefined)
  t.match(middle.heard(), 'scramClientFinal', 'they are believed')
  t.notMatch(middle.heard(), password, 'and even so do not get the password')
})

t.test('who hides SCRAM gets no password', async t => {
  const server = await serve(t)
  const own = certificates.make('server')
  for (const [tricks, tls] of [
    [{ toServer: withoutScram }, {}],
    [
      { toServer: withoutScram, as: own },
      { tls: true, tlsInsecure: true },
    ],
  ] as const) {
    const middle = await standBetween(t, server, tricks)
    t.match(await attempt(middle.port, tls), {
      code: 'DDB_CONFIG',
      message: /would travel to .* unprotected/,
    })
    t.notMatch(middle.heard(), /getDynamicPublicKey|login\n/)
    t.notMatch(middle.heard(), password)
  }
})

t.test('who hides it from those who allow any login is known by what was there before', async t => {
  const server = await serve(t)
  const hidden = { toServer: withoutScram }
  const middle = await standBetween(t, server, hidden)
  for (const loginMemory of [remembering('scram')]) {
    t.match(await attempt(middle.port, { insecureLogin: true, loginMemory }), {
      code: 'DDB_LOGIN',
      message: /has logged us in by SCRAM before.*\/state\/logins\/db\.json/,
    })
    t.notMatch(middle.heard(), /getDynamicPublicKey|login\n/)
  }
  t.equal(await attempt(middle.port, { insecureLogin: true }), undefined, 'the first time')
  t.match(middle.heard(), 'getDynamicPublicKey')
  t.notMatch(middle.heard(), password)
})

t.test('who gives out a key of their own gets a password only where that was allowed', async t => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const theirs = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const server = await serve(t)
  const tricks = {
    toServer: withoutScram,
    toClient: (chunk: string) => chunk.replace(/-----BEGIN PUBLIC KEY-----[^]*KEY-----\n/, theirs),
  }
  const middle = await standBetween(t, server, tricks)
  t.match(await attempt(middle.port), { code: 'DDB_CONFIG' })
  t.notMatch(middle.heard(), 'getDynamicPublicKey', 'no key is asked for')
  t.match(await attempt(middle.port, { insecureLogin: true }), { code: 'DDB_LOGIN' })
  t.notMatch(middle.heard(), password)
})

t.test('who answers in the place of the server does not pass for it', async t => {
  const other = await serve(t, { adminPassword: 'another password' })
  t.match(await attempt((await standBetween(t, other)).port), { code: 'DDB_LOGIN', exitCode: 77 })
  const middle = await standBetween(t, await serve(t), {
    // The server's signature is the only text of 44 signs that ends with an equals sign.
    toClient: chunk => chunk.replace(/[A-Za-z0-9+/]{43}=/, `${'A'.repeat(43)}=`),
  })
  t.match(await attempt(middle.port), {
    code: 'DDB_LOGIN',
    message: /does not prove that it knows the password/,
  })
})

t.test('a server that is what it says is logged in to over TLS', async t => {
  const server = await serve(t, tlsServer)
  const kept: LoginMethod[] = []
  const loginMemory: LoginMemory = {
    best: () => kept.at(-1),
    keep: (_host, _port, method) => void kept.push(method),
    place: () => '',
  }
  const options = { tls: true, caFile: ca.certFile, loginMemory }
  t.equal(await attempt(server.port, options), undefined)
  t.equal(await attempt(server.port, options), undefined)
  t.strictSame(kept, ['scram'], 'once')
  t.match(await attempt(server.port, { ...options, password: 'wrong' }), { code: 'DDB_LOGIN' })
})

t.test('an asynchronous session that logs in with connect has to be protected', async t => {
  const middle = await standBetween(t, await serve(t))
  const options = { enableAsync: true, loginWithConnect: true }
  t.match(await attempt(middle.port, options), { code: 'DDB_CONFIG' })
  t.notMatch(middle.heard(), password)
  t.equal(await attempt(middle.port, { ...options, insecureLogin: true }), undefined)
  const safe = await serve(t, tlsServer)
  t.equal(await attempt(safe.port, { ...options, tls: true, caFile: ca.certFile }), undefined)
})
