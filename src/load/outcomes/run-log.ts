/*
  The log of a run: each event goes to the journal first, then to the fold, then to followers.
*/
import type { RunEvent } from './events.js'
import { fold, newRunState, type RunState } from './fold.js'
import type { Journal } from '../journal/journal.js'

export interface RunLog {
  /** State of rows and batches; only `emit` changes it. */
  readonly state: Readonly<RunState>
  /**
   * Records an event before it happens: if the journal cannot take it, the event must not happen.
   * @throws {DdbError} DDB_OUTPUT_WRITE; DDB_INTERNAL if the event is impossible
   */
  emit(this: void, event: RunEvent): void
  /** Hands every event so far to the operating system. @throws {DdbError} DDB_OUTPUT_WRITE */
  commit(this: void): void
}

/** Draws conclusions from a run's events, but causes no events. */
interface Follower {
  /** @param state  after the event */
  take(event: RunEvent, state: Readonly<RunState>): void
}

/** @param journal  the log calls it for each event; it returns undefined if the run has no journal */
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
