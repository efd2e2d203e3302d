/*
  The log of a run. Each event is sent first to the journal, then to `fold`.
*/
import type { RunEvent } from './events.js'
import { fold, newRunState, type RunState } from './fold.js'
import type { Journal } from '../journal/journal.js'

export interface RunLog {
  /** State of rows and batches; only `emit` changes it. */
  readonly state: Readonly<RunState>
  /**
   * Records an event before it happens. If recording fails, the event must not happen.
   * @throws {DdbError} DDB_OUTPUT_WRITE; DDB_INTERNAL if the event is impossible
   */
  emit(this: void, event: RunEvent): void
  /** Passes all events so far to the operating system. @throws {DdbError} DDB_OUTPUT_WRITE */
  commit(this: void): void
}

/** @param journal  called for each event; returns undefined if the run has no journal */
export function newRunLog(journal: () => Journal | undefined): RunLog {
  const state = newRunState()
  return {
    state,
    emit(event) {
      journal()?.take(event)
      fold(state, event)
    },
    commit: () => journal()?.commit(),
  }
}
