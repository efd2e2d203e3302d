/*
  The interface between the interpreter and `functions/`. Most built-ins are plain functions. A built-in that waits
  (sleep) or calls script functions (each) is a generator: it yields a Suspension, and the session continues it later.
*/
import type { FunctionValue, ServerValue } from './server-value.js'
import type { ServerNode } from '../node.js'
import type { Release } from '../release.js'

/** State of one session, which ends with its connection at the latest. Function views and shared tables outlive it. */
export interface ScriptSession {
  /** Decimal text. */
  readonly id: string
  /** 'guest' until the login. */
  user: string
  readonly isAdmin: boolean
  /** Owner of the running function view, whose rights on tables apply instead of the user's. */
  viewOwner: string | undefined
  readonly variables: Map<string, ServerValue>
  readonly functions: Map<string, FunctionValue>
  /** Receives the output of print(); not called for asynchronous requests. */
  print: (text: string) => void
  readonly remoteAddress: string
  readonly remotePort: number
  readonly openedAt: Date
  readonly delay: (durationMs: number) => Promise<void>
}

/** A generator yields a Suspension to let its session wait. Other sessions continue meanwhile. */
export interface Suspension {
  until: Promise<unknown>
}

/** A computation of a script, which yields only while it has to wait. */
export type Evaluation<T> = Generator<Suspension, T, unknown>

/** What a built-in function may use of its session and node. */
export interface CallContext {
  readonly node: ServerNode
  readonly session: ScriptSession
  /**
   * Names of the variables that were written as arguments of this call, which `table(x, 1..3 as id)` needs; undefined
   * for an argument that is not a name. A built-in must read them before it calls a script function or waits.
   */
  readonly argumentNames: readonly (string | undefined)[]
  /** True if the server drops rows for shared and stored tables but counts them as inserted. */
  readonly discards: boolean
  call(fn: FunctionValue, args: readonly (ServerValue | undefined)[]): Evaluation<ServerValue>
  /** The function with this name: of the session, a function view, or a built-in function. */
  findFunction(name: string): FunctionValue | undefined
}

/** The arguments in declared order; undefined for omitted arguments. */
export type BuiltinArguments = readonly (ServerValue | undefined)[]

export interface Builtin {
  readonly name: string
  /** Names of the parameters in order, for keyword arguments. The last one may be `...rest`. */
  readonly parameters: readonly string[]
  readonly minArguments: number
  readonly maxArguments: number
  /** True if the function changes its first argument. It then refuses a read-only variable. */
  readonly mutatesFirst?: boolean
  /** True if only administrators may call the function. */
  readonly adminOnly?: boolean
  /** The first version that has the function. */
  readonly since?: Release
  readonly call: (
    context: CallContext,
    args: BuiltinArguments,
  ) => ServerValue | Evaluation<ServerValue>
}
