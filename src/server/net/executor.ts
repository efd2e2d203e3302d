/*
  The two interfaces that a connection uses: an interpreter that runs requests, and a transport that carries bytes.
*/
import type { Value } from '../../protocol/value.js'
import type { ScriptSession } from '../values/server-value.js'

/** Facts about a connection that are known before its first request. */
export interface SessionInfo {
  /** Decimal text. */
  readonly id: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly delay: (durationMs: number) => Promise<void>
}

/** A value, or a promise if the request has to wait. Errors have the server's final text, on one line. */
export type Outcome = Value | undefined | Promise<Value | undefined>

export interface FunctionOptions {
  /** If true, drops rows for shared and stored tables but answers as if they were inserted (tables/insert-values.ts). */
  readonly discards: boolean
}

/** The interpreter of a server. Every session that is passed to it comes from `open`. */
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
  /** Ends the session's running request with an error if the request waits; otherwise does nothing. */
  cancel(session: ScriptSession): void
  /** Releases the session's variables (request flag 16). */
  clearMemory(session: ScriptSession): void
  /** Call this once, after the session's last request. */
  close(session: ScriptSession): void
}

/** Sends bytes to one peer. After `end` or `destroy`, `send` has no effect. */
export interface Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  /** True if each answer and each MSG is sent as its own message (WebSocket, docs/protocol.md#websocket). */
  readonly framed: boolean
  /** @returns false if the peer reads too slowly; send nothing more until `Connection.drained` is called */
  send(chunks: readonly Uint8Array[]): boolean
  pause(): void
  resume(): void
  /** Sends the remaining bytes, then tells the peer that nothing more will come. */
  end(): void
  /** Ends the connection at once and drops the remaining bytes. */
  destroy(): void
}
