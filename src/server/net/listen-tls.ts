/*
  The certificate and key of a server that speaks TLS.
*/
import { UsageError } from '../../errors.js'
import { readPemFile, type PemContent } from '../../platform/pem-file.js'
import type { Files, ListenTls } from '../../platform/platform.js'

/** @throws {UsageError} DDB_CONFIG when a file cannot be read or is not what it should be */
export async function readListenTls(
  certFile: string,
  keyFile: string,
  files: Files,
): Promise<ListenTls> {
  const certificate = await readFile(certFile, 'certificates', files)
  return { certificate, key: await readFile(keyFile, 'key', files) }
}

async function readFile(path: string, content: PemContent, files: Files): Promise<string> {
  const file = await readPemFile(path, content, files)
  if ('pem' in file) return file.pem
  throw new UsageError('DDB_CONFIG', file.fault, { cause: file.cause })
}

/** Certificate or key that the system refuses; undefined for other failures. */
export function unusableCertificate(cause: unknown): UsageError | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (!code.startsWith('ERR_OSSL') && !code.startsWith('ERR_SSL')) return undefined
  const what = code.includes('KEY_VALUES_MISMATCH')
    ? "The key does not belong to the first certificate of its file: the server's own certificate stands first, then " +
      'those in between.'
    : `Certificate and key cannot be used (${code}).`
  return new UsageError('DDB_CONFIG', `Cannot listen with TLS. ${what}`, { cause })
}
