/*
  Puts the rows of a batch where they belong in the equation, once it is known what became of them. With receipts and in sync
  mode every batch that was handed over ends here, exactly once.
*/
import { DdbError } from '../../errors.js'
import { mayBeGone, type Evidence } from '../evidence/evidence.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { EndedRows } from '../journal/journal-record.js'
import type { Run } from '../run.js'
import { LineRanges, rangeText, type LineRange } from './line-ranges.js'
import type { TargetTraits } from './decide.js'
import { partText, releasePart, type Part } from './part.js'
import { outsideMarks } from '../delivery/partition-scheme.js'
import type { TakenPart, Verifier } from '../verify/verifier.js'
import { refusalShape } from './refusal.js'
import { rowsText } from '../row-counts.js'

/** What is known of the target, and of its memory. */
export interface RecordedTarget extends TargetTraits {
  readonly description: TargetDescription
  /** True where fewer rows than sent is normal, because known keys are updated or ignored. */
  readonly keyed: boolean
  /** True where the rows are gone once the server is. */
  readonly inMemory: boolean
  /** What speaks for it that rows are in this very target; undefined when nothing is asked. */
  readonly evidence?: Evidence
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
  readonly keys: KeyCounts
  /**
   * The target took the part, perhaps without rows that lie outside its partition scheme.
   *
   * @param rows  null when it does not tell: then all of them
   * @param had  rows that it has had afterwards, as far as it tells
   * @param leastHad  rows that it had at least when the server began with the part, as far as is known
   */
  taken(part: Part, rows: number | null, had?: number, leastHad?: number): void
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
  /**
   * Another table has taken the place of the one that rows were confirmed in: they become unconfirmed.
   * @param isCertain  else a process that takes up the run may still find them
   */
  replaced(reason: string, isCertain: boolean): void
  /** Resolves once all rows that were taken are read back, where they are to be. */
  settled(): Promise<void>
}

/** Ranges in the sentence; `uncertain` of the result has them all. */
const namedRanges = 5

/** @param verifier  reads back what was taken before it counts */
export function newRecorder(run: Run, target: RecordedTarget, verifier?: Verifier): Recorder {
  const { counts } = run
  const notes: string[] = []
  const uncertain = new LineRanges()
  const confirmed = new LineRanges()
  const different = new LineRanges()
  let lastRefusal: string | undefined
  const keys = newKeyCounts(run, target)
  const note = (text: string): void => void (notes.includes(text) || notes.push(text))
  const end = (part: Part, rows: Partial<EndedRows>): void => {
    run.journal?.ended(part, { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0, ...rows })
    releasePart(part)
    if (part.open.parts === 0) verifier?.released(part.batch)
  }
  const settle = takenCounter(run, target, { confirmed, different, note, end, keys })

  const recorder: Recorder = {
    target,
    get note() {
      const all = [...notes, ...uncertainNotes(uncertain)]
      return all.length === 0 ? undefined : all.join('. ')
    },
    get uncertainRanges() {
      return [...uncertain.ranges, ...different.ranges]
    },
    get hasUncertain() {
      return uncertain.ranges.length > 0
    },
    get holdsMemory() {
      return target.inMemory && counts.rows.confirmed + counts.rows.skipped > 0
    },
    keys,
    taken(part, rows, had, leastHad) {
      lastRefusal = undefined
      const change = target.evidence?.taken(rows ?? rowsOf(part), leastHad, had)
      if (change !== undefined) recorder.replaced(mayBeGone(change), true)
      if (verifier === undefined) settle(part, rows, [])
      else verifier.add(partToRead(run, recorder, part, rows, settle))
    },
    rejected(part, errText) {
      if (part.mayBeStored === true) return recorder.uncertain(part, sentTwice(errText))
      counts.batchFailed()
      for (let row = part.start; row < part.end; row++) run.rejectSent(part.batch, row, errText)
      end(part, { rejected: rowsOf(part) })
    },
    uncertain(part, reason) {
      counts.batchFailed()
      counts.unconfirmed(rowsOf(part))
      uncertain.add(part, reason)
      end(part, { unconfirmed: rowsOf(part) })
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
      end(part, { unsent: rowsOf(part) })
    },
    takeBack(reason, isCertain) {
      if (!recorder.holdsMemory) return
      target.evidence?.forget()
      recorder.replaced(reason, isCertain)
    },
    replaced(reason, isCertain) {
      if (counts.rows.confirmed + counts.rows.skipped === 0) return
      if (isCertain) target.evidence?.samples.clear()
      if (isCertain) run.journal?.forgotten()
      note(reason)
      counts.allUnconfirmed()
      uncertain.addAll(confirmed, reason)
      confirmed.clear()
    },
    settled: async () => verifier?.settled(),
  }

  return recorder
}

/** What is left of a part without some of its rows. */
function partsBetween(part: Part, without: readonly number[]): readonly Part[] {
  const ends = [...without, part.end]
  return ends
    .map((end, i) => ({ ...part, start: i === 0 ? part.start : ends[i - 1]! + 1, end }))
    .filter(({ start, end }) => start < end)
}

type Settle = (part: Part, rows: number | null, unlike: readonly number[]) => void

/** A part that counts once it was read back. */
function partToRead(
  run: Run,
  recorder: Recorder,
  part: Part,
  rows: number | null,
  settle: Settle,
): TakenPart {
  const { keyed, description } = recorder.target
  const missing = Math.max(0, rowsOf(part) - (rows ?? rowsOf(part)))
  return {
    part,
    duplicates: keyed ? missing : 0,
    leftOut: new Set(missing > 0 ? outsideRows(description, part) : []),
    fail(error) {
      run.fail(error)
      recorder.uncertain(part, `stored, and not read back: ${error.message}`)
    },
    settle: unlike => settle(part, rows, unlike),
  }
}

interface TakenSetup {
  readonly confirmed: LineRanges
  readonly different: LineRanges
  readonly keys: KeyCounts
  readonly note: (text: string) => void
  readonly end: (part: Part, rows: Partial<EndedRows>) => void
}

/** Counts a part that the target took, but for rows of the batch that are not there as they were sent. */
function takenCounter(
  run: Run,
  target: RecordedTarget,
  { confirmed, different, keys, note, end }: TakenSetup,
): Settle {
  return (part, rows, unlike) => {
    const all = rowsOf(part)
    const short = all - (rows ?? all)
    const outside = short > 0 ? outsideRows(target.description, part) : []
    const missing = missingRows(target, short, outside)
    const isKnown = outside?.length === missing
    if (isKnown) rejectOutside(run, part, outside)
    else note(missingText(part, missing))
    const rejected = isKnown ? missing : 0
    // Rows that are missing are among those that were not found.
    const unconfirmed = Math.max(missing - rejected, unlike.length)
    const stored = all - rejected - unconfirmed
    if (isKnown && missing > 0) {
      for (const each of partsBetween(part, outside)) confirmed.add(each, '')
    } else confirmed.add(part, '')
    run.counts.confirmed(stored)
    run.counts.unconfirmed(unconfirmed)
    for (const row of unlike) {
      different.add({ ...part, start: row, end: row + 1 }, 'not in the table as it was sent')
    }
    if (stored === all) sample(run, target.evidence, part)
    end(part, { confirmed: stored, rejected, unconfirmed, ...keys.taken(all, rows) })
  }
}

const rowsOf = ({ start, end }: Part): number => end - start

/** Keeps some rows by value; the journal is told as often as there are others. */
function sample(run: Run, evidence: Evidence | undefined, { batch, start, end }: Part): void {
  if (evidence?.samples.taken(batch, start, end) === true) run.journal?.note(evidence.sampled())
}

/** Rows with keys that a target had already. */
export interface KeyCounts {
  /** They have changed a row, or were dropped; null when the target does not tell. */
  readonly duplicates: number | null
  /** It took a part. @param kept  rows that it took as new; null when it does not tell */
  taken(rows: number, kept: number | null): Pick<EndedRows, 'duplicates'>
}

/** A function does not tell what it kept, nor does a DFS table: it updates rows, or looks for equal ones later. */
function newKeyCounts(
  { journal }: Run,
  { kind, inMemory, keyed, description }: RecordedTarget,
): KeyCounts {
  const isUnknown =
    kind === 'function' ||
    (keyed && !inMemory) ||
    (description.dropsDuplicates === true && !inMemory) ||
    description.upsert?.counts === false
  let duplicates = isUnknown ? null : (journal?.found.duplicates ?? 0)
  return {
    get duplicates() {
      return duplicates
    },
    taken(rows, kept) {
      if (!keyed || duplicates === null) return {}
      const known = kept === null ? null : Math.max(0, rows - kept)
      duplicates = known === null ? null : duplicates + known
      return known === null || known === 0 ? {} : { duplicates: known }
    },
  }
}

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
  return `the target took ${rows - missing} of ${rowsText(rows)} of ${partText(part)} and does not tell which`
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
      'see what is the matter with it. What is confirmed is there, and would be stored twice if all were loaded again',
  )
}
