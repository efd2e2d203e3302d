/* Texts of a login, encrypted with the RSA key of a server (docs/protocol.md#login), in base64. The padding is that of PKCS#1 v1.5: 00 02,
   at least eight random bytes other than 00, then 00, then the text (RFC 8017 §7.2.1). */
import { Buffer } from 'node:buffer'
import { type KeyObject, constants, privateDecrypt, publicEncrypt } from 'node:crypto'

const shortestPadding = 8
const paddingBytes = 3 + shortestPadding

function bytesOf(key: KeyObject): number {
  return (key.asymmetricKeyDetails?.modulusLength ?? 0) / 8
}

/** @returns undefined if the text is too long for the key */
export function encryptText(key: KeyObject, text: string): string | undefined {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length > bytesOf(key) - paddingBytes) return undefined
  return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, bytes).toString('base64')
}

/** @returns undefined if the text was not encrypted with the public key of this private key */
export function decryptText(key: KeyObject, base64: string): string | undefined {
  // Java breaks base64 into lines with CRLF, C++ with LF. Node's decoder skips the line breaks.
  const encrypted = Buffer.from(base64, 'base64')
  if (encrypted.length !== bytesOf(key)) return undefined
  try {
    // Decrypts without removing the padding, because Node refuses to remove it (CVE-2023-46809).
    return unpadded(privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encrypted))
  } catch {
    return undefined
  }
}

/** Removes the padding. Always reads every byte, so that the time reveals little about the content. */
function unpadded(block: Buffer): string | undefined {
  let separator = 0
  for (let i = block.length - 1; i >= 2; i--) {
    const isZero = (block[i]! - 1) >>> 31
    separator = isZero * i + (1 - isZero) * separator
  }
  const valid = block[0] === 0 && block[1] === 2 && separator >= 2 + shortestPadding
  return valid ? block.toString('utf8', separator + 1) : undefined
}
