/* What the program advises when a run cannot continue by itself. All advice is collected here, because none of it may duplicate or lose
   rows: test/end-to-end/runs/remedies.test.ts carries out each remedy, and fails if one is not tested. */
import { addressText } from '../client/failure.js'
import type { Session } from '../client/open-session.js'
import { option } from '../errors.js'

/** Sentences for messages; the command line turns `options` in backticks into flags. */
export const remedies = {
  /** It is unknown whether rows of the run are in the table. */
  lookThenRestart: () =>
    `Find out with an audit whether the table has rows of this run. If it has any, remove them. Then start over with ${option('journal.restart')}`,
  /** As `lookThenRestart`, for a run that shards load. */
  lookThenForget: (runId: string) =>
    'Find out with an audit of its inputs whether the table has rows of this run. If it has any, remove them. Then remove the record of the run ' +
    `with \`ddb-ingest runs ${runId} --clean --host HOST\`, and repeat all shards`,
  /** The journal does not contain enough to resume the run. */
  removeThenRestart: () =>
    `Rows that the run has stored are still in the table, and would be stored twice: remove them, and only then start over with ${option('journal.restart')}`,
  /** The input or the options have changed, and the table has no row of the run. */
  nothingStored: () =>
    `No row of the run was stored: start the run over with ${option('journal.restart')}`,
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
