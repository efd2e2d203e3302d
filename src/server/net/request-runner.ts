/*
  Runs requests, whatever their transport, and returns their outcomes.
*/
import { type Request, type RequestHead, requestFlags } from '../../protocol/request.js'
import type { ConnectionFunctions } from '../login/users.js'
import type { Discard } from './discard.js'
import type { Executor, Outcome } from './executor.js'
import { ScriptError } from '../script-error.js'
import type { Retries } from './retries.js'
import type { ScriptSession } from '../values/builtin.js'

const otherLanguages = requestFlags.python | requestFlags.kdb

export interface RunnerContext {
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
