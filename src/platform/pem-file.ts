/* Checks certificates and keys in PEM files before TLS uses them, because TLS skips unreadable authorities and its errors name no file. */
import { X509Certificate } from 'node:crypto'
import { UsageError } from '../errors.js'
import type { Files } from './platform.js'

/** Limit of a file's size, five times the size of all certificate authorities of a system. */
const maxPemBytes = 1_048_576

export const certificateInPem = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** @returns the text of the file @throws {UsageError} DDB_CONFIG, with the path, if the file cannot be read or has something else */
export async function readPemFile(
  path: string,
  content: 'certificates' | 'key',
  files: Files,
): Promise<string> {
  let pem: string
  try {
    pem = await textOf(path, files)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
    throw refusal(`${path} cannot be read${code}.`, cause)
  }
  if (content === 'key') checkKey(path, pem)
  else checkCertificates(path, pem)
  return pem
}

const refusal = (fault: string, cause?: unknown): UsageError =>
  new UsageError('DDB_CONFIG', fault, { cause })

function checkCertificates(path: string, pem: string): void {
  const certificates = pem.match(certificateInPem) ?? []
  if (certificates.length === 0) {
    throw refusal(`${path} holds no certificate: it should be PEM, -----BEGIN CERTIFICATE-----.`)
  }
  try {
    for (const certificate of certificates) new X509Certificate(certificate)
  } catch (cause) {
    throw refusal(`${path} holds a certificate that cannot be read.`, cause)
  }
}

function checkKey(path: string, pem: string): void {
  if (/-----BEGIN ENCRYPTED|^Proc-Type: *4,ENCRYPTED/m.test(pem)) {
    throw refusal(
      `The private key in ${path} has a passphrase: give one without, in a file only you can read.`,
    )
  }
  if (/-----BEGIN (?:\w+ )?PRIVATE KEY-----/.test(pem)) return
  throw refusal(`${path} holds no private key (PEM, -----BEGIN PRIVATE KEY-----).`)
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
