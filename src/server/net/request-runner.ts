/*
  Runs requests, whatever their transport, and returns their outcomes. Also the two interfaces that a connection uses: an
  interpreter that runs requests, and a transport that carries bytes. Runs a repeated request only once: a client that
  reconnects gives each request its client id and a number. If it does not know whether the server ran a request, it repeats
  the request with the negated number (docs/protocol.md#high-availability).
*/
import type { Value } from '../../protocol/value.js'
import type { ScriptSession } from '../values/server-value.js'
import { type Request, type RequestHead, requestFlags } from '../../protocol/request.js'
import type { ConnectionFunctions } from '../login/users.js'
import type { Discard } from './discard.js'
import { ScriptError } from '../script-error.js'

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

interface Latest {
  sequenceNumber: number
  outcome: Outcome
}

// Limit of remembered clients. A client id belongs to one connection object of a client program.
const keptClients = 1024

/** Remembers the latest numbered request of each client, across all connections of the server. */
export class Retries {
  /** Client id → its latest request. The least recently used client comes first. */
  readonly #latest = new Map<string, Latest>()

  /**
   * Runs a request once. Repeating a client's latest request gives the earlier outcome; repeating an older request
   * gives no value.
   */
  once(head: RequestHead, run: () => Outcome): Outcome {
    const { clientId } = head
    const sequenceNumber = Math.abs(head.sequenceNumber ?? 0)
    if (clientId === undefined || sequenceNumber === 0) return run()
    const latest = this.#latest.get(clientId)
    if (latest !== undefined && sequenceNumber <= latest.sequenceNumber) {
      return sequenceNumber === latest.sequenceNumber ? latest.outcome : undefined
    }
    const outcome = run()
    this.#keep(clientId, { sequenceNumber, outcome })
    if (outcome instanceof Promise) {
      // Forgets the request if it fails, so that its client may repeat it. Keeps a later request of the client.
      outcome.catch(() => {
        if (this.#latest.get(clientId)?.outcome === outcome) this.#latest.delete(clientId)
      })
    }
    return outcome
  }

  #keep(clientId: string, latest: Latest): void {
    this.#latest.delete(clientId)
    this.#latest.set(clientId, latest)
    if (this.#latest.size <= keptClients) return
    const [oldest] = this.#latest.keys()
    this.#latest.delete(oldest!)
  }
}

const otherLanguages = requestFlags.python | requestFlags.kdb

interface RunnerContext {
  readonly executor: Executor
  readonly retries: Retries
  /** Set if the server counts and drops the tables of function requests (`serve --discard`). */
  readonly discard: Discard | undefined
  /**
   * True for function views and functions of the session. With `discard`, the server does not run any other function
   * whose last argument is a table: it only counts the rows.
   */
  isDefined(session: ScriptSession, name: string): boolean
}

/** Runs the requests of one session, whatever the transport. */
export class RequestRunner {
  readonly session: ScriptSession
  readonly #context: RunnerContext
  readonly #functions: ConnectionFunctions
  /** The error for every request if the server does not support the client's kind of session; otherwise undefined. */
  readonly #refusal: string | undefined

  constructor(
    context: RunnerContext,
    session: ScriptSession,
    functions: ConnectionFunctions,
    refusal: string | undefined,
  ) {
    this.#context = context
    this.session = session
    this.#functions = functions
    this.#refusal = refusal
  }

  /** Throws the error for the client; if the request has to wait, returns a promise that may reject with this error. */
  run(head: RequestHead, request: Request): Outcome {
    if (this.#refusal !== undefined) throw refusal(this.#refusal)
    if ((head.flags & otherLanguages) !== 0) {
      throw refusal('The embedded server runs DolphinDB scripts only, neither Python nor q.')
    }
    if (request.kind === 'connect') return this.#connect(request)
    return head.clientId === undefined
      ? this.#execute(request)
      : this.#context.retries.once(head, () => this.#execute(request))
  }

  #execute(request: Exclude<Request, { kind: 'connect' }>): Outcome {
    switch (request.kind) {
      case 'script':
        this.#functions.checkAccess(this.session, undefined)
        return this.#context.executor.runScript(this.session, request.script)
      case 'function':
        return this.#call(request)
      case 'variable':
        this.#functions.checkAccess(this.session, undefined)
        return this.#context.executor.setVariables(this.session, request.names, request.values)
    }
  }

  #connect({ login }: Extract<Request, { kind: 'connect' }>): Outcome {
    if (login === undefined) return undefined
    return this.#functions.login(this.session, login.user, login.password, login.encrypted)
  }

  #call({ name, args }: Extract<Request, { kind: 'function' }>): Outcome {
    if (this.#functions.has(name)) return this.#functions.call(this.session, name, args)
    this.#functions.checkAccess(this.session, name)
    const last = args[args.length - 1]
    const { discard } = this.#context
    if (discard === undefined || last?.form !== 'table') {
      return this.#context.executor.runFunction(this.session, name, args)
    }
    discard.count(last)
    return this.#context.isDefined(this.session, calledName(name))
      ? this.#context.executor.runFunction(this.session, name, args, { discards: true })
      : { form: 'scalar', type: 'INT', value: last.rows }
  }

  /** Call this when the outcome is known. Clears the session's variables if the request asked for it. */
  afterRequest(head: RequestHead): void {
    if ((head.flags & requestFlags.clearMemory) !== 0)
      this.#context.executor.clearMemory(this.session)
  }

  cancel(): void {
    this.#context.executor.cancel(this.session)
  }

  /** Call this once, after the last request. */
  close(): void {
    this.#context.executor.close(this.session)
  }
}

/** The function's name in `f` or `f{x}`; '' if the text does not begin with a name. */
function calledName(text: string): string {
  return /^[^\W\d]\w*/.exec(text)?.[0] ?? ''
}

function refusal(text: string): ScriptError {
  return new ScriptError(text, { located: true })
}
