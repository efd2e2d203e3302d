/*
  The context for calling built-in functions, or parts of them, without a script.
*/
import type { Evaluation } from '../../src/server/values/server-value.js'
import type { NodeOptions, ServerNode } from '../../src/server/node.js'
import { Runtime } from '../../src/server/script/session/runtime.js'
import { testSession } from './script.js'

/** A context with its own session; logged in as admin by default. */
export function callContext(
  options: NodeOptions & { node?: ServerNode; user?: string } = {},
): Runtime {
  const { node, session } = testSession(options)
  const context = new Runtime(node, session)
  context.begin()
  return context
}

/** The value of an evaluation. Pauses of the evaluation are skipped. */
export function valueOf<T>(evaluation: Evaluation<T>): T {
  for (;;) {
    const step = evaluation.next()
    if (step.done === true) return step.value
  }
}

export function failureOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'no error'
}
