/* Errors for a run that cannot continue: the run or its target has changed, or may have changed. */
import { DdbError, ServerError, option } from '../../errors.js'
import { remedies } from '../remedies.js'
import type { RecordedRun } from './recorded-run.js'

export function runChanged(
  { run, isUntouched }: Pick<RecordedRun, 'run' | 'isUntouched'>,
  what: string,
  remedy = isUntouched ? remedies.nothingStored() : remedies.anotherLoad(),
): DdbError {
  return new DdbError(
    'DDB_RUN_CHANGED',
    `run "${run?.runId ?? ''}" cannot continue: ${what}. ${remedy}`,
  )
}

export function runTakenOver(runId: string, why: string): DdbError {
  return new DdbError(
    'DDB_LOCKED',
    `this process was suspended, or cut off from its files, and has lost run "${runId}" in the meantime: ${why}. ` +
      'It sends nothing more: check the run with `ddb-ingest runs`',
  )
}

/** The error for a damaged journal: rows whose records are missing would be sent again. */
export function runDamaged(path: string, damage: string): DdbError {
  return new DdbError(
    'DDB_RUN_DAMAGED',
    `the journal "${path}" cannot be relied on: ${damage}. Nothing was sent. Restore the journal as it was, or make it readable, and continue. ` +
      `If that is impossible: ${remedies.removeThenRestart()}`,
  )
}

interface Loaded {
  readonly run: { readonly runId: string } | undefined
  readonly target: { readonly name: string } | undefined
  readonly shared?: { readonly runId: string } | undefined
}

const lostRows = (
  code: 'DDB_TARGET_CHANGED' | 'DDB_UNPROVEN',
  { shared, run = shared, target }: Loaded,
  said: (target: string) => string,
  why: string,
): DdbError =>
  new DdbError(
    code,
    `run "${run?.runId ?? ''}" ${said(`"${target?.name ?? ''}"`)}: ${why.endsWith('?') ? why : `${why}.`} ` +
      (shared === undefined ? remedies.lookThenRestart() : remedies.lookThenForget(shared.runId)),
  )

export function targetChanged(loaded: Loaded, what: string): DdbError {
  const said = (target: string): string =>
    `cannot continue: the rows that it loaded into ${target} are no longer there`
  return lostRows('DDB_TARGET_CHANGED', loaded, said, what)
}

export function unproven(loaded: Loaded, why: string): DdbError {
  const said = (target: string): string =>
    `has loaded everything into ${target}, but nothing proves that it is still there`
  return lostRows('DDB_UNPROVEN', loaded, said, why)
}

/** Makes the error for a missing target DDB_TARGET_CHANGED if the run has written to that target. Any other error stays as it is. */
export function asTargetChanged(found: RecordedRun, error: unknown): unknown {
  const isMissing = error instanceof ServerError && error.code === 'DDB_TARGET'
  if (!isMissing || found.rows().confirmed === 0) return error
  return targetChanged(found, error.message)
}

export function mayBeFinished({ runId }: { readonly runId: string }, why: string): DdbError {
  return new DdbError(
    'DDB_UNPROVEN',
    `the server knows that run "${runId}" has finished, ${why}. Nothing was sent. If the rows of that run are to stay, choose another ` +
      `${option('runId')}; if they are gone, start over with ${option('journal.restart')}`,
  )
}

export function recordGone(runId: string): DdbError {
  return new DdbError(
    'DDB_UNPROVEN',
    `the server does not have the record of run "${runId}" any more: it was restarted, it is another node, or somebody has removed the record. ` +
      'Nothing more is sent. Repeat all shards of the run: they look for its rows in the table before they send any',
  )
}

/** The error for a run of shards whose record the server does not have. @param isSure  whether the table has some of its rows */
export function mayBeThere(runId: string, input: string, isSure: boolean): DdbError {
  return new DdbError(
    'DDB_UNPROVEN',
    `the server has no record of run "${runId}" for "${input}", and the table ${isSure ? 'has' : 'may have'} rows of it: the server may have been ` +
      'restarted since they were stored. Nothing was sent. Find out with `ddb-ingest audit` which of its rows are there, and load those that are ' +
      `missing. If none is there, or they may be stored twice, repeat the shard with ${option('delivery.onDoubt')} resend`,
  )
}
