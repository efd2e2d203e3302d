/*
  The log of a run: each event goes to the journal first, then to the fold, then to what only draws conclusions.
*/
import type { RunEvent } from './events.js'
import { fold, newRunState, type RunState } from './fold.js'
import type { Journal } from '../journal/journal.js'

export interface RunLog {
  /** Where rows and batches stand; `emit` alone changes it. */
  readonly state: Readonly<RunState>
  /**
   * Tells what happens. What the journal could not take must not happen.
   * @throws {DdbError} DDB_OUTPUT_WRITE; DDB_INTERNAL when it cannot have happened
   */
  emit(this: void, event: RunEvent): void
  /** Everything told so far is with the operating system. @throws {DdbError} DDB_OUTPUT_WRITE */
  commit(this: void): void
}

/** What follows from the events of a run alone. */
interface Follower {
  /** @param state  what has followed from the event */
  take(event: RunEvent, state: Readonly<RunState>): void
}

/** @param journal  asked each time; undefined where none is kept */
export function newRunLog(
  journal: () => Journal | undefined,
  ...followers: readonly Follower[]
): RunLog {
  const state = newRunState()
  return {
    state,
    emit(event) {
      journal()?.take(event)
      fold(state, event)
      for (const follower of followers) follower.take(event, state)
    },
    commit: () => journal()?.commit(),
  }
}
