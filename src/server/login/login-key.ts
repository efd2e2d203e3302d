/*
  The RSA key of encrypted logins (docs/protocol.md#login): clients fetch the public half with getDynamicPublicKey and
  send user and password as base64 of PKCS#1 v1.5.
*/
import { Buffer } from 'node:buffer'
import type { KeyObject } from 'node:crypto'
import { constants, generateKeyPairSync, privateDecrypt } from 'node:crypto'

const keyBits = 2048
// 00 02, at least eight random bytes that are not 00, then 00 (RFC 8017 §7.2.1).
const shortestPadding = 8

let key: LoginKey | undefined

/**
 * Made when it is first asked for, and once for all servers of a process: that takes longer than all else they do until
 * somebody is logged in. Here and now, as the client's proofs of SCRAM are: no clock of ours would measure another thread.
 */
export function loginKey(): LoginKey {
  if (key === undefined) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: keyBits })
    key = new LoginKey(publicKey, privateKey)
  }
  return key
}

/** The two halves of a key. */
export class LoginKey {
  /** `-----BEGIN PUBLIC KEY-----`. */
  readonly publicPem: string
  readonly #privateKey: KeyObject

  constructor(publicKey: KeyObject, privateKey: KeyObject) {
    this.publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    this.#privateKey = privateKey
  }

  /** @returns undefined when the text was not encrypted with this key */
  decrypt(base64: string): string | undefined {
    // Java breaks base64 into lines with CRLF, C++ with LF; Node's decoder skips both.
    const encrypted = Buffer.from(base64, 'base64')
    if (encrypted.length !== keyBits / 8) return undefined
    try {
      // Node refuses to take PKCS#1 v1.5 off by itself (CVE-2023-46809).
      return unpadded(
        privateDecrypt({ key: this.#privateKey, padding: constants.RSA_NO_PADDING }, encrypted),
      )
    } catch {
      return undefined
    }
  }
}

/** Takes PKCS#1 v1.5 padding off. Looks at every byte wherever the padding ends, so that timing tells little. */
function unpadded(block: Buffer): string | undefined {
  let separator = 0
  for (let i = block.length - 1; i >= 2; i--) {
    const isZero = (block[i]! - 1) >>> 31
    separator = isZero * i + (1 - isZero) * separator
  }
  const valid = block[0] === 0 && block[1] === 2 && separator >= 2 + shortestPadding
  return valid ? block.toString('utf8', separator + 1) : undefined
}
