/*
  Serves WebSocket on the port of the TCP protocol, for the JavaScript client and browsers (docs/protocol.md#websocket).
  Passes a connection that begins with an HTTP request to Node's HTTP server and, after the upgrade, to `ws`.
*/
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket, WebSocketServer } from 'ws'
import type { Connection } from './connection.js'
import type { Transport } from './request-runner.js'

export interface WebSocketOptions {
  readonly allowOrigins: readonly string[]
  readonly maxMessageBytes: number
  /** Opens a session for an upgraded socket. With `refusal`, the session answers every request with that text. */
  accept(stream: Duplex, transport: Transport, refusal: string | undefined): Connection
}

interface Machinery {
  http: HttpServer
  sockets: WebSocketServer
}

// If more bytes than this wait in the socket, the session pauses until the client has read some of them.
const highWaterBytes = 1_048_576
const goingAway = 1001

/** Unsupported kind of session → error for its requests. Clients require that the handshake succeeds. */
const refusals: Readonly<Record<string, string>> = {
  python: 'The embedded server runs DolphinDB scripts only, no Python sessions.',
  q: 'The embedded server runs DolphinDB scripts only, no q sessions.',
  streaming: 'The embedded server does not publish stream tables to subscribers.',
}

/** The WebSocket connections of one port. Loads its modules late, because most servers never see a browser. */
export class WebSocketDoor {
  readonly #options: WebSocketOptions
  #machinery: Promise<Machinery> | undefined

  constructor(options: WebSocketOptions) {
    this.#options = options
  }

  /** Takes over a connection. The caller has put the bytes that it read back into the stream. */
  async handle(stream: Duplex): Promise<void> {
    this.#machinery ??= this.#load()
    const { http } = await this.#machinery
    http.emit('connection', stream)
    stream.resume()
  }

  async #load(): Promise<Machinery> {
    const [{ createServer }, { WebSocketServer }] = await Promise.all([
      import('node:http'),
      import('ws'),
    ])
    const sockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: this.#options.maxMessageBytes,
      handleProtocols: offered => [...offered].find(name => Object.hasOwn(refusals, name)) ?? false,
    })
    const http = createServer(answerPlainRequest)
    http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
      if (!this.#isAllowed(request.headers.origin)) {
        refuseUpgrade(stream)
        return
      }
      sockets.handleUpgrade(request, stream, head, socket => this.#open(socket, stream, request))
    })
    return { http, sockets }
  }

  #isAllowed(origin: string | undefined): boolean {
    return origin === undefined || this.#options.allowOrigins.includes(origin)
  }

  #open(socket: WebSocket, stream: Duplex, request: IncomingMessage): void {
    const transport = new WebSocketTransport(socket, request)
    const connection = this.#options.accept(stream, transport, refusals[socket.protocol])
    transport.onDrain = () => connection.drained()
    socket.on('message', (data: Buffer) => connection.receive(data))
    // Without a listener, an error event would be an uncaught exception. The event 'close' follows and does the work.
    socket.on('error', () => undefined)
    socket.on('close', () => connection.abandoned())
  }
}

class WebSocketTransport implements Transport {
  readonly framed = true
  readonly remoteAddress: string
  readonly remotePort: number
  onDrain: (() => void) | undefined
  readonly #socket: WebSocket
  #full = false

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.#socket = socket
    this.remoteAddress = request.socket.remoteAddress ?? ''
    this.remotePort = request.socket.remotePort ?? 0
  }

  send(chunks: readonly Uint8Array[]): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return true
    this.#socket.send(Buffer.concat(chunks), { binary: true }, this.#sent)
    this.#full = this.#socket.bufferedAmount >= highWaterBytes
    return !this.#full
  }

  readonly #sent = (): void => {
    if (!this.#full || this.#socket.bufferedAmount >= highWaterBytes) return
    this.#full = false
    this.onDrain?.()
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.close(goingAway)
  }

  destroy(): void {
    this.#socket.terminate()
  }
}

function answerPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
  const text =
    'This is the DolphinDB-compatible server of ddb-ingest. It speaks the DolphinDB protocol over TCP and WebSocket.\n'
  response.writeHead(426, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    upgrade: 'websocket',
    connection: 'close',
  })
  response.end(text)
}

function refuseUpgrade(stream: Duplex): void {
  const text = 'This origin may not connect; allow it with allowOrigins (--allow-origin).\n'
  stream.end(
    'HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n' +
      `content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}
