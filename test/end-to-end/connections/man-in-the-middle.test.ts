/* A man in the middle changes the bytes between client and server: he strips TLS, hides SCRAM, or offers a different key. The test searches
   all bytes that reach him for the password. */
import { constants, generateKeyPairSync, privateDecrypt, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import type { LoginMemory, LoginMethod } from '../../../src/client/login/protection.js'
import { connectTyped as connect, type ConnectOptions } from '../../../src/client/open-session.js'
import { type EmbeddedServer, type ServerOptions } from '../../../src/server/index.js'
import { Certificates } from '../../helpers/certificates.js'
import { deepTest } from '../../helpers/runs.js'
import { startServerFor } from '../../helpers/load-server.js'

const host = '127.0.0.1'
const password = 'correct horse battery staple'
const certificates = new Certificates(t)
const ca = certificates.make('authority', { isAuthority: true })
const identity = certificates.make('server', { by: ca })

interface Tricks {
  readonly toServer?: (chunk: string) => string
  readonly toClient?: (chunk: string) => string
  /** Speaks TLS to clients with this identity. */
  readonly as?: { readonly cert: string; readonly key: string }
}

async function standBetween(t: Test, server: EmbeddedServer, tricks: Tricks = {}) {
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

/** A server with its initial settings: admin logs in by RSA. The test adds the user ann, who logs in by SCRAM. */
async function serve(t: Test, options: ServerOptions = {}): Promise<EmbeddedServer> {
  const server = await startServerFor(t, {
    adminPassword: password,
    initScript: `createUser("ann", "${password}", , false, "scram")`,
    ...options,
  })
  return server
}

const tlsServer = { tlsCertFile: identity.certFile, tlsKeyFile: identity.keyFile }

/** @returns the error; undefined if a session was opened */
async function attempt(port: number, change: Partial<ConnectOptions> = {}): Promise<unknown> {
  try {
    const session = await connect({ host, port, user: 'ann', password, ...change })
    await session.close()
    return undefined
  } catch (error) {
    return error
  }
}

const withoutScram = (chunk: string): string =>
  chunk.replace('scramClientFirst', 'scramClientThird')

function remembering(method?: LoginMethod) {
  const told: string[] = []
  return {
    best: () => method,
    keep: () => undefined,
    place: () => '/state/logins/db.json',
    unverified: (host: string) => void told.push(host),
    told,
  }
}

t.test('without tricks the password is not visible', async t => {
  const middle = await standBetween(t, await serve(t))
  t.equal(await attempt(middle.port), undefined)
  t.match(middle.heard(), 'scramClientFinal')
  t.notMatch(middle.heard(), password)
})

t.test('stripping TLS reveals nothing', async t => {
  const middle = await standBetween(t, await serve(t))
  t.match(await attempt(middle.port, { tls: true, caFile: ca.certFile }), { code: 'DDB_TLS' })
  t.notMatch(middle.heard(), /admin|API/)
})

deepTest(t, 'a certificate of others reveals nothing, unless all are accepted', async t => {
  const own = certificates.make('server', { by: certificates.make('x', { isAuthority: true }) })
  const middle = await standBetween(t, await serve(t), { as: own })
  t.match(await attempt(middle.port, { tls: true, caFile: ca.certFile }), { code: 'DDB_TLS' })
  t.notMatch(middle.heard(), /admin|API/)
  t.equal(await attempt(middle.port, { tls: true, tlsInsecure: true }), undefined)
  t.match(middle.heard(), 'scramClientFinal', 'the client accepts the certificate')
  t.notMatch(middle.heard(), password, 'even then the password is not visible')
})

deepTest(t, 'if SCRAM is hidden, the password is sent encrypted, with a warning', async t => {
  const server = await serve(t)
  const own = certificates.make('server')
  for (const [user, tricks, tls, told] of [
    ['admin', {}, {}, 1],
    ['ann', { toServer: withoutScram }, {}, 1],
    ['ann', { toServer: withoutScram, as: own }, { tls: true, tlsInsecure: true }, 0],
  ] as const) {
    const middle = await standBetween(t, server, tricks)
    const loginMemory = remembering()
    t.equal(await attempt(middle.port, { user, loginMemory, ...tls }), undefined)
    t.match(middle.heard(), 'getDynamicPublicKey')
    t.notMatch(middle.heard(), password)
    t.equal(loginMemory.told.length, told)
  }
})

deepTest(t, 'a false key gets the password only if no better method was known', async t => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const theirs = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const server = await serve(t)
  const tricks = {
    toServer: withoutScram,
    toClient: (chunk: string) => chunk.replace(/-----BEGIN PUBLIC KEY-----[^]*KEY-----\n/, theirs),
  }
  const middle = await standBetween(t, server, tricks)
  for (const change of [
    { require: 'scram' },
    { loginMemory: remembering('scram') },
    { tls: true, caFile: ca.certFile },
  ] as const) {
    t.type(await attempt(middle.port, change), Error)
    t.notMatch(middle.heard(), 'getDynamicPublicKey', 'no key is requested')
  }
  // Official clients do the same, see docs/security.md.
  t.match(await attempt(middle.port), { code: 'DDB_LOGIN' })
  t.ok(decrypted(middle.heard(), privateKey).includes(password))
})

/** Decrypts all texts that were encrypted with the key. */
function decrypted(heard: string, key: KeyObject): string[] {
  return [...heard.matchAll(/[A-Za-z0-9+/]{342}==/g)].map(([base64]) =>
    privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, Buffer.from(base64, 'base64'))
      .toString('latin1')
      .replace(/^[^]{2}[^\0]+\0/, ''),
  )
}

t.test('the client logs in over TLS to a verified server', async t => {
  const server = await serve(t, tlsServer)
  const kept: LoginMethod[] = []
  const loginMemory: LoginMemory = {
    best: () => kept.at(-1),
    keep: (_host, _port, _user, method) => void kept.push(method),
    place: () => '',
    unverified: () => t.fail('TLS has verified the server'),
  }
  const options = { tls: true, caFile: ca.certFile, loginMemory }
  t.equal(await attempt(server.port, options), undefined)
  t.equal(await attempt(server.port, options), undefined)
  t.strictSame(kept, ['scram'], 'once')
  t.match(await attempt(server.port, { ...options, password: 'wrong' }), { code: 'DDB_LOGIN' })
  const { caFile } = options
  t.equal(await attempt(server.port, { tls: true, caFile, require: 'tls' }), undefined)
  const admin = { user: 'admin', loginMemory: remembering() }
  t.equal(await attempt(server.port, { tls: true, caFile, ...admin }), undefined)
  t.strictSame(admin.loginMemory.told, [], 'for a server verified by TLS')
})

deepTest(t, 'an asynchronous session that logs in with connect needs protection', async t => {
  const middle = await standBetween(t, await serve(t))
  const options = { enableAsync: true, loginWithConnect: true }
  t.match(await attempt(middle.port, options), { code: 'DDB_CONFIG' })
  t.notMatch(middle.heard(), password)
  t.equal(await attempt(middle.port, { ...options, insecureLogin: true }), undefined)
  const safe = await serve(t, tlsServer)
  t.equal(await attempt(safe.port, { ...options, tls: true, caFile: ca.certFile }), undefined)
})
