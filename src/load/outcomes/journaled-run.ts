/*
  A run as its journal describes it. A process needs this to resume the run or to report its state.
*/
import { rowOfJournal, type SampleRow } from '../evidence/sample-rows.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import type { ConfirmUsed } from '../options.js'
import type { TargetIdentity } from '../journal/target-identity.js'
import { unknownRows } from './streams.js'
import { newDurableState, type DurableState } from './durable-state.js'
import type { NamedInput } from './events.js'

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
    | 'batchCount'
    | 'streams'
    | 'sentTo'
    | 'sizes'
    | 'ledgerNumber'
    | 'isForgotten'
    | 'hasLeftServer'
    | 'end'
    | 'sums'
  >
> {
  readonly inputs: readonly Readonly<NamedInput>[]
  readonly target: TargetIdentity | undefined
  readonly used: ConfirmUsed | undefined
  readonly samples: readonly SampleRow[]
  readonly dataSessions: readonly string[]
  readonly rejects: JournaledRejects | undefined
  readonly rejectsFiles: readonly string[]
  rows(this: void): JournaledRows
}

export function journaledRun(state: DurableState): JournaledRun {
  const { target, sampled, rejects } = state
  return {
    ...state,
    isUntouched: state.isUntouched && state.end !== undefined,
    inputs: state.inputs.map(input => ({ ...input })),
    target: target?.identity,
    used: target?.used,
    samples: sampled === undefined ? [] : samplesOf(sampled.rows),
    rows: () => rowsOf(state, rejects),
  }
}

export function emptyRun(): JournaledRun {
  return journaledRun(newDurableState(true))
}

function rowsOf(state: DurableState, rejects: JournaledRejects | undefined): JournaledRows {
  const byClass = Object.values(rejects?.byClass ?? {})
  const rejectedRows = byClass.reduce((sum, rows) => sum + rows, 0)
  let unknown = 0
  for (const { open } of state.streams.values()) {
    for (const batch of open.values()) unknown += unknownRows(batch)
  }
  const sent = state.inputs.reduce((sum, _, i) => sum + state.sentTo.at(i).rows, 0)
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
