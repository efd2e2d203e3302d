/*
  Results of calls: the value of an evaluation, and the text of a failure.
*/
import type { Evaluation } from '../../src/server/values/server-value.js'

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
