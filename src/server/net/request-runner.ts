/* Runs the requests of a session over any transport. Also the interfaces between a connection, an interpreter and a transport. */
import type { Value } from '../../protocol/value.js'
import type { ScriptSession } from '../values/server-value.js'
import { type Request, type RequestHead, requestFlags } from '../../protocol/request.js'
import { checkAccess, logIn } from '../login/users.js'
import type { ServerNode } from '../node.js'
import { check } from '../script-error.js'
import { boolScalar } from '../values/values.js'

export interface SessionInfo {
  /** Decimal text. */
  readonly id: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly delay: (durationMs: number) => Promise<void>
  /** What the server does instead of serving the client's kind of session; undefined if it serves it. */
  readonly refusal?: string | undefined
}

/** A value, or a promise if the request has to wait. Errors have the server's final text, on one line. */
export type Outcome = Value | undefined | Promise<Value | undefined>

/** The interpreter of a server. Every session that is passed to it comes from `open`. */
export interface Executor {
  open(info: SessionInfo): ScriptSession
  /** The name of a function is any expression, such as `tableInsert{trades}`. */
  run(session: ScriptSession, request: Exclude<Request, { kind: 'connect' }>): Outcome
  /** Call this once, after the session's last request. */
  close(session: ScriptSession): void
}

/** Sends bytes to one peer. After `end` or `destroy`, `send` has no effect. */
export interface Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly refusal: string | undefined
  /** True if each answer and each MSG is sent as its own message (WebSocket, docs/protocol.md#websocket). */
  readonly framed: boolean
  /** @returns false if the peer reads too slowly; send nothing more until `Connection.drained` is called */
  send(chunks: readonly Uint8Array[]): boolean
  pause(): void
  resume(): void
  /** Sends the remaining bytes, then tells the peer that nothing more will come. */
  end(): void
  destroy(): void
}

const otherLanguages = requestFlags.python | requestFlags.kdb

/** Runs a request. Throws the error for the client, or returns a promise that may reject with it. */
export type RunRequest = (session: ScriptSession, head: RequestHead, request: Request) => Outcome

export function requestRunner(node: ServerNode, executor: Executor): RunRequest {
  return (session, head, request) => {
    const isOther = (head.flags & otherLanguages) !== 0
    const refusal = isOther ? 'runs DolphinDB scripts only, neither Python nor q' : session.refusal
    check(refusal === undefined, `The embedded server ${refusal}.`)
    if (request.kind !== 'connect') {
      if (node.requireLogin) {
        checkAccess(session, request.kind === 'function' ? request.name : undefined)
      }
      return executor.run(session, request)
    }
    const { login } = request
    if (login === undefined) return undefined
    logIn(node, session, login)
    return boolScalar(true)
  }
}
