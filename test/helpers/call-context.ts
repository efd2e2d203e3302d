/*
  What built-ins are called with, for tests that call them, or parts of them, without a script.
*/
import type { Evaluation } from '../../src/server/values/builtin.js'
import type { NodeOptions, ServerNode } from '../../src/server/node.js'
import { Runtime } from '../../src/server/script/session/runtime.js'
import { testSession } from './script.js'

/** Of a session of its own; logged in as admin unless told otherwise. */
export function callContext(
  options: NodeOptions & { node?: ServerNode; user?: string } = {},
): Runtime {
  const { node, session } = testSession(options)
  const context = new Runtime(node, session)
  context.begin()
  return context
}

/** What an evaluation comes to; its pauses are passed over. */
export function valueOf<T>(evaluation: Evaluation<T>): T {
  for (;;) {
    const step = evaluation.next()
    if (step.done === true) return step.value
  }
}

/** The text a call fails with. */
export function failureOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'no error'
}
