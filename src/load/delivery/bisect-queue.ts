/*
  Parts of refused batches that may hold the rows at fault. They go out one at a time, so that a common fault shows
  before thousands were tried.
*/
import { isHopeless, rejectWhole, type Fates } from './outcome.js'
import { settlePart, type Part } from './slice.js'

export interface Suspects {
  /** Adds the halves of a part that was refused with `errText`; the first of them is tried next. */
  add(halves: readonly [Part, Part], errText: string): void
  /** The part to try next; those for which trying is hopeless are rejected on the way. */
  next(): Part | undefined
  /** Rejects what is left: the server has taken nothing of it. */
  rejectRest(): void
}

export function newSuspects(fates: Fates): Suspects {
  const waiting: { part: Part; errText: string }[] = []
  const reject = (part: Part, errText: string): void => {
    rejectWhole(fates, part, errText)
    settlePart(part)
  }
  return {
    add([left, right], errText) {
      waiting.push({ part: right, errText }, { part: left, errText })
    },
    next() {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        if (!isHopeless(fates, next.errText)) return next.part
        reject(next.part, next.errText)
      }
      return undefined
    },
    rejectRest() {
      for (const { part, errText } of waiting.splice(0)) reject(part, errText)
    },
  }
}
