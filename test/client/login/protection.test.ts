import t from 'tap'
import {
  mayLogInWithConnect,
  protectionOf,
  rememberLogin,
  type LoginMemory,
  type LoginMethod,
} from '../../../src/client/login/protection.js'
import { checkConnectOptions, type ConnectOptions } from '../../../src/client/session-options.js'

const options = { host: 'db', port: 8848 }

t.test('a password may be shown only where TLS protects it, or that is allowed', t => {
  // Whoever listens on this machine may be any of its users.
  for (const host of ['127.0.0.1', '::1', 'localhost', 'db.example', '192.0.2.7']) {
    for (const [change, isAllowed] of [
      [{}, false],
      [{ insecureLogin: true }, true],
      [{ tls: true }, true],
      [{ tls: true, tlsInsecure: true }, false],
      [{ tls: true, tlsInsecure: true, insecureLogin: true }, true],
    ] as const) {
      const own: ConnectOptions = { ...options, host, ...change }
      t.equal(protectionOf(own, 'ann').mayShowPassword, isAllowed, JSON.stringify(own))
      t.equal(mayLogInWithConnect(own), isAllowed)
      t.equal(mayLogInWithConnect({ ...own, require: 'scram' }), false)
    }
  }
  const remembering = (method: LoginMethod): LoginMemory => ({
    best: () => method,
    keep: () => undefined,
    place: () => '',
  })
  for (const [change, needsProof] of [
    [{}, true],
    [{ insecureLogin: true }, false],
    [{ insecureLogin: true, loginMemory: remembering('scram') }, true],
    [{ insecureLogin: true, loginMemory: remembering('rsa') }, false],
    [{ tls: true }, false],
    [{ tls: true, loginMemory: remembering('scram') }, false],
    [{ tls: true, tlsInsecure: true }, true],
    [{ require: 'scram' }, true],
  ] as const) {
    const own: ConnectOptions = { ...options, ...change }
    t.equal(protectionOf(own, 'ann').needsProof, needsProof, JSON.stringify(change))
  }
  t.equal(protectionOf(options, 'ann').needsScram, false)
  t.equal(protectionOf({ ...options, require: 'scram' }, 'ann').needsScram, true)
  t.equal(protectionOf({ ...options, tls: true, require: 'tls' }, 'ann').needsScram, false)
  t.end()
})

t.test('what is required is checked before anything is sent', t => {
  for (const [change, code] of [
    [{ require: 'tls' }, 'DDB_CONFIG'],
    [{ require: 'tls', tls: true, tlsInsecure: true }, 'DDB_CONFIG'],
    [{ require: 'scram', insecureLogin: true }, 'DDB_USAGE'],
    [{ require: 'tls', tls: true, insecureLogin: true }, 'DDB_USAGE'],
    [{ require: 'kerberos' as 'tls' }, 'DDB_USAGE'],
  ] as const) {
    t.throws(() => checkConnectOptions({ ...options, ...change }), { code }, JSON.stringify(change))
  }
  t.doesNotThrow(() => checkConnectOptions({ ...options, require: 'scram' }))
  t.doesNotThrow(() => checkConnectOptions({ ...options, require: 'tls', tls: true }))
  t.end()
})

t.test('what a server did for a user is remembered, the best of it', t => {
  const kept = new Map<string, LoginMethod>()
  const loginMemory: LoginMemory = {
    best: (host, port, user) => kept.get(`${user}@${host}:${port}`),
    keep: (host, port, user, method) => void kept.set(`${user}@${host}:${port}`, method),
    place: (host, port) => `/state/${host}:${port}`,
  }
  const known = { ...options, loginMemory }
  t.equal(protectionOf(options, 'ann').least, undefined)
  t.equal(protectionOf(known, 'ann').least, undefined)
  for (const [method, best] of [
    ['plain', 'plain'],
    ['rsa', 'rsa'],
    ['plain', 'rsa'],
    ['scram', 'scram'],
    ['rsa', 'scram'],
  ] as const) {
    rememberLogin(known, 'ann', method)
    t.strictSame(protectionOf(known, 'ann').least, { method: best, place: '/state/db:8848' })
  }
  t.equal(protectionOf(known, 'bob').least, undefined, 'of another user nothing is known')
  t.equal(protectionOf({ ...known, port: 1 }, 'ann').least, undefined)
  rememberLogin(options, 'ann', 'scram')
  t.end()
})

t.test('who nobody has verified is told of, but where the user takes anybody', t => {
  const told: string[] = []
  const loginMemory: LoginMemory = {
    best: () => undefined,
    keep: () => undefined,
    place: () => '',
    unverified: (host, port) => void told.push(`${host}:${port}`),
  }
  for (const change of [
    { tls: true },
    { insecureLogin: true },
    { tls: true, tlsInsecure: true },
    {},
    { require: 'scram' },
  ] as const) {
    protectionOf({ ...options, loginMemory, ...change }, 'ann').beforeRsa()
  }
  t.strictSame(told, ['db:8848', 'db:8848'])
  t.doesNotThrow(() => protectionOf(options, 'ann').beforeRsa())
  t.end()
})
