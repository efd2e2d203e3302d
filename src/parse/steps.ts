/*
  Reads in steps. A generator yields batches, and a promise only if the caller must wait. With a thousand small inputs
  in memory, a promise for each step would take longer than reading the rows.
*/
import type { Batch } from './batch.js'

/** A batch, or a promise to await before continuing. If the promise rejects, its error is thrown into the generator. */
export type Step = Batch | Promise<unknown>

/** The batches among the steps; can be iterated only once. */
export async function* batchesAmong(
  steps: Generator<Step, void, void>,
): AsyncGenerator<Batch, void, void> {
  try {
    let next = steps.next()
    while (next.done !== true) {
      const step = next.value
      if (step instanceof Promise) next = await waited(steps, step)
      else {
        yield step
        next = steps.next()
      }
    }
  } finally {
    steps.return()
  }
}

async function waited(
  steps: Generator<Step, void, void>,
  step: Promise<unknown>,
): Promise<IteratorResult<Step, void>> {
  try {
    await step
  } catch (error) {
    return steps.throw(error)
  }
  return steps.next()
}
