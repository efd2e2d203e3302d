/*
  The interpreter from inside, for tests of its files: frames with given variables, evaluations that run to their end,
  and a clock on which every turn ends at once.
*/
import type { Clock } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system.js'
import { formatValue } from '../../src/protocol/value-text.js'
import { toWire } from '../../src/server/elements/dictionary.js'
import { type NodeOptions, createNode } from '../../src/server/node.js'
import type { Frame } from '../../src/server/script/evaluate/frame.js'
import { Parser } from '../../src/server/script/parse/parse-statement.js'
import type { Expression } from '../../src/server/script/parse/syntax.js'
import { runUnits, topFrame } from '../../src/server/script/session/session.js'
import { Runtime } from '../../src/server/script/session/runtime.js'
import type { Evaluation, ServerValue } from '../../src/server/values/server-value.js'
import { leapingClock } from './clocks.js'
import { rowsText, sessionOn } from './script.js'

/** The interpreter of a guest's session on its own node. Time stands still there, so the interpreter never yields. */
export function testRuntime(options: NodeOptions = {}): Runtime {
  const node = createNode({ platform: { ...systemPlatform, clock: leapingClock() }, ...options })
  const runtime = new Runtime(node, sessionOn(node))
  runtime.begin()
  return runtime
}

/** A clock that advances by more than a turn each time it is read. */
export interface HastyClock extends Clock {
  /** How often code has yielded. */
  readonly turns: number
}

function hastyClock(): HastyClock {
  let nowMs = 0
  let turns = 0
  return {
    ...leapingClock(),
    nowMs: () => (nowMs += 1000),
    nextTurn(callback) {
      turns++
      queueMicrotask(callback)
    },
    get turns() {
      return turns
    },
  }
}

/** The interpreter of a session that yields each time it reads the clock. */
export function hastyRuntime(): { runtime: Runtime; clock: HastyClock } {
  const clock = hastyClock()
  return { runtime: testRuntime({ platform: { ...systemPlatform, clock } }), clock }
}

/**
 * The displayed result of a script that admin runs and that yields wherever possible. Tests compare it with the result
 * without yielding.
 */
export async function shownRestlessly(script: string): Promise<string> {
  const runtime = testRuntime()
  runtime.session.user = 'admin'
  runtime.step = () => ({ until: Promise.resolve() })
  const { value } = await inTurns(runUnits(runtime, script))
  return value === undefined ? '' : shownValue(value)
}

/** The top frame of a session, with additional variables. */
export function frameOn(
  runtime: Runtime,
  variables: Readonly<Record<string, ServerValue>> = {},
  more: Partial<Frame> = {},
): Frame {
  for (const [name, value] of Object.entries(variables)) runtime.session.variables.set(name, value)
  return { ...topFrame(runtime), ...more }
}

/** An expression of the session. Checks the names in it unless they may be columns. */
export function nodeIn({ runtime, columns }: Frame, source: string): Expression {
  const names = {
    isVariable: (name: string) => runtime.isVariable(name),
    isConstant: () => false,
    isTable: (name: string) => columns !== undefined || runtime.isTable(name),
    isFunction: (name: string) => runtime.isFunction(name),
    hidesFunction: (name: string) => runtime.hidesFunction(name),
    isBuiltin: () => false,
  }
  return new Parser(source, names).parseFunctionName()
}

/** A value as DolphinDB prints it; tables by `rowsText`. */
export function shownValue(value: ServerValue): string {
  const wire = toWire(value)
  return wire.form === 'table' ? rowsText(wire) : formatValue(wire)
}

/** The value of an evaluation that does not wait. */
export function atOnce<T>(evaluation: Evaluation<T>): T {
  const step = evaluation.next()
  if (step.done === true) return step.value
  throw new Error('The evaluation waits.')
}

/** The value of an evaluation, and how often the evaluation waited. */
export async function inTurns<T>(evaluation: Evaluation<T>): Promise<{ value: T; pauses: number }> {
  let pauses = 0
  let step = evaluation.next()
  while (step.done !== true) {
    pauses++
    step = evaluation.next(await step.value.until)
  }
  return { value: step.value, pauses }
}
