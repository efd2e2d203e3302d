/*
  What a request does on the server, apart from how it came and where its answer goes.
*/
import type { Request, RequestHead } from '../protocol/request.js'
import { requestFlags } from '../protocol/request.js'
import type { ConnectionFunctions } from './connection-functions.js'
import type { Discard } from './discard.js'
import type { Executor, Outcome } from './executor.js'
import { ScriptError } from './script/builtin.js'
import type { ScriptSession } from './script/session-state.js'

const otherLanguages = requestFlags.python | requestFlags.kdb

export class RequestRunner {
  readonly session: ScriptSession
  readonly #executor: Executor
  readonly #functions: ConnectionFunctions
  readonly #discard: Discard | undefined
  /** Answers everything: a session of a kind this server does not have. */
  readonly #refusal: string | undefined
  #connected = false

  constructor(
    session: ScriptSession,
    executor: Executor,
    functions: ConnectionFunctions,
    discard: Discard | undefined,
    refusal: string | undefined,
  ) {
    this.session = session
    this.#executor = executor
    this.#functions = functions
    this.#discard = discard
    this.#refusal = refusal
  }

  /** Throws (or rejects with) the error line. */
  run(head: RequestHead, request: Request): Outcome {
    if (this.#refusal !== undefined) throw refusal(this.#refusal)
    if ((head.flags & otherLanguages) !== 0) {
      throw refusal('The embedded server runs DolphinDB scripts only, neither Python nor q.')
    }
    if (request.kind === 'connect') return this.#connect(request)
    if (!this.#connected) throw refusal('The first request of a connection must be connect.')
    switch (request.kind) {
      case 'script':
        this.#functions.checkAccess(this.session, undefined)
        return this.#executor.runScript(this.session, request.script)
      case 'function':
        return this.#call(request)
      case 'variable':
        this.#functions.checkAccess(this.session, undefined)
        return this.#executor.setVariables(this.session, request.names, request.values)
    }
  }

  #connect({ login }: Extract<Request, { kind: 'connect' }>): Outcome {
    this.#connected = true
    if (login === undefined) return undefined
    return this.#functions.login(this.session, login.user, login.password, login.encrypted)
  }

  #call({ name, args }: Extract<Request, { kind: 'function' }>): Outcome {
    if (this.#functions.has(name)) return this.#functions.call(this.session, name, args)
    this.#functions.checkAccess(this.session, name)
    const last = args[args.length - 1]
    if (this.#discard !== undefined && last?.form === 'table') {
      this.#discard.count(last)
      return { form: 'scalar', type: 'INT', value: last.rows }
    }
    return this.#executor.runFunction(this.session, name, args)
  }

  /** Ends what belongs to one request once its outcome is known. */
  afterRequest(head: RequestHead): void {
    if ((head.flags & requestFlags.clearMemory) !== 0) this.#executor.clearMemory(this.session)
  }

  close(): void {
    this.session.closed = true
    this.#executor.close(this.session)
  }
}

function refusal(text: string): ScriptError {
  return new ScriptError(text, { located: true })
}
