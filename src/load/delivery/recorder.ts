/*
  Puts the rows of a batch where they belong in the equation, once it is known what became of them. With receipts and in sync
  mode every batch that was handed over ends here, exactly once.
*/
import { DdbError } from '../../errors.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { EndedRows } from '../journal/journal-record.js'
import type { Run } from '../run.js'
import { LineRanges, rangeText, type LineRange } from './line-ranges.js'
import type { TargetTraits } from './outcome.js'
import { partText, releasePart, type Part } from './part.js'
import { outsideMarks } from './partition-scheme.js'
import { refusalShape } from './refusal.js'

/** What is known of the target, and of its memory. */
export interface RecordedTarget extends TargetTraits {
  readonly description: TargetDescription
  /** True where fewer rows than sent is normal, because known keys are updated or ignored. */
  readonly keyed: boolean
  /** True where the rows are gone once the server is. */
  readonly inMemory: boolean
}

/** Counts outcomes. Each call but `takeBack` ends one part of a batch. */
export interface Recorder {
  readonly target: RecordedTarget
  /** Sentences for the summary. */
  readonly note: string | undefined
  readonly uncertainRanges: LineRange[]
  /** True once there is a batch of which nobody knows what became. */
  readonly hasUncertain: boolean
  /** True while rows are confirmed that are gone once the server is. */
  readonly holdsMemory: boolean
  /** The target took the part, perhaps without rows that lie outside its partition scheme. */
  taken(part: Part, rows: number): void
  /** The server refused these rows for their own sake. */
  rejected(part: Part, errText: string): void
  /** The part may be there. */
  uncertain(part: Part, reason: string): void
  /**
   * As `uncertain`, for a part that was refused for reasons that are not its own.
   * @returns the failure of a run whose batches are refused alike, one after the other
   */
  refused(part: Part, errText: string): DdbError | undefined
  /** The part is certainly not there. */
  unsent(part: Part): void
  /**
   * The server that held confirmed rows in memory is gone, or forgot them: they become unconfirmed.
   * @param isCertain  else a process that takes up the run may still find them
   */
  takeBack(reason: string, isCertain: boolean): void
}

/** Ranges in the sentence; `uncertain` of the result has them all. */
const namedRanges = 5

export function newRecorder(run: Run, target: RecordedTarget): Recorder {
  const { counts } = run
  const notes: string[] = []
  const uncertain = new LineRanges()
  const confirmed = new LineRanges()
  let lastRefusal: string | undefined
  const note = (text: string): void => void (notes.includes(text) || notes.push(text))
  const ended = (part: Part, rows: Partial<EndedRows>): void =>
    run.journal?.ended(part, { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0, ...rows })

  const recorder: Recorder = {
    target,
    get note() {
      const all = [...notes, ...uncertainNotes(uncertain)]
      return all.length === 0 ? undefined : all.join('. ')
    },
    get uncertainRanges() {
      return uncertain.ranges
    },
    get hasUncertain() {
      return uncertain.ranges.length > 0
    },
    get holdsMemory() {
      return target.inMemory && counts.rows.confirmed + counts.rows.skipped > 0
    },
    taken(part, rows) {
      lastRefusal = undefined
      if (target.inMemory) confirmed.add(part, '')
      const outside = rowsOf(part) > rows ? outsideRows(target.description, part) : []
      const missing = missingRows(target, rowsOf(part) - rows, outside)
      const stored = rowsOf(part) - missing
      counts.confirmed(stored)
      if (outside?.length === missing) {
        rejectOutside(run, part, outside)
        ended(part, { confirmed: stored, rejected: missing })
      } else {
        counts.unconfirmed(missing)
        note(missingText(part, missing))
        ended(part, { confirmed: stored, unconfirmed: missing })
      }
      releasePart(part)
    },
    rejected(part, errText) {
      if (part.mayBeStored === true) return recorder.uncertain(part, sentTwice(errText))
      counts.batchFailed()
      for (let row = part.start; row < part.end; row++) run.rejectSent(part.batch, row, errText)
      ended(part, { rejected: rowsOf(part) })
      releasePart(part)
    },
    uncertain(part, reason) {
      counts.batchFailed()
      counts.unconfirmed(rowsOf(part))
      uncertain.add(part, reason)
      ended(part, { unconfirmed: rowsOf(part) })
      releasePart(part)
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
      counts.unsent(rowsOf(part))
      ended(part, { unsent: rowsOf(part) })
      releasePart(part)
    },
    takeBack(reason, isCertain) {
      if (!recorder.holdsMemory) return
      if (isCertain) run.journal?.forgotten()
      note(reason)
      counts.allUnconfirmed()
      uncertain.addAll(confirmed, reason)
      confirmed.clear()
    },
  }

  return recorder
}

const rowsOf = ({ start, end }: Part): number => end - start

/**
 * How many of the rows that the target did not count are not in it. Rows with known keys are counted short as well, and
 * are there: of a keyed target only those outside its scheme are missing, where that can be told and they are not more.
 *
 * @param short  rows sent, less those counted
 */
function missingRows(
  { keyed }: RecordedTarget,
  short: number,
  outside: readonly number[] | undefined,
): number {
  if (short <= 0) return 0
  return keyed && outside !== undefined && outside.length <= short ? outside.length : short
}

/** Rows that a partitioned target dropped without a word (docs/server-semantics.md#rows-outside-the-scheme). */
function rejectOutside(run: Run, { batch }: Part, rows: readonly number[]): void {
  const reason = "outside the target's partition scheme: the server drops such rows"
  for (const row of rows) run.rejectSent(batch, row, reason)
}

function missingText(part: Part, missing: number): string {
  const rows = rowsOf(part)
  return `the target took ${rows - missing} of ${rows} rows of ${partText(part)} and does not tell which`
}

/** The second copy was refused: nobody knows whether the first was stored. */
function sentTwice(errText: string): string {
  return `sent, no receipt came, and refused when it was sent again: ${errText}`
}

/** @returns undefined when the target has partitions, and what lies outside cannot be told */
function outsideRows(
  target: TargetDescription,
  { batch, start, end }: Part,
): readonly number[] | undefined {
  if (target.partition === undefined) return []
  const marks = outsideMarks(target)?.(batch)
  if (marks === undefined) return undefined
  const rows: number[] = []
  for (let row = start; row < end; row++) if (marks[row] === 1) rows.push(row)
  return rows
}

function uncertainNotes(uncertain: LineRanges): string[] {
  const { ranges, unnamedBatches } = uncertain
  if (ranges.length === 0) return []
  const named = ranges
    .slice(0, namedRanges)
    .map(range => `${rangeText(range)} (${batchesText(range.batches)}): ${range.reason}`)
  const rest =
    ranges.slice(namedRanges).reduce((sum, { batches }) => sum + batches, 0) + unnamedBatches
  return [`uncertain: ${named.join('; ')}${rest === 0 ? '' : `; and ${batchesText(rest)} more`}`]
}

function batchesText(count: number): string {
  return count === 1 ? '1 batch' : `${count} batches`
}

function refusedAlike(errText: string): DdbError {
  return new DdbError(
    'DDB_UNAVAILABLE',
    `the server refused two batches in a row with the same words: ${errText}. Nothing more is sent; ` +
      'see what is the matter with it, then load the rest',
  )
}
