/*
  The server's side of SCRAM-SHA-256 as DolphinDB's clients speak it (docs/protocol.md#scram): two function calls, and
  an auth message built from their arguments.
*/
import { Buffer } from 'node:buffer'
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

const iterations = 4096
const saltBytes = 16
const nonceBytes = 16
const keyBytes = 32

/** What the first call leaves behind for the second. */
export interface ScramExchange {
  readonly user: string
  readonly clientNonce: string
  readonly combinedNonce: string
  readonly salt: Buffer
}

/** Salt and nonce are new every time: an exchange proves nothing about a later one. */
export function startScram(user: string, clientNonce: string): ScramExchange {
  const combinedNonce = clientNonce + randomBytes(nonceBytes).toString('base64')
  return { user, clientNonce, combinedNonce, salt: randomBytes(saltBytes) }
}

/** What the client is told: salt in base64, iterations, combined nonce. */
export function scramChallenge(exchange: ScramExchange): [string, number, string] {
  return [exchange.salt.toString('base64'), iterations, exchange.combinedNonce]
}

/**
 * @param password  the right one
 * @param proofBase64  what the client computed from its password
 * @returns the server's signature in base64, or undefined when the client does not know the password
 */
export function finishScram(
  exchange: ScramExchange,
  password: string,
  proofBase64: string,
): string | undefined {
  const { user, clientNonce, combinedNonce, salt } = exchange
  const salted = pbkdf2Sync(password, salt, iterations, keyBytes, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const storedKey = createHash('sha256').update(clientKey).digest()
  const authMessage =
    `n=${user},r=${clientNonce},r=${combinedNonce},s=${salt.toString('base64')},i=${iterations},` +
    `c=biws,r=${combinedNonce}`
  const expected = xor(clientKey, hmac(storedKey, authMessage))
  const proof = Buffer.from(proofBase64, 'base64')
  if (proof.length !== expected.length || !timingSafeEqual(proof, expected)) return undefined
  return hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!))
}
