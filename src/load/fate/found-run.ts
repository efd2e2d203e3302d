/*
  A run as a process finds it: what its journal comes to, for whoever goes on with it or tells how it stands.
*/
import { traitsOf } from '../transport/confirmations.js'
import { rowOfJournal, type SampleRow } from '../evidence/sample-rows.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import type { ConfirmUsed } from '../options.js'
import type { TargetIdentity } from '../journal/target-identity.js'
import { unknownRows, type CoveredInput } from './covered-range.js'
import { newDurableState, type DurableState } from './durable.js'
import type { NamedInput } from './events.js'

/** One input of a run. */
export interface FoundInput extends Readonly<NamedInput> {
  readonly covered: CoveredInput
}

/** Rows of a run whose place is known from its journal. */
export interface FoundRows {
  readonly confirmed: number
  readonly rejected: number
  /** Sent, and nothing is known of them. */
  readonly unconfirmed: number
  /** Read, and certainly not stored. */
  readonly unsent: number
}

/** Nothing that a later process does changes it. */
export interface FoundRun extends Readonly<
  Pick<
    DurableState,
    | 'run'
    | 'processes'
    | 'offsets'
    | 'finished'
    | 'isAnew'
    | 'owner'
    | 'lastNo'
    | 'lanes'
    | 'lastSender'
    | 'isForgotten'
    | 'hasLeftServer'
    | 'end'
    | 'sums'
  >
> {
  readonly inputs: readonly FoundInput[]
  readonly target: TargetIdentity | undefined
  /** How the last process had rows confirmed. */
  readonly used: ConfirmUsed | undefined
  readonly ledgerNumber: number
  /** Of its columns; the version before gave none. */
  readonly ledgerVersion: 1 | 2
  /** Rows that the target took, by value. */
  readonly samples: readonly SampleRow[]
  /** Rows that it has had at least; undefined when nothing is known. */
  readonly leastRows: number | undefined
  /** Rows with a key that the target had already; null when the version before has written some of it. */
  readonly duplicates: number | null
  readonly dataSessions: readonly string[]
  /** Where nobody knows of single batches: of the inputs that need not be read again. */
  readonly rejects: JournaledRejects | undefined
  readonly rejectsFiles: readonly string[]
  rows(this: void): FoundRows
}

export function foundRun(state: DurableState): FoundRun {
  const { target, ledger, sampled, sums, done, read } = state
  const rejects = readsAgain(state) ? done?.rejects : state.rejects
  return {
    ...state,
    inputs: state.inputs.map((input, i) => ({ ...input, covered: read!.covered[i]! })),
    target: target?.identity,
    used: target?.used,
    ledgerNumber: ledger.number,
    ledgerVersion: ledger.version,
    samples: sampled === undefined ? [] : samplesOf(sampled.rows),
    leastRows: sampled?.leastRows ?? undefined,
    duplicates: state.hidesKeys ? null : sums.duplicates,
    rejects,
    rows: () => rowsOf(state, rejects),
  }
}

/** Nothing was done yet. */
export function emptyRun(): FoundRun {
  return foundRun(newDurableState(true))
}

/** Nobody knows of single batches: what was not finished is read from its beginning. */
function readsAgain({ target }: DurableState): boolean {
  return target !== undefined && !traitsOf(target.used).knowsBatches
}

function rowsOf(state: DurableState, rejects: JournaledRejects | undefined): FoundRows {
  const byClass = Object.values(rejects?.byClass ?? {})
  const rejectedRows = byClass.reduce((sum, rows) => sum + rows, 0)
  if (readsAgain(state)) {
    const { confirmed = 0, skipped = 0 } = state.done?.rows ?? {}
    return { confirmed: confirmed + skipped, rejected: rejectedRows, unconfirmed: 0, unsent: 0 }
  }
  let unknown = 0
  const { covered } = state.read!
  // One that has rows of several inputs stands in each of them.
  const batches = new Set(covered.flatMap(({ ranges }) => ranges.map(({ batch }) => batch)))
  for (const batch of batches) unknown += unknownRows(batch)
  const sent = covered.reduce((sum, { rows }) => sum + rows, 0)
  const { confirmed, rejected, unconfirmed } = state.sums
  return {
    confirmed,
    rejected: rejectedRows,
    unconfirmed: unconfirmed + unknown,
    unsent: sent - confirmed - rejected - unconfirmed - unknown,
  }
}

/** Others may have written them: what is no row proves nothing. */
function samplesOf(rows: readonly Parameters<typeof rowOfJournal>[0][]): readonly SampleRow[] {
  try {
    return rows.map(rowOfJournal)
  } catch {
    return []
  }
}
