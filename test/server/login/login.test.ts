/* Logins in all forms that clients send (docs/protocol.md#login, docs/protocol.md#scram), and error S04009. */
import { Buffer } from 'node:buffer'
import {
  constants,
  createHash,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  pbkdf2Sync,
  publicEncrypt,
} from 'node:crypto'
import type { Value } from '../../../src/protocol/value.js'
import { scramProof } from '../../../src/protocol/scram.js'
import { decryptText } from '../../../src/protocol/rsa.js'
import { loginKeys } from '../../../src/server/login/users.js'
import type { User } from '../../../src/server/node.js'
import { RawPeer } from '../../helpers/raw-peer.js'
import { call, requestBytes, script } from '../../helpers/requests.js'
import { deepTest } from '../../helpers/runs.js'
import { tinyServer } from '../../helpers/tiny-server.js'
import { int, text, yes } from '../../helpers/values.js'
import t from 'tap'

const badLogin = 'The user name or password is incorrect.'
const ann: User = { password: '123456', isAdmin: false, hasScram: true }

async function ask(peer: RawPeer, name: string, ...args: Value[]): Promise<unknown> {
  const response = await peer.ask(requestBytes(call(name, ...args)))
  return response.ok ? response.value : response.message
}

t.test('credentials inside connect are answered with BOOL true, to the byte', async t => {
  const server = await tinyServer(t)
  for (const end of ['\nfalse', '']) {
    const body = `connect\nlogin\nadmin\n123456${end}`
    const peer = await RawPeer.connect(server.port)
    // Asynchronous clients also set flag 4 here, but read the answer.
    const { sessionId } = await peer.ask(`API 0 ${body.length} / 36_1_4_2\n${body}`)
    t.equal(peer.received.toString('latin1'), `${sessionId} 1 1\nOK\n\x01\0\x01`)
  }
  const users = server.sessions.map(session => session.user)
  t.strictSame(users, ['admin', 'admin'])
})

t.test('wrong credentials inside connect give an error without an object', async t => {
  const server = await tinyServer(t)
  for (const [user, password] of [
    ['admin', '12345'],
    ['admin', ''],
    ['nobody', '123456'],
  ]) {
    const body = `connect\nlogin\n${user}\n${password}\nfalse`
    const peer = await RawPeer.connect(server.port)
    const { sessionId } = await peer.ask(`API 0 ${body.length} / 32_1_4_2\n${body}`)
    t.equal(peer.received.toString(), `${sessionId} 0 1\n${badLogin}\n`)
  }
  t.notOk(server.sessions.some(session => session.user !== 'guest'))
})

t.test('plain login takes two arguments or three', async t => {
  const server = await tinyServer(t, {}, { adminPassword: 'pw' })
  const peer = await RawPeer.connected(server.port)
  const no: Value = { form: 'scalar', type: 'BOOL', value: false }
  t.equal(await ask(peer, 'login', text('admin'), text('123456')), badLogin)
  t.equal(server.sessions[0]?.user, 'guest')
  t.strictSame(await ask(peer, 'login', text('admin'), text('pw')), yes)
  t.equal(server.sessions[0]?.user, 'admin')
  t.strictSame(await ask(peer, 'login', text('admin'), text('pw'), no), yes)
  t.match(await ask(peer, 'login', text('admin')), /\[login\] expects 2~3 argument/)
  t.match(await ask(peer, 'login', text('admin'), int(1)), /\[password\] must be a string/)
})

t.test('users that scripts create can log in', async t => {
  const server = await tinyServer(t)
  server.node.users.set('ann', { password: 'secret', isAdmin: false })
  const peer = await RawPeer.connected(server.port)
  t.strictSame(await ask(peer, 'login', text('ann'), text('secret')), yes)
  t.equal(server.sessions[0]?.user, 'ann')
})

const blockBytes = 256

const encrypt = (pem: string, plain: string): string =>
  publicEncrypt({ key: pem, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(plain)).toString(
    'base64',
  )

/** Encrypts a block that already includes its padding. */
const encryptBlock = (pem: string, block: Buffer): string =>
  publicEncrypt({ key: pem, padding: constants.RSA_NO_PADDING }, block).toString('base64')

deepTest(t, 'an encrypted login accepts the line breaks in base64 of Java and C++', async t => {
  const server = await tinyServer(t, {}, { adminPassword: 'pässwörd' })
  const peer = await RawPeer.connected(server.port)
  const reply = await ask(peer, 'getDynamicPublicKey')
  const pem = (reply as { value: string }).value
  t.match(pem, /^-----BEGIN PUBLIC KEY-----\n[^]*-----END PUBLIC KEY-----\n$/)
  const lines = (base64: string, width: number, end: string): string =>
    base64.replaceAll(new RegExp(`.{1,${width}}`, 'g'), `$&${end}`)
  for (const [width, end] of [
    [76, '\r\n'],
    [64, '\n'],
    [1000, ''],
  ] as const) {
    const secret = (plain: string): Value => text(lines(encrypt(pem, plain), width, end))
    t.strictSame(await ask(peer, 'login', secret('admin'), secret('pässwörd'), yes), yes)
    t.equal(await ask(peer, 'login', secret('admin'), secret('password'), yes), badLogin)
    t.equal(await ask(peer, 'login', secret('nobody'), secret('pässwörd'), yes), badLogin)
  }
  t.equal(await ask(peer, 'login', text('admin'), text('pässwörd'), yes), badLogin)
  const unpadded = encryptBlock(pem, Buffer.alloc(blockBytes, 1))
  t.equal(await ask(peer, 'login', text(unpadded), text(encrypt(pem, 'x')), yes), badLogin)
  t.equal(await ask(peer, 'login', text('A'.repeat(344)), text(encrypt(pem, 'x')), yes), badLogin)
})

/** The client's side of SCRAM, written from docs/protocol.md#scram alone. */
async function scram(peer: RawPeer, user: string, password: string): Promise<[unknown, string]> {
  const nonce = Buffer.from('0123456789abcdef').toString('base64')
  const challenge = (await ask(peer, 'scramClientFirst', text(user), text(nonce))) as {
    type: string
    data: { type: string; value: string | number }[]
  }
  const [salt, iterations, combined] = challenge.data.map(({ value }) => value) as [
    string,
    number,
    string,
  ]
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), iterations, 32, 'sha256')
  const hmac = (key: Buffer, message: string): Buffer =>
    createHmac('sha256', key).update(message).digest()
  const clientKey = hmac(salted, 'Client Key')
  const message = `n=${user},r=${nonce},r=${combined},s=${salt},i=${iterations},c=biws,r=${combined}`
  const signature = hmac(createHash('sha256').update(clientKey).digest(), message)
  const proof = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!)).toString('base64')
  const answer = await ask(peer, 'scramClientFinal', text(user), text(combined), text(proof))
  return [answer, hmac(hmac(salted, 'Server Key'), message).toString('base64')]
}

t.test('proof and signature are those of RFC 7677, section 3', async t => {
  const challenge = {
    combinedNonce: 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    saltBase64: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    iterations: 4096,
  }
  t.strictSame(scramProof('user', 'pencil', 'rOprNGfwEbeRWgbNEkqO', challenge), {
    proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    signature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  })
})

t.test('SCRAM logs in and proves that the server knows the password', async t => {
  const server = await tinyServer(t)
  server.node.users.set('ann', { ...ann, password: 'pässwörd' })
  const peer = await RawPeer.connected(server.port)
  const [answer, signature] = await scram(peer, 'ann', 'pässwörd')
  t.strictSame(answer, text(signature))
  t.equal(server.sessions[0]?.user, 'ann')
})

t.test('a user not created for SCRAM is refused with words that clients recognize', async t => {
  const server = await tinyServer(t)
  const peer = await RawPeer.connected(server.port)
  for (const user of ['admin', 'nobody']) {
    const words = (await ask(peer, 'scramClientFirst', text(user), text('abc'))) as string
    t.ok(words.includes("sha256 authMode doesn't support scram authMode"), 'C++, Java, Go')
    const isFound = words.includes(`user '${user}' doesn't support scram authMode`)
    t.ok(isFound, "as in the clients' tests")
  }
  t.strictSame(await ask(peer, 'login', text('admin'), text('123456')), yes)
})

t.test('SCRAM refuses a wrong password, and a second attempt with the same challenge', async t => {
  const server = await tinyServer(t)
  server.node.users.set('ann', ann)
  const peer = await RawPeer.connected(server.port)
  t.equal((await scram(peer, 'ann', 'wrong'))[0], badLogin)
  const early = await ask(peer, 'scramClientFinal', text('admin'), text('x'), text('y'))
  t.match(early, /scramClientFirst/)
  const short = await ask(peer, 'scramClientFirst', text('admin'))
  t.match(short, /\[scramClientFirst\] expects 2 argument/)
  t.match(await ask(peer, 'scramClientFinal'), /\[scramClientFinal\] expects 3 argument/)
  t.equal(server.sessions[0]?.user, 'guest')
})

t.test('a SCRAM challenge has the form that Java expects: ANY of STRING, INT, STRING', async t => {
  const server = await tinyServer(t)
  server.node.users.set('ann', ann)
  const peer = await RawPeer.connected(server.port)
  t.match(await ask(peer, 'scramClientFirst', text('ann'), text('abc')), {
    type: 'ANY',
    data: [{ type: 'STRING' }, { type: 'INT' }, { type: 'STRING', value: /^abc./ }],
  })
})

t.test('if a login is required, guests may only call functions of the login', async t => {
  const refusal =
    'Login is required for script execution with client authentication enabled. RefId: S04009'
  const server = await tinyServer(t, { call: () => yes }, { requireLogin: true })
  const peer = await RawPeer.connected(server.port)
  t.match(await peer.ask(requestBytes(script('1+1'))), { ok: false, message: refusal })
  t.match(await peer.ask(requestBytes({ kind: 'variable', names: ['a'], values: [int(1)] })), {
    ok: false,
    message: refusal,
  })
  t.equal(await ask(peer, 'tableInsert{t}', int(1)), refusal)
  t.strictSame(await ask(peer, 'isClientAuth'), yes)
  for (const name of ['isNodeInitialized', 'version']) t.strictSame(await ask(peer, name), yes)
  t.strictSame(await ask(peer, 'login', text('admin'), text('123456')), yes)
  t.match(await peer.ask(requestBytes(script('1+1'))), { ok: true })
  t.strictSame(server.log.slice(-1), ['script 1+1'])
})

t.test('a ticket is accepted and has no effect', async t => {
  const server = await tinyServer(t)
  const peer = await RawPeer.connected(server.port)
  t.match(await ask(peer, 'authenticateByTicket', text('ticket')), { type: 'VOID' })
  t.equal(server.sessions[0]?.user, 'guest')
})

/** 00 02, `paddingBytes` random bytes, 00, text (RFC 8017 §7.2.1). */
function padded(text: string, paddingBytes: number): Buffer {
  const padding = Buffer.alloc(paddingBytes, 0xff)
  const block = Buffer.concat([Buffer.from([0, 2]), padding, Buffer.from([0]), Buffer.from(text)])
  return Buffer.concat([block, Buffer.alloc(Math.max(0, blockBytes - block.length), 'x')])
}

t.test('the public key is a PEM of 2048 bits, the same for all servers of a process', async t => {
  const { publicPem: pem } = loginKeys()
  t.match(pem, /^-----BEGIN PUBLIC KEY-----\n[^]+\n-----END PUBLIC KEY-----\n$/)
  t.match(createPublicKey(pem).asymmetricKeyDetails, { modulusLength: 2048 })
  t.equal(loginKeys().publicPem, pem)
})

deepTest(t, 'all other texts are not decrypted', async t => {
  const { publicPem: pem } = loginKeys()
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const another = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const valid = padded('', blockBytes - 3)
  const damaged = (index: number, byte: number): string => {
    const block = Buffer.from(valid)
    block[index] = byte
    return encryptBlock(pem, block)
  }
  const decrypt = (text: string): string | undefined => decryptText(loginKeys().privateKey, text)
  t.equal(decrypt(encryptBlock(pem, valid)), '')
  t.match(decrypt(encryptBlock(pem, padded('secret', 8))), /^secretx+$/)
  const refused: Record<string, string> = {
    'no text': '',
    'no base64': '\u0000',
    'too short': Buffer.alloc(blockBytes - 1, 1).toString('base64'),
    'too long': Buffer.alloc(blockBytes + 1, 1).toString('base64'),
    'not below the modulus': Buffer.alloc(blockBytes, 0xff).toString('base64'),
    'of another key': encrypt(another, 'admin'),
    'padding of seven bytes': encryptBlock(pem, padded('secret', 7)),
    'no end of the padding': damaged(blockBytes - 1, 1),
    'a first byte that is not 0': damaged(0, 1),
    'another kind of padding': damaged(1, 1),
    'an early zero': damaged(3, 0),
  }
  for (const [title, base64] of Object.entries(refused)) t.equal(decrypt(base64), undefined, title)
})
