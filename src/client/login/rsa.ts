/*
  Encrypting a password with the key that the server gives out (docs/protocol.md#login). It protects from those who
  listen, not from one who stands between and gives out a key of their own.
*/
import { constants, createPublicKey, publicEncrypt, type KeyObject } from 'node:crypto'

/** Shorter ones have been factored; what servers give out is written nowhere, so no more is asked for. */
export const shortestKeyBits = 1_024
/** What PKCS#1 v1.5 adds (RFC 8017 §7.2.1). */
const paddingBytes = 11

/** @returns undefined for a text that is not an RSA key, or one that protects nothing */
export function readPublicKey(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem)
    const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
    return key.asymmetricKeyType === 'rsa' && bits >= shortestKeyBits ? key : undefined
  } catch {
    return undefined
  }
}

/** @returns base64; undefined for a text that is too long for the key */
export function encryptText(key: KeyObject, text: string): string | undefined {
  const bytes = Buffer.from(text, 'utf8')
  const keyBytes = (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
  if (bytes.length > keyBytes - paddingBytes) return undefined
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, bytes).toString('base64')
}
