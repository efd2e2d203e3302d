/* Sessions of one server without sockets. Bytes go in and out at once and in this process, so a test can try a hundred thousand sessions. A
   script returns its length, a function returns its first argument. */
import { setImmediate as turn } from 'node:timers/promises'
import { defaultRequestLimits } from '../../src/protocol/request.js'
import { Connection, type ConnectionContext } from '../../src/server/net/connection.js'
import {
  type Executor,
  requestRunner,
  type Transport,
} from '../../src/server/net/request-runner.js'
import { runFunction } from '../../src/server/script/session/session.js'
import { ServerNode } from '../../src/server/node.js'
import { firstSessionId } from './requests.js'
import { guestSession, loginFunction } from './tiny-server.js'
import { int } from './values.js'

export class BareServer {
  /** Messages of failed requests without an answer. */
  readonly failures: string[] = []
  /** Requests that reached the executor. */
  readonly log: string[] = []
  readonly #node = new ServerNode()
  readonly #executor: Executor = {
    open: guestSession,
    run: (session, request) => {
      if (request.kind === 'function' && loginFunction.test(request.name)) {
        return runFunction(session, this.#node, request.name, request.args)
      }
      if (request.kind === 'script') {
        this.log.push(request.script)
        return int(request.script.length)
      }
      this.log.push(request.kind === 'function' ? request.name : request.names.join(','))
      return request.kind === 'function' ? request.args[0] : undefined
    },
    close: () => undefined,
  }

  #nextId = 0

  readonly #context: ConnectionContext = {
    node: this.#node,
    limits: defaultRequestLimits,
    executor: this.#executor,
    run: requestRunner(this.#node, this.#executor),
    open: client =>
      this.#executor.open({
        ...client,
        id: String(this.#nextId++),
        delay: () => Promise.resolve(),
      }),
    countRequest: () => undefined,
    countFailure: (_id, _text, message) => void this.failures.push(message),
  }

  /**
   * @param slow simulates a slow peer: it never has room for more bytes, and reads them one turn of the event loop
   *   later
   */
  open(slow = false): BareSession {
    this.#nextId = Number(firstSessionId)
    return new BareSession(this.#context, slow)
  }
}

export class BareSession {
  /** How often the session ended (`finished`), and how often it announced its end to the peer (`goodbyes`). */
  finished = 0
  goodbyes = 0
  readonly #connection: Connection
  readonly #sent: Uint8Array[] = []

  constructor(context: ConnectionContext, slow: boolean) {
    const transport: Transport = {
      remoteAddress: '127.0.0.1',
      remotePort: 1,
      refusal: undefined,
      framed: false,
      send: chunks => {
        for (const chunk of chunks) this.#sent.push(chunk.slice())
        if (slow) setImmediate(() => this.#connection.drained())
        return !slow
      },
      pause: () => undefined,
      resume: () => undefined,
      end: () => void this.goodbyes++,
      destroy: () => undefined,
    }
    this.#connection = new Connection(context, transport, () => void this.finished++)
  }

  /** Sends `bytes` in pieces, and then the end of the stream. */
  send(bytes: Uint8Array, pieceBytes: number): void {
    const pieces: Uint8Array[] = []
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      pieces.push(bytes.subarray(at, at + pieceBytes))
    }
    this.sendPieces(pieces)
  }

  sendPieces(pieces: readonly Uint8Array[]): void {
    for (const piece of pieces) this.#connection.receive(piece)
    this.#connection.receiveEnd()
  }

  /** Everything that the session has answered; resolves once the session has ended. */
  async answers(): Promise<string> {
    while (this.finished === 0) await turn()
    await turn()
    return Buffer.concat(this.#sent).toString('latin1')
  }
}
