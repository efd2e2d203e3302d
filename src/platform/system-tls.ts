/* TLS connections: version 1.2 or later. Certificates and host names are verified whatever environment variables say. */
import { isIP, type Server, type Socket as TcpSocket } from 'node:net'
import type * as Tls from 'node:tls'
import type { DialTls, ListenTls, Socket } from './platform.js'

/** Of TCP. A router forgets a silent connection sooner than after two hours, when most systems would send the first probe. */
export const keepAlive = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  allowHalfOpen: true,
} as const

/** Node tries each address of a name for 250 ms, which is less than a far server needs, and tries none again. */
export const dialing = { ...keepAlive, autoSelectFamilyAttemptTimeout: 2_000 } as const

/** Loaded at its first use, because most runs do without. */
const tls = (): typeof Tls => process.getBuiltinModule('node:tls')

const minVersion = 'TLSv1.2'
/** Without this limit, a client that never finishes its handshake would keep its connection forever. */
const handshakeTimeoutMs = 10_000

/** Cached, because reading the authorities takes longer than a handshake. */
let systemAuthorities: readonly string[] | undefined

/** The certificate authorities of Node and NODE_EXTRA_CA_CERTS, and those of the system if Node can read them. */
function defaultAuthorities(): readonly string[] | undefined {
  const { getCACertificates: of } = tls() as typeof Tls & {
    getCACertificates?: (type: string) => readonly string[]
  }
  if (of === undefined) return undefined
  return (systemAuthorities ??= [...new Set([...of('default'), ...of('system')])])
}

/** Throws the system's error if certificate or key is unusable. */
export function dialTls(
  host: string,
  port: number,
  { isVerified, authorities, certificate, key }: DialTls,
): Tls.TLSSocket {
  const ca = authorities ?? defaultAuthorities()
  const { connect, DEFAULT_CIPHERS } = tls()
  const socket = connect({
    host,
    port,
    ...dialing,
    minVersion,
    // At this level, OpenSSL refuses keys of less strength than 112 bits in a chain, such as RSA keys of fewer than 2,048 bits.
    ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=2`,
    // Overrides NODE_TLS_REJECT_UNAUTHORIZED.
    rejectUnauthorized: isVerified,
    checkServerIdentity,
    // TLS allows no IP address as server name (RFC 6066 §3). Node still compares the address with the certificate.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca: [...[ca].flat()] }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
  })
  // Node ignores the settings noDelay and keepAlive in the options of TLS connections.
  socket.once('connect', () => {
    socket.setNoDelay(keepAlive.noDelay)
    socket.setKeepAlive(keepAlive.keepAlive, keepAlive.keepAliveInitialDelay)
  })
  return socket
}

/** Stricter than Node: ignores a certificate's common name (RFC 9525 §2). */
function checkServerIdentity(host: string, cert: Tls.PeerCertificate): Error | undefined {
  const subject = { ...cert.subject, CN: undefined } as unknown as Tls.Certificate
  return tls().checkServerIdentity(host, { ...cert, subject })
}

/** @see Network.speaksTls */
export function speaksTls(host: string, port: number, ended: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    const socket = tls().connect({ host, port, minVersion, rejectUnauthorized: false })
    const end = (answer: boolean): void => {
      ended.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(answer)
    }
    const onAbort = (): void => end(false)
    ended.addEventListener('abort', onAbort)
    socket.once('secureConnect', () => end(true))
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => end(code.includes('_ALERT_')))
    socket.once('close', () => end(false))
    if (ended.aborted) end(false)
  })
}

/** Throws the system's error if certificate or key is unusable. */
export function createTlsServer(
  { certificate, key }: ListenTls,
  accept: (socket: Socket) => void,
): Server {
  const server = tls().createServer({
    ...keepAlive,
    cert: certificate,
    key,
    minVersion,
    handshakeTimeout: handshakeTimeoutMs,
  })
  const unproven = new Map<string, TcpSocket>()
  server.on('connection', (socket: TcpSocket) => {
    const peer = peerOf(socket)
    unproven.set(peer, socket)
    socket.once('close', () => unproven.delete(peer))
  })
  server.on('secureConnection', socket => {
    unproven.delete(peerOf(socket))
    accept(socket)
  })
  // Without a listener, the error would be an uncaught exception.
  server.on('tlsClientError', (_error, socket) => void socket.destroy())
  const close = server.close.bind(server)
  server.close = callback => {
    // Ends connections that have not finished their handshake, because callers do not know them and could not end them.
    for (const socket of unproven.values()) socket.destroy()
    return close(callback)
  }
  return server
}

function peerOf({ remoteAddress, remotePort }: TcpSocket): string {
  return `${remoteAddress} ${remotePort}`
}
