/* SCRAM-SHA-256 as DolphinDB's clients speak it: both sides prove that they know the password, unsent (docs/protocol.md#scram). */
import { Buffer } from 'node:buffer'
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

/** The server's answer to `scramClientFirst`. */
export interface ScramChallenge {
  readonly saltBase64: string
  readonly iterations: number
  readonly combinedNonce: string
}

/** Length of the client's nonce before base64. */
export const nonceBytes = 16
const keyBytes = 32

/** The proof of a client, and the signature of a server, that know the password, both in base64. */
export function scramProof(
  user: string,
  password: string,
  clientNonce: string,
  { saltBase64, iterations, combinedNonce }: ScramChallenge,
) {
  const salt = Buffer.from(saltBase64, 'base64')
  // Synchronous, because it takes only milliseconds and a test's clock could not control another thread.
  const salted = pbkdf2Sync(password, salt, iterations, keyBytes, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const storedKey = createHash('sha256').update(clientKey).digest()
  const authMessage =
    `n=${user},r=${clientNonce},r=${combinedNonce},s=${saltBase64},i=${iterations},` +
    `c=biws,r=${combinedNonce}`
  const clientSignature = hmac(storedKey, authMessage)
  return {
    proof: Buffer.from(clientKey.map((byte, i) => byte ^ clientSignature[i]!)).toString('base64'),
    signature: hmac(hmac(salted, 'Server Key'), authMessage).toString('base64'),
  }
}

/** Compares two proofs or signatures in constant time, so that timing does not reveal where they differ. */
export function isSameProof(given64: string, right64: string): boolean {
  const [given, right] = [given64, right64].map(text => Buffer.from(text, 'base64'))
  return given!.length === right!.length && timingSafeEqual(given!, right!)
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
