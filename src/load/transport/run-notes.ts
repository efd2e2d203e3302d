/*
  Notes on the server for a run without receipts: which process works on the run, and which batch it sends. These notes reveal an
  outdated copy of the journal.
*/
import type { Clock } from '../../platform/platform.js'

export interface RunNotes {
  /** Must be called before a batch is sent. */
  sending(no: number): void
  /**
   * Resolves once the server has stored all notes that must precede the next batch.
   * @throws {DdbError} DDB_LOCKED, DDB_OUTPUT_WRITE
   */
  told(): Promise<void>
}

interface NotesSetup {
  readonly clock: Clock
  /** Notes that this process is still working on the run; undefined without a journal. */
  readonly keepRun?: (() => Promise<void>) | undefined
  /** Notes that a batch is about to be sent; false if the server does not store that. Undefined without a journal. */
  readonly noteBatch?: ((no: number) => Promise<boolean>) | undefined
}

const keepEveryMs = 5_000

export function newRunNotes({ clock, keepRun, noteBatch }: NotesSetup): RunNotes {
  let keptAtMs = clock.nowMs()
  let notedNo = 0
  let noted: Promise<void> = Promise.resolve()
  let keepsNotes = true
  return {
    // Waiting for each note would double the time per batch. Therefore the note is sent before the batch, and only the next
    // batch waits until the server has stored it.
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
