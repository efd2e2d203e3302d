/*
  What an outcome in the ledger means for the rows of a batch: confirmed, dropped, rejected, to be sent again, or to
  be taken apart until the rows are found that the server refuses.
*/
import { ConnectionError, type DdbError, ServerError } from '../../errors.js'
import { outsideMarks } from './partition-scheme.js'
import type { TargetDescription } from '../describe-target.js'
import type { OpenBatch } from '../receipts/registry.js'
import { halves, partText, type Part } from './slice.js'
import type { ServerAddress } from '../options.js'
import { redirectIn } from '../connection/redirect.js'
import { classifyRefusal } from './refusal.js'
import { retryDelayMs, type RetryRules } from '../connection/retry.js'
import type { Run } from '../run.js'

/** What has been sent, and after how many refusals. */
export type SentPart = Pick<OpenBatch<Part>, 'content' | 'rowCount' | 'attempt'>

export interface FateRules {
  run: Run
  target: TargetDescription
  /** False where a refused batch may have left rows behind: function views, atomic='CHUNK'. */
  allOrNothing: boolean
  /** True where fewer rows than sent is normal, because known keys are updated or ignored. */
  keyed: boolean
  rules: RetryRules
}

export interface Fates extends FateRules {
  readonly notes: readonly string[]
  /** How often the server refused a single row with the same words. */
  readonly refusals: Map<string, number>
  note(text: string): void
}

export type NextStep =
  | { kind: 'done' }
  | { kind: 'again'; delayMs: number }
  /** Take the halves instead, unless `isHopeless(errText)` by then. */
  | { kind: 'split'; parts: readonly [Part, Part]; errText: string }
  /** Another node leads, and nothing of the batch was written here: it goes there, or nowhere (`stopAt`). */
  | { kind: 'follow'; to: ServerAddress }
  /** The batch is settled, and no more are to be sent. */
  | { kind: 'stop'; error: DdbError }

/** Equal refusals of single rows after which whole batches are refused: looking further would find the same. */
const enoughRefusals = 20

export function newFates(rules: FateRules): Fates {
  const notes: string[] = []
  return {
    ...rules,
    notes,
    refusals: new Map(),
    note: text => void (notes.includes(text) || notes.push(text)),
  }
}

/**
 * Puts the rows of a batch where they belong in the tally and says what comes next.
 *
 * @param rows  the target's answer; −1 for a refusal, then `errText` says why
 */
export function settle(fates: Fates, open: SentPart, rows: number, errText: string): NextStep {
  if (rows >= 0) {
    taken(fates, open, rows)
    return { kind: 'done' }
  }
  const part = open.content
  switch (classifyRefusal(errText)) {
    case 'busy':
      if (fates.allOrNothing && open.attempt < fates.rules.retries) {
        return { kind: 'again', delayMs: retryDelayMs(open.attempt + 1, fates.rules.random) }
      }
      return rejectWhole(fates, part, errText)
    case 'redirect':
      if (fates.allOrNothing) return { kind: 'follow', to: redirectIn(errText)! }
      return stopAt(fates, leaderElsewhere(errText), part, errText)
    case 'privilege':
      return stopAt(fates, refusedError('DDB_PRIVILEGE', part, errText), part, errText)
    case 'target':
      return stopAt(fates, refusedError('DDB_TARGET', part, errText), part, errText)
    case 'rows':
      return lookForRows(fates, part, errText)
  }
}

/** Ends the run. The reason goes before its consequences: the rows of this batch are refused because of it. */
export function stopAt(fates: Fates, error: DdbError, part: Part, errText: string): NextStep {
  fates.run.fail(error)
  fates.run.tally.failedBatches++
  rejectRows(fates, part, errText)
  return { kind: 'stop', error }
}

function refusedError(
  code: 'DDB_PRIVILEGE' | 'DDB_TARGET',
  part: Part,
  errText: string,
): ServerError {
  return new ServerError(errText, code, `the server refused ${partText(part)}: ${errText}`)
}

/** What a function wrote before it met the node that does not lead, nobody knows. */
function leaderElsewhere(errText: string): ConnectionError {
  const { host, port } = redirectIn(errText)!
  return new ConnectionError(
    'DDB_CONNECT',
    `another node leads by now, ${host}:${port}: a function is not called again there, as it may have written ` +
      `before. See what arrived, then load what is left with --host ${host}:${port}`,
  )
}

function lookForRows(fates: Fates, part: Part, errText: string): NextStep {
  if (!fates.allOrNothing || isHopeless(fates, errText)) return rejectWhole(fates, part, errText)
  if (part.end - part.start > 1) return { kind: 'split', parts: halves(part), errText }
  fates.refusals.set(errText, (fates.refusals.get(errText) ?? 0) + 1)
  return rejectWhole(fates, part, errText)
}

/** True once so many rows were refused alike that looking for more would only find the same. */
export function isHopeless(fates: Fates, errText: string): boolean {
  return (fates.refusals.get(errText) ?? 0) >= enoughRefusals
}

/** Nothing of the part is in the target as far as the server says: its rows are rejects. */
export function rejectWhole(fates: Fates, part: Part, errText: string): NextStep {
  fates.run.tally.failedBatches++
  rejectRows(fates, part, errText)
  return { kind: 'done' }
}

function rejectRows({ run }: Fates, part: Part, errText: string): void {
  for (let row = part.start; row < part.end; row++) run.rejectSent(part.batch, row, errText)
}

/** The target took the batch, perhaps without the rows that lie outside its partition scheme. */
function taken(fates: Fates, { content: part, rowCount }: SentPart, rows: number): void {
  const { tally } = fates.run
  if (fates.keyed || rows >= rowCount) {
    tally.confirmed += rowCount
    return
  }
  tally.confirmed += rows
  const dropped = rowCount - rows
  const outside = outsideRows(fates, part)
  if (outside.length !== dropped) {
    tally.unconfirmed += dropped
    fates.note(
      `the target took ${rows} of ${rowCount} rows of ${partText(part)} and does not tell which`,
    )
    return
  }
  const reason = "outside the target's partition scheme: the server drops such rows"
  for (const row of outside) fates.run.rejectSent(part.batch, row, reason)
}

function outsideRows({ target }: Fates, { batch, start, end }: Part): number[] {
  const marks = outsideMarks(target.partition)?.(batch)
  const rows: number[] = []
  for (let row = start; row < end; row++) if (marks?.[row] === 1) rows.push(row)
  return rows
}
