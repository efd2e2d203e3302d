/*
  Checks certificates and private keys in PEM files before TLS uses them, because TLS skips unreadable authorities and
  its errors name no file.
*/
import { X509Certificate } from 'node:crypto'
import type { Files } from './platform.js'

export type PemContent = 'certificates' | 'key'

/** The text of a file, or a sentence that names the file and describes its fault. */
export type PemFile =
  { readonly pem: string } | { readonly fault: string; readonly cause?: unknown }

/** Limit of a file's size, five times the size of all certificate authorities of a system. */
const maxPemBytes = 1_048_576

const certificateInPem = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

export async function readPemFile(
  path: string,
  content: PemContent,
  files: Files,
): Promise<PemFile> {
  let pem: string
  try {
    pem = await textOf(path, files)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    return { fault: `${path} cannot be read${code}.`, cause }
  }
  return content === 'key' ? checkedKey(path, pem) : checkedCertificates(path, pem)
}

function checkedCertificates(path: string, pem: string): PemFile {
  const certificates = pem.match(certificateInPem) ?? []
  if (certificates.length === 0) {
    return { fault: `${path} holds no certificate: it should be PEM, -----BEGIN CERTIFICATE-----.` }
  }
  try {
    for (const certificate of certificates) new X509Certificate(certificate)
    return { pem }
  } catch (cause) {
    return { fault: `${path} holds a certificate that cannot be read.`, cause }
  }
}

function checkedKey(path: string, pem: string): PemFile {
  if (/-----BEGIN ENCRYPTED|^Proc-Type: *4,ENCRYPTED/m.test(pem)) {
    return {
      fault: `The private key in ${path} has a passphrase: give one without, in a file only you can read.`,
    }
  }
  if (/-----BEGIN (?:\w+ )?PRIVATE KEY-----/.test(pem)) return { pem }
  return { fault: `${path} holds no private key (PEM, -----BEGIN PRIVATE KEY-----).` }
}

async function textOf(path: string, files: Files): Promise<string> {
  const file = await files.open(path)
  try {
    const buffer = new Uint8Array(maxPemBytes)
    let length = 0
    for (;;) {
      const bytesRead = await file.read(buffer, length, maxPemBytes - length)
      if (bytesRead === 0) return new TextDecoder().decode(buffer.subarray(0, length))
      length += bytesRead
    }
  } finally {
    await file.close()
  }
}
