/*
  Adds the rows of a batch to the equation of `fold.ts`, each to the term of its outcome. With receipts and in sync
  mode, the recorder records every batch that was handed over exactly once.
*/
import { DdbError } from '../../errors.js'
import type { Evidence } from '../evidence/evidence.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { Run } from '../run.js'
import type { Ended } from './events.js'
import type { TargetTraits } from './refusal-decision.js'
import { partRanges, partText, releasePart, type BatchPart } from './batch-part.js'
import { outsideMarks } from '../target/partition-scheme.js'
import { refusalShape } from './refusal.js'
import { rowsText } from './row-counts.js'

export interface RecordedTarget extends TargetTraits {
  readonly description: TargetDescription
  /** True if the target may count fewer rows than were sent, because it does not count a row whose key it already has. */
  readonly keyed: boolean
  /** True if the rows may be lost when the server stops. */
  readonly inMemory: boolean
  /** Checks that the rows are still in the same table; undefined if nothing can be checked. */
  readonly evidence?: Evidence
}

/** Records the outcome of parts of batches. Each method with a `part` gives this part its outcome. */
export interface Recorder {
  readonly target: RecordedTarget
  /** True while a stop of the server may lose confirmed rows. */
  readonly holdsMemory: boolean
  /**
   * The target accepted the part, perhaps without rows outside its partition scheme.
   * @param rows  rows accepted; null if the server does not report it, which means all of `left`
   * @param left  rows that remain after the run's transform; default: all rows
   */
  taken(part: BatchPart, rows: number | null, left?: number): void
  /** The server refused these rows because of their values. */
  rejected(part: BatchPart, errText: string): void
  /** The part may or may not be stored. */
  uncertain(part: BatchPart, reason: string): void
  /**
   * Like `uncertain`, for a part that the server refused for a reason other than its rows.
   * @returns the run's failure if the server refused the previous part for the same reason
   */
  refused(part: BatchPart, errText: string): DdbError | undefined
  /** The part is certainly not stored. */
  unsent(part: BatchPart): void
  /**
   * The server has lost the confirmed rows in its memory, or is gone. These rows become unconfirmed.
   * @param isCertain  if false, a process that resumes the run may still find these rows
   */
  takeBack(reason: string, isCertain: boolean): void
  /**
   * A different table has replaced the target. Confirmed rows become unconfirmed.
   * @param isCertain  if false, a process that resumes the run may still find these rows
   */
  replaced(reason: string, isCertain: boolean): void
}

type End = (part: BatchPart, rows: Partial<Ended>) => void

export function newRecorder(run: Run, target: RecordedTarget): Recorder {
  const { state } = run
  let lastRefusal: string | undefined
  const end: End = (part, rows) => {
    const { no, place } = part
    // Uses one object spread only. With three, these events took a tenth of the time of a small batch.
    const ended: Ended = {
      kind: 'ended',
      no,
      // A program's rows and those of a run without confirmation have no place in a journal.
      place: no === undefined ? undefined : place,
      confirmed: 0,
      rejected: 0,
      unconfirmed: 0,
      unsent: 0,
      ...rows,
    }
    run.emit(no === undefined ? { ...ended, ranges: partRanges(part) } : ended)
    run.rows?.partEnded(part, ended)
    releasePart(part)
  }
  const settle = takenCounter(run, target, end)

  const recorder: Recorder = {
    target,
    get holdsMemory() {
      return target.inMemory && state.rows.confirmed + state.rows.skipped > 0
    },
    taken(part, rows, left = rowsOf(part)) {
      lastRefusal = undefined
      target.evidence?.taken(rows ?? left)
      settle(part, rows, left)
    },
    rejected(part, errText) {
      if (part.mayBeStored === true) return recorder.uncertain(part, sentTwice(errText))
      for (let row = part.start; row < part.end; row++)
        run.rejects.keepRefused(part.batch, row, errText)
      end(part, { rejected: rowsOf(part), reason: errText })
    },
    uncertain(part, reason) {
      end(part, { unconfirmed: rowsOf(part), reason })
    },
    refused(part, errText) {
      const shape = refusalShape(errText)
      const isAlike = shape === lastRefusal
      lastRefusal = shape
      recorder.uncertain(part, `refused: ${errText}`)
      return isAlike ? refusedAlike(errText) : undefined
    },
    unsent(part) {
      if (part.mayBeStored === true) return recorder.uncertain(part, 'sent, and no receipt came')
      end(part, { unsent: rowsOf(part) })
    },
    takeBack(reason, isCertain) {
      if (!recorder.holdsMemory) return
      target.evidence?.forget()
      recorder.replaced(reason, isCertain)
    },
    replaced(reason, isCertain) {
      if (state.rows.confirmed + state.rows.skipped === 0) return
      if (isCertain) target.evidence?.samples.clear()
      run.emit({ kind: 'takenBack', reason, isCertain })
      run.rows?.takeBack()
    },
  }

  return recorder
}

/** The pieces of a part that remain without the rows at the indexes in `without`. */
function partsBetween(part: BatchPart, without: readonly number[]): readonly BatchPart[] {
  const ends = [...without, part.end]
  return ends
    .map((end, i) => ({ ...part, start: i === 0 ? part.start : ends[i - 1]! + 1, end }))
    .filter(({ start, end }) => start < end)
}

type Settle = (part: BatchPart, rows: number | null, left: number) => void

/** Returns a function that records the outcome of an accepted part. */
function takenCounter(run: Run, target: RecordedTarget, end: End): Settle {
  return (part, rows, left) => {
    const filtered = rowsOf(part) - left
    const short = left - (rows ?? left)
    if (filtered === 0 && short <= 0) {
      sample(run, target.evidence, part)
      return end(part, { confirmed: left, stored: 'all' })
    }
    const outside = short > 0 ? outsideRows(target.description, part) : []
    const missing = missingRows(target, short, outside)
    const isKnown = outside?.length === missing
    if (isKnown) rejectOutside(run, part, outside)
    const rejected = isKnown ? missing : 0
    const unconfirmed = missing - rejected
    const confirmed = left - rejected - unconfirmed
    const isWhole = !isKnown || missing === 0
    const parts = isWhole ? [part] : partsBetween(part, outside)
    if (unconfirmed === 0) for (const each of parts) sample(run, target.evidence, each)
    end(part, {
      confirmed,
      rejected,
      unconfirmed,
      stored: isWhole ? 'all' : parts.flatMap(partRanges),
      ...(filtered === 0 ? {} : { filtered }),
      ...(isKnown ? {} : { note: missingText(part, left, missing) }),
    })
  }
}

const rowsOf = ({ start, end }: BatchPart): number => end - start

/** Keeps the values of a few rows. Each time the number of accepted rows has doubled, records them in the journal. */
function sample(run: Run, evidence: Evidence | undefined, { batch, start, end }: BatchPart): void {
  if (evidence?.samples.taken(batch, start, end) === true) run.emit(evidence.sampled())
}

/**
 * The number of rows that are missing from the table. If the target has no key, all `short` rows are missing. A keyed
 * target also does not count a row whose key it already had, but such a row is not missing: only rows outside the
 * partition scheme are. If the run does not know those rows, the result is `short`, which is an upper limit.
 * @param short  number of sent rows that the target did not count
 * @param outside  indexes of the rows outside the partition scheme; ignored if it has more than `short` rows
 */
function missingRows(
  { keyed }: RecordedTarget,
  short: number,
  outside: readonly number[] | undefined,
): number {
  if (short <= 0) return 0
  return keyed && outside !== undefined && outside.length <= short ? outside.length : short
}

/** Rejects rows that a partitioned target dropped without an error (docs/server-semantics.md#rows-outside-the-scheme). */
function rejectOutside(run: Run, { batch }: BatchPart, rows: readonly number[]): void {
  const reason = "outside the target's partition scheme: the server drops such rows"
  for (const row of rows) run.rejects.keepRefused(batch, row, reason)
}

function missingText(part: BatchPart, rows: number, missing: number): string {
  return `the target took ${rows - missing} of ${rowsText(rows)} of ${partText(part)} and does not say which`
}

/** The message if the server refused the second copy and the outcome of the first copy is unknown. */
function sentTwice(errText: string): string {
  return `sent, no receipt came, and the server refused it when it was sent again: ${errText}`
}

/** @returns undefined if the target has partitions and its scheme does not show which rows lie outside */
function outsideRows(
  target: TargetDescription,
  { batch, start, end }: BatchPart,
): readonly number[] | undefined {
  if (target.partition === undefined) return []
  const marks = outsideMarks(target)?.(batch)
  if (marks === undefined) return undefined
  const rows: number[] = []
  for (let row = start; row < end; row++) if (marks[row] === 1) rows.push(row)
  return rows
}

function refusedAlike(errText: string): DdbError {
  return new DdbError(
    'DDB_UNAVAILABLE',
    `the server refused two batches in a row with the same message: ${errText}. Nothing more is sent: ` +
      'find the cause first. Confirmed rows are in the table, and loading everything again would store them twice',
  )
}
