import t from 'tap'
import {
  protectionOf,
  rememberLogin,
  type LoginMemory,
  type LoginMethod,
} from '../../../src/client/login/protection.js'

const options = { host: 'db', port: 8848 }

t.test('a password may be shown only where it is protected, or that is allowed', t => {
  const may = (address: string, change: object = {}): boolean =>
    protectionOf({ ...options, ...change }, address).mayShowPassword
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) {
    t.equal(may(address), true, address)
  }
  for (const address of ['192.0.2.7', '::', '2001:db8::1', '::ffff:192.0.2.7', '128.0.0.1', '']) {
    t.equal(may(address), false, address)
    t.equal(may(address, { insecureLogin: true }), true, address)
    t.equal(may(address, { tls: true }), true, address)
    t.equal(may(address, { tls: true, tlsInsecure: true }), false, address)
  }
  t.end()
})

t.test('what a server did is remembered, the best of it, but for this machine', t => {
  const kept = new Map<string, LoginMethod>()
  const loginMemory: LoginMemory = {
    best: (host, port) => kept.get(`${host}:${port}`),
    keep: (host, port, method) => void kept.set(`${host}:${port}`, method),
    place: (host, port) => `/state/${host}:${port}`,
  }
  const known = { ...options, loginMemory }
  const far = '192.0.2.7'
  t.equal(protectionOf(options, far).least, undefined)
  t.equal(protectionOf(known, far).least, undefined)
  rememberLogin(known, '127.0.0.1', 'scram')
  t.equal(kept.size, 0)
  for (const [method, best] of [
    ['plain', 'plain'],
    ['rsa', 'rsa'],
    ['plain', 'rsa'],
    ['scram', 'scram'],
    ['rsa', 'scram'],
  ] as const) {
    rememberLogin(known, far, method)
    t.strictSame(protectionOf(known, far).least, { method: best, place: '/state/db:8848' })
  }
  t.equal(protectionOf(known, '::1').least, undefined)
  t.equal(protectionOf({ ...known, port: 1 }, far).least, undefined)
  rememberLogin(options, far, 'scram')
  t.end()
})
