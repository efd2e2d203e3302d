/*
  Runs an evaluation as far as it goes without waiting, and continues it after each wait.
*/
import type { Evaluation, Suspension } from '../../values/builtin.js'

/** Learns when an evaluation begins to wait and when it continues, and may end the wait early. */
export interface Waiting {
  /** Called when a wait begins; `cancel` ends the wait early and throws `reason` where the script waits. */
  onWait(cancel: (reason: unknown) => void): void
  onResume(): void
}

/** @returns the value if nothing had to wait, else a promise of it */
export function drive<T>(evaluation: Evaluation<T>, waiting: Waiting): T | Promise<T> {
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
