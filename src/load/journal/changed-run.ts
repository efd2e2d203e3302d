/*
  Errors for a run that cannot continue because the run or its target has changed, or because nothing proves the contrary.
*/
import { DdbError } from '../../errors.js'
import { remedies } from '../remedies.js'
import type { FoundRun } from '../fate/found-run.js'

/** The error if input or options differ from those of the run with this name. */
export function runChanged({ run, isUntouched }: FoundRun, what: string): DdbError {
  const remedy = isUntouched ? remedies.nothingStored() : remedies.anotherLoad()
  return new DdbError(
    'DDB_RUN_CHANGED',
    `run "${run?.runId ?? ''}" cannot go on: ${what}. ${remedy}`,
  )
}

/** The error if another process has taken over the run, because this process stopped for so long that it seemed dead. */
export function runTakenOver(runId: string, why: string): DdbError {
  return new DdbError(
    'DDB_LOCKED',
    `this process was stopped, or cut off from its files, and has lost run "${runId}" meanwhile: ${why}. ` +
      'It sends nothing more: see how the run stands with `ddb-ingest runs`',
  )
}

/** The error for a damaged journal: rows whose records are missing would be sent again. */
export function runDamaged(path: string, damage: string): DdbError {
  return new DdbError(
    'DDB_RUN_DAMAGED',
    `the journal "${path}" cannot be relied on: ${damage}. Nothing was sent. Bring the journal back as it was, and go on. ` +
      `If that cannot be done: ${remedies.removeThenRestart()}`,
  )
}

/** The error if the server has batches that the journal does not contain: the rows of these batches are unknown. */
export function unknownBatches(sentNo: number, journaledNo: number): DdbError {
  return new DdbError(
    'DDB_UNCONFIRMED',
    `the server was sent batch ${sentNo} of this run, and its journal ends with batch ${journaledNo}: its end was lost, as in a power cut, ` +
      `or it was brought back from an earlier time. ${remedies.removeThenRestart()}`,
  )
}

/** The error if the run's rows are in another table, or gone. */
export function targetChanged({ run, target }: FoundRun, what: string): DdbError {
  return new DdbError(
    'DDB_TARGET_CHANGED',
    `run "${run?.runId ?? ''}" cannot go on: what it loaded into "${target?.name ?? ''}" is not there any more: ${sentence(what)} ` +
      remedies.lookThenRestart(),
  )
}

/** The error if the target holds rows that, according to the journal, no process of the run has sent. */
export function rowsInTable(
  { run, target }: FoundRun,
  { file, lineNumber }: { readonly file: string; readonly lineNumber: number },
): DdbError {
  return new DdbError(
    'DDB_UNPROVEN',
    `run "${run?.runId ?? ''}" cannot go on: its journal does not know rows from ${file}:${lineNumber} on as sent, and "${target?.name ?? ''}" has them. ` +
      'Its journal was brought back from an earlier time, and the server was restarted since; or another load has stored the same rows. ' +
      `Bring the journal back as it was, and go on. ${remedies.othersOrRestart()}`,
  )
}

/** The error if a transform has made rows in the target that the journal does not explain: the values sent do not find them. */
export function rowsUntold({ run, target }: FoundRun, rows: number): DdbError {
  return new DdbError(
    'DDB_UNPROVEN',
    `run "${run?.runId ?? ''}" cannot go on: "${target?.name ?? ''}" has ${rows} rows of which its journal does not know, the server was restarted, and a ` +
      'transform has made them, so that nothing tells whether they are those that are about to be sent. ' +
      `Bring the journal back as it was, and go on. ${remedies.othersOrRestart()}`,
  )
}

export function unproven({ run, target }: FoundRun, why: string): DdbError {
  return new DdbError(
    'DDB_UNPROVEN',
    `run "${run?.runId ?? ''}" has loaded everything into "${target?.name ?? ''}", but nothing proves that it is still there: ${sentence(why)} ` +
      remedies.lookThenRestart(),
  )
}

function sentence(text: string): string {
  return text.endsWith('?') ? text : `${text}.`
}
