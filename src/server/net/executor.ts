/*
  What a connection uses: an interpreter that executes requests, and a transport that carries bytes.
*/
import type { Value } from '../../protocol/value.js'
import type { ScriptSession } from '../values/builtin.js'

/** What is known of a connection before its first request. */
export interface SessionInfo {
  /** A number as decimal text. */
  readonly id: string
  readonly remoteAddress: string
  readonly remotePort: number
  readonly delay: (durationMs: number) => Promise<void>
}

/** The value itself if nothing had to wait, else a promise. Errors have the server's final text, on one line. */
export type Outcome = Value | undefined | Promise<Value | undefined>

export interface FunctionOptions {
  /** If true, drops rows for shared and stored tables, but answers as if they had been inserted (discard.ts). */
  readonly discards: boolean
}

/** The interpreter of a server. Every session argument comes from `open`. */
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
  /** If the session waits inside a request, ends that request with an error; otherwise does nothing. */
  cancel(session: ScriptSession): void
  /** Releases the session's variables (request flag 16). */
  clearMemory(session: ScriptSession): void
  /** Called once, after the session's last request was executed. */
  close(session: ScriptSession): void
}

/** Sends bytes to one peer. After `end` or `destroy`, sending has no effect. */
export interface Transport {
  readonly remoteAddress: string
  readonly remotePort: number
  /** True if each answer and each MSG is sent as a message of its own (WebSocket, docs/protocol.md#websocket). */
  readonly framed: boolean
  /** @returns false if the peer reads too slowly: then wait for `onDrain` */
  send(chunks: readonly Uint8Array[]): boolean
  pause(): void
  resume(): void
  /** Sends what is left, then tells the peer that nothing more comes. */
  end(): void
  /** Ends the connection at once, without sending what is left. */
  destroy(): void
}
