import { Buffer } from 'node:buffer'
import { constants, createHash, createHmac, pbkdf2Sync, publicEncrypt } from 'node:crypto'
import t from 'tap'
import { scramChallenge, startScram } from '../../../src/server/login/scram.js'
import { initialAdmin, Users } from '../../../src/server/login/users.js'
import { createNode } from '../../../src/server/node.js'
import { failureOf } from '../../helpers/call-context.js'

const badLogin = 'The user name or password is incorrect.'

const node = createNode()
node.users.set('ann', { password: 'pässwörd', isAdmin: false })
node.users.set('empty', { password: '', isAdmin: false })
const users = new Users(node)

/** [user, password, whether they belong together] */
const logins: [string, string, boolean][] = [
  [initialAdmin.user, initialAdmin.password, true],
  ['ann', 'pässwörd', true],
  ['empty', '', true],
  ['admin', '12345', false],
  ['admin', '1234567', false],
  ['admin', '', false],
  ['ann', '123456', false],
  ['empty', ' ', false],
  ['nobody', '', false],
  ['nobody', '123456', false],
  ['', '', false],
  ['Admin', '123456', false],
]

t.test('a new server has the user and the password of a new DolphinDB', async t => {
  t.strictSame(initialAdmin, { user: 'admin', password: '123456' })
})

t.test('a password sent as it is', async t => {
  for (const [user, password, isRight] of logins) {
    const words = failureOf(() => users.check(user, password))
    t.equal(words, isRight ? 'no error' : badLogin, `${user} ${password}`)
  }
  node.users.set('late', { password: 'x', isAdmin: false })
  t.equal(
    failureOf(() => users.check('late', 'x')),
    'no error',
    'users are those of the moment',
  )
})

t.test('user and password encrypted with the public key', t => {
  const pem = users.publicKey()
  t.equal(users.publicKey(), pem)
  const secret = (plain: string): string =>
    publicEncrypt({ key: pem, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(plain)).toString(
      'base64',
    )
  for (const [user, password, isRight] of logins) {
    const check = (): string => users.checkEncrypted(secret(user), secret(password))
    if (isRight) t.equal(check(), user)
    else t.equal(failureOf(check), badLogin, `${user} ${password}`)
  }
  for (const [user, password] of [
    ['admin', secret('123456')],
    [secret('admin'), '123456'],
  ] as const) {
    t.equal(
      failureOf(() => users.checkEncrypted(user, password)),
      badLogin,
    )
  }
  t.end()
})

/** Proof of the client and signature of the server, as RFC 5802 §3 computes them. */
function scramOf(password: string, salt: string, iterations: number, message: string) {
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), iterations, 32, 'sha256')
  const hmac = (key: Buffer, text: string): Buffer =>
    createHmac('sha256', key).update(text).digest()
  const clientKey = hmac(salted, 'Client Key')
  const signature = hmac(createHash('sha256').update(clientKey).digest(), message)
  return {
    proof: Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!)).toString('base64'),
    signature: hmac(hmac(salted, 'Server Key'), message).toString('base64'),
  }
}

t.test('a password that does not travel at all', async t => {
  for (const [user, password, isRight] of logins) {
    const exchange = startScram(user, 'abc')
    const [salt, iterations, combined] = scramChallenge(exchange)
    const message = `n=${user},r=abc,r=${combined},s=${salt},i=${iterations},c=biws,r=${combined}`
    const { proof, signature } = scramOf(password, salt, iterations, message)
    const check = (): string => users.checkScram(exchange, proof)
    if (isRight) t.equal(check(), signature)
    else t.throws(check, { message: badLogin }, `${user} ${password}`)
  }
})
