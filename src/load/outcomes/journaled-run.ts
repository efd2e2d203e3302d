/*
  A run as its journal describes it. A process needs this to resume the run or to report its state.
*/
import { traitsOf } from '../transport/confirmations.js'
import { rowOfJournal, type SampleRow } from '../evidence/sample-rows.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import type { ConfirmUsed } from '../options.js'
import type { TargetIdentity } from '../journal/target-identity.js'
import { unknownRows, type CoveredInput } from './covered-range.js'
import { newDurableState, type DurableState } from './durable-state.js'
import type { NamedInput } from './events.js'

export interface JournaledInput extends Readonly<NamedInput> {
  readonly covered: CoveredInput
}

/** Counts of the run's rows by outcome. They include only rows whose place in the inputs the journal records. */
export interface JournaledRows {
  readonly confirmed: number
  /** Rows that the run's transform left out. */
  readonly filtered: number
  readonly rejected: number
  /** Rows that were sent and whose outcome is unknown. */
  readonly unconfirmed: number
  /** Rows that were read and are certainly not stored. */
  readonly unsent: number
}

/** A snapshot: later processes do not change it. */
export interface JournaledRun extends Readonly<
  Pick<
    DurableState,
    | 'run'
    | 'processes'
    | 'isUntouched'
    | 'offsets'
    | 'finished'
    | 'isAnew'
    | 'owner'
    | 'lastNo'
    | 'ledgerNumber'
    | 'lanes'
    | 'lastSender'
    | 'isForgotten'
    | 'hasLeftServer'
    | 'end'
    | 'sums'
  >
> {
  readonly inputs: readonly JournaledInput[]
  readonly target: TargetIdentity | undefined
  readonly used: ConfirmUsed | undefined
  readonly samples: readonly SampleRow[]
  /** Lower limit of the number of rows in the target; undefined if unknown. */
  readonly leastRows: number | undefined
  readonly dataSessions: readonly string[]
  /** The run's rejects. If it cannot learn the outcomes of single batches: the rejects when it was last finished. */
  readonly rejects: JournaledRejects | undefined
  readonly rejectsFiles: readonly string[]
  rows(this: void): JournaledRows
}

export function journaledRun(state: DurableState): JournaledRun {
  const { target, sampled, done, read } = state
  const rejects = readsAgain(state) ? done?.rejects : state.rejects
  return {
    ...state,
    isUntouched: state.isUntouched && state.end !== undefined,
    inputs: state.inputs.map((input, i) => ({ ...input, covered: read!.covered[i]! })),
    target: target?.identity,
    used: target?.used,
    samples: sampled === undefined ? [] : samplesOf(sampled.rows),
    leastRows: sampled?.leastRows ?? undefined,
    rejects,
    rows: () => rowsOf(state, rejects),
  }
}

export function emptyRun(): JournaledRun {
  return journaledRun(newDurableState(true))
}

/** Without the outcome of single batches, a resumed run reads an unfinished input from its beginning. */
function readsAgain({ target }: DurableState): boolean {
  return target !== undefined && !traitsOf(target.used).knowsBatches
}

function rowsOf(state: DurableState, rejects: JournaledRejects | undefined): JournaledRows {
  const byClass = Object.values(rejects?.byClass ?? {})
  const rejectedRows = byClass.reduce((sum, rows) => sum + rows, 0)
  if (readsAgain(state)) {
    const { confirmed = 0, skipped = 0 } = state.done?.rows ?? {}
    const nothing = { filtered: 0, unconfirmed: 0, unsent: 0 }
    return { ...nothing, confirmed: confirmed + skipped, rejected: rejectedRows }
  }
  let unknown = 0
  const { covered } = state.read!
  // A batch with rows of several inputs is listed for each of these inputs.
  const batches = new Set(covered.flatMap(({ ranges }) => ranges.map(({ batch }) => batch)))
  for (const batch of batches) unknown += unknownRows(batch)
  const sent = covered.reduce((sum, { rows }) => sum + rows, 0)
  const { confirmed, filtered, rejected, unconfirmed } = state.sums
  return {
    confirmed,
    filtered,
    rejected: rejectedRows,
    unconfirmed: unconfirmed + unknown,
    unsent: sent - confirmed - filtered - rejected - unconfirmed - unknown,
  }
}

/** A user may have edited the journal. If an entry is not a row, all samples are ignored. */
function samplesOf(rows: readonly Parameters<typeof rowOfJournal>[0][]): readonly SampleRow[] {
  try {
    return rows.map(rowOfJournal)
  } catch {
    return []
  }
}
