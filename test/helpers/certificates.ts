/* Certificates and keys for tests, created on demand and removed with the test: an authority, certificates that it signed directly or
   through an intermediate authority, and some certificates that clients must refuse. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { fileFolder } from './file-folder.js'

/** The paths of the PEM files of a certificate and its key, and the contents of both files. */
export interface Identity {
  readonly certFile: string
  readonly keyFile: string
  /** Certificates and key in one file. */
  readonly bothFile: string
  readonly cert: string
  readonly key: string
}

export interface IdentityRequest {
  /** Alternative names in the notation of the extension; by default `DNS:localhost,IP:127.0.0.1`; '' for none. */
  readonly names?: string
  /** The signer. By default the certificate is self-signed. */
  readonly by?: Identity
  /** Whether the certificate may sign other certificates. */
  readonly isAuthority?: boolean
  /** Start and end of validity, `YYYYMMDDHHMMSSZ`; two days by default. */
  readonly from?: string
  readonly until?: string
  readonly usage?: string
  /** Number of bits of an RSA key; by default the key is on a curve. */
  readonly rsaBits?: number
}

export class Certificates {
  readonly #folder: string
  #count = 0

  constructor(t: Test) {
    this.#folder = fileFolder(t)
  }

  make(commonName: string, request: IdentityRequest = {}): Identity {
    const path = (ending: string): string => join(this.#folder, `${this.#count}.${ending}`)
    this.#count++
    const keyFile = path('key')
    const { rsaBits } = request
    const kind =
      rsaBits === undefined
        ? ['EC', '-pkeyopt', 'ec_paramgen_curve:P-256']
        : ['RSA', '-pkeyopt', `rsa_keygen_bits:${rsaBits}`]
    openssl('genpkey', '-algorithm', ...kind, '-out', keyFile)
    openssl('req', '-new', '-key', keyFile, '-subj', `/CN=${commonName}`, '-out', path('csr'))
    const { names = 'DNS:localhost,IP:127.0.0.1', isAuthority = false, by } = request
    writeFileSync(
      path('ext'),
      [
        `basicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}`,
        ...(isAuthority ? ['keyUsage=keyCertSign,cRLSign'] : []),
        ...(isAuthority || names === '' ? [] : [`subjectAltName=${names}`]),
        ...(request.usage === undefined ? [] : [`extendedKeyUsage=${request.usage}`]),
      ].join('\n'),
    )
    const certFile = path('crt')
    // `openssl x509` does not accept dates, so `openssl ca` signs.
    writeFileSync(path('db'), '')
    writeFileSync(
      path('conf'),
      '[ca]\ndefault_ca=d\n[d]\n' +
        `database=${path('db')}\nnew_certs_dir=${this.#folder}\nrand_serial=yes\ndefault_md=sha256\n` +
        'policy=p\nunique_subject=no\n[p]\ncommonName=supplied\n',
    )
    openssl(
      ...['ca', '-batch', '-notext', '-config', path('conf'), '-extfile', path('ext')],
      ...['-in', path('csr'), '-out', certFile],
      ...(by === undefined
        ? ['-selfsign', '-keyfile', keyFile]
        : ['-cert', by.certFile, '-keyfile', by.keyFile]),
      ...[
        '-startdate',
        request.from ?? opensslDate(-1),
        '-enddate',
        request.until ?? opensslDate(2),
      ],
    )
    return this.#identity(certFile, keyFile)
  }

  /** The certificates in one file, in this order. The key is that of the first certificate unless `key` is given. */
  chain(identities: readonly Identity[], key: Identity = identities[0]!): Identity {
    const certFile = join(this.#folder, `chain-${this.#count++}.pem`)
    writeFileSync(certFile, identities.map(({ cert }) => cert).join(''))
    return this.#identity(certFile, key.keyFile)
  }

  file(name: string, text: string): string {
    const path = join(this.#folder, name)
    writeFileSync(path, text)
    return path
  }

  #identity(certFile: string, keyFile: string): Identity {
    const text = (path: string): string => readFileSync(path, 'utf8')
    const [cert, key] = [text(certFile), text(keyFile)]
    const bothFile = `${certFile}.both`
    writeFileSync(bothFile, cert + key)
    return { certFile, keyFile, bothFile, cert, key }
  }
}

/** The date this many days from now, as `YYYYMMDDHHMMSSZ`. */
export function opensslDate(days: number): string {
  const at = new Date(Date.now() + days * 86_400_000)
  return `${at
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replace(/[-:T]/g, '')}Z`
}

function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' })
}
