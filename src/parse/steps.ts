/*
  Reading in steps: who reads gives a batch, or a promise where something is to be waited for. Of a thousand small inputs whose bytes
  are there nothing is: promises and turns for each of them would take longer than their rows.
*/
import type { Batch } from './batch.js'

/** What comes next: a batch, or what has to be waited for before reading goes on; its failure is thrown where it was given. */
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
