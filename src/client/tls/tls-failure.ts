/* Messages for TLS failures: the certificate is refused, or only one end speaks TLS. */
import { ConnectionError, DdbError, TlsError, UsageError, option } from '../../errors.js'
import { addressText } from '../failure.js'

const weakKey =
  'has a key of fewer than 2,048 bits, or a certificate above it has: the server needs a different one'

/** Reasons for refusing a certificate, by the code from OpenSSL or Node. */
const certificateFaults = (): Readonly<Record<string, string>> => ({
  CERT_HAS_EXPIRED:
    'has expired, or a certificate above it has: the administrators of the server must renew it',
  CERT_NOT_YET_VALID: 'is not valid yet: is the clock of this machine right?',
  DEPTH_ZERO_SELF_SIGNED_CERT: `is self-signed, so no authority confirms it: if it is the right one, name it with ${option('server.caFile')}`,
  SELF_SIGNED_CERT_IN_CHAIN: `comes from an authority that is not trusted here: if it should be, name it with ${option('server.caFile')}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer(),
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer(),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer(),
  CERT_REVOKED: 'was revoked by its authority: do not connect',
  CERT_SIGNATURE_FAILURE: 'was not signed by the authority it names: do not connect',
  INVALID_PURPOSE:
    'is not meant for servers, or was signed by a certificate that may not sign those: the server needs a different one',
  INVALID_CA: 'is signed with a certificate that may not sign other certificates',
})

function unknownIssuer(): string {
  return (
    'comes from an authority that is not known here, or the server leaves out intermediate certificates: ' +
    `name the authority with ${option('server.caFile')}, or have the server send the whole chain, its own first`
  )
}

/** Failures of the connection itself, after which another attempt may succeed. */
const connectionCodes: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
/** Codes of errors that occur before there is a connection. They have nothing to do with TLS. */
const dialCodes = /^(?:E(?!PROTO$)[A-Z]+|ENOTFOUND|EAI_\w+)$/

/** The error if TLS fails; undefined for other failures. @param isConnected  whether TCP is connected, perhaps not yet TLS */
export function tlsFailure(
  host: string,
  port: number,
  cause: unknown,
  isConnected: boolean,
): DdbError | undefined {
  const reason = cause instanceof DdbError ? cause.cause : cause
  if (!(reason instanceof Error) || !('code' in reason) || typeof reason.code !== 'string') return
  const { code } = reason
  const address = addressText(host, port)
  if (isConnected && !(cause instanceof DdbError) && connectionCodes.has(code)) {
    return perhapsPlain(address, 'ended it instead of answering in TLS', cause)
  }
  if (dialCodes.test(code)) return undefined
  return new TlsError('DDB_TLS', sentenceOf(host, address, code, reason), { cause })
}

function sentenceOf(host: string, address: string, code: string, reason: Error): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = namesOf(reason)
    return names === undefined
      ? `The certificate of ${address} names its host by the common name alone, which does not count: the ` +
          'server needs one with the name among its alternative ones (subjectAltName).'
      : // An address counts only as an address, not among the names of hosts.
        names.split(', ').includes(host)
        ? `The certificate of ${address} has ${host} as the name of a host, not as an IP address: the server needs one with IP:${host}.`
        : `The certificate of ${address} is not for "${host}", but for ${names}: connect by a name it has.`
  }
  // OpenSSL reports a weak key by this text, without a code.
  const isWeak = /certificate key too (?:weak|small)/i.test(reason.message)
  const fault = isWeak ? weakKey : certificateFaults()[code]
  if (fault !== undefined) return `The certificate of ${address} ${fault}.`
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') {
    return `${address} does not speak TLS: connect without ${option('server.tls')}, or to the port that does.`
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return `${address} offers no safe version of TLS: 1.2 or newer is needed.`
  }
  if (/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_/.test(code)) {
    return (
      `${address} accepts only clients with a certificate that it knows (${code}): ` +
      `give one, with its key, in ${option('server.certFile')}.`
    )
  }
  if (code.startsWith('ERR_')) return `TLS with ${address} failed (${code}).`
  return `The certificate of ${address} is refused (${code}).`
}

/** The names in a certificate, shortened because its owner may choose long names. Undefined if there are none. */
function namesOf(reason: Error): string | undefined {
  if (!('cert' in reason)) return undefined
  const { subjectaltname } = reason.cert as { subjectaltname?: unknown }
  if (typeof subjectaltname !== 'string') return undefined
  const names = subjectaltname.replaceAll(/\b(?:DNS|IP Address):/g, '')
  return names.length > 200 ? `${names.slice(0, 200)}…` : names
}

export function handshakeTimeout(host: string, port: number, timeoutMs: number): ConnectionError {
  return perhapsPlain(addressText(host, port), `did not answer in TLS within ${timeoutMs} ms`)
}

function perhapsPlain(address: string, what: string, cause?: unknown): ConnectionError {
  const text = `${address} took the connection and ${what}. If it does not speak TLS, connect without ${option('server.tls')}.`
  return new ConnectionError('DDB_TLS', text, { cause, safeToRetry: true })
}

/** The error if the server expects TLS and this client did not use TLS. */
export function tlsExpected(host: string, port: number): TlsError {
  return new TlsError(
    'DDB_TLS',
    `${addressText(host, port)} speaks TLS: connect with ${option('server.tls')}.`,
  )
}

export function unusableIdentity(cause: unknown): UsageError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const what = code.includes('KEY_VALUES_MISMATCH')
    ? `The key in ${option('server.certFile')} does not belong to the first certificate there: one's own certificate comes first, ` +
      'then the intermediate ones'
    : `${option('server.certFile')} cannot be used${code && ` (${code})`}`
  return new UsageError('DDB_CONFIG', `${what}.`, { cause })
}
