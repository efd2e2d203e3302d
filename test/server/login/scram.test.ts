/*
  SCRAM-SHA-256 as in RFC 7677, section 3 (docs/protocol.md#scram).
*/
import t from 'tap'
import { scramProof } from '../../../src/protocol/scram.js'
import { finishScram } from '../../../src/server/login/users.js'

/** The example of RFC 7677, section 3. */
const exchange = {
  user: 'user',
  clientNonce: 'rOprNGfwEbeRWgbNEkqO',
  challenge: {
    combinedNonce: 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    saltBase64: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    iterations: 4096,
  },
}
const proof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='

const signature = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

t.test('client and server answer each other as in the RFC', async t => {
  const { user, clientNonce, challenge } = exchange
  t.strictSame(scramProof(user, 'pencil', clientNonce, challenge), { proof, signature })
  t.equal(finishScram(exchange, 'pencil', proof), signature)
})

t.test('a different password, a different nonce and a wrong proof are refused', async t => {
  t.equal(finishScram(exchange, 'Pencil', proof), undefined)
  const { challenge, clientNonce } = exchange
  const other = { ...exchange, challenge: { ...challenge, combinedNonce: `${clientNonce}other` } }
  t.equal(finishScram(other, 'pencil', proof), undefined)
  for (const wrong of ['', 'AAAA', proof.replace('d', 'e')]) {
    t.equal(finishScram(exchange, 'pencil', wrong), undefined, wrong)
  }
})
