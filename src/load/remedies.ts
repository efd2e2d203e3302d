/*
  What the program advises when a run cannot continue by itself. All advice is collected here, because none of it may
  duplicate or lose rows: test/end-to-end/runs/remedies.test.ts carries out each remedy and fails for one that it does
  not know.
*/
import type { Session } from '../client/open-session.js'
import { markerName, type RunPlace } from './marker/run-tables.js'

/** Sentences for messages; the command line turns `options` in backticks into flags. */
export const remedies = {
  /** Rows of the run may be in the table or not. */
  lookThenRestart: () =>
    'See whether rows of this run are there. If there are none, begin anew with `journal.restart`; if there are, remove them first',
  /** The journal does not know enough to resume. */
  removeThenRestart: () =>
    'What the run has stored stays, and would be stored twice: remove those rows, and only then begin anew with `journal.restart`',
  /** The table has rows equal to those about to be sent; they may belong to another load. */
  othersOrRestart: () =>
    'If they are those of another load, and are to be there twice, go on with `delivery.onDoubt` resend. ' +
    'Otherwise remove what the run has stored, and only then begin anew with `journal.restart`',
  /** Rows of a plan's unit are in the table, and their origin is unknown. */
  rowsOfUnit: () =>
    'Remove the rows of these files from the table, and load the plan again; or, where the rows are to be there twice, load it with `delivery.onDoubt` resend',
  /** The rows may be in the table, but the program cannot search for them. */
  rowsOutOfSight: () =>
    'If none of the rows of these files are in the table, load the plan with `delivery.onDoubt` resend',
  /** As `rowsOfUnit`, if the rows cannot be looked up. */
  rowsOfTransform: () =>
    'See whether rows of these files are there. If there are none, or they are to be there twice, load the plan with `delivery.onDoubt` resend; ' +
    'otherwise remove them first',
  /** The input or the options have changed, and the table has no row of the run. */
  nothingStored: () => 'Nothing of it was stored: begin it anew with `journal.restart`',
  /** As `nothingStored`, if the user cannot be repairing the run's rejects. */
  beginsAnew: () => 'Nothing of it was stored, so it begins anew',
  /** The input or the options have changed. */
  anotherLoad: () =>
    'What it has stored stays: to load all of it again, remove those rows and begin anew with `journal.restart`; ' +
    'give a load of other rows another name',
  /** Another process on this host is working on the run. */
  waitForIt: () => 'Wait for it; give a load of other rows another `runId`',
  /**
   * Another run uses this name on the server.
   * @param place  undefined if the server does not know it
   */
  goOnThere: (runId: string, place: RunPlace | undefined, session: Session) =>
    'Loading the same rows here, under this or another name, would store them twice. Wait for it, or go on with it ' +
    (place === undefined
      ? 'where it was begun'
      : `there: ddb-ingest resume ${runId} --state-dir "${place.folder}"`) +
    `. Only where its journal is lost for good: remove its rows from the table, then its mark: ${undefCommand(markerName(runId), session)}`,
  /**
   * Tables left by killed runs.
   * @param first  name of one of them
   */
  leftTables: (first: string, session: Session) =>
    'They tell which rows of these runs are there. Go on with each run where it was begun: `ddb-ingest runs` lists it there. ' +
    'If nobody wants the rest of its rows, `ddb-ingest runs RUN --clean` gives it up; what it has stored stays. ' +
    'Only where its journal is lost for good: remove its rows from their table, ' +
    `then what is left of it: ${undefCommand(first, session)}`,
} as const

function undefCommand(name: string, { host, port }: Session): string {
  return `ddb-ingest exec -e 'undef("${name}", SHARED)' --host ${host} --port ${port}`
}
