/* A server made of the codec and the behaviour that a test gives. The server itself answers only connect and login. */
import { connectTyped, type ConnectOptions, type Session } from '../../src/client/open-session.js'
import { generateKeyPairSync } from 'node:crypto'
import type { Server, Socket } from 'node:net'
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { Test } from 'tap'
import type { Request, RequestHead } from '../../src/protocol/request.js'
import { decodeRequest } from '../../src/protocol/request.js'
import { encodeMessage, encodeResponse } from '../../src/protocol/response.js'
import type { Value } from '../../src/protocol/value.js'
import { ByteReader } from '../../src/wire/byte-reader.js'
import { bytesBy } from './decoding.js'

const firstByteOfTls = 22
let publicPem: string | undefined

/** A key that clients accept. The server ignores texts that clients encrypt with it. */
function publicKey(): Value {
  publicPem ??= generateKeyPairSync('rsa', { modulusLength: 1024 })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString()
  return { form: 'scalar', type: 'STRING', value: publicPem }
}

const fakeSessionId = '1000000002'

export interface Received {
  readonly head: RequestHead
  readonly request: Request
}

/** One connection as the server sees it. */
export class FakePeer {
  readonly socket: Socket
  readonly requests: Received[] = []
  readonly #chunks: Buffer[] = []
  readonly #reader: ByteReader = new ByteReader()
  readonly #onRequest: (received: Received, peer: FakePeer) => void
  #decoding = decodeRequest(this.#reader)
  #waiting: (() => void)[] = []
  ended = false

  constructor(socket: Socket, onRequest: (received: Received, peer: FakePeer) => void) {
    this.socket = socket
    this.#onRequest = onRequest
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => {
      this.ended = true
      this.#notify()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => this.#notify())
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks)
  }

  #receive(chunk: Buffer): void {
    if (this.#chunks.length === 0 && chunk[0] === firstByteOfTls) {
      this.socket.destroy()
      return
    }
    this.#chunks.push(chunk)
    this.#reader.push(chunk)
    for (;;) {
      const step = this.#decoding.next()
      if (step.done !== true || step.value === undefined) break
      this.#decoding = decodeRequest(this.#reader)
      this.requests.push(step.value)
      this.#onRequest(step.value, this)
    }
    this.#notify()
  }

  #notify(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const waiter of waiting) waiter()
  }

  /** Resolves once the condition holds. Checks the condition whenever something arrives. */
  async until(holds: (peer: FakePeer) => boolean): Promise<void> {
    while (!holds(this)) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  reply(outcome: { value: Value | undefined } | { error: string }, sessionId?: string): void {
    this.socket.write(responseBytes(outcome, sessionId))
  }

  print(text: string): void {
    this.socket.write(bytesBy(writer => encodeMessage(writer, text)))
  }
}

export const responseBytes = (
  outcome: { value: Value | undefined } | { error: string },
  sessionId: string = fakeSessionId,
): Buffer => bytesBy(writer => encodeResponse(writer, sessionId, outcome))

export interface FakeServer {
  readonly port: number
  /** The latest connection. */
  readonly peer: FakePeer
  /** The first connection, once it is accepted. */
  readonly accepted: Promise<FakePeer>
  close(): Promise<void>
}

interface FakeServerOptions {
  answerConnect?: boolean
  keepOpen?: boolean
  /** false: the server accepts only a plain login */
  withRsa?: boolean
  /** By default a free port. */
  port?: number
}

/**
 * The server ends with the test.
 * @param onRequest gets every request except connect and those of a login, which the server answers itself
 */
export async function startFakeServer(
  t: Pick<Test, 'teardown'>,
  onRequest: (received: Received, peer: FakePeer) => void = () => undefined,
  options: FakeServerOptions = {},
): Promise<FakeServer> {
  const peers: FakePeer[] = []
  let accept: (peer: FakePeer) => void = () => undefined
  const accepted = new Promise<FakePeer>(resolve => (accept = resolve))
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    const handle = (received: Received, peer: FakePeer): void => {
      const { request } = received
      const name = request.kind === 'function' ? request.name : request.kind
      if (options.answerConnect === false) onRequest(received, peer)
      else if (name === 'getDynamicPublicKey' && options.withRsa !== false)
        peer.reply({ value: publicKey() })
      else if (name === 'scramClientFirst' || name === 'getDynamicPublicKey')
        peer.reply({ error: `Can't recognize function name ${name}` })
      else if (name === 'connect' || name === 'login') peer.reply({ value: undefined })
      else onRequest(received, peer)
    }
    const peer = new FakePeer(socket, handle)
    peers.push(peer)
    socket.prependOnceListener('data', (chunk: Buffer) => {
      // The TLS probe of a client does not count as a connection of the test.
      if (chunk[0] === firstByteOfTls) peers.splice(peers.indexOf(peer), 1)
    })
    accept(peer)
    if (options.keepOpen !== true) socket.on('end', () => socket.end())
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    for (const peer of peers) peer.socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  t.teardown(close)
  return {
    port: (server.address() as { port: number }).port,
    get peer() {
      return peers.at(-1)!
    },
    accepted,
    close,
  }
}

/** A session on a fake server, which ends with the test. */
export async function connected(
  t: Pick<Test, 'teardown'>,
  options: Partial<ConnectOptions> = {},
  onRequest?: (received: Received, peer: FakePeer) => void,
  serverOptions?: FakeServerOptions,
): Promise<{ server: FakeServer; session: Session }> {
  const server = await startFakeServer(t, onRequest, serverOptions)
  const session = await connectTyped({ host: '127.0.0.1', port: server.port, ...options })
  return { server, session }
}
