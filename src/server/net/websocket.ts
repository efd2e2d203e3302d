/* WebSocket on the port of the TCP protocol (docs/protocol.md#websocket): HTTP requests go to Node, then to `ws`. */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

export interface WebSocketOptions {
  readonly allowOrigins: readonly string[]
  readonly maxMessageBytes: number
  /** Each write to `messages` is one message, and each message is read as its bytes. With `refusal`, the session refuses every request. */
  accept(messages: Duplex, socket: Duplex, refusal: string | undefined): void
}

// If more bytes than this wait in the socket, the session pauses until the client has read some of them.
const writableHighWaterMark = 1_048_576

/** Unsupported kind of session → what the server does instead. Clients require that the handshake succeeds. */
const refusals: Readonly<Record<string, string>> = {
  python: 'runs DolphinDB scripts only, no Python sessions',
  q: 'runs DolphinDB scripts only, no q sessions',
  streaming: 'does not publish stream tables to subscribers',
}

/** Loads its modules late, because most servers never see a browser. @returns takes over a connection, with what was read put back */
export function webSocketDoor(options: WebSocketOptions): (stream: Duplex) => Promise<void> {
  let loaded: Promise<HttpServer> | undefined
  return async stream => {
    loaded ??= upgradingServer(options)
    const http = await loaded
    http.emit('connection', stream)
    stream.resume()
  }
}

async function upgradingServer(options: WebSocketOptions): Promise<HttpServer> {
  const { allowOrigins, maxMessageBytes } = options
  const [{ createServer }, { WebSocketServer, createWebSocketStream }] = await Promise.all([
    import('node:http'),
    import('ws'),
  ])
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    handleProtocols: offered => [...offered].find(name => Object.hasOwn(refusals, name)) ?? false,
  })
  const http = createServer(answerPlainRequest)
  http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const { origin } = request.headers
    if (origin !== undefined && !allowOrigins.includes(origin)) {
      const text = 'This origin may not connect; allow it with allowOrigins (--allow-origin).\n'
      stream.end(`HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n${text}`)
      return
    }
    sockets.handleUpgrade(request, stream, head, socket => {
      const messages = createWebSocketStream(socket, { writableHighWaterMark })
      options.accept(messages, stream, refusals[socket.protocol])
    })
  })
  return http
}

function answerPlainRequest(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { upgrade: 'websocket', connection: 'close' })
  response.end(
    'This is the DolphinDB-compatible server of ddb-ingest. It speaks the DolphinDB protocol over TCP and WebSocket.\n',
  )
}
