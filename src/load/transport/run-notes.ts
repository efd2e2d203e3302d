/*
  What a run without receipts tells the server of itself: that a process still has it, and which batch it sends, so that a journal
  from an earlier time is found out.
*/
import type { Clock } from '../../platform/platform.js'

export interface RunNotes {
  /** A batch is about to be sent. */
  sending(no: number): void
  /** Resolves once the server has been told what it is to know before the next batch. @throws {DdbError} DDB_LOCKED, DDB_OUTPUT_WRITE */
  told(): Promise<void>
}

interface NotesSetup {
  readonly clock: Clock
  /** Tells the server that this process still has the run. Without a journal, undefined. */
  readonly keepRun?: (() => Promise<void>) | undefined
  /** Tells the server that a batch is about to be sent; false where it does not keep that. Without a journal, undefined. */
  readonly noteBatch?: ((no: number) => Promise<boolean>) | undefined
}

const keepEveryMs = 5_000

export function newRunNotes({ clock, keepRun, noteBatch }: NotesSetup): RunNotes {
  let keptAtMs = clock.nowMs()
  /** The highest number that the server was told. */
  let notedNo = 0
  let noted: Promise<void> = Promise.resolve()
  let keepsNotes = true
  return {
    // On its way before the batch is, and kept before the next one: a round trip of its own would be half of the time.
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
