/*
  The client's side of SCRAM-SHA-256 as DolphinDB's clients speak it (docs/protocol.md#scram): the password never
  leaves, and the server proves that it knows it, too.
*/
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

/** What the server's answer to `scramClientFirst` says. */
export interface ScramChallenge {
  readonly saltBase64: string
  readonly iterations: number
  readonly combinedNonce: string
}

/** What the client sends, and what a server that knows the password answers. Base64. */
export interface ScramProof {
  readonly proof: string
  readonly signature: string
}

/** Of the client's nonce, before base64. */
export const nonceBytes = 16
const keyBytes = 32

/** Proof of a password, and the only answer to it that counts. */
export function scramProof(
  user: string,
  password: string,
  clientNonce: string,
  { saltBase64, iterations, combinedNonce }: ScramChallenge,
): ScramProof {
  const salt = Buffer.from(saltBase64, 'base64')
  // Here and now: the few milliseconds of another thread would be the only ones that no clock of ours measures.
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

/** Compares in a time that tells nothing of where they differ. */
export function isSignature(answer: string, signature: string): boolean {
  const [given, right] = [answer, signature].map(text => Buffer.from(text, 'base64'))
  return given!.length === right!.length && timingSafeEqual(given!, right!)
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
