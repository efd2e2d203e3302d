/*
  The interface between the interpreter and `functions/`. Most built-ins are plain functions. A built-in that must wait
  (sleep) or call scripts (each) is a generator: it yields a Suspension, and the session continues it.
*/
import type { FunctionValue, ServerValue } from './server-value.js'
import type { ServerNode } from '../node.js'
import type { Release } from '../release.js'
import type { RequestMemory } from './request-memory.js'

/** State of one session, which ends with its connection at the latest; function views and shared tables stay. */
export interface ScriptSession {
  /** Decimal text. */
  readonly id: string
  /** 'guest' until login. */
  user: string
  readonly isAdmin: boolean
  /** Owner of the running function view, whose rights on tables apply instead of the user's. */
  viewOwner: string | undefined
  readonly variables: Map<string, ServerValue>
  readonly functions: Map<string, FunctionValue>
  /** Receives print() output; not called for asynchronous requests. */
  print: (text: string) => void
  readonly remoteAddress: string
  readonly remotePort: number
  readonly openedAt: Date
  readonly delay: (durationMs: number) => Promise<void>
}

/** A generator yields this to let its session wait; other sessions continue. */
export interface Suspension {
  until: Promise<unknown>
}

/** Work of a script that may have to wait; yields only when it waits. */
export type Evaluation<T> = Generator<Suspension, T, unknown>

/** The session and node that a built-in works with. */
export interface CallContext {
  readonly node: ServerNode
  readonly session: ScriptSession
  /** Ask this before allocating memory for more than the arguments themselves. */
  readonly memory: RequestMemory
  /**
   * Variable names written as arguments of the present call, as `table(x, 1..3 as id)` needs them; undefined
   * for an argument that is not a name. A built-in must read them before it calls a script or suspends.
   */
  readonly argumentNames: readonly (string | undefined)[]
  /** True if rows for shared and stored tables are dropped, but count as inserted. */
  readonly discards: boolean
  call(fn: FunctionValue, args: readonly (ServerValue | undefined)[]): Evaluation<ServerValue>
  /** The function of this name: the session's, a function view, or a built-in. */
  findFunction(name: string): FunctionValue | undefined
}

/** Arguments in declared order; undefined if one was omitted. */
export type BuiltinArguments = readonly (ServerValue | undefined)[]

export interface Builtin {
  readonly name: string
  /** Parameter names in order, for keyword arguments; the last may be `...rest`. */
  readonly parameters: readonly string[]
  readonly minArguments: number
  readonly maxArguments: number
  /** True if the function changes its first argument, and so refuses a read-only variable. */
  readonly mutatesFirst?: boolean
  /** Only user admin may call the function. */
  readonly adminOnly?: boolean
  /** The first version that knows the function. */
  readonly since?: Release
  readonly call: (
    context: CallContext,
    args: BuiltinArguments,
  ) => ServerValue | Evaluation<ServerValue>
}
