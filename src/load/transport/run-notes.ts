/*
  Tells the server that a process works on a run without receipts, and which batch it sends. These notes show whether a
  copy of the journal is outdated.
*/
import type { Clock } from '../../platform/platform.js'

export interface RunNotes {
  /** Must be called before a batch is sent. */
  sending(no: number): void
  /**
   * Resolves once the server has stored all notes that must come before the next batch.
   * @throws {DdbError} DDB_LOCKED, DDB_OUTPUT_WRITE
   */
  told(): Promise<void>
}

interface NotesSetup {
  readonly clock: Clock
  /** Tells the server that this process still works on the run. Undefined without a journal. */
  readonly keepRun?: (() => Promise<void>) | undefined
  /** Tells the server that a batch is about to be sent; false if the server does not store that. Undefined without a journal. */
  readonly noteBatch?: ((no: number) => Promise<boolean>) | undefined
}

const keepEveryMs = 5_000

export function newRunNotes({ clock, keepRun, noteBatch }: NotesSetup): RunNotes {
  let keptAtMs = clock.nowMs()
  let notedNo = 0
  let noted: Promise<void> = Promise.resolve()
  let keepsNotes = true
  return {
    // The note is sent before the batch, and the server stores the note before the next batch. Waiting for each note
    // would double the time for a batch.
    sending(no) {
      if (noteBatch === undefined || !keepsNotes || no <= notedNo) return
      notedNo = no
      noted = noteBatch(no).then(keeps => void (keepsNotes &&= keeps))
    },
    async told() {
      await noted
      const nowMs = clock.nowMs()
      if (keepRun === undefined || nowMs - keptAtMs < keepEveryMs) return
      keptAtMs = nowMs
      await keepRun()
    },
  }
}
