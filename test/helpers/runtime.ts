/*
  The interpreter from inside, for tests of its files: frames with given variables, and evaluations that run to their end.
*/
import { systemPlatform } from '../../src/platform/system.js'
import { formatValue } from '../../src/protocol/element.js'
import { toWire } from '../../src/server/elements/elements.js'
import { type NodeOptions, ServerNode } from '../../src/server/node.js'
import { runUnits, Runtime } from '../../src/server/script/session/session.js'
import type { Evaluation, ServerValue } from '../../src/server/values/server-value.js'
import { leapingClock } from './clocks.js'
import { rowsText, sessionOn } from './script.js'

/** The interpreter of a guest's session on its own node. Time stands still there, so the interpreter never yields. */
export function testRuntime(options: NodeOptions = {}): Runtime {
  const node = new ServerNode({
    platform: { ...systemPlatform, clock: leapingClock() },
    ...options,
  })
  const runtime = new Runtime(node, sessionOn(node))
  runtime.begin()
  return runtime
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

/** A value as DolphinDB prints it; tables by `rowsText`. */
function shownValue(value: ServerValue): string {
  const wire = toWire(value)
  return wire.form === 'table' ? rowsText(wire) : formatValue(wire)
}

/** The value of an evaluation, and how often the evaluation waited. */
async function inTurns<T>(evaluation: Evaluation<T>): Promise<{ value: T; pauses: number }> {
  let pauses = 0
  let step = evaluation.next()
  while (step.done !== true) {
    pauses++
    step = evaluation.next(await step.value.until)
  }
  return { value: step.value, pauses }
}
