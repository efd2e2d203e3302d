/* Logins, and how the client protects the password. */
import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { ClientSession } from '../../../src/client/client-session.js'
import {
  hideInData,
  hideInError,
  newSecrets,
  passwordHider,
} from '../../../src/client/login/hide-password.js'
import { type AskServer, logIn } from '../../../src/client/login/log-in.js'
import {
  type LoginMemory,
  type LoginMethod,
  type Protection,
  protectionOf,
  rememberLogin,
} from '../../../src/client/login/protection.js'
import {
  connect as connectPlain,
  connectTyped as connect,
} from '../../../src/client/open-session.js'
import { checkConnectOptions, type ConnectOptions } from '../../../src/client/session-options.js'
import type { Response } from '../../../src/protocol/response.js'
import { formatScalar } from '../../../src/protocol/element.js'
import type { Value } from '../../../src/protocol/value.js'
import { scramProof } from '../../../src/protocol/scram.js'
import { ConnectionError } from '../../../src/errors.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { startFakeServer } from '../../helpers/fake-server.js'
import { recordings } from '../../helpers/recordings.js'
import { deepTest, forAll } from '../../helpers/runs.js'
import { int, text, yes } from '../../helpers/values.js'
import { startServerFor } from '../../helpers/load-server.js'
import { tupleOf } from '../../../src/protocol/types/tuples.js'

const host = '127.0.0.1'

t.test('a plain login has the bytes of the Java client', async t => {
  const recording = recordings.find(({ client, name }) => client === 'java' && name === 'login')!
  const login = recording.requests.find(({ name }) => name === 'login')!
  const args = recording.bytes.subarray(login.off + login.header.length + 1, login.off + login.len)
  const server = await startFakeServer(t, undefined, { withRsa: false })
  const who = { user: 'admin', password: '123456', insecureLogin: true }
  const session = await connect({ host, port: server.port, ...who })
  const sent = server.peer.received
  t.strictSame(sent.subarray(sent.length - args.length), args)
  await session.close()
})

t.test('requests of a session wait for its login', async t => {
  const server = await startServerFor(t)
  const { host, port } = server
  const session = await connect({ host, port })
  const who = 'getCurrentSessionAndUser()[1]'
  const asked = [session.run(who), session.login('admin', '123456'), session.run(who)] as const
  t.throws(() => session.send('print', []), { code: 'DDB_USAGE', message: /in progress/ })
  const again = session.login('admin', 'wrong')
  const last = session.run(who)
  t.match(await asked[0], { value: 'guest' }, 'requested before')
  await asked[1]
  t.match(await asked[2], { value: 'admin' }, 'requested meanwhile')
  await t.rejects(again, { code: 'DDB_LOGIN' })
  t.match(await last, { value: 'admin' })
  const late = session.login('admin', '123456')
  await session[Symbol.asyncDispose]()
  await t.resolves(late, 'closing waits for it')
  await t.rejects(session.login('admin', '123456'), { code: 'DDB_CLOSED' })
  const silent = await connect({ host, port, enableAsync: true })
  await t.rejects(silent.login('admin', '123456'), { code: 'DDB_ASYNC_SESSION' })
  await silent.close()
})

const credentials = { user: 'admin', password: 'hunter2-secret' }
const usual: Protection = {
  address: 'db:8848',
  mayShowPassword: false,
  needsProof: true,
  needsScram: false,
  least: undefined,
  beforeRsa: () => undefined,
}
/** Verified TLS or `insecureLogin`: the client may send the password, and the server need not prove that it has it. */
const allowed: Protection = { ...usual, mayShowPassword: true, needsProof: false }
/** Texts with which servers refuse SCRAM for a user, from official clients and from the tests of these clients. */
const noScramWords = [
  "sha256 authMode doesn't support scram authMode",
  "user 'admin' doesn't support scram authMode",
  "Can't recognize function name scramClientFirst",
  'Login is required for script execution with client authentication enabled. RefId: S04009',
]
const random = (length: number): Uint8Array => new Uint8Array(length).fill(7)

type Answer = (args: readonly string[]) => Value | string

/** A server with these functions. If a function returns a text, the server answers with an error of that text. */
function scripted(functions: Readonly<Record<string, Answer>>) {
  /** Names of the functions called. */
  const calls: string[] = []
  const sent: string[] = []
  const ask: AskServer = (name, args) => {
    calls.push(name)
    const texts = args.map(arg => (arg.form === 'scalar' ? formatScalar(arg) : ''))
    sent.push(...texts)
    const answer = functions[name]?.(texts) ?? `Can't recognize function name ${name}`
    return Promise.resolve<Response>(
      typeof answer === 'string'
        ? { sessionId: '1', ok: false, message: answer }
        : { sessionId: '1', ok: true, value: answer },
    )
  }
  return { ask, calls, sent }
}

/** A server with SCRAM for this password. It behaves like the embedded server. */
function withScram(password: string, change: { signature?: string } = {}): Record<string, Answer> {
  const saltBase64 = 'W22ZaJ0SNY7soEsUEjb6gQ=='
  let nonce = ''
  return {
    scramClientFirst([, given]) {
      nonce = given!
      return challenge(saltBase64, 4096, `${nonce}server`)
    },
    scramClientFinal([user, combinedNonce, given]) {
      const parts = { saltBase64, iterations: 4096, combinedNonce: combinedNonce! }
      const { proof, signature } = scramProof(user!, password, nonce, parts)
      if (proof !== given) return 'The user name or password is incorrect.'
      return text(change.signature ?? signature)
    },
  }
}

const challenge = (salt: string, iterations: number, nonce: string): Value =>
  tupleOf([text(salt), int(iterations), text(nonce)])

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const withRsa: Record<string, Answer> = {
  getDynamicPublicKey: () => text(publicPem),
  login: ([, , encrypted]) => (encrypted === 'true' ? yes : 'plain was not expected'),
}
const plain: Record<string, Answer> = { login: () => yes }
const withBadKey: Record<string, Answer> = { ...plain, getDynamicPublicKey: () => text('no key') }

const logInTo = (ask: AskServer, protection = allowed): Promise<LoginMethod> =>
  logIn(credentials, protection, random, ask)

t.test('the client uses the best method that a server offers', async t => {
  const withBoth = { ...withScram(credentials.password), ...withRsa }
  for (const [functions, method, calls] of [
    [withBoth, 'scram', ['scramClientFirst', 'scramClientFinal']],
    [withRsa, 'rsa', ['scramClientFirst', 'getDynamicPublicKey', 'login']],
    [plain, 'plain', ['scramClientFirst', 'getDynamicPublicKey', 'login']],
    [withBadKey, 'plain', ['scramClientFirst', 'getDynamicPublicKey', 'login']],
  ] as const) {
    const server = scripted(functions)
    t.equal(await logInTo(server.ask), method)
    t.strictSame(server.calls, calls)
    const shown = server.sent.includes(credentials.password)
    t.equal(shown, method === 'plain', `${method}: the password itself is sent`)
  }
})

t.test('RSA is the second choice of official clients, and allowed by default', async t => {
  for (const words of noScramWords) {
    const server = scripted({ ...withRsa, scramClientFirst: () => words })
    let told = 0
    const protection = {
      ...usual,
      beforeRsa: () => {
        told++
        t.notOk(server.calls.includes('login'), 'before anything is sent')
      },
    }
    t.equal(await logInTo(server.ask, protection), 'rsa')
    t.strictSame(server.calls, ['scramClientFirst', 'getDynamicPublicKey', 'login'])
    t.notOk(server.sent.includes(credentials.password))
    t.equal(told, 1)
  }
  const better = scripted({ ...withScram(credentials.password), ...withRsa })
  const silent = { ...usual, beforeRsa: () => t.fail('nothing is sent by RSA') }
  t.equal(await logInTo(better.ask, silent), 'scram')
})

t.test('the client does not send a password in plain text, and the error says why', async t => {
  const weakPem = generateKeyPairSync('rsa', { modulusLength: 512 })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString()
  for (const [functions, cause, change] of [
    [
      plain,
      /offers them no SCRAM \(it says: Can't.*\), and it has no key for RSA \(it says: Can't/,
    ],
    [{ ...plain, scramClientFirst: () => noScramWords[0]! }, /it says: sha256 authMode/],
    [withBadKey, /is invalid, or shorter than 1024/],
    [{ ...plain, getDynamicPublicKey: () => text(weakPem) }, /is invalid, or shorter than 1024/],
    [withRsa, /key for RSA is too short/, { password: 'x'.repeat(300) }],
    [{ ...plain, scramClientFirst: () => 'no '.repeat(1000) }, /\(it says: (no ){66}no…\), and/],
    [{ ...plain, scramClientFirst: () => 'hunter2-secret?' }, /\(it says: \*\*\*\?\), and/],
  ] as [Record<string, Answer>, RegExp, object?][]) {
    const server = scripted(functions)
    const attempt = logIn({ ...credentials, ...change }, usual, random, server.ask)
    const failure: unknown = await attempt.catch((error: unknown) => error)
    t.match(failure, { code: 'DDB_CONFIG', exitCode: 78 })
    const { message } = failure as Error
    t.match(message, /password of user "admin" would travel to db:8848 in plain text: /)
    t.match(message, cause)
    t.match(message, /three ways out: .*`server\.tls`.*authMode="scram".*`server\.insecureLogin`/)
    t.notOk(server.calls.includes('login'))
  }
})

t.test('if SCRAM is required, no other method is tried', async t => {
  for (const protection of [usual, allowed]) {
    for (const words of noScramWords) {
      const server = scripted({ ...withRsa, scramClientFirst: () => words })
      const attempt = logInTo(server.ask, { ...protection, needsScram: true })
      await t.rejects(attempt, {
        code: 'DDB_CONFIG',
        message:
          /`server\.require` allows only SCRAM logins, and user "admin" cannot .*authMode="scram"/,
      })
      t.strictSame(server.calls, ['scramClientFirst'])
    }
    const good = scripted(withScram(credentials.password))
    t.equal(await logInTo(good.ask, { ...protection, needsScram: true }), 'scram')
  }
})

t.test('a server that does not prove that it knows the password is refused', async t => {
  const password = { ...withScram(credentials.password) }
  const challenged = (answer: (nonce: string) => Value): Record<string, Answer> => ({
    ...password,
    scramClientFirst: ([, nonce]) => answer(nonce!),
  })
  const salt = Buffer.from('salt').toString('base64')
  const signed = (signature: string) => withScram(credentials.password, { signature })
  const noText: Record<string, Answer> = { ...signed(''), scramClientFinal: () => yes }
  const wary = { ...allowed, needsProof: true }
  for (const [what, functions, protection] of [
    ['a signature of its own', signed('AAAA'), allowed],
    ['one as long as a right one', signed(Buffer.alloc(32).toString('base64')), allowed],
    ['no signature', signed(''), usual],
    ['a signature that is no text', noText, usual],
    ['another nonce', challenged(() => challenge(salt, 4096, 'x'.repeat(48))), allowed],
    ['our nonce alone', challenged(nonce => challenge(salt, 4096, nonce)), allowed],
    ['one iteration', challenged(nonce => challenge(salt, 1, `${nonce}x`)), usual],
    ['no signature, where the user would allow anything of others', signed(''), wary],
    ['few iterations', challenged(nonce => challenge(salt, 4095, `${nonce}x`)), usual],
    ['none', challenged(nonce => challenge(salt, 0, `${nonce}x`)), allowed],
    ['very many', challenged(nonce => challenge(salt, 1_000_001, `${nonce}x`)), allowed],
    ['no challenge', challenged(() => yes), allowed],
    [
      'a challenge of other types',
      challenged(nonce => tupleOf([int(1), int(4096), text(nonce)])),
      allowed,
    ],
    ['fewer parts', challenged(() => tupleOf([])), allowed],
  ] as const) {
    const server = scripted({ ...functions, ...withRsa })
    await t.rejects(
      logInTo(server.ask, protection),
      {
        code: 'DDB_LOGIN',
        exitCode: 77,
        ...(/^(one|few) iteration/.test(what) && {
          message: /\d iterations of SCRAM\. Fewer than 4096 /,
        }),
      },
      what,
    )
    t.notOk(server.calls.includes('login'), `${what}: no weaker method is tried`)
  }
  t.equal(
    await logInTo(scripted(signed('')).ask),
    'plain',
    'official clients accept this, and TLS has proved the identity; it is not remembered as SCRAM',
  )
})

t.test('a refusal is final', async t => {
  for (const message of [
    'The user name or password is incorrect.',
    'The user admin is locked.',
    '<NotLeader>other:8848',
  ]) {
    const server = scripted({ ...plain, scramClientFirst: () => message })
    const error = { code: 'DDB_LOGIN', serverMessage: message }
    await t.rejects(logInTo(server.ask), error)
    t.strictSame(server.calls, ['scramClientFirst'])
  }
  const wrong = scripted({ ...withScram('another'), ...withRsa })
  await t.rejects(logInTo(wrong.ask), {
    code: 'DDB_LOGIN',
    message: /refused the login of user "admin".*user name or password is incorrect/,
  })
  t.strictSame(wrong.calls, ['scramClientFirst', 'scramClientFinal'])
  for (const functions of [{ ...withRsa, login: () => 'bad' }, { login: () => 'bad' }]) {
    await t.rejects(logInTo(scripted(functions).ask), { code: 'DDB_LOGIN' })
  }
  const no: Value = { form: 'scalar', type: 'BOOL', value: false }
  await t.rejects(logInTo(scripted({ login: () => no }).ask), { code: 'DDB_LOGIN' })
})

t.test('if a server repeats requests of the client, the password is still not shown', async t => {
  const server = scripted({
    login: ([user, password]) => `login("${user}","${password}") => no such user`,
  })
  const failure: unknown = await logInTo(server.ask).catch((error: unknown) => error)
  t.match(failure, { code: 'DDB_LOGIN', serverMessage: 'login("admin","***") => no such user' })
  t.notMatch(String((failure as Error).stack), credentials.password)
})

t.test('if a server once offered a better method, the client accepts no weaker one', async t => {
  const after = (method: LoginMethod): Protection => ({
    ...allowed,
    least: { method, place: '/state/db' },
  })
  const expected = (name: string): { code: string; message: RegExp } => ({
    code: 'DDB_LOGIN',
    message: new RegExp(`db:8848 has logged us in by ${name} before.*remove /state/db`),
  })
  const attempt = (method: LoginMethod, { ask }: ReturnType<typeof scripted>) =>
    logInTo(ask, after(method))
  for (const functions of [withRsa, plain]) {
    const server = scripted(functions)
    await t.rejects(attempt('scram', server), expected('SCRAM'))
    t.strictSame(server.calls, ['scramClientFirst'])
    const unprotected = { ...after('scram'), mayShowPassword: false }
    await t.rejects(logInTo(server.ask, unprotected), expected('SCRAM'))
  }
  const server = scripted(plain)
  await t.rejects(attempt('rsa', server), expected('RSA'))
  t.notOk(server.calls.includes('login'))
  t.equal(await attempt('rsa', scripted(withRsa)), 'rsa')
  t.equal(await attempt('plain', scripted(plain)), 'plain')
  t.equal(await attempt('plain', scripted(withScram(credentials.password))), 'scram')
})

t.test('RSA hides user and password with the given key', async t => {
  const server = scripted(withRsa)
  await logInTo(server.ask)
  const decrypted = server.sent
    .slice(-3, -1)
    .map(base64 =>
      privateDecrypt(
        { key: privateKey, padding: constants.RSA_NO_PADDING },
        Buffer.from(base64, 'base64'),
      ).toString('latin1'),
    )
  t.match(decrypted[0], /^..[^]{8,}\0admin$/s)
  t.match(decrypted[1], /^..[^]{8,}\0hunter2-secret$/s)
  const long = { user: 'admin', password: 'x'.repeat(300) }
  t.equal(await logIn(long, allowed, random, scripted({ ...withRsa, ...plain }).ask), 'plain')
})

const options = { host: 'db', port: 8848 }

/** Whether an asynchronous session sends the password with its first request; otherwise it must refuse to open. */
async function isSentWithConnect(t: Test, own: ConnectOptions): Promise<boolean> {
  const sent: Buffer[] = []
  const stream = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _, done) => done(void sent.push(chunk)),
  })
  const asked = { ...own, ...credentials, enableAsync: true, loginWithConnect: true }
  const session = new ClientSession(stream, asked, '', systemPlatform)
  const opening = session.open()
  const isSent = Buffer.concat(sent).includes(credentials.password)
  const lost = new ConnectionError('DDB_CONNECTION_LOST', 'the test is over')
  session.abandon(lost)
  await t.rejects(opening, { code: isSent ? lost.code : 'DDB_CONFIG' })
  return isSent
}

t.test('a password may be sent plainly only under TLS, or if allowed', async t => {
  // Not even on loopback, because a different user of this machine may be listening.
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
      t.equal(await isSentWithConnect(t, own), isAllowed)
      t.equal(await isSentWithConnect(t, { ...own, require: 'scram' }), false)
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
})

t.test('requirements are checked before anything is sent', async t => {
  for (const [change, code] of [
    [{ require: 'tls' }, 'DDB_CONFIG'],
    [{ require: 'tls', tls: true, tlsInsecure: true }, 'DDB_CONFIG'],
    [{ require: 'scram', insecureLogin: true }, 'DDB_USAGE'],
    [{ require: 'tls', tls: true, insecureLogin: true }, 'DDB_USAGE'],
    [{ require: 'kerberos' as 'tls' }, 'DDB_USAGE'],
  ] as const) {
    const opening = connectPlain({ ...options, ...change })
    await t.rejects(opening, { code }, JSON.stringify(change))
  }
  t.doesNotThrow(() => checkConnectOptions({ ...options, require: 'scram' }))
  t.doesNotThrow(() => checkConnectOptions({ ...options, require: 'tls', tls: true }))
})

t.test('the best method used for a user is remembered', async t => {
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
  t.equal(protectionOf(known, 'bob').least, undefined, 'nothing is known of another user')
  t.equal(protectionOf({ ...known, port: 1 }, 'ann').least, undefined)
  rememberLogin(options, 'ann', 'scram')
})

t.test('an unverified server gives a warning, unless the user accepts any server', async t => {
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
})

const hidePassword = (text: string, password: string): string => passwordHider(password)(text)

t.test('a password is removed in every form', async t => {
  const password = 'a"b\\c é/+?% \'x'
  for (const form of [
    password,
    JSON.stringify(password),
    JSON.stringify(password).replace('é', '\\u00e9'),
    encodeURIComponent(password),
    encodeURI(password),
    new URLSearchParams({ p: password }).get('p')!,
    Buffer.from(password).toString('base64'),
    Buffer.from(password).toString('base64url'),
    `'${password.replace(/[\\'"]/g, '\\$&')}'`,
  ]) {
    t.match(hidePassword(`login(${form}) failed`, password), /^login\(["']?\*\*\*=*["']?\) failed$/)
  }
})

deepTest(t, 'nothing except the password changes, and any text can be a password', async () => {
  forAll(300)(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, password) => {
    const safe = hidePassword(`${text}${password}`, password)
    if (password === '') assert.equal(safe, text)
    else if (!'***'.includes(password)) assert.ok(!safe.includes(password) || /\*/.test(password))
    if (password !== '' && !text.includes('*')) assert.ok(safe.includes('***'))
  })
})

t.test('Base64 fragments of the password in longer texts, and single bytes, go', async t => {
  const password = 'hunter2-secret'
  for (const before of ['', 'a', 'ab', 'admin:']) {
    for (const after of ['', '!', '!!', ' and more']) {
      for (const way of ['base64', 'base64url'] as const) {
        const text = Buffer.from(`${before}${password}${after}`).toString(way)
        const safe = hidePassword(text, password)
        t.match(safe, /\*\*\*/, text)
        t.notMatch(Buffer.from(safe.replace('***', ''), way).toString('latin1'), /unter2/)
      }
    }
  }
  const hex = Buffer.from(password).toString('hex')
  for (const text of [hex, hex.toUpperCase(), hex.replace(/../g, '%$&')]) {
    t.equal(hidePassword(`0x${text}.`, password), '0x***.')
  }
  const signs = 'ä/b'
  t.equal(hidePassword(encodeURIComponent(signs).toLowerCase(), signs), '***')
  // Not removed, because two digits, or three characters of Base64, occur in any text.
  t.equal(hidePassword('61 62 63 YWI', 'a'), '61 62 63 YWI')
})

t.test("passwords do not change the program's own sentences about cells", async t => {
  const hideInSentence = (password: string, text: string): string =>
    newSecrets(password).hideInSentence(text)
  t.equal(hideInSentence('row', '3 rows'), '3 rows', 'a short password')
  t.equal(hideInSentence('rows', '3 rows'), '3 ***')
  t.equal(hideInSentence('rows', '3 rowsets'), '3 rowsets', 'a part of a word')
  const sentence = hideInSentence('123456', '09:30:00.123456789, user:123456@')
  t.equal(sentence, '09:30:00.123456789, user:***@')
  t.equal(hideInSentence('123456', 'got "123456"; 123456'), 'got "123456"; ***', 'a cell')
  t.equal(hideInSentence('123456', 'the first is "x123456"'), 'the first is "x123456"')
  t.equal(passwordHider('row')('3 rows'), '3 ***s')
  t.equal(passwordHider('')('3 rows'), '3 rows')
})

t.test('a session remembers every password that it was given', async t => {
  const secrets = newSecrets()
  t.equal(secrets.hide('first second'), 'first second')
  secrets.add('first')
  secrets.add('second')
  secrets.add('first')
  secrets.add('')
  secrets.add('ab')
  t.equal(secrets.hide('first second about'), '*** *** ***out')
  t.equal(secrets.hideInSentence('first second about'), '*** *** about')
})

t.test('an error loses the password from its stack and causes; other values stay', async t => {
  const hide = passwordHider('secret1')
  const cause = new Error('read "secret1"')
  const error = new Error('answer "secret1"', { cause })
  t.equal(hideInError(error, hide), error)
  t.equal(error.message, 'answer "***"')
  t.notMatch(error.stack, /secret1/)
  t.equal(cause.message, 'read "***"')
  t.equal(hideInError('secret1', hide), 'secret1')
  const silent = new Error('secret1')
  delete silent.stack
  t.match(hideInError(silent, hide), { message: '***' })
  const abort = new DOMException('secret1', 'AbortError')
  t.match(hideInError(new Error('x', { cause: abort }), hide), { cause: { message: '***' } })
  const circle = new Error('secret1')
  circle.cause = circle
  t.match(hideInError(circle, hide), { message: '***' })
})

t.test('data loses the password from texts and names, and from nothing else', async t => {
  const data = { a: 'x123456', list: ['123456', 123456, null, true], deep: { 'k-123456': 1n } }
  const expected = { a: 'x***', list: ['***', 123456, null, true], deep: { 'k-***': 1n } }
  t.strictSame(hideInData(data, passwordHider('123456')), expected)
})
