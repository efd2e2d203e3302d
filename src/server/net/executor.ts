/*
  The interfaces of a connection: to the interpreter that executes requests, and to the transport that carries bytes.
*/
import type { Value } from '../../protocol/value.js'
import type { ScriptSession } from '../values/builtin.js'

/** Facts about a connection before its first request. */
export interface SessionInfo {
  /** Decimal text. */
  readonly id: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly delay: (durationMs: number) => Promise<void>
}

/** The value itself if nothing had to wait, else a promise. Failures carry the server's final one-line text. */
export type Outcome = Value | undefined | Promise<Value | undefined>

export interface FunctionOptions {
  /** Rows for shared and stored tables are dropped as if they had been inserted (discard.ts). */
  readonly discards: boolean
}

/** The interpreter of a server; every method works on a session from `open`. */
export interface Executor {
  open(info: SessionInfo): ScriptSession
  runScript(session: ScriptSession, script: string): Outcome
  /** @param name  any expression that yields a function, such as `tableInsert{trades}` */
  runFunction(
    session: ScriptSession,
    name: string,
    args: readonly Value[],
    options?: FunctionOptions,
  ): Outcome
  setVariables(session: ScriptSession, names: readonly string[], values: readonly Value[]): Outcome
  /** Ends, with an error, the request in which the session waits; has no effect if the session does not wait. */
  cancel(session: ScriptSession): void
  /** Releases the session's variables (request flag 16). */
  clearMemory(session: ScriptSession): void
  /** Called once, after the last request of the session has been executed. */
  close(session: ScriptSession): void
}

/** Sends bytes to one peer. After `end` or `destroy` sending has no effect. */
export interface Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  /** True if every answer and every MSG is a message of its own (WebSocket, docs/protocol.md#websocket). */
  readonly framed: boolean
  /** @returns false if the peer reads too slowly: wait for `onDrain` */
  send(chunks: readonly Uint8Array[]): boolean
  pause(): void
  resume(): void
  /** Sends the rest, then tells the peer that nothing more comes. */
  end(): void
  /** Ends the connection at once, without sending the rest. */
  destroy(): void
}
