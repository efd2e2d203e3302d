/*
  The interpreter of one session: how it finds functions, the context of built-in functions, and how
  long a script may run before other sessions get a turn.
*/
import type { ServerNode } from '../../node.js'
import type {
  Evaluation,
  FunctionValue,
  ScriptSession,
  ServerValue,
  Suspension,
} from '../../values/server-value.js'
import { builtins } from '../../functions/registry.js'
import { functionReleases, isAtLeast } from '../../release.js'
import { ScriptError, check } from '../../script-error.js'
import { callFunction } from '../evaluate/call.js'
import type { NameKind } from '../parse/scopes.js'
import type { Expression } from '../parse/syntax.js'

/** A running script yields after this time, so that no loop blocks other sessions. */
const turnMs = 20
/** A script reads the clock each time it has taken this many steps. */
const stepsPerLook = 16

/** Deeper recursion is an error of the script. Without a limit, it could exhaust the stack. */
const maxCallDepth = 200

export class Runtime {
  readonly node: ServerNode
  readonly session: ScriptSession
  /**
   * Names of the variables that were written as arguments of this call, which `table(x, 1..3 as id)` needs; undefined
   * for an argument that is not a name. A built-in must read them before it calls a script function or waits.
   */
  argumentNames: readonly (string | undefined)[] = []
  /** True if the server drops rows for shared and stored tables but counts them as inserted. */
  discards = false
  /** The name field of the last function request that is not a plain name, and its expression. */
  lastName: { readonly text: string; readonly node: Expression } | undefined
  private steps = 0
  private turnStartedAt = 0
  private callDepth = 0
  /** Cancels the wait of the running request; undefined while the request does not wait. */
  private cancelWait: ((reason: unknown) => void) | undefined

  constructor(node: ServerNode, session: ScriptSession) {
    this.node = node
    this.session = session
  }

  /** Call this before each request. Starts a new turn. */
  begin(): void {
    this.callDepth = 0
    this.session.viewOwner = undefined
    this.steps = 0
    this.startTurn()
  }

  *call(fn: FunctionValue, args: readonly (ServerValue | undefined)[]): Evaluation<ServerValue> {
    const value = yield* callFunction(this, fn, args)
    const pause = this.step()
    if (pause !== undefined) yield pause
    return value
  }

  /** A function of the session hides a function view, and both hide a built-in function of the same name. */
  findFunction(name: string): FunctionValue | undefined {
    const own = this.session.functions.get(name)
    if (own !== undefined) return own
    const view = this.node.functionViews.get(name)
    if (view !== undefined) {
      const { definition, owner } = view
      return { form: 'function', kind: 'user', name, definition, viewOwner: owner, isView: true }
    }
    const builtin = builtins.get(name)
    const since = functionReleases.get(name)
    if (since !== undefined && !isAtLeast(this.node.release, since)) return undefined
    return builtin && { form: 'function', kind: 'builtin', name, builtin }
  }

  /** What the parser knows of a name before a unit runs. */
  kindOfName(name: string): NameKind {
    const variable = this.session.variables.get(name)
    if (variable !== undefined) {
      return variable.form === 'function' ? 'functionVariable' : 'variable'
    }
    const fn = this.findFunction(name)
    if (fn !== undefined) return fn.kind === 'builtin' ? 'builtin' : 'function'
    return this.node.shared.has(name) ? 'table' : undefined
  }

  /** Called when a wait of an evaluation begins. `cancel` ends the wait early and throws `reason` in the waiting script. */
  onWait(cancel: (reason: unknown) => void): void {
    this.cancelWait = cancel
  }

  onResume(): void {
    this.cancelWait = undefined
    this.startTurn()
  }

  /** Ends the running request if it waits. Later requests of the session still run. */
  cancel(): void {
    this.cancelWait?.(new ScriptError('The task was cancelled', { isCancellation: true }))
  }

  private startTurn(): void {
    this.turnStartedAt = this.node.clock.nowMs()
  }

  step(): Suspension | undefined {
    if (++this.steps % stepsPerLook !== 0) return undefined
    if (this.node.clock.nowMs() - this.turnStartedAt < turnMs) return undefined
    return { until: this.nextTurn() }
  }

  private async nextTurn(): Promise<void> {
    await new Promise<void>(resolve => this.node.clock.nextTurn(resolve))
    this.startTurn()
  }

  enterCall(name: string): void {
    check(this.callDepth < maxCallDepth, `The function [${name}] is called too deeply.`)
    this.callDepth++
  }

  leaveCall(): void {
    this.callDepth--
  }
}
