/*
  What the program tells users to do about a run that does not go on by itself. All of it stands here, because a remedy may
  neither double rows nor lose them: test/end-to-end/runs/remedies.test.ts carries out each one, and fails for one that it does not
  know.
*/
import type { Session } from '../client/open-session.js'
import { markerName, type RunPlace } from './marker/run-tables.js'

/** Sentences for messages; `options` in backticks become flags on the command line. */
export const remedies = {
  /** Rows of the run may be gone, or may be there. */
  lookThenRestart: () =>
    'See whether rows of this run are there. If there are none, begin anew with `journal.restart`; if there are, remove them first',
  /** What the journal knows does not do to go on. */
  removeThenRestart: () =>
    'What the run has stored stays, and would be stored twice: remove those rows, and only then begin anew with `journal.restart`',
  /** Rows that are there and are about to be sent may be another load's. */
  othersOrRestart: () =>
    'If they are those of another load, and are to be there twice, go on with `delivery.onDoubt` resend. ' +
    'Otherwise remove what the run has stored, and only then begin anew with `journal.restart`',
  /** Rows of a unit of a plan are in the table, and nobody knows since when. */
  rowsOfUnit: () =>
    'Remove the rows of these files from the table, and load the plan again; or, where the rows are to be there twice, load it with `delivery.onDoubt` resend',
  /** They may be in the table, and nobody can look. */
  rowsOutOfSight: () =>
    'Where none of the rows of these files are in the table, load the plan with `delivery.onDoubt` resend',
  /** Input or options have changed. */
  anotherLoad: () =>
    'What it has stored stays: to load all of it again, remove those rows and begin anew with `journal.restart`; ' +
    'give a load of other rows another name',
  /** A process of this host is at the run. */
  waitForIt: () => 'Wait for it; give a load of other rows another `runId`',
  /** Another run has the name on the server. @param place  undefined when the server does not know it */
  goOnThere: (runId: string, place: RunPlace | undefined, session: Session) =>
    'Loading the same rows here, under this or another name, would store them twice. Wait for it, or go on with it ' +
    (place === undefined
      ? 'where it was begun'
      : `there: ddb-ingest resume ${runId} --state-dir "${place.folder}"`) +
    `. Only where its journal is lost for good: remove its rows from the table, then its mark: ${undefCommand(markerName(runId), session)}`,
  /** Tables of runs that were killed. @param first  name of one of them */
  leftTables: (first: string, session: Session) =>
    'They tell which rows of these runs are there. Go on with each run where it was begun: `ddb-ingest runs` lists it there. ' +
    'If nobody wants the rest of its rows, `ddb-ingest runs RUN --clean` gives it up; what it has stored stays. ' +
    'Only where its journal is lost for good: remove its rows from their table, ' +
    `then what is left of it: ${undefCommand(first, session)}`,
} as const

function undefCommand(name: string, { host, port }: Session): string {
  return `ddb-ingest exec -e 'undef("${name}", SHARED)' --host ${host} --port ${port}`
}
