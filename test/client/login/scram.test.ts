import t from 'tap'
import { isSignature, scramProof } from '../../../src/client/login/scram.js'

t.test('proof and signature are those of RFC 7677, section 3', t => {
  const challenge = {
    saltBase64: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    iterations: 4096,
    combinedNonce: 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  }
  t.strictSame(scramProof('user', 'pencil', 'rOprNGfwEbeRWgbNEkqO', challenge), {
    proof: 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    signature: '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  })
  t.end()
})

t.test('a signature is right as a whole or not at all', t => {
  const right = Buffer.alloc(32, 5).toString('base64')
  t.equal(isSignature(right, right), true)
  for (const wrong of [
    '',
    Buffer.alloc(31, 5).toString('base64'),
    Buffer.alloc(32, 6).toString('base64'),
  ]) {
    t.equal(isSignature(wrong, right), false)
  }
  t.end()
})
