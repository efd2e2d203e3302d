/*
  What the program advises when a run cannot continue by itself. All advice is collected here, because none of it may
  duplicate or lose rows: test/end-to-end/runs/remedies.test.ts carries out each remedy, and fails if one is not tested.
*/
import type { Session } from '../client/open-session.js'
import { markerName, type RunPlace } from './marker/run-tables.js'

/** Sentences for messages; the command line turns `options` in backticks into flags. */
export const remedies = {
  /** Rows of the run may be in the table or not. */
  lookThenRestart: () =>
    'Check whether rows of this run are there. If there are none, start over with `journal.restart`; if there are, remove them first',
  /** The journal does not know enough to resume. */
  removeThenRestart: () =>
    'Rows that the run has stored stay, and would be stored twice: remove them, and only then start over with `journal.restart`',
  /** The table has rows equal to those about to be sent; they may belong to another load. */
  othersOrRestart: () =>
    'If they are rows of another load, and should be there twice, continue with `delivery.onDoubt` resend. ' +
    'Otherwise remove the rows that the run has stored, and only then start over with `journal.restart`',
  /** Rows of a plan's unit are in the table, and their origin is unknown. */
  rowsOfUnit: () =>
    'Remove the rows of these files from the table, and load the plan again; or, if the rows should be there twice, load it with `delivery.onDoubt` resend',
  /** The rows may be in the table, but the program cannot search for them. */
  rowsOutOfSight: () =>
    'If none of the rows of these files are in the table, load the plan with `delivery.onDoubt` resend',
  /** Rows of a plan's unit may be in the table. A transform may have changed them, so nothing can search for them. */
  rowsOfTransform: () =>
    'Check whether rows of these files are there. If there are none, or they should be there twice, load the plan with `delivery.onDoubt` resend; ' +
    'otherwise remove them first',
  /** The input or the options have changed, and the table has no row of the run. */
  nothingStored: () => 'None of its rows were stored: start it over with `journal.restart`',
  /** The input or options have changed, no row was stored, and there are no rejects that the user may be repairing. */
  beginsAnew: () => 'None of its rows were stored, so it starts over',
  /** The input or the options have changed. */
  anotherLoad: () =>
    'Rows that it has stored stay: to load everything again, remove them and start over with `journal.restart`; ' +
    'give a different load another name',
  /** Another process on this host is working on the run. */
  waitForIt: () => 'Wait for it; give a different load another `runId`',
  /**
   * Another run uses this name on the server.
   * @param place  undefined if the server does not know the place
   */
  goOnThere: (runId: string, place: RunPlace | undefined, session: Session) =>
    'Loading the same rows here, under this or another name, would store them twice. Wait for it, or continue it ' +
    (place === undefined
      ? 'where it began'
      : `there: ddb-ingest resume ${runId} --state-dir "${place.folder}"`) +
    `. Only if its journal is lost for good: remove its rows from the table, then its mark: ${undefCommand(markerName(runId), session)}`,
  /**
   * Tables left by killed runs.
   * @param first  name of one of them
   */
  leftTables: (first: string, session: Session) =>
    'They show which rows of these runs are there. Continue each run where it began: `ddb-ingest runs` lists it there. ' +
    'If nobody needs the rest of its rows, `ddb-ingest runs RUN --clean` gives it up; rows that it has stored stay. ' +
    'Only if its journal is lost for good: remove its rows from their table, ' +
    `then what is left of it: ${undefCommand(first, session)}`,
} as const

function undefCommand(name: string, { host, port }: Session): string {
  return `ddb-ingest exec -e 'undef("${name}", SHARED)' --host ${host} --port ${port}`
}
