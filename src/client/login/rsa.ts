/*
  Encrypts a password with the server's RSA key (docs/protocol.md#login). This keeps eavesdroppers from reading the password, but not
  a man in the middle who presents a key of their own.
*/
import { constants, createPublicKey, publicEncrypt, type KeyObject } from 'node:crypto'

/** Shorter keys have been factored. The program does not demand longer keys, because the key lengths of servers are undocumented. */
export const shortestKeyBits = 1_024
/** Padding of PKCS#1 v1.5 (RFC 8017 §7.2.1). */
const paddingBytes = 11

/** @returns undefined for a text that is not an RSA key, or is too weak */
export function readPublicKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem)
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= shortestKeyBits ? key : undefined
  } catch {
    return undefined
  }
}

/** @returns base64; undefined if the text is too long for the key */
export function encryptText(key: KeyObject, text: string): string | undefined {
  const bytes = Buffer.from(text, 'utf8')
  const keyBytes = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  if (bytes.length > keyBytes - paddingBytes) return undefined
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, bytes).toString('base64')
}
