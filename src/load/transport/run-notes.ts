/*
  What a run without receipts reports to the server: that a process still works on it, and which batch it sends, so that an
  outdated copy of the journal is noticed.
*/
import type { Clock } from '../../platform/platform.js'

export interface RunNotes {
  /** A batch is about to be sent. */
  sending(no: number): void
  /**
   * Resolves once the server has stored what it must know before the next batch.
   * @throws {DdbError} DDB_LOCKED, DDB_OUTPUT_WRITE
   */
  told(): Promise<void>
}

interface NotesSetup {
  readonly clock: Clock
  /** Tells the server that this process still works on the run. Undefined without a journal. */
  readonly keepRun?: (() => Promise<void>) | undefined
  /** Tells the server that a batch is about to be sent; false if it does not store that. Undefined without a journal. */
  readonly noteBatch?: ((no: number) => Promise<boolean>) | undefined
}

const keepEveryMs = 5_000

export function newRunNotes({ clock, keepRun, noteBatch }: NotesSetup): RunNotes {
  let keptAtMs = clock.nowMs()
  /** The highest number reported to the server. */
  let notedNo = 0
  let noted: Promise<void> = Promise.resolve()
  let keepsNotes = true
  return {
    // The note leaves before the batch does, and is stored before the next one: waiting for it each time would double the time.
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
