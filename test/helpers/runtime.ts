/*
  The interpreter from inside, for tests of its files: frames with variables of the test's choice, evaluations that are
  run to their end, and a clock by which every turn is over at once.
*/
import type { Clock } from '../../src/platform/platform.js'
import { createNode, type NodeOptions } from '../../src/server/node.js'
import { noNames, type Frame } from '../../src/server/script/evaluate/frame.js'
import { topFrame } from '../../src/server/script/session/run-script.js'
import { Runtime } from '../../src/server/script/session/runtime.js'
import type { Evaluation } from '../../src/server/values/builtin.js'
import { VariableWeights } from '../../src/server/values/request-memory.js'
import type { ServerValue } from '../../src/server/values/server-value.js'
import { leapingClock } from './clocks.js'
import { sessionOn } from './script.js'

/** The interpreter of a guest's session on a node of its own. */
export function testRuntime(options: NodeOptions = {}): Runtime {
  const node = createNode(options)
  const runtime = new Runtime(node, sessionOn(node))
  runtime.begin()
  return runtime
}

/** A clock that has moved on by more than a turn whenever it is looked at. */
export interface HastyClock extends Clock {
  /** How often somebody has given way. */
  readonly turns: number
}

export function hastyClock(): HastyClock {
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

/** The interpreter of a session that gives way as often as it can. */
export function hastyRuntime(): { runtime: Runtime; clock: HastyClock } {
  const clock = hastyClock()
  const random = { number: () => 0, bytes: (length: number) => new Uint8Array(length) }
  return { runtime: testRuntime({ platform: { clock, random } }), clock }
}

/** A frame of a function, or of the session's top when no variables are given. */
export function frameOn(
  runtime: Runtime,
  variables?: Readonly<Record<string, ServerValue>>,
  more: Partial<Frame> = {},
): Frame {
  const top = topFrame(runtime)
  if (variables === undefined) return { ...top, ...more }
  return {
    ...top,
    variables: new Map(Object.entries(variables)),
    weights: new VariableWeights(),
    readOnly: noNames,
    ...more,
  }
}

/** The value of an evaluation that has nothing to wait for. */
export function atOnce<T>(evaluation: Evaluation<T>): T {
  const step = evaluation.next()
  if (step.done === true) return step.value
  throw new Error('The evaluation waits.')
}

/** The value of an evaluation, and how often it has waited. */
export async function inTurns<T>(evaluation: Evaluation<T>): Promise<{ value: T; pauses: number }> {
  let pauses = 0
  let step = evaluation.next()
  while (step.done !== true) {
    pauses++
    step = evaluation.next(await step.value.until)
  }
  return { value: step.value, pauses }
}
