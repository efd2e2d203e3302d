/*
  What the program tells users to do about a run that does not go on by itself. All of it stands here, because a remedy may
  neither double rows nor lose them: test/end-to-end/remedies.test.ts carries out each one, and fails for one that it does not
  know.
*/

import type { RunPlace } from './marker/marker.js'
import { markerName } from './marker/run-tables.js'

/** Sentences for messages; `options` in backticks become flags on the command line. */
export const remedies = {
  /** Rows of the run may be gone, or may be there. */
  lookThenRestart: () =>
    'See whether rows of this run are there. If there are none, begin anew with `journal.restart`; if there are, remove them first',
  /** Input or options have changed. */
  anotherLoad: () =>
    'What it has stored stays: to load all of it again, remove those rows and begin anew with `journal.restart`; ' +
    'give a load of other rows another name',
  /** Another run has the name on the server. @param place  undefined when the server does not know it */
  goOnThere: (runId: string, place: RunPlace | undefined) =>
    'Loading the same rows here, under this or another name, would store them twice. Wait for it, or go on with it ' +
    (place === undefined
      ? 'where it was begun'
      : `there: ddb-ingest resume ${runId} --state-dir "${place.folder}"`) +
    `. Only where its journal is lost for good: remove its rows from the table, then its mark: ddb-ingest exec -e 'undef("${markerName(runId)}", SHARED)'`,
} as const
