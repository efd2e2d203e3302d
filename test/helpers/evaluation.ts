/*
  Work in pieces without a session: what it asks of the one it works for, and its end.
*/
import type { CallContext, Evaluation } from '../../src/server/values/builtin.js'
import { RequestMemory } from '../../src/server/values/request-memory.js'

/**
 * Every step ends a turn, so that `finish` counts them. Whatever else a function needs of its context is given.
 * @param maxBytes  what the request may take
 */
export function callContext(
  maxBytes: number = 2 ** 40,
  more: Partial<CallContext> = {},
): CallContext {
  const context: Partial<CallContext> = {
    memory: new RequestMemory(maxBytes),
    step: () => ({ until: Promise.resolve() }),
    note: () => {},
    discards: false,
    ...more,
  }
  return context as CallContext
}

/** Goes through an evaluation to its end, without waiting. */
export function finish<T>(work: Evaluation<T>): { value: T; turns: number } {
  for (let turns = 1; ; turns++) {
    const step = work.next()
    if (step.done === true) return { value: step.value, turns }
  }
}

/** The value of what may or may not be worked on in pieces. */
export function valueOf<T extends object>(work: T | Evaluation<T>): T {
  return 'next' in work ? finish(work).value : work
}
