/* Listens on a port, with or without TLS, and owns the connections of that port. WebSocket comes to the same port (docs/protocol.md#websocket):
   HTTP requests go to Node, then to `ws`. */
import type { Duplex } from 'node:stream'
import type { IncomingMessage, Server as HttpServer } from 'node:http'
import { ConnectionError, messageOf, UsageError } from '../../errors.js'
import type { Clock, ListeningPort, ListenTls, Network, Socket } from '../../platform/platform.js'
import { Connection, type ConnectionContext } from './connection.js'
import type { Transport } from './request-runner.js'

/** The error to throw if the system rejects the certificate or the key; undefined for any other failure. */
export function unusableCertificate(cause: unknown): UsageError | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (!code.startsWith('ERR_OSSL') && !code.startsWith('ERR_SSL')) return undefined
  const what = code.includes('KEY_VALUES_MISMATCH')
    ? "The key does not belong to the first certificate of its file: the server's own certificate comes first, then " +
      'the intermediate ones.'
    : `Certificate and key cannot be used (${code}).`
  return new UsageError('DDB_CONFIG', `Cannot listen with TLS. ${what}`, { cause })
}

interface ListenerOptions {
  readonly network: Network
  readonly tls?: ListenTls | undefined
  readonly maxConnections: number
  readonly allowOrigins: readonly string[]
  readonly context: ConnectionContext
}

type Kind = Pick<Transport, 'refusal' | 'framed'>

const firstByteOfGet = 0x47
// `close` cuts off all peers after `goodbyeMs` without progress. A socket that we end is cut off after `lingerMs`.
const goodbyeMs = 500
const lingerMs = 5_000

export class Listener {
  readonly #options: ListenerOptions
  /** Made late, because most servers never see a browser. */
  #http: Promise<HttpServer> | undefined
  /** Every open socket. Its connection is undefined until the first byte arrives. */
  readonly #peers = new Map<Socket, Connection | undefined>()
  /** Connections that still run requests or wait. They may outlive their sockets. */
  readonly #connections = new Set<Connection>()
  #port: ListeningPort | undefined
  #onChange: (() => void) | undefined
  #closing: Promise<void> | undefined

  constructor(options: ListenerOptions) {
    this.#options = options
  }

  get connectionCount(): number {
    return this.#peers.size
  }

  /** @throws {ConnectionError} DDB_CONNECT if the port is in use @throws {UsageError} DDB_CONFIG for an unusable certificate or address */
  async listen(host: string, port: number): Promise<number> {
    try {
      const { network, tls } = this.#options
      this.#port = await network.listen(host, port, socket => this.#accept(socket), tls)
    } catch (cause) {
      throw unusableCertificate(cause) ?? listenFailure(host, port, cause)
    }
    return this.#port.port
  }

  #accept(socket: Socket): void {
    // Without a listener, an error event would be an uncaught exception. The event 'close' follows and does the work.
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.#peers.delete(socket)
      this.#onChange?.()
    })
    this.#peers.set(socket, undefined)
    socket.once('data', (first: Buffer) => {
      if (this.#isFull()) {
        this.#peers.delete(socket)
        refuseConnection(socket, this.#options.context.node.clock, this.#options.maxConnections)
        return
      }
      if (first[0] === firstByteOfGet) {
        socket.pause()
        socket.unshift(first)
        void this.#upgrade(socket)
        return
      }
      this.#serve(socket, socket, { refusal: undefined, framed: false }).receive(first)
    })
    socket.once('end', () => {
      if (this.#peers.get(socket) === undefined) socket.end()
    })
  }

  /** Takes over a connection, with what was read put back. */
  async #upgrade(socket: Socket): Promise<void> {
    this.#http ??= upgradingServer(this.#options, (messages, stream, refusal) => {
      this.#serve(messages, stream as Socket, { refusal, framed: true })
    })
    const http = await this.#http
    http.emit('connection', socket)
    socket.resume()
  }

  /** Counts only connections that have sent a request. Otherwise silent ones could lock out all other clients. */
  #isFull(): boolean {
    const asking = [...this.#peers.values()].filter(connection => connection?.requestCount)
    return asking.length >= this.#options.maxConnections
  }

  /** Opens a connection whose bytes come and go through `stream`, which is the socket itself, or its messages. */
  #serve(stream: Duplex, socket: Socket, kind: Kind): Connection {
    const { context } = this.#options
    const transport = transportOf(stream, socket, kind, context.node.clock)
    const connection = new Connection(context, transport, () => {
      this.#connections.delete(connection)
      this.#onChange?.()
    })
    this.#peers.set(socket, connection)
    this.#connections.add(connection)
    stream.on('error', () => undefined)
    stream.on('data', (chunk: Buffer) => connection.receive(chunk))
    stream.once('end', () => connection.receiveEnd())
    stream.on('drain', () => connection.drained())
    stream.once('close', () => connection.abandoned())
    return connection
  }

  /** Runs the requests that have arrived, then ends every connection. Cuts off peers that do not respond. */
  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  async #finish(): Promise<void> {
    const closed = new Promise<void>(resolve => {
      if (this.#port === undefined) resolve()
      else this.#port.close(resolve)
    })
    for (const [socket, connection] of this.#peers) {
      if (connection === undefined) socket.end()
      else if (!connection.busy) connection.sayGoodbye()
    }
    const { clock } = this.#options.context.node
    let seen = -1
    const look = (): void => {
      timer = clock.after(goodbyeMs, look)
      let progress = 0
      for (const socket of this.#peers.keys()) progress += socket.bytesRead
      for (const connection of this.#connections) progress += connection.requestCount
      if (progress === seen) {
        for (const connection of this.#connections) connection.stop()
        for (const socket of this.#peers.keys()) socket.destroy()
      }
      seen = progress
    }
    let timer = clock.after(goodbyeMs, look)
    await closed
    while (this.#peers.size > 0 || this.#connections.size > 0) {
      await new Promise<void>(resolve => (this.#onChange = resolve))
    }
    timer.cancel()
  }
}

function transportOf(stream: Duplex, socket: Socket, kind: Kind, clock: Clock): Transport {
  let hasEnded = false
  return {
    ...kind,
    remoteAddress: socket.remoteAddress ?? '',
    remotePort: socket.remotePort ?? 0,
    send(chunks) {
      if (!stream.writable) return true
      const whole = kind.framed && chunks.length > 1 ? [Buffer.concat(chunks)] : chunks
      if (whole.length > 1) stream.cork()
      for (const chunk of whole) stream.write(chunk)
      if (whole.length > 1) stream.uncork()
      return !stream.writableNeedDrain
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    end() {
      if (hasEnded) return
      hasEnded = true
      stream.end()
      // Reads what the peer still sends, because unread bytes would cause an RST that could overtake the last answer.
      stream.resume()
      if (!stream.readableEnded) endLater(socket, clock)
    },
    destroy: () => void socket.destroy(),
  }
}

function endLater(socket: Socket, clock: Clock): void {
  const timer = clock.afterIfAlive(lingerMs, () => socket.destroy())
  socket.once('close', () => timer.cancel())
}

function refuseConnection(socket: Socket, clock: Clock, maxConnections: number): void {
  socket.end(
    `0 0 1\nMaximum connections ${maxConnections} reached. Close unused connections or increase maxConnections limit. RefId:S00006\n`,
  )
  socket.resume()
  endLater(socket, clock)
}

function listenFailure(host: string, port: number, cause: unknown): ConnectionError | UsageError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  if (code === 'EADDRINUSE') {
    const text = `Port ${port} on ${host} is in use. Choose another one (port, --port), or 0 for a free one.`
    return new ConnectionError('DDB_CONNECT', text, { cause })
  }
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
    return new UsageError('DDB_CONFIG', `Cannot listen on ${host}:${port} (${code}).`, { cause })
  }
  const text = `Cannot listen on ${host}:${port}: ${messageOf(cause)}`
  return new ConnectionError('DDB_CONNECT', text, { cause })
}

// If more bytes than this wait in the socket, the session pauses until the client has read some of them.
const writableHighWaterMark = 1_048_576

/** Unsupported kind of session → what the server does instead. Clients require that the handshake succeeds. */
const refusals: Readonly<Record<string, string>> = {
  python: 'runs DolphinDB scripts only, no Python sessions',
  q: 'runs DolphinDB scripts only, no q sessions',
  streaming: 'does not publish stream tables to subscribers',
}

/** @param accept  each write to `messages` is one message, each message is read as its bytes; with `refusal`, the session refuses all requests */
async function upgradingServer(
  { allowOrigins, context }: ListenerOptions,
  accept: (messages: Duplex, socket: Duplex, refusal: string | undefined) => void,
): Promise<HttpServer> {
  const [{ createServer }, { WebSocketServer, createWebSocketStream }] = await Promise.all([
    import('node:http'),
    import('ws'),
  ])
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: context.limits.maxValueBytes,
    handleProtocols: offered => [...offered].find(name => Object.hasOwn(refusals, name)) ?? false,
  })
  const http = createServer((_request, response) => {
    response.writeHead(426, { upgrade: 'websocket', connection: 'close' })
    response.end(
      'This is the DolphinDB-compatible server of ddb-ingest. It speaks the DolphinDB protocol over TCP and WebSocket.\n',
    )
  })
  http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const { origin } = request.headers
    if (origin !== undefined && !allowOrigins.includes(origin)) {
      const text = 'This origin may not connect; allow it with allowOrigins (--allow-origin).\n'
      stream.end(`HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n${text}`)
      return
    }
    sockets.handleUpgrade(request, stream, head, socket => {
      const messages = createWebSocketStream(socket, { writableHighWaterMark })
      accept(messages, stream, refusals[socket.protocol])
    })
  })
  return http
}
