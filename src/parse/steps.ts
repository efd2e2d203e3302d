/*
  Reading in steps: a generator that yields a batch, or a promise if something must be awaited. For a thousand small inputs in
  memory nothing is awaited: promises and turns for each would take longer than their rows.
*/
import type { Batch } from './batch.js'

/** The next batch, or a promise to await before continuing; its failure is thrown where it was yielded. */
export type Step = Batch | Promise<unknown>

/** The batches among steps, to be iterated once. */
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
