/*
  Halves of batches that the server refused because of some of their rows. They go out one at a time, so that a run that
  stops at the first bad row sends no more than it has to.
*/
import { halves, type Part } from './part.js'

/** Parts that wait to be sent by themselves; the server has stored nothing of them. */
export interface BisectQueue {
  /** Adds the halves of a part of at least two rows; the first half is next. */
  divide(part: Part): void
  /** Takes the part to send next. */
  next(): Part | undefined
  /** Takes all that is left. */
  rest(): Part[]
}

export function newBisectQueue(): BisectQueue {
  const waiting: Part[] = []
  return {
    divide(part) {
      const [left, right] = halves(part)
      waiting.push(right, left)
    },
    next: () => waiting.pop(),
    rest: () => waiting.splice(0).reverse(),
  }
}
