/*
  Runs an evaluation until it has to wait, and continues it after each wait.
*/
import type { Evaluation, Suspension } from '../../values/builtin.js'

/** Callbacks for the beginning and the end of each wait of an evaluation. */
export interface Waiting {
  /** Called when a wait begins. `cancel` ends the wait early and throws `reason` in the waiting script. */
  onWait(cancel: (reason: unknown) => void): void
  onResume(): void
}

/** @returns the value, or a promise of the value if the evaluation has to wait */
export function runEvaluation<T>(evaluation: Evaluation<T>, waiting: Waiting): T | Promise<T> {
  const step = evaluation.next()
  return step.done === true ? step.value : driveOn(evaluation, step.value, waiting)
}

async function driveOn<T>(
  evaluation: Evaluation<T>,
  first: Suspension,
  waiting: Waiting,
): Promise<T> {
  let suspension = first
  for (;;) {
    let outcome: { value: unknown } | { error: unknown }
    try {
      outcome = { value: await endOf(suspension, waiting) }
    } catch (error) {
      outcome = { error }
    }
    waiting.onResume()
    const step =
      'error' in outcome ? evaluation.throw(outcome.error) : evaluation.next(outcome.value)
    if (step.done === true) return step.value
    suspension = step.value
  }
}

function endOf({ until }: Suspension, waiting: Waiting): Promise<unknown> {
  return new Promise((resolve, reject) => {
    until.then(resolve, reject)
    waiting.onWait(reject)
  })
}
