import { generateKeyPairSync } from 'node:crypto'
import t from 'tap'
import { encryptText, readPublicKey } from '../../../src/client/login/rsa.js'
import { loginKey } from '../../../src/server/login/scram.js'

t.test('the server reads what was encrypted with its key', t => {
  const theirs = loginKey()
  const key = readPublicKey(theirs.publicPem)!
  for (const text of ['', '123456', 'pässwörd 密码', 'x'.repeat(245)]) {
    const encrypted = encryptText(key, text)!
    t.equal(theirs.decrypt(encrypted), text)
    t.not(encryptText(key, text), encrypted, 'it looks otherwise each time')
  }
  t.equal(encryptText(key, 'x'.repeat(246)), undefined)
  t.end()
})

t.test('only an RSA key that protects is one', t => {
  const pem = (type: 'rsa' | 'ed25519', bits: number): string =>
    generateKeyPairSync(type as 'rsa', { modulusLength: bits })
      .publicKey.export({ type: 'spki', format: 'pem' })
      .toString()
  t.ok(readPublicKey(pem('rsa', 1024)))
  for (const wrong of ['', 'no key', pem('rsa', 512), pem('ed25519', 0)]) {
    t.equal(readPublicKey(wrong), undefined)
  }
  t.end()
})
