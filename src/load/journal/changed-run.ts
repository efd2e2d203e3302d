/* Errors for a run that cannot continue, because the run or its target has changed, or may have changed, and what the program advises then.
   All advice is collected here, because none of it may duplicate or lose rows: test/end-to-end/runs/remedies.test.ts carries out each
   remedy, and fails if one is not tested. */
import { addressText } from '../../client/failure.js'
import type { Session } from '../../client/open-session.js'
import { DdbError, option } from '../../errors.js'
import { targetText, type Target } from '../target/target.js'
import type { RecordedRun } from './recorded-run.js'

/** Sentences for messages; the command line turns `options` in backticks into flags. */
export const remedies = {
  /** It is unknown whether rows of the run are in the table. */
  lookThenRestart: () =>
    `Find out with an audit whether the table has rows of this run. If it has any, remove them. Then start over with ${option('journal.restart')}`,
  /** As `lookThenRestart`, for a run that shards load. */
  lookThenForget: (runId: string) =>
    'Find out with an audit of its inputs whether the table has rows of this run. If it has any, remove them. Then move its rejects away, remove the record of the run ' +
    `with \`ddb-ingest runs ${runId} --clean --host HOST\`, and repeat all shards`,
  /** The journal does not contain enough to resume the run. */
  removeThenRestart: () =>
    `Rows that the run has stored are still in the table, and would be stored twice: remove them, and only then start over with ${option('journal.restart')}`,
  /** The input or the options have changed, and the table has no row of the run. */
  nothingStored: () =>
    `No row of the run was stored from here. Unless it was loaded elsewhere, start the run over with ${option('journal.restart')}`,
  /** The input or options have changed, no row was stored, and there are no rejects that the user may be repairing. */
  beginsAnew: () => 'No row of the run was stored, so the run starts over',
  /** The input or the options have changed. */
  anotherLoad: () =>
    `To load everything again, remove the rows that the run has stored, then start over with ${option('journal.restart')}. ` +
    'For a different load, choose another name',
  /** Another process on this host is working on the run. */
  waitForIt: () =>
    `Wait until that process ends. For a different load, choose another ${option('runId')}`,
  /** A different run uses this name on the server. @param folder  of its journal; '' if unknown @param ledger  which has the name */
  goOnThere: (runId: string, folder: string, ledger: string, { host, port }: Session) =>
    'Loading the same rows here, under this or another name, would store them twice. Wait until that run ends, or continue it ' +
    (folder === ''
      ? 'where it began'
      : `there: ddb-ingest resume ${runId} --state-dir "${folder}"`) +
    '. Only if the journal of that run is lost for good: remove the rows of that run from the table, ' +
    `then its ledger from the server with ddb-ingest exec -e 'undef("${ledger}", SHARED)' --host ${addressText(host, port)}`,
} as const

/** Whether a run has ended since its rows may not be in the target any more. */
export const isInDoubt = (error?: { readonly code: string } | null): boolean =>
  error?.code === 'DDB_TARGET_CHANGED' || error?.code === 'DDB_UNPROVEN'

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

/** What such an error says of a run. */
interface Loading {
  readonly checked: { readonly runId: string; readonly target: Target }
  /** Set if shards load the run. */
  readonly shared?: object
}

const lostRows =
  (code: 'DDB_TARGET_CHANGED' | 'DDB_UNPROVEN', said: (target: string) => string) =>
  ({ checked: { runId, target }, shared }: Loading, why: string): DdbError => {
    const what = `run "${runId}" ${said(`"${targetText(target)}"`)}: ${why}${why.endsWith('?') ? '' : '.'}`
    const remedy = shared ? remedies.lookThenForget(runId) : remedies.lookThenRestart()
    return new DdbError(code, `${what} ${remedy}`)
  }

export const targetChanged = lostRows(
  'DDB_TARGET_CHANGED',
  target => `cannot continue: the rows that it loaded into ${target} are no longer there`,
)

export const unproven = lostRows(
  'DDB_UNPROVEN',
  target => `has loaded everything into ${target}, but nothing proves that it is still there`,
)

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
