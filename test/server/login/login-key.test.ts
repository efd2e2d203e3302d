import { Buffer } from 'node:buffer'
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt } from 'node:crypto'
import t from 'tap'
import { LoginKey, loginKey } from '../../../src/server/login/scram.js'

const key = loginKey()
const blockBytes = 256

const encrypt = (pem: string, plain: string): string =>
  publicEncrypt({ key: pem, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(plain)).toString(
    'base64',
  )

/** A block as it is before the key is applied, padding and all. */
const encryptBlock = (pem: string, block: Buffer): string =>
  publicEncrypt({ key: pem, padding: constants.RSA_NO_PADDING }, block).toString('base64')

/** 00 02, so many random bytes, 00, text (RFC 8017 §7.2.1). */
function padded(text: string, paddingBytes: number): Buffer {
  const padding = Buffer.alloc(paddingBytes, 0xff)
  const block = Buffer.concat([Buffer.from([0, 2]), padding, Buffer.from([0]), Buffer.from(text)])
  return Buffer.concat([block, Buffer.alloc(Math.max(0, blockBytes - block.length), 'x')])
}

t.test('the public half is a PEM of 2048 bits, the same for all servers of a process', t => {
  const pem = key.publicPem
  t.match(pem, /^-----BEGIN PUBLIC KEY-----\n[^]+\n-----END PUBLIC KEY-----\n$/)
  t.match(createPublicKey(pem).asymmetricKeyDetails, { modulusLength: 2048 })
  t.equal(loginKey(), key)
  t.end()
})

t.test('what was encrypted with it is read, whatever lines it is broken into', t => {
  const pem = key.publicPem
  for (const plain of ['admin', '', 'pässwörd 中文', 'x'.repeat(blockBytes - 11)]) {
    const base64 = encrypt(pem, plain)
    t.equal(key.decrypt(base64), plain)
    t.equal(key.decrypt(base64.replaceAll(/.{76}/g, '$&\r\n')), plain, 'Java')
    t.equal(key.decrypt(base64.replaceAll(/.{64}/g, '$&\n')), plain, 'C++')
  }
  t.end()
})

t.test('anything else is not', t => {
  const pem = key.publicPem
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const another = new LoginKey(pair.publicKey, pair.privateKey)
  const valid = padded('', blockBytes - 3)
  const damaged = (index: number, byte: number): string => {
    const block = Buffer.from(valid)
    block[index] = byte
    return encryptBlock(pem, block)
  }
  t.equal(key.decrypt(encryptBlock(pem, valid)), '')
  t.match(key.decrypt(encryptBlock(pem, padded('secret', 8))), /^secretx+$/)
  const refused: Record<string, string> = {
    'no text': '',
    'no base64': '\u0000',
    'too short': Buffer.alloc(blockBytes - 1, 1).toString('base64'),
    'too long': Buffer.alloc(blockBytes + 1, 1).toString('base64'),
    'not below the modulus': Buffer.alloc(blockBytes, 0xff).toString('base64'),
    'of another key': encrypt(another.publicPem, 'admin'),
    'padding of seven bytes': encryptBlock(pem, padded('secret', 7)),
    'no end of the padding': damaged(blockBytes - 1, 1),
    'a first byte that is not 0': damaged(0, 1),
    'another kind of padding': damaged(1, 1),
    'an early zero': damaged(3, 0),
  }
  for (const [title, base64] of Object.entries(refused)) {
    t.equal(key.decrypt(base64), undefined, title)
  }
  t.end()
})
