/* TLS options, and the files that they name. Each connection reads the files again, so it uses a renewed certificate. */
import { option, usageError } from '../../errors.js'
import { readPemFile } from '../../platform/pem-file.js'
import type { DialTls, Files } from '../../platform/platform.js'

/** How a connection is protected. Files are PEM. */
export interface TlsOptions {
  /** TLS from the first byte; certificate and host name are verified. */
  tls?: boolean
  /** Certificate authorities to trust instead of those of the system. */
  caFile?: string
  /** Accepts any certificate. Nobody can overhear the traffic, but an attacker may impersonate the server. */
  tlsInsecure?: boolean
  /** For servers that require a certificate: ours, intermediate ones, and the private key without a passphrase. */
  certFile?: string
}

/** Options that are useless without TLS. */
const tlsNeeds = ['caFile', 'tlsInsecure', 'certFile'] as const

/** @throws {UsageError} DDB_USAGE */
export function checkTlsOptions(options: TlsOptions): void {
  const { tls, caFile, tlsInsecure } = options
  const idle = tlsNeeds.find(name => options[name] !== undefined && options[name] !== false)
  if (tls !== true && idle !== undefined) {
    throw usageError(`${option(`server.${idle}`)} is only for ${option('server.tls')}.`)
  }
  if (tlsInsecure === true && caFile !== undefined) {
    throw usageError(
      `${option('server.caFile')} says which certificates are right, ${option('server.tlsInsecure')} takes any: leave one of them out.`,
    )
  }
}

export function isVerified({ tls, tlsInsecure }: TlsOptions): boolean {
  return tls === true && tlsInsecure !== true
}

/** @throws {UsageError} DDB_CONFIG if a file cannot be read or is invalid */
export async function readTls(options: TlsOptions, files: Files): Promise<DialTls> {
  const { caFile, certFile } = options
  const read = (path: string | undefined, content: 'certificates' | 'key') =>
    path === undefined ? undefined : readPemFile(path, content, files)
  const [authorities, certificate, key] = await Promise.all([
    read(caFile, 'certificates'),
    read(certFile, 'certificates'),
    read(certFile, 'key'),
  ])
  return {
    isVerified: isVerified(options),
    ...(authorities && { authorities }),
    ...(certificate && key && { certificate, key }),
  }
}
