/*
  Puts the rows of a batch where they belong in the equation, once it is known what became of them. With receipts and in sync
  mode every batch that was handed over ends here, exactly once.
*/
import { DdbError } from '../../errors.js'
import { mayBeGone, type Evidence } from '../evidence/evidence.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { Run } from '../run.js'
import { onlyLane, type Ended } from './events.js'
import type { TargetTraits } from './decide.js'
import { partRanges, partText, releasePart, type Part } from './part.js'
import { outsideMarks } from '../target/partition-scheme.js'
import type { TakenPart, Verifier } from '../verify/verifier.js'
import { refusalShape } from './refusal.js'
import { rowsText } from './row-counts.js'

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

/** Tells the run what became of parts of batches. Each call but `takeBack` and `replaced` ends one. */
export interface Recorder {
  readonly target: RecordedTarget
  /** True while rows are confirmed that are gone once the server is. */
  readonly holdsMemory: boolean
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

type End = (part: Part, rows: Partial<Ended>) => void

/** @param verifier  reads back what was taken before it counts */
export function newRecorder(run: Run, target: RecordedTarget, verifier?: Verifier): Recorder {
  const { state } = run
  let lastRefusal: string | undefined
  const end: End = (part, rows) => {
    const { no } = part
    const ranges = no === undefined ? { ranges: partRanges(part) } : {}
    const ended = { ...nothing, ...rows }
    run.emit({ kind: 'ended', lane: onlyLane, no, ...ranges, ...ended })
    run.rows?.partEnded(part, ended)
    releasePart(part)
    if (part.open.parts === 0) verifier?.released(part.batch)
  }
  const hidesKeys = doesHideKeys(target)
  const duplicates = hidesKeys ? null : run.history.found.duplicates
  run.emit({ kind: 'duplicatesKnown', rows: duplicates })
  const settle = takenCounter(run, target, end)

  const recorder: Recorder = {
    target,
    get holdsMemory() {
      return target.inMemory && state.rows.confirmed + state.rows.skipped > 0
    },
    taken(part, rows, had, leastHad) {
      lastRefusal = undefined
      const change = target.evidence?.taken(rows ?? rowsOf(part), leastHad, had)
      if (change !== undefined) recorder.replaced(mayBeGone(change), true)
      if (verifier === undefined) return settle(part, rows, [])
      if (part.no !== undefined) run.emit({ kind: 'taken', lane: onlyLane, no: part.no })
      verifier.add(partToRead(run, recorder, part, rows, settle))
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
    settled: async () => verifier?.settled(),
  }

  return recorder
}

const nothing = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0 }

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
      run.ending.fail(error)
      recorder.uncertain(part, `stored, and not read back: ${error.message}`)
    },
    settle: unlike => settle(part, rows, unlike),
  }
}

/** Counts a part that the target took, but for rows of the batch that are not there as they were sent. */
function takenCounter(run: Run, target: RecordedTarget, end: End): Settle {
  return (part, rows, unlike) => {
    const all = rowsOf(part)
    const short = all - (rows ?? all)
    const outside = short > 0 ? outsideRows(target.description, part) : []
    const missing = missingRows(target, short, outside)
    const isKnown = outside?.length === missing
    if (isKnown) rejectOutside(run, part, outside)
    const rejected = isKnown ? missing : 0
    // Rows that are missing are among those that were not found.
    const unconfirmed = Math.max(missing - rejected, unlike.length)
    const confirmed = all - rejected - unconfirmed
    const isWhole = !isKnown || missing === 0
    const parts = isWhole ? [part] : partsBetween(part, outside)
    if (unconfirmed === 0) for (const each of parts) sample(run, target.evidence, each)
    const different = unlike.map(row => ({ ...part, start: row, end: row + 1 }))
    end(part, {
      confirmed,
      rejected,
      unconfirmed,
      stored: isWhole ? 'all' : parts.flatMap(partRanges),
      different: different.flatMap(partRanges),
      ...(isKnown ? {} : { note: missingText(part, missing) }),
      ...keysKnown(run, target, all, rows),
    })
  }
}

const rowsOf = ({ start, end }: Part): number => end - start

/** Keeps some rows by value; the journal is told as often as there are others. */
function sample(run: Run, evidence: Evidence | undefined, { batch, start, end }: Part): void {
  if (evidence?.samples.taken(batch, start, end) === true) run.emit(evidence.sampled())
}

/** A function does not tell what it kept, nor does a DFS table: it updates rows, or looks for equal ones later. */
function doesHideKeys({ kind, inMemory, keyed, description }: RecordedTarget): boolean {
  return (
    kind === 'function' ||
    (keyed && !inMemory) ||
    (description.dropsDuplicates === true && !inMemory) ||
    description.upsert?.counts === false
  )
}

/** @param kept  rows that the target took as new; null when it does not tell */
function keysKnown(
  { state }: Run,
  { keyed }: RecordedTarget,
  rows: number,
  kept: number | null,
): Pick<Ended, 'duplicates' | 'hidesDuplicates'> {
  if (!keyed || state.duplicates === null) return {}
  if (kept === null) return { hidesDuplicates: true }
  return kept < rows ? { duplicates: rows - kept } : {}
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
  for (const row of rows) run.rejects.keepRefused(batch, row, reason)
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

function refusedAlike(errText: string): DdbError {
  return new DdbError(
    'DDB_UNAVAILABLE',
    `the server refused two batches in a row with the same words: ${errText}. Nothing more is sent; ` +
      'see what is the matter with it. What is confirmed is there, and would be stored twice if all were loaded again',
  )
}
