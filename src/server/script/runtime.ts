/*
  One session's interpreter: what built-ins see as their context, how functions are found, and how long a script may
  run before other sessions get their turn.
*/
import { builtins } from '../functions/registry.js'
import type { ServerNode } from '../node.js'
import type { CallContext, Evaluation, Suspension } from './builtin.js'
import { ScriptError } from './builtin.js'
import { callFunction } from './call.js'
import type { Waiting } from './drive.js'
import { runUnits } from './run-script.js'
import { voidValue } from './scalar.js'
import type { ScriptSession } from './session-state.js'
import type { Expression } from './syntax.js'
import type { FunctionValue, ServerValue } from './values.js'

/** A script that does not wait by itself gives way after this long, so that no loop stops other sessions. */
const turnMs = 20
/** Loop rounds and function calls between two looks at the clock. */
const stepsPerLook = 16

/** Functions that call themselves deeper than this end with an error instead of the process. */
const maxCallDepth = 200

export class Runtime implements CallContext, Waiting {
  readonly node: ServerNode
  readonly session: ScriptSession
  argumentNames: readonly (string | undefined)[] = []
  /** Constants of the session: `const x = 1`. */
  readonly constants: Set<string> = new Set()
  /** Names of function requests, parsed. */
  readonly requestNames: Map<string, Expression> = new Map()
  private steps = 0
  private turnStartedAt = 0
  private callDepth = 0
  /** Ends the wait of the request under way; undefined while it does not wait. */
  private cancelWait: ((reason: unknown) => void) | undefined

  constructor(node: ServerNode, session: ScriptSession) {
    this.node = node
    this.session = session
  }

  call(fn: FunctionValue, args: readonly (ServerValue | undefined)[]): Evaluation<ServerValue> {
    return callFunction(this, fn, args)
  }

  *run(script: string): Evaluation<ServerValue> {
    return (yield* runUnits(this, script)) ?? voidValue
  }

  /** Session functions hide function views, views hide built-ins. */
  findFunction(name: string): FunctionValue | undefined {
    const own = this.session.functions.get(name)
    if (own !== undefined) return own
    const view = this.node.functionViews.get(name)
    if (view !== undefined) {
      return { form: 'function', kind: 'user', name, definition: view.definition }
    }
    const builtin = builtins.get(name)
    return builtin && { form: 'function', kind: 'builtin', name, builtin }
  }

  functionNames(): readonly string[] {
    const names = [this.session.functions, this.node.functionViews, builtins].map(map => map.keys())
    return [...new Set(names.flatMap(keys => [...keys]))]
  }

  isBuiltin(name: string): boolean {
    return builtins.has(name)
  }

  onWait(cancel: (reason: unknown) => void): void {
    this.cancelWait = cancel
  }

  onResume(): void {
    this.cancelWait = undefined
    this.startTurn()
  }

  /** Ends the request under way where it waits; others of the session still run. */
  cancel(): void {
    this.cancelWait?.(new ScriptError('The task was cancelled', { isCancellation: true }))
  }

  /** To be called when a request begins or goes on: its turn starts now. */
  startTurn(): void {
    this.turnStartedAt = this.node.clock.nowMs()
  }

  /** Counts one loop round or call; answers with a suspension when the turn is over. */
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
    if (this.callDepth >= maxCallDepth) {
      throw new ScriptError(`The function [${name}] is called too deeply.`)
    }
    this.callDepth++
  }

  leaveCall(): void {
    this.callDepth--
  }
}
