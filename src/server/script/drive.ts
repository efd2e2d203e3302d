/*
  Stepping an evaluation: at once as far as it goes, then whenever what it waits for has come.
*/
import type { Evaluation, Suspension } from './builtin.js'

/**
 * @param onResume  called before the evaluation goes on after a wait
 * @returns the value when nothing had to wait, else a promise of it
 */
export function drive<T>(evaluation: Evaluation<T>, onResume: () => void): T | Promise<T> {
  const step = evaluation.next()
  return step.done === true ? step.value : driveOn(evaluation, step.value, onResume)
}

async function driveOn<T>(
  evaluation: Evaluation<T>,
  first: Suspension,
  onResume: () => void,
): Promise<T> {
  let suspension = first
  for (;;) {
    let outcome: { value: unknown } | { error: unknown }
    try {
      outcome = { value: await suspension.until }
    } catch (error) {
      outcome = { error }
    }
    onResume()
    const step =
      'error' in outcome ? evaluation.throw(outcome.error) : evaluation.next(outcome.value)
    if (step.done === true) return step.value
    suspension = step.value
  }
}
